/* SPDX-License-Identifier: MIT */
/*
 * decode.c - instructions of 32 bits to ops: the base, M, Zicsr, Zifencei
 * and the privileged ones; decode_fp.c has the rest.
 *
 * Thread context: the hart's own thread; nothing but the Decoder is touched.
 */
#include "cpu/interp/op.h"
#include "base/barrier.h"

Op *decode_emit(Decoder *d, OpKind kind)
{
    Op *op = d->op++;

    *op = (Op){ .kind = (uint16_t)kind, .off = (uint16_t)d->off };
    return op;
}

static int32_t imm_i(uint32_t insn)
{
    return (int32_t)insn >> 20;
}

static int32_t imm_s(uint32_t insn)
{
    return ((int32_t)insn >> 25) * 32 + (int32_t)insn_rd(insn);
}

static int32_t imm_b(uint32_t insn)
{
    return ((int32_t)insn >> 31) * 4096
           + (int32_t)((insn >> 7 & 1) << 11 | (insn >> 25 & 0x3f) << 5
                       | (insn >> 8 & 15) << 1);
}

static int32_t imm_j(uint32_t insn)
{
    return ((int32_t)insn >> 31) * (1 << 20)
           + (int32_t)((insn >> 12 & 0xff) << 12 | (insn >> 20 & 1) << 11
                       | (insn >> 21 & 0x3ff) << 1);
}

/* To rd, unless that is x0. */
static bool emit_x(Decoder *d, OpKind kind, unsigned rs1, unsigned rs2,
                   int32_t imm)
{
    Op *op;

    if (!kind) {
        return false;
    }
    if (insn_rd(d->insn)) {
        op = decode_emit(d, kind);
        op->rd = (uint8_t)insn_rd(d->insn);
        op->rs1 = (uint8_t)rs1;
        op->rs2 = (uint8_t)rs2;
        op->imm = imm;
    }
    return true;
}

static bool emit_rrr(Decoder *d, OpKind kind)
{
    return emit_x(d, kind, insn_rs1(d->insn), insn_rs2(d->insn), 0);
}

static bool emit_rri(Decoder *d, OpKind kind, int32_t imm)
{
    return emit_x(d, kind, insn_rs1(d->insn), 0, imm);
}

static const uint16_t alu_kinds[8] = {
    KIND_add, KIND_sll, KIND_slt, KIND_sltu, KIND_xor, KIND_srl, KIND_or,
    KIND_and,
};

static bool decode_op(Decoder *d)
{
    static const uint16_t muldiv[8] = {
        KIND_mul, KIND_mulh, KIND_mulhsu, KIND_mulhu, KIND_div, KIND_divu,
        KIND_rem, KIND_remu,
    };
    unsigned funct3 = insn_funct3(d->insn);

    switch (d->insn >> 25) {
    case 0x00: return emit_rrr(d, alu_kinds[funct3]);
    case 0x01: return emit_rrr(d, muldiv[funct3]);
    case 0x20:
        return emit_rrr(d, funct3 == 0   ? KIND_sub
                           : funct3 == 5 ? KIND_sra
                                         : KIND_NONE);
    default: return false;
    }
}

static const uint16_t alu_w_kinds[8] = {
    [0] = KIND_addw, [1] = KIND_sllw, [5] = KIND_srlw,
};

static bool decode_op_32(Decoder *d)
{
    static const uint16_t muldiv[8] = {
        [0] = KIND_mulw, [4] = KIND_divw, [5] = KIND_divuw, [6] = KIND_remw,
        [7] = KIND_remuw,
    };
    unsigned funct3 = insn_funct3(d->insn);

    switch (d->insn >> 25) {
    case 0x00: return emit_rrr(d, alu_w_kinds[funct3]);
    case 0x01: return emit_rrr(d, muldiv[funct3]);
    case 0x20:
        return emit_rrr(d, funct3 == 0   ? KIND_subw
                           : funct3 == 5 ? KIND_sraw
                                         : KIND_NONE);
    default: return false;
    }
}

