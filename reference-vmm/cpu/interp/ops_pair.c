/* SPDX-License-Identifier: MIT */
/*
 * ops_pair.c - two ops as one, where they come together often: one decision
 * less about where to go.
 *
 * The first op's kind says so; the second stays where it is, as it was.  When
 * the first cannot finish quickly, its slow function goes on with the second
 * by itself.  Which pairs: counted as op_likely.h was.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op_jump.h"

#define X1 h->x[op->rs1]
#define X2 h->x[op->rs2]
#define IMM ((uint64_t)(int64_t)op->imm)

#define DO_X(expression) h->x[op->rd] = (expression)
#define DO_add DO_X(X1 + X2)
#define DO_subw DO_X(SEXT32(X1 - X2))
#define DO_or DO_X(X1 | X2)
#define DO_srl DO_X(X1 >> (X2 & 63))
#define DO_addi DO_X(X1 + IMM)
#define DO_andi DO_X(X1 & IMM)
#define DO_slli DO_X(X1 << (op->rs2 & 63))
#define DO_srli DO_X(X1 >> (op->rs2 & 63))
#define DO_addiw DO_X(SEXT32(X1 + IMM))
#define DO_li DO_X(IMM)
#define DO_mv DO_X(X1)
#define DO_auipc DO_X(h->vbase + IMM)

#define DO_LOAD(name, type)                                                  \
    do {                                                                     \
        uint64_t va_ = X1 + IMM;                                             \
        const TlbEntry *e_ = tlb_entry(h->tlb_read, va_);                    \
                                                                             \
        if (!tlb_hit(e_, va_, sizeof(type))) {                               \
            OP_CONTINUE(name##_slow);                                        \
        }                                                                    \
        h->x[op->rd] = (uint64_t)(int64_t)__atomic_load_n(                   \
            (const type *)(uintptr_t)(va_ + e_->addend), __ATOMIC_RELAXED);  \
    } while (0)
#define DO_ld DO_LOAD(ld, uint64_t)
#define DO_lw DO_LOAD(lw, int32_t)
#define DO_lbu DO_LOAD(lbu, uint8_t)

#define DO_STORE(name, type)                                                 \
    do {                                                                     \
        uint64_t va_ = X1 + IMM;                                             \
        const TlbEntry *e_ = tlb_entry(h->tlb_write, va_);                   \
                                                                             \
        if (!tlb_hit(e_, va_, sizeof(type))) {                               \
            OP_CONTINUE(name##_slow);                                        \
        }                                                                    \
        __atomic_store_n((type *)(uintptr_t)(va_ + e_->addend), (type)X2,    \
                         __ATOMIC_RELAXED);                                  \
    } while (0)
#define DO_sd DO_STORE(sd, uint64_t)
#define DO_sb DO_STORE(sb, uint8_t)

#define DO_BRANCH(condition, likely)                                         \
    if (condition) {                                                         \
        if (hart_unlikely(op->rd)) {                                         \
            OP_CONTINUE(branch_far);                                         \
        }                                                                    \
        h->instret += op->count;                                             \
        OP_JUMP_LINKED(likely);                                              \
    }
#define DO_beq DO_BRANCH(X1 == X2, AFTER_beq)
#define DO_bne DO_BRANCH(X1 != X2, AFTER_bne)
#define DO_bltu DO_BRANCH(X1 < X2, AFTER_bltu)
#define DO_beqz DO_BRANCH(X1 == 0, AFTER_beqz)
#define DO_bnez DO_BRANCH(X1 != 0, AFTER_bnez)

#define OP_PAIR(first, second)             \
    OP(first##_##second)                   \
    {                                      \
        DO_##first;                        \
        op++;                              \
        DO_##second;                       \
        OP_NEXT_LIKELY(AFTER_##second);    \
    }

/* Those that end a block. */
#define OP_PAIR_LAST(first, second, leave) \
    OP(first##_##second)                   \
    {                                      \
        DO_##first;                        \
        op++;                              \
        leave;                             \
    }
#define LEAVE_j                            \
    if (hart_unlikely(op->rd)) {           \
        OP_CONTINUE(branch_far);           \
    }                                      \
    h->instret += op->count;               \
    OP_JUMP_LINKED(AFTER_j)
#define LEAVE_jr                           \
    h->instret += op->count;               \
    OP_JUMP((X1 + IMM) & ~(uint64_t)1, AFTER_jr)
#define LEAVE_jal_far                      \
    h->instret += op->count;               \
    h->x[op->rd] = h->vbase + op->off;     \
    OP_JUMP(h->vbase + IMM, AFTER_jal_far)
OP_PAIR(sd, sd)
OP_PAIR(ld, ld)
OP_PAIR(lbu, addi)
OP_PAIR(ld, sd)
OP_PAIR(ld, addi)
OP_PAIR(auipc, ld)
OP_PAIR(lbu, lbu)
OP_PAIR(addi, sd)
OP_PAIR_LAST(addi, jr, LEAVE_jr)
OP_PAIR(addi, add)
OP_PAIR(sd, ld)
OP_PAIR(lbu, bnez)
OP_PAIR(mv, mv)
OP_PAIR(add, sb)
OP_PAIR(addi, bnez)
OP_PAIR(slli, add)
OP_PAIR(add, lbu)
OP_PAIR(sb, bnez)
OP_PAIR(lbu, beq)
OP_PAIR(ld, mv)
OP_PAIR(li, li)
OP_PAIR(sd, li)
OP_PAIR(lbu, beqz)
OP_PAIR(addi, lbu)
OP_PAIR_LAST(mv, j, LEAVE_j)
OP_PAIR(addi, addi)
OP_PAIR(sd, mv)
OP_PAIR_LAST(mv, jal_far, LEAVE_jal_far)
OP_PAIR(mv, ld)
OP_PAIR(ld, li)
OP_PAIR(sd, addi)
OP_PAIR(sd, auipc)
OP_PAIR(lbu, li)
OP_PAIR(li, mv)
OP_PAIR(mv, beqz)
OP_PAIR(li, add)
OP_PAIR(addiw, andi)
OP_PAIR(addi, ld)
OP_PAIR(andi, bnez)
OP_PAIR(li, beq)
OP_PAIR(slli, srli)
OP_PAIR(andi, beqz)
OP_PAIR(ld, beqz)
OP_PAIR(ld, bnez)
OP_PAIR(lw, addi)
OP_PAIR(lw, beqz)
OP_PAIR(lw, addiw)
OP_PAIR(add, add)
OP_PAIR(or, or)
OP_PAIR(add, ld)
OP_PAIR(addi, bne)
OP_PAIR(addi, beqz)
OP_PAIR(srl, subw)
OP_PAIR_LAST(addiw, j, LEAVE_j)
OP_PAIR(subw, addiw)
OP_PAIR(li, bltu)
OP_PAIR_LAST(li, jal_far, LEAVE_jal_far)
