/* SPDX-License-Identifier: MIT */
/*
 * ops_branch.c - branches and jumps.
 *
 * Targets within the page are found when they are jumped to first; from then
 * on the op knows its distance to the target's first op.  Others go through
 * the jump cache.  All that are taken look for requests of other threads, so
 * that every loop does.
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

#define OP_LEAVE_IF_REQUESTED(target)                   \
    do {                                                \
        if (hart_has_requests(h)) {                     \
            h->pc = h->x[HART_X_VBASE] + op_block(target)->off;   \
            return NULL;                                \
        }                                               \
    } while (0)

/* To a virtual address, anywhere. */
#define OP_JUMP(target, likely)                                              \
    do {                                                                     \
        uint64_t target_ = (target);                                         \
        const JumpEntry *e_ = jump_entry(h, target_);                        \
                                                                             \
        if (hart_unlikely(e_->pc != target_ || e_->gen != h->jump_gen)       \
            || hart_has_requests(h)) {                                       \
            h->pc = target_;                                                 \
            OP_CONTINUE(resume);                                             \
        }                                                                    \
        h->x[HART_X_VBASE] = target_ & PAGE_MASK_64;                        \
        OP_DISPATCH_LIKELY((const Op *)((const char *)h + e_->ops), likely); \
    } while (0)

/* To an op of this page. */
#define OP_JUMP_LINKED(likely)                                               \
    do {                                                                     \
        const Op *target_ = linked_target(op);                               \
                                                                             \
        OP_LEAVE_IF_REQUESTED(target_);                                      \
        OP_DISPATCH_LIKELY(target_, likely);                                 \
    } while (0)

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
OpFn *const op_table[] = {
    op_block_end,
    OP_LIST(OP_ENTRY)
};

/* Conditional, both ways.  Whether it is linked is in rd. */
#define OP_BRANCH(name, condition)                                           \
    OP(name)                                                                 \
    {                                                                        \
        if ((condition) ^ op->negate) {                                      \
            if (hart_unlikely(op->rd)) {                                     \
                OP_CONTINUE(branch_far);                                     \
            }                                                                \
            h->instret += op->count;                                         \
            OP_JUMP_LINKED(AFTER_##name);                                    \
        }                                                                    \
        OP_NEXT_LIKELY(AFTER_##name);                                        \
    }

/* Taken, but not linked: the first time, or out of the page. */
OP(branch_far)
{
    if (op->rd == BRANCH_NEW) {
        OP_CONTINUE(branch_new);
    }
    h->instret += op->count;
    OP_JUMP(h->x[HART_X_VBASE] + SEXT32(op->imm), AFTER_jal_far);
}

OP(branch_new)
{
    h->instret += op->count;
    OP_DISPATCH(code_link(h, op));
}

#define X1 h->x[op->rs1]
#define X2 h->x[op->rs2]
OP_BRANCH(beq, X1 == X2)
OP_BRANCH(blt, (int64_t)X1 < (int64_t)X2)
OP_BRANCH(bltu, X1 < X2)

OP(j)
{
    if (hart_unlikely(op->rd)) {
        OP_CONTINUE(branch_far);
    }
    h->instret += op->count;
    OP_JUMP_LINKED(AFTER_j);
}

OP(jal)
{
    h->x[op->rd] = h->x[HART_X_VBASE] + op->off;
    h->instret += op->count;
    OP_JUMP_LINKED(AFTER_jal);
}

OP(jal_new)
{
    h->x[op->rd] = h->x[HART_X_VBASE] + op->off;
    h->instret += op->count;
    OP_DISPATCH(code_link(h, op));
}

OP(jal_far)
{
    h->x[op->rd] = h->x[HART_X_VBASE] + op->off;
    h->instret += op->count;
    OP_JUMP(h->x[HART_X_VBASE] + SEXT32(op->imm), AFTER_jal_far);
}

OP(jalr)
{
    uint64_t target = (X1 + SEXT32(op->imm)) & ~(uint64_t)1;

    h->x[op->rd] = h->x[HART_X_VBASE] + op->off;
    h->instret += op->count;
    OP_JUMP(target, AFTER_jalr);
}

OP(jr)
{
    h->instret += op->count;
    OP_JUMP((X1 + SEXT32(op->imm)) & ~(uint64_t)1, AFTER_jr);
}
