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

/* Drops the last op: the one before does its work. */
static void drop_last(Decoder *d)
{
    d->op--;
}

/* lui or li, then addi to the same register: a constant. */
static bool fuse_constant(Decoder *d, Op *a, const Op *b)
{
    int64_t value;

    if (a->kind != KIND_li || a->rd != b->rd || b->rs1 != a->rd) {
        return false;
    }
    if (b->kind == KIND_addi) {
        value = (int64_t)a->imm + b->imm;
        if (value != (int32_t)value) {
            return false;
        }
    } else if (b->kind == KIND_addiw) {
        value = (int32_t)((uint32_t)a->imm + (uint32_t)(int32_t)b->imm);
    } else {
        return false;
    }
    a->imm = (int32_t)value;
    drop_last(d);
    return true;
}

/* auipc, then addi: an address. */
static bool fuse_address(Decoder *d, Op *a, const Op *b)
{
    int64_t value = (int64_t)a->imm + b->imm;

    if (a->kind != KIND_auipc || b->kind != KIND_addi || a->rd != b->rd
        || b->rs1 != a->rd || value != (int32_t)value) {
        return false;
    }
    a->imm = (int32_t)value;
    drop_last(d);
    return true;
}

/* What two kinds are together; KIND_NONE: two kinds. */
static OpKind pair_kind(unsigned a, unsigned b)
{
#define OP_PAIR_CASE(x, y) \
    case KIND_##x << 16 | KIND_##y: return KIND_##x##_##y;
    switch (a << 16 | b) {
        OP_LIST_PAIR(OP_PAIR_CASE)
    default: return KIND_NONE;
    }
}

void decode_fuse(Decoder *d, Op *first)
{
    Op *a = first - 1;
    OpKind kind;

    if (d->op != first + 1 || first == d->start) {
        d->paired = false;
        return;
    }
    if (fuse_constant(d, a, first) || fuse_address(d, a, first)) {
        return;
    }
    kind = d->paired ? KIND_NONE : pair_kind(a->kind, first->kind);
    if (kind) {
        a->kind = (uint16_t)kind;
    }
    d->paired = kind != KIND_NONE;
}
