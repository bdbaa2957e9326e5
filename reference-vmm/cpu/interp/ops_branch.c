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
#include "cpu/interp/op_jump.h"

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
#define OP_PAIR_ENTRY(a, b) op_##a##_##b,
OpFn *const op_table[] = {
    op_block_end,
    OP_LIST(OP_ENTRY)
    OP_LIST_PAIR(OP_PAIR_ENTRY)
};

/* Conditional.  Whether it is linked is in rd. */
#define OP_BRANCH(name, condition)                                           \
    OP(name)                                                                 \
    {                                                                        \
        if (condition) {                                                     \
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
    OP_JUMP(h->vbase + SEXT32(op->imm), AFTER_jal_far);
}

OP(branch_new)
{
    h->instret += op->count;
    OP_DISPATCH(code_link(h, op));
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
    h->x[op->rd] = h->vbase + op->off;
    h->instret += op->count;
    OP_JUMP_LINKED(AFTER_jal);
}

OP(jal_new)
{
    h->x[op->rd] = h->vbase + op->off;
    h->instret += op->count;
    OP_DISPATCH(code_link(h, op));
}

OP(jal_far)
{
    h->x[op->rd] = h->vbase + op->off;
    h->instret += op->count;
    OP_JUMP(h->vbase + SEXT32(op->imm), AFTER_jal_far);
}

OP(jalr)
{
    uint64_t target = (X1 + SEXT32(op->imm)) & ~(uint64_t)1;

    h->x[op->rd] = h->vbase + op->off;
    h->instret += op->count;
    OP_JUMP(target, AFTER_jal_far);
}

OP(jr)
{
    h->instret += op->count;
    OP_JUMP((X1 + SEXT32(op->imm)) & ~(uint64_t)1, AFTER_jr);
}
