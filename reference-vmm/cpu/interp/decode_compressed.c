/* SPDX-License-Identifier: MIT */
/*
 * decode_compressed.c - the C extension for RV64, as instructions of 32 bits
 * (unprivileged specification, chapter 27).
 *
 * Thread context: any; functions of their arguments.
 */
#include "cpu/interp/op.h"

/* size bits of insn from bit `from` on, moved to bit `to` */
static inline uint32_t bits(uint16_t insn, unsigned from, unsigned size,
                            unsigned to)
{
    return (uint32_t)((insn >> from) & ((1u << size) - 1)) << to;
}

static inline uint32_t sign_extend(uint32_t value, unsigned size)
{
    return (uint32_t)((int32_t)(value << (32 - size)) >> (32 - size));
}

static uint32_t i_type(uint32_t imm, unsigned rs1, unsigned funct3,
                       unsigned rd, unsigned opcode)
{
    return imm << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}

static uint32_t s_type(uint32_t imm, unsigned rs2, unsigned rs1,
                       unsigned funct3, unsigned opcode)
{
    return (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12
           | (imm & 31) << 7 | opcode;
}

static uint32_t r_type(unsigned funct7, unsigned rs2, unsigned rs1,
                       unsigned funct3, unsigned rd, unsigned opcode)
{
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7
           | opcode;
}

static uint32_t b_type(uint32_t imm, unsigned rs1, unsigned funct3)
{
    return (imm >> 12 & 1) << 31 | (imm >> 5 & 0x3f) << 25 | rs1 << 15
           | funct3 << 12 | (imm >> 1 & 15) << 8 | (imm >> 11 & 1) << 7
           | 0x63;
}

static uint32_t j_type(uint32_t imm, unsigned rd)
{
    return (imm >> 20 & 1) << 31 | (imm >> 1 & 0x3ff) << 21
           | (imm >> 11 & 1) << 20 | (imm >> 12 & 0xff) << 12 | rd << 7
           | 0x6f;
}

enum {
    OPCODE_LOAD = 0x03,
    OPCODE_LOAD_FP = 0x07,
    OPCODE_OP_IMM = 0x13,
    OPCODE_OP_IMM_32 = 0x1b,
    OPCODE_STORE = 0x23,
    OPCODE_STORE_FP = 0x27,
    OPCODE_OP = 0x33,
    OPCODE_LUI = 0x37,
    OPCODE_OP_32 = 0x3b,
    OPCODE_JALR = 0x67,
};

#define FUNCT3(insn) ((insn) >> 13 & 7)
#define RD_RS1(insn) bits(insn, 7, 5, 0)
#define RS2(insn) bits(insn, 2, 5, 0)
#define RD_SHORT(insn) (8 + bits(insn, 2, 3, 0))
#define RS1_SHORT(insn) (8 + bits(insn, 7, 3, 0))

static uint32_t imm_6(uint16_t insn)
{
    return sign_extend(bits(insn, 12, 1, 5) | bits(insn, 2, 5, 0), 6);
}

/* Quadrant 0: loads and stores through a short base, and addi4spn. */
static uint32_t quadrant_0(uint16_t insn)
{
    unsigned reg = RD_SHORT(insn), base = RS1_SHORT(insn);
    uint32_t word = bits(insn, 10, 3, 3) | bits(insn, 6, 1, 2)
                    | bits(insn, 5, 1, 6);
    uint32_t dword = bits(insn, 10, 3, 3) | bits(insn, 5, 2, 6);
    uint32_t spn = bits(insn, 11, 2, 4) | bits(insn, 7, 4, 6)
                   | bits(insn, 6, 1, 2) | bits(insn, 5, 1, 3);

    switch (FUNCT3(insn)) {
    case 0: return spn ? i_type(spn, 2, 0, reg, OPCODE_OP_IMM) : 0;
    case 1: return i_type(dword, base, 3, reg, OPCODE_LOAD_FP);
    case 2: return i_type(word, base, 2, reg, OPCODE_LOAD);
    case 3: return i_type(dword, base, 3, reg, OPCODE_LOAD);
    case 5: return s_type(dword, reg, base, 3, OPCODE_STORE_FP);
    case 6: return s_type(word, reg, base, 2, OPCODE_STORE);
    case 7: return s_type(dword, reg, base, 3, OPCODE_STORE);
    default: return 0;
    }
}

static uint32_t quadrant_1_arithmetic(uint16_t insn)
{
    static const uint8_t funct3[8] = { 0, 4, 6, 7, 0, 0, 0, 0 };
    unsigned rd = RS1_SHORT(insn), rs2 = RD_SHORT(insn);
    unsigned which = bits(insn, 12, 1, 2) | bits(insn, 5, 2, 0);
    uint32_t shamt = bits(insn, 12, 1, 5) | bits(insn, 2, 5, 0);

    switch (bits(insn, 10, 2, 0)) {
    case 0: return i_type(shamt, rd, 5, rd, OPCODE_OP_IMM);
    case 1: return i_type(shamt | 0x400, rd, 5, rd, OPCODE_OP_IMM);
    case 2: return i_type(imm_6(insn), rd, 7, rd, OPCODE_OP_IMM);
    }
    if (which >= 6) {
        return 0;
    }
    return r_type(which == 0 || which == 4 ? 0x20 : 0, rs2, rd,
                  funct3[which], rd, which >= 4 ? OPCODE_OP_32 : OPCODE_OP);
}

static uint32_t quadrant_1_lui(uint16_t insn)
{
    unsigned rd = RD_RS1(insn);
    uint32_t imm = imm_6(insn);
    uint32_t sp = sign_extend(bits(insn, 12, 1, 9) | bits(insn, 6, 1, 4)
                                  | bits(insn, 5, 1, 6) | bits(insn, 3, 2, 7)
                                  | bits(insn, 2, 1, 5), 10);

    if (rd == 2) {
        return sp ? i_type(sp, 2, 0, 2, OPCODE_OP_IMM) : 0;
    }
    return imm ? imm << 12 | rd << 7 | OPCODE_LUI : 0;
}

static uint32_t quadrant_1(uint16_t insn)
{
    unsigned rd = RD_RS1(insn);
    uint32_t jump = sign_extend(
        bits(insn, 12, 1, 11) | bits(insn, 11, 1, 4) | bits(insn, 9, 2, 8)
            | bits(insn, 8, 1, 10) | bits(insn, 7, 1, 6) | bits(insn, 6, 1, 7)
            | bits(insn, 3, 3, 1) | bits(insn, 2, 1, 5), 12);
    uint32_t branch = sign_extend(
        bits(insn, 12, 1, 8) | bits(insn, 10, 2, 3) | bits(insn, 5, 2, 6)
            | bits(insn, 3, 2, 1) | bits(insn, 2, 1, 5), 9);

    switch (FUNCT3(insn)) {
    case 0: return i_type(imm_6(insn), rd, 0, rd, OPCODE_OP_IMM);
    case 1:
        return rd ? i_type(imm_6(insn), rd, 0, rd, OPCODE_OP_IMM_32) : 0;
    case 2: return i_type(imm_6(insn), 0, 0, rd, OPCODE_OP_IMM);
    case 3: return quadrant_1_lui(insn);
    case 4: return quadrant_1_arithmetic(insn);
    case 5: return j_type(jump, 0);
    case 6: return b_type(branch, RS1_SHORT(insn), 0);
    default: return b_type(branch, RS1_SHORT(insn), 1);
    }
}

static uint32_t quadrant_2_jump(uint16_t insn)
{
    unsigned rd = RD_RS1(insn), rs2 = RS2(insn);

    if (insn >> 12 & 1) {
        if (rs2) {
            return r_type(0, rs2, rd, 0, rd, OPCODE_OP);
        }
        return rd ? i_type(0, rd, 0, 1, OPCODE_JALR) : 0x00100073;
    }
    if (rs2) {
        return r_type(0, rs2, 0, 0, rd, OPCODE_OP);
    }
    return rd ? i_type(0, rd, 0, 0, OPCODE_JALR) : 0;
}

/* Quadrant 2: through the stack pointer, slli, jumps, mv and add. */
static uint32_t quadrant_2(uint16_t insn)
{
    unsigned rd = RD_RS1(insn), rs2 = RS2(insn);
    uint32_t shamt = bits(insn, 12, 1, 5) | bits(insn, 2, 5, 0);
    uint32_t lwsp = bits(insn, 12, 1, 5) | bits(insn, 4, 3, 2)
                    | bits(insn, 2, 2, 6);
    uint32_t ldsp = bits(insn, 12, 1, 5) | bits(insn, 5, 2, 3)
                    | bits(insn, 2, 3, 6);
    uint32_t swsp = bits(insn, 9, 4, 2) | bits(insn, 7, 2, 6);
    uint32_t sdsp = bits(insn, 10, 3, 3) | bits(insn, 7, 3, 6);

    switch (FUNCT3(insn)) {
    case 0: return i_type(shamt, rd, 1, rd, OPCODE_OP_IMM);
    case 1: return i_type(ldsp, 2, 3, rd, OPCODE_LOAD_FP);
    case 2: return rd ? i_type(lwsp, 2, 2, rd, OPCODE_LOAD) : 0;
    case 3: return rd ? i_type(ldsp, 2, 3, rd, OPCODE_LOAD) : 0;
    case 4: return quadrant_2_jump(insn);
    case 5: return s_type(sdsp, rs2, 2, 3, OPCODE_STORE_FP);
    case 6: return s_type(swsp, rs2, 2, 2, OPCODE_STORE);
    default: return s_type(sdsp, rs2, 2, 3, OPCODE_STORE);
    }
}

uint32_t decode_compressed(uint16_t insn)
{
    switch (insn & 3) {
    case 0: return insn ? quadrant_0(insn) : 0;
    case 1: return quadrant_1(insn);
    case 2: return quadrant_2(insn);
    default: return 0;
    }
}