/* The bits above a shift amount choose; 0x10 (or 0x20) is arithmetic. */
static OpKind shift_kind(unsigned funct3, unsigned high, OpKind left,
                         OpKind logical, OpKind arithmetic, unsigned bit)
{
    if (funct3 == 1) {
        return high == 0 ? left : KIND_NONE;
    }
    return high == 0 ? logical : high == bit ? arithmetic : KIND_NONE;
}

static bool decode_op_imm(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn);

    if ((funct3 & 3) == 1) {
        return emit_rri(d, shift_kind(funct3, d->insn >> 26, KIND_sll,
                                      KIND_srl, KIND_sra, 0x10),
                        (int32_t)(d->insn >> 20 & 63));
    }
    return emit_rri(d, alu_kinds[funct3], imm_i(d->insn));
}

static bool decode_op_imm_32(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn);

    if (funct3 == 0) {
        return emit_rri(d, KIND_addw, imm_i(d->insn));
    }
    if ((funct3 & 3) != 1) {
        return false;
    }
    return emit_rri(d, shift_kind(funct3, d->insn >> 25, KIND_sllw,
                                  KIND_srlw, KIND_sraw, 0x20),
                    (int32_t)insn_rs2(d->insn));
}

static bool decode_load(Decoder *d)
{
    static const uint16_t loads[8] = {
        KIND_lb, KIND_lh, KIND_lw, KIND_ld, KIND_lbu, KIND_lhu, KIND_lwu,
    };
    OpKind kind = loads[insn_funct3(d->insn)];
    Op *op;

    if (!kind) {
        return false;
    }
    op = decode_emit(d, kind);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->imm = imm_i(d->insn);
    return true;
}

static bool decode_store(Decoder *d)
{
    static const uint16_t stores[8] = { KIND_sb, KIND_sh, KIND_sw, KIND_sd };
    OpKind kind = stores[insn_funct3(d->insn)];
    Op *op;

    if (!kind) {
        return false;
    }
    op = decode_emit(d, kind);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    op->imm = imm_s(d->insn);
    return true;
}

/* ---- jumps -------------------------------------------------------------- */

/* Whether a target can be linked: in this page. */
static bool is_near(const Decoder *d, int32_t target)
{
    return !d->single && target >= 0 && target < 4096;
}

static bool decode_branch(Decoder *d)
{
    static const uint16_t branches[8] = {
        KIND_beq, KIND_beq, KIND_NONE, KIND_NONE,
        KIND_blt, KIND_blt, KIND_bltu, KIND_bltu,
    };
    unsigned funct3 = insn_funct3(d->insn);
    Op *op;

    if (!branches[funct3]) {
        return false;
    }
    op = decode_emit(d, branches[funct3]);
    op->negate = funct3 & 1;
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    op->count = (uint8_t)d->count;
    op->imm = (int32_t)d->off + imm_b(d->insn);
    op->rd = is_near(d, op->imm) ? BRANCH_NEW : BRANCH_FAR;
    return true;
}

/* To an offset relative to the page. */
static void emit_jump(Decoder *d, int32_t target)
{
    Op *op = decode_emit(d, KIND_j);

    op->rd = is_near(d, target) ? BRANCH_NEW : BRANCH_FAR;
    op->count = (uint8_t)d->count;
    op->imm = target;
    d->end = true;
}

void decode_goto(Decoder *d, unsigned off)
{
    emit_jump(d, (int32_t)off);
}

static bool decode_jal(Decoder *d)
{
    int32_t target = (int32_t)d->off + imm_j(d->insn);
    Op *op;

    if (!insn_rd(d->insn)) {
        emit_jump(d, target);
        return true;
    }
    op = decode_emit(d, is_near(d, target) ? KIND_jal_new : KIND_jal_far);
    op->rd = (uint8_t)insn_rd(d->insn);
    op->count = (uint8_t)d->count;
    op->off = (uint16_t)(d->off + d->size);
    op->imm = target;
    d->end = true;
    return true;
}

