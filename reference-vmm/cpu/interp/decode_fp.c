/* SPDX-License-Identifier: MIT */
/*
 * decode_fp.c - the A, F and D extensions to ops.
 *
 * Thread context: the hart's own thread; nothing but the Decoder is touched.
 */
#include "cpu/interp/op.h"

bool decode_amo(Decoder *d)
{
    static const uint16_t ops[32][2] = {
        [0x00] = { KIND_amoadd_w, KIND_amoadd_d },
        [0x01] = { KIND_amoswap_w, KIND_amoswap_d },
        [0x02] = { KIND_lr_w, KIND_lr_d },
        [0x03] = { KIND_sc_w, KIND_sc_d },
        [0x04] = { KIND_amoxor_w, KIND_amoxor_d },
        [0x08] = { KIND_amoor_w, KIND_amoor_d },
        [0x0c] = { KIND_amoand_w, KIND_amoand_d },
        [0x10] = { KIND_amomin_w, KIND_amomin_d },
        [0x14] = { KIND_amomax_w, KIND_amomax_d },
        [0x18] = { KIND_amominu_w, KIND_amominu_d },
        [0x1c] = { KIND_amomaxu_w, KIND_amomaxu_d },
    };
    unsigned funct3 = insn_funct3(d->insn), which = d->insn >> 27;
    OpKind kind = funct3 == 2 || funct3 == 3 ? ops[which][funct3 - 2]
                                             : KIND_NONE;
    Op *op;

    if (!kind || (which == 2 && insn_rs2(d->insn))) {
        return false;
    }
    op = decode_emit(d, kind);
    op->rd = (uint8_t)insn_xd(d->insn);
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    return true;
}

/* What the block must know before an op: see KIND_fp_guard. */
enum {
    NEEDS_FRM = 1,
    CHANGES = 2,
    NEEDS_ON = 4, /* always */
};

static void emit_guard(Decoder *d, unsigned needs)
{
    Op *op;

    needs |= NEEDS_ON;
    if ((d->fp_guard & needs) == needs) {
        return;
    }
    op = decode_emit(d, KIND_fp_guard);
    op->rd = (uint8_t)needs;
    op->imm = (int32_t)d->raw;
    d->fp_guard |= (uint8_t)needs;
}

enum {
    RD_IS_X = 1, /* else f */
    ROUNDS = 2,  /* funct3 is a rounding mode */
    PURE = 4,    /* no f register and no flag changes */
};

static bool emit_fp(Decoder *d, OpKind kind, unsigned how)
{
    unsigned rm = insn_funct3(d->insn);
    Op *op;

    if (!kind || ((how & ROUNDS) && (rm == 5 || rm == 6))) {
        return false;
    }
    emit_guard(d, (how & PURE ? 0 : CHANGES)
                      | ((how & ROUNDS) && rm == FPU_DYN ? NEEDS_FRM : 0));
    op = decode_emit(d, kind);
    op->rd = (uint8_t)(how & RD_IS_X ? insn_xd(d->insn) : insn_rd(d->insn));
    op->rs1 = (uint8_t)insn_rs1(d->insn);
    op->rs2 = (uint8_t)insn_rs2(d->insn);
    op->rs3 = (uint8_t)(d->insn >> 27);
    op->imm = (int32_t)rm;
    return true;
}

static bool decode_fp_load(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn);
    bool ok = emit_fp(d, funct3 == 2   ? KIND_flw
                         : funct3 == 3 ? KIND_fld
                                       : KIND_NONE, 0);

    if (ok) {
        d->op[-1].imm = ((int32_t)d->insn >> 20);
    }
    return ok;
}

static bool decode_fp_store(Decoder *d)
{
    unsigned funct3 = insn_funct3(d->insn);
    bool ok = emit_fp(d, funct3 == 2   ? KIND_fsw
                         : funct3 == 3 ? KIND_fsd
                                       : KIND_NONE, PURE);

    if (ok) {
        d->op[-1].imm = (((int32_t)d->insn >> 25) * 32
                                  + (int32_t)insn_rd(d->insn));
    }
    return ok;
}

/* One op of each format; fmt is 0 or 1. */
#define BOTH(name) { KIND_##name##_s, KIND_##name##_d }

static bool decode_fma(Decoder *d)
{
    static const uint16_t ops[4][2] = {
        BOTH(fmadd), BOTH(fmsub), BOTH(fnmsub), BOTH(fnmadd),
    };
    unsigned fmt = d->insn >> 25 & 3;

    return fmt <= 1 && emit_fp(d, ops[d->insn >> 2 & 3][fmt], ROUNDS);
}

