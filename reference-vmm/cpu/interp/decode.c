/* SPDX-License-Identifier: MIT */
/*
 * decode.c - instructions of 32 bits to ops: the base, M, Zicsr, Zifencei
 * and the privileged ones; decode_fp.c has the rest.
 *
 * Thread context: the hart's own thread; nothing but the Decoder is touched.
 */
#include "cpu/interp/op.h"

Op *decode_emit(Decoder *d, OpFn *fn)
{
    Op *op = d->op++;

    *op = (Op){ .fn = fn };
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

/* Of three registers, and short. */
static bool emit_rrr(Decoder *d, OpFn *fn)
{
    Op *op;

    if (!fn) {
        return false;
    }
    if (insn_rd(d->insn)) {
        op = decode_emit(d, fn);
        op->rd = (uint8_t)insn_rd(d->insn);
        op->rs1 = (uint8_t)insn_rs1(d->insn);
        op->rs2 = (uint8_t)insn_rs2(d->insn);
    }
    return true;
}

static bool decode_op(Decoder *d)
{
    static OpFn *const base[8] = {
        op_add, op_sll, op_slt, op_sltu, op_xor, op_srl, op_or, op_and,
    };
    static OpFn *const muldiv[8] = {
        op_mul, op_mulh, op_mulhsu, op_mulhu, op_div, op_divu, op_rem,
        op_remu,
    };
    unsigned funct3 = insn_funct3(d->insn);

    if (d->insn >> 25 == 0 && funct3 == 0 && !insn_rs1(d->insn)
        && insn_rd(d->insn)) {
        Op *op = decode_emit(d, op_mv); /* as c.mv is */

        op->rd = (uint8_t)insn_rd(d->insn);
        op->rs1 = (uint8_t)insn_rs2(d->insn);
        return true;
    }
    switch (d->insn >> 25) {
    case 0x00: return emit_rrr(d, base[funct3]);
    case 0x01: return emit_rrr(d, muldiv[funct3]);
    case 0x20:
        return emit_rrr(d, funct3 == 0 ? op_sub : funct3 == 5 ? op_sra : NULL);
    default: return false;
    }
}

static bool decode_op_32(Decoder *d)
{
    static OpFn *const base[8] = {
        op_addw, op_sllw, NULL, NULL, NULL, op_srlw, NULL, NULL,
    };
    static OpFn *const muldiv[8] = {
        op_mulw, NULL, NULL, NULL, op_divw, op_divuw, op_remw, op_remuw,
    };
    unsigned funct3 = insn_funct3(d->insn);

    switch (d->insn >> 25) {
    case 0x00: return emit_rrr(d, base[funct3]);
    case 0x01: return emit_rrr(d, muldiv[funct3]);
    case 0x20:
        return emit_rrr(d, funct3 == 0   ? op_subw
                           : funct3 == 5 ? op_sraw
                                         : NULL);
    default: return false;
    }
}

static void emit_li(Decoder *d, int32_t value)
{
    if (insn_rd(d->insn)) {
        Op *op = decode_emit(d, op_li);

        op->rd = (uint8_t)insn_rd(d->insn);
        op->imm32 = value;
    }
}

static bool decode_op_imm(Decoder *d)
{
    static OpFn *const with_imm[8] = {
        op_addi, NULL, op_slti, op_sltiu, op_xori, NULL, op_ori, op_andi,
    };
    unsigned funct3 = insn_funct3(d->insn), rd = insn_rd(d->insn);
    unsigned high = d->insn >> 26; /* above a shift amount */
    int32_t imm = imm_i(d->insn);
    OpFn *fn = with_imm[funct3];
    Op *op;

    if (!fn) {
        fn = funct3 == 1 ? (high == 0 ? op_slli : NULL)
             : high == 0 ? op_srli
             : high == 0x10 ? op_srai : NULL;
        if (!fn) {
            return false;
        }
    } else if (fn == op_addi && !insn_rs1(d->insn)) {
        emit_li(d, imm);
        return true;
    } else if (fn == op_addi && !imm) {
        fn = op_mv;
    }
    if (rd) {
        op = decode_emit(d, fn);
        op->rd = (uint8_t)rd;
        op->rs1 = (uint8_t)insn_rs1(d->insn);
        op->rs2 = (uint8_t)(d->insn >> 20 & 63);
        op->imm = (int16_t)imm;
    }
    return true;
}

static bool decode_op_imm_32(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn), high = d->insn >> 25;
    OpFn *fn = funct3 == 0   ? op_addiw
               : funct3 == 1 ? (high == 0 ? op_slliw : NULL)
               : funct3 != 5 ? NULL
               : high == 0   ? op_srliw
               : high == 0x20 ? op_sraiw : NULL;
    Op *op;

    if (!fn) {
        return false;
    }
    if (insn_rd(d->insn)) {
        op = decode_emit(d, fn);
        op->rd = (uint8_t)insn_rd(d->insn);
        op->rs1 = (uint8_t)insn_rs1(d->insn);
        op->rs2 = (uint8_t)insn_rs2(d->insn);
        op->imm = (int16_t)imm_i(d->insn);
    }
    return true;
}

static bool decode_load(Decoder *d)
{
    static OpFn *const loads[8] = {
        op_lb, op_lh, op_lw, op_ld, op_lbu, op_lhu, op_lwu, NULL,
    };
    OpFn *fn = loads[insn_funct3(d->insn)];
    Op *op;

    if (!fn) {
        return false;
    }
    op = decode_emit(d, fn);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->imm = (int16_t)imm_i(d->insn);
    op->off = (uint16_t)d->off;
    return true;
}

