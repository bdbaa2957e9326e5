/* SPDX-License-Identifier: MIT */
/*
 * ops_branch.c - branches and jumps.
 *
 * Each kind of branch has four functions.  `_new` has not been taken yet; it
 * finds its target and becomes the plain one (forward) or `_back`, whose imm32
 * is the distance to the target's first op.  Backward ones look for
 * requests of other threads, so that every loop does.  `_far` leaves the page
 * and goes through the jump cache.
 *
 * Linking within the page only keeps links right without any check: all
 * blocks of a page go at the same time, and never while the page runs.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"

#define SEXT32(v) ((uint64_t)(int64_t)(int32_t)(v))

static inline const Op *IO_FN linked_target(const Op *op)
{
    return op + op->imm;
}

/* h->pc was set. */
OP(resume)
{
    OP_RESUME;
}

/* Never runs. */
OP(block_end)
{
    return NULL;
}

#define OP_ENTRY(name) op_##name,
OpFn *const op_table[] = { op_block_end, OP_LIST(OP_ENTRY) };

#define OP_LEAVE_IF_REQUESTED(target)                   \
    do {                                                \
        if (hart_has_requests(h)) {                     \
            h->pc = h->vbase + op_block(target)->off;   \
            return NULL;                                \
        }                                               \
    } while (0)

/* To a virtual address, anywhere. */
#define OP_JUMP(target)                                                      \
    do {                                                                     \
        uint64_t target_ = (target);                                         \
        const JumpEntry *e_ = jump_entry(h, target_);                        \
                                                                             \
        if (hart_unlikely(e_->pc != target_ || e_->gen != h->jump_gen)       \
            || hart_has_requests(h)) {                                       \
            h->pc = target_;                                                 \
            OP_CONTINUE(resume);                                             \
        }                                                                    \
        h->vbase = target_ & PAGE_MASK_64;                                   \
        OP_DISPATCH((const Op *)((const char *)h + e_->ops));                \
    } while (0)

#define OP_BRANCH(name, condition)                                           \
    OP(name)                                                                 \
    {                                                                        \
        if (condition) {                                                     \
            h->instret += op->count;                                            \
            OP_DISPATCH(linked_target(op));                                  \
        }                                                                    \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name##_back)                                                          \
    {                                                                        \
        if (condition) {                                                     \
            const Op *target = linked_target(op);                            \
                                                                             \
            h->instret += op->count;                                            \
            OP_LEAVE_IF_REQUESTED(target);                                   \
            OP_DISPATCH(target);                                             \
        }                                                                    \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name##_new)                                                           \
    {                                                                        \
        if (condition) {                                                     \
            h->instret += op->count;                                            \
            OP_DISPATCH(code_link(h, op, KIND_##name, KIND_##name##_back));      \
        }                                                                    \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name##_far)                                                           \
    {                                                                        \
        if (condition) {                                                     \
            h->instret += op->count;                                            \
            OP_JUMP(h->vbase + SEXT32(op->imm));                           \
        }                                                                    \
        OP_NEXT;                                                             \
    }

#define X1 h->x[op->rs1]
#define X2 h->x[op->rs2]
OP_BRANCH(beq, X1 == X2)
OP_BRANCH(bne, X1 != X2)
OP_BRANCH(blt, (int64_t)X1 < (int64_t)X2)
OP_BRANCH(bge, (int64_t)X1 >= (int64_t)X2)
OP_BRANCH(bltu, X1 < X2)
OP_BRANCH(bgeu, X1 >= X2)
OP_BRANCH(beqz, X1 == 0)
OP_BRANCH(bnez, X1 != 0)

/* Unconditional; linking is a statement that may write rd. */
#define OP_JUMP_NEAR(name, linking)                                          \
    OP(name)                                                                 \
    {                                                                        \
        linking;                                                             \
        h->instret += op->count;                                               \
        OP_DISPATCH(linked_target(op));                                      \
    }                                                                        \
    OP(name##_back)                                                          \
    {                                                                        \
        const Op *target = linked_target(op);                                \
                                                                             \
        linking;                                                             \
        h->instret += op->count;                                               \
        OP_LEAVE_IF_REQUESTED(target);                                       \
        OP_DISPATCH(target);                                                 \
    }                                                                        \
    OP(name##_new)                                                           \
    {                                                                        \
        linking;                                                             \
        h->instret += op->count;                                               \
        OP_DISPATCH(code_link(h, op, KIND_##name, KIND_##name##_back));          \
    }                                                                        \
    OP(name##_far)                                                           \
    {                                                                        \
        linking;                                                             \
        h->instret += op->count;                                               \
        OP_JUMP(h->vbase + SEXT32(op->imm));                               \
    }

OP_JUMP_NEAR(j, (void)0)
OP_JUMP_NEAR(jal, h->x[op->rd] = h->vbase + op->off)

OP(jalr)
{
    uint64_t target = (X1 + (uint64_t)(int64_t)op->imm) & ~(uint64_t)1;

    h->x[op->rd] = h->vbase + op->off;
    h->instret += op->count;
    OP_JUMP(target);
}

OP(jr)
{
    h->instret += op->count;
    OP_JUMP((X1 + (uint64_t)(int64_t)op->imm) & ~(uint64_t)1);
}