static bool decode_fp_convert(Decoder *d, unsigned fmt)
{
    static const uint16_t to_int[4][2] = {
        BOTH(fcvt_w), BOTH(fcvt_wu), BOTH(fcvt_l), BOTH(fcvt_lu),
    };
    static const uint16_t from_int[4][2] = {
        { KIND_fcvt_s_w, KIND_fcvt_d_w },
        { KIND_fcvt_s_wu, KIND_fcvt_d_wu },
        { KIND_fcvt_s_l, KIND_fcvt_d_l },
        { KIND_fcvt_s_lu, KIND_fcvt_d_lu },
    };
    unsigned rs2 = insn_rs2(d->insn);

    switch (d->insn >> 27) {
    case 0x08: /* between the formats */
        if (fmt == rs2 || rs2 > 1) {
            return false;
        }
        return emit_fp(d, fmt ? KIND_fcvt_d_s : KIND_fcvt_s_d, ROUNDS);
    case 0x18:
        return rs2 < 4 && emit_fp(d, to_int[rs2][fmt], RD_IS_X | ROUNDS);
    default:
        return rs2 < 4 && emit_fp(d, from_int[rs2][fmt], ROUNDS);
    }
}

/* Moves of bits, and fclass. */
static bool decode_fp_move(Decoder *d, unsigned fmt)
{
    unsigned funct3 = insn_funct3(d->insn);

    if (insn_rs2(d->insn)) {
        return false;
    }
    if (d->insn >> 27 == 0x1e) {
        return funct3 == 0
               && emit_fp(d, fmt ? KIND_fmv_d_x : KIND_fmv_w_x, 0);
    }
    if (funct3 == 0) {
        return emit_fp(d, fmt ? KIND_fmv_x_d : KIND_fmv_x_w, RD_IS_X | PURE);
    }
    return funct3 == 1
           && emit_fp(d, fmt ? KIND_fclass_d : KIND_fclass_s, RD_IS_X | PURE);
}

static bool decode_fp_choose(Decoder *d, unsigned fmt)
{
    static const uint16_t sign[3][2] = {
        BOTH(fsgnj), BOTH(fsgnjn), BOTH(fsgnjx),
    };
    static const uint16_t min_max[2][2] = { BOTH(fmin), BOTH(fmax) };
    static const uint16_t compare[3][2] = { BOTH(fle), BOTH(flt), BOTH(feq) };
    unsigned funct3 = insn_funct3(d->insn);

    switch (d->insn >> 27) {
    case 0x04:
        if (funct3 == 0 && fmt && insn_rs1(d->insn) == insn_rs2(d->insn)) {
            return emit_fp(d, KIND_fmv_d, 0);
        }
        return funct3 < 3 && emit_fp(d, sign[funct3][fmt], 0);
    case 0x05: return funct3 < 2 && emit_fp(d, min_max[funct3][fmt], 0);
    default:
        return funct3 < 3 && emit_fp(d, compare[funct3][fmt], RD_IS_X);
    }
}

static bool decode_op_fp(Decoder *d)
{
    static const uint16_t arithmetic[4][2] = {
        BOTH(fadd), BOTH(fsub), BOTH(fmul), BOTH(fdiv),
    };
    unsigned fmt = d->insn >> 25 & 3, which = d->insn >> 27;

    if (fmt > 1) {
        return false;
    }
    switch (which) {
    case 0x00:
    case 0x01:
    case 0x02:
    case 0x03: return emit_fp(d, arithmetic[which][fmt], ROUNDS);
    case 0x0b:
        return !insn_rs2(d->insn)
               && emit_fp(d, fmt ? KIND_fsqrt_d : KIND_fsqrt_s, ROUNDS);
    case 0x04:
    case 0x05:
    case 0x14: return decode_fp_choose(d, fmt);
    case 0x08:
    case 0x18:
    case 0x1a: return decode_fp_convert(d, fmt);
    case 0x1c:
    case 0x1e: return decode_fp_move(d, fmt);
    default: return false;
    }
}

bool decode_fp(Decoder *d)
{
    switch (d->insn & 0x7f) {
    case 0x07: return decode_fp_load(d);
    case 0x27: return decode_fp_store(d);
    case 0x53: return decode_op_fp(d);
    default: return decode_fma(d);
    }
}