static bool decode_store(Decoder *d)
{
    static OpFn *const stores[8] = { op_sb, op_sh, op_sw, op_sd };
    OpFn *fn = stores[insn_funct3(d->insn)];
    Op *op;

    if (!fn) {
        return false;
    }
    op = decode_emit(d, fn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    op->imm = (int16_t)imm_s(d->insn);
    op->off = (uint16_t)d->off;
    return true;
}

/* ---- jumps ---------------------------------------------------------------- */

/* Whether a target can be linked: in this page. */
static bool is_near(const Decoder *d, int32_t target)
{
    return !d->single && target >= 0 && target < 4096;
}

static bool decode_branch(Decoder *d)
{
    static OpFn *const near[8] = {
        op_beq_new, op_bne_new, NULL, NULL, op_blt_new, op_bge_new,
        op_bltu_new, op_bgeu_new,
    };
    static OpFn *const far[8] = {
        op_beq_far, op_bne_far, NULL, NULL, op_blt_far, op_bge_far,
        op_bltu_far, op_bgeu_far,
    };
    unsigned funct3 = insn_funct3(d->insn);
    int32_t target = (int32_t)d->off + imm_b(d->insn);
    bool to_near = is_near(d, target);
    OpFn *fn = (to_near ? near : far)[funct3];
    Op *op;

    if (!fn) {
        return false;
    }
    if (!insn_rs2(d->insn) && funct3 <= 1) {
        fn = funct3 == 0 ? (to_near ? op_beqz_new : op_beqz_far)
                         : (to_near ? op_bnez_new : op_bnez_far);
    }
    op = decode_emit(d, fn);
    op->rd = (uint8_t)d->count;
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    op->imm32 = target;
    return true;
}

static bool decode_jal(Decoder *d)
{
    int32_t target = (int32_t)d->off + imm_j(d->insn);
    bool to_near = is_near(d, target);
    unsigned rd = insn_rd(d->insn);
    Op *op = decode_emit(d, rd ? (to_near ? op_jal_new : op_jal_far)
                               : (to_near ? op_j_new : op_j_far));

    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)d->count;
    op->off_low = (uint16_t)(d->off + d->size);
    op->imm32 = target;
    d->end = true;
    return true;
}

void decode_goto(Decoder *d, unsigned off)
{
    bool to_near = is_near(d, (int32_t)off);
    Op *op = decode_emit(d, to_near ? op_j_new : op_j_far);

    op->rs1 = (uint8_t)d->count;
    op->imm32 = (int32_t)off;
    d->end = true;
}

static bool decode_jalr(Decoder *d)
{
    Op *op;

    if (insn_funct3(d->insn)) {
        return false;
    }
    op = decode_emit(d, insn_rd(d->insn) ? op_jalr : op_jr);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)d->count;
    op->imm = (int16_t)imm_i(d->insn);
    op->off = (uint16_t)(d->off + d->size);
    d->end = true;
    return true;
}

/* ---- the system ----------------------------------------------------------- */

/* Long form: the bits, and off. */
static bool emit_long(Decoder *d, OpFn *fn)
{
    Op *op = decode_emit(d, fn);

    op->off_low = (uint16_t)d->off;
    op->imm32 = (int32_t)d->raw;
    d->end = true;
    return true;
}

/* A fence need not be an op when no write of before it is kept before a read
 * of after it: see op_fence. */
static bool decode_misc_mem(Decoder *d)
{
    unsigned pred = d->insn >> 24 & 15, succ = d->insn >> 20 & 15;

    switch (insn_funct3(d->insn)) {
    case 0:
        if ((pred & 5) && (succ & 10)) {
            decode_emit(d, op_fence);
        }
        return true;
    case 1: return emit_long(d, op_fence_i);
    default: return false;
    }
}

static bool decode_privileged(Decoder *d)
{
    if (d->insn >> 25 == 0x09 && !insn_rd(d->insn)) {
        return emit_long(d, op_sfence_vma);
    }
    switch (d->insn) {
    case 0x00000073: return emit_long(d, op_ecall);
    case 0x00100073: return emit_long(d, op_ebreak);
    case 0x10200073: return emit_long(d, op_sret);
    case 0x30200073: return emit_long(d, op_mret);
    case 0x10500073: return emit_long(d, op_wfi);
    default: return false;
    }
}

static bool decode_system(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn), csr = d->insn >> 20;
    OpFn *fn = op_csr;
    Op *op;

    if (funct3 == 0) {
        return decode_privileged(d);
    }
    if (funct3 == 4) {
        return false;
    }
    if (csr == 0x100 && (funct3 & 3) >= 2) {
        fn = (funct3 & 3) == 2 ? op_csr_sstatus_set : op_csr_sstatus_clear;
    }
    op = decode_emit(d, fn);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)funct3;
    op->imm = (int16_t)csr;
    op->off = (uint16_t)d->off;
    d->fp_guard = 0; /* mstatus and frm may be what they were not */
    return true;
}

static bool decode_known(Decoder *d)
{
    Op *op;

    switch (d->insn & 0x7f) {
    case 0x03: return decode_load(d);
    case 0x0f: return decode_misc_mem(d);
    case 0x13: return decode_op_imm(d);
    case 0x17:
        if (insn_rd(d->insn)) {
            op = decode_emit(d, op_auipc);
            op->rd = (uint8_t)insn_rd(d->insn);
            op->imm32 = (int32_t)((d->insn & 0xfffff000) + d->off);
        }
        return true;
    case 0x1b: return decode_op_imm_32(d);
    case 0x23: return decode_store(d);
    case 0x2f: return decode_amo(d);
    case 0x33: return decode_op(d);
    case 0x37: emit_li(d, (int32_t)(d->insn & 0xfffff000)); return true;
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
        emit_long(d, op_illegal);
    }
}