static bool decode_jalr(Decoder *d)
{
    Op *op;

    if (insn_funct3(d->insn)) {
        return false;
    }
    op = decode_emit(d, insn_rd(d->insn) ? KIND_jalr : KIND_jr);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->count = (uint8_t)d->count;
    op->imm = imm_i(d->insn);
    op->off = (uint16_t)(d->off + d->size);
    d->end = true;
    return true;
}

/* ---- the system --------------------------------------------------------- */

/* Ends the block; it knows its bits. */
static bool emit_last(Decoder *d, OpKind kind)
{
    Op *op = decode_emit(d, kind);

    op->imm = (int32_t)d->raw;
    d->end = true;
    return true;
}

/* A fence need not be an op when the host keeps the order by itself; then it
 * must keep some write of before it before a read of after it. */
static bool fence_needs_op(unsigned pred, unsigned succ)
{
    return !VM_HOST_ORDERS_STORES || ((pred & 5) && (succ & 10));
}

/* PAUSE is a fence of writes before nothing. */
static bool decode_misc_mem(Decoder *d)
{
    unsigned pred = d->insn >> 24 & 15, succ = d->insn >> 20 & 15;

    switch (insn_funct3(d->insn)) {
    case 0:
        if (d->insn == 0x0100000f) {
            return emit_last(d, KIND_pause);
        }
        if (fence_needs_op(pred, succ)) {
            decode_emit(d, KIND_fence);
        }
        return true;
    case 1: return emit_last(d, KIND_fence_i);
    default: return false;
    }
}

static bool decode_privileged(Decoder *d)
{
    if (d->insn >> 25 == 0x09 && !insn_rd(d->insn)) {
        return emit_last(d, KIND_sfence_vma);
    }
    switch (d->insn) {
    case 0x00000073: return emit_last(d, KIND_ecall);
    case 0x00100073: return emit_last(d, KIND_ebreak);
    case 0x10200073: return emit_last(d, KIND_sret);
    case 0x30200073: return emit_last(d, KIND_mret);
    case 0x10500073: return emit_last(d, KIND_wfi);
    default: return false;
    }
}

static bool decode_system(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn), csr = d->insn >> 20;
    OpKind kind = KIND_csr;
    Op *op;

    if (funct3 == 0) {
        return decode_privileged(d);
    }
    if (funct3 == 4) {
        return false;
    }
    if (csr == 0x100 && (funct3 & 3) >= 2) {
        kind = (funct3 & 3) == 2 ? KIND_csr_sstatus_set
                                 : KIND_csr_sstatus_clear;
    }
    op = decode_emit(d, kind);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)funct3;
    op->imm = (int32_t)csr;
    d->fp_guard = 0; /* mstatus and frm may be what they were not */
    return true;
}

static bool decode_known(Decoder *d)
{
    switch (d->insn & 0x7f) {
    case 0x03: return decode_load(d);
    case 0x0f: return decode_misc_mem(d);
    case 0x13: return decode_op_imm(d);
    case 0x17:
        return emit_x(d, KIND_add, HART_X_VBASE, 0,
                      (int32_t)((d->insn & 0xfffff000) + d->off));
    case 0x1b: return decode_op_imm_32(d);
    case 0x23: return decode_store(d);
    case 0x2f: return decode_amo(d);
    case 0x33: return decode_op(d);
    case 0x37:
        return emit_x(d, KIND_add, 0, 0, (int32_t)(d->insn & 0xfffff000));
    case 0x3b: return decode_op_32(d);
    case 0x63: return decode_branch(d);
    case 0x67: return decode_jalr(d);
    case 0x6f: return decode_jal(d);
    case 0x73: return decode_system(d);
    case 0x07:
    case 0x27:
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53: return decode_fp(d);
    default: return false;
    }
}

void decode_insn(Decoder *d, uint32_t raw)
{
    Op *first = d->op;

    if ((raw & 3) == 3) {
        d->raw = d->insn = raw;
        d->size = 4;
    } else {
        d->raw = raw & 0xffff;
        d->insn = decode_compressed((uint16_t)raw);
        d->size = 2;
    }
    if (!d->insn || !decode_known(d)) {
        d->op = first;
        emit_last(d, KIND_illegal);
    }
}
