/* SPDX-License-Identifier: MIT */
/*
 * decode_fuse.c - two instructions that often come together, as one op.
 *
 * Only where the pair cannot trap in its middle and neither is a target by
 * itself: blocks are entered at their start, so the second instruction of a
 * pair gets a block of its own when somebody jumps there.
 *
 * Thread context: the hart's own thread; nothing but the Decoder is touched.
 */
#include "cpu/interp/op.h"

/* r = p + q + i, then r = r + s + j. */
static bool is_sum(const Op *op)
{
    return op->kind == KIND_add;
}

/* A constant from lui and addi, an address from auipc and addi, an element's
 * address from add and addi, ... */
static bool fuse_sums(Decoder *d, Op *a, const Op *b)
{
    int64_t imm = (int64_t)a->imm + b->imm;

    if (!is_sum(a) || !is_sum(b) || a->rd != b->rd || b->rs1 != a->rd
        || (b->rs2 && (a->rs2 || b->rs2 == a->rd)) || imm != (int32_t)imm) {
        return false;
    }
    a->rs2 |= b->rs2; /* one of them is x0 */
    a->imm = (int32_t)imm;
    d->op--;
    return true;
}

/* lui and addiw: the assembler's way to make a constant of 32 bits. */
static bool fuse_constant(Decoder *d, Op *a, const Op *b)
{
    if (!is_sum(a) || a->rs1 || a->rs2 || b->kind != KIND_addw
        || a->rd != b->rd || b->rs1 != a->rd || b->rs2) {
        return false;
    }
    a->imm = (int32_t)((uint32_t)a->imm + (uint32_t)b->imm);
    d->op--;
    return true;
}

void decode_fuse(Decoder *d, Op *first)
{
    if (d->op == first + 1 && first > d->start) {
        (void)(fuse_sums(d, first - 1, first)
               || fuse_constant(d, first - 1, first));
    }
}
