/* SPDX-License-Identifier: MIT */
/*
 * diff_asm.h - an assembler of functions: each appends one instruction.
 *
 *     li(a, T0, 0x20000);
 *     sd(a, RA, 8, S11);          // ra to 8(s11)
 *     at = branch(a, BNE, T0, T1, 0);
 *     ...
 *     patch_branch(a, at);        // comes here
 *
 * Thread context: none: the generator is one thread.
 */
#ifndef REFVMM_TESTS_DIFF_ASM_H
#define REFVMM_TESTS_DIFF_ASM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IMAGE_BASE UINT64_C(0x80000000)
#define IMAGE_SIZE 0x404000u

/* The memory image, and where the next instruction goes. */
typedef struct Asm {
    uint8_t *image;
    uint64_t pc;
} Asm;

enum {
    RA = 1, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7,
    S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, T3, T4, T5, T6,
};

enum { BEQ = 0, BNE = 1, BLT = 4, BGE = 5, BLTU = 6, BGEU = 7 };

enum {
    CSR_FFLAGS = 0x001,
    CSR_FRM = 0x002,
    CSR_FCSR = 0x003,
    CSR_SSTATUS = 0x100,
    CSR_SIE = 0x104,
    CSR_STVEC = 0x105,
    CSR_SCOUNTEREN = 0x106,
    CSR_SSCRATCH = 0x140,
    CSR_SEPC = 0x141,
    CSR_SCAUSE = 0x142,
    CSR_STVAL = 0x143,
    CSR_SIP = 0x144,
    CSR_SATP = 0x180,
    CSR_MSTATUS = 0x300,
    CSR_MISA = 0x301,
    CSR_MEDELEG = 0x302,
    CSR_MIDELEG = 0x303,
    CSR_MIE = 0x304,
    CSR_MTVEC = 0x305,
    CSR_MCOUNTEREN = 0x306,
    CSR_MSCRATCH = 0x340,
    CSR_MEPC = 0x341,
    CSR_MCAUSE = 0x342,
    CSR_MTVAL = 0x343,
    CSR_MIP = 0x344,
    CSR_PMPCFG0 = 0x3a0,
    CSR_PMPADDR0 = 0x3b0,
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
    CSR_MHARTID = 0xf14,
};

static inline void put16(Asm *a, uint32_t insn)
{
    memcpy(a->image + (a->pc - IMAGE_BASE), &insn, 2);
    a->pc += 2;
}

static inline void put32(Asm *a, uint32_t insn)
{
    memcpy(a->image + (a->pc - IMAGE_BASE), &insn, 4);
    a->pc += 4;
}

static inline void put64_at(Asm *a, uint64_t address, uint64_t v)
{
    memcpy(a->image + (address - IMAGE_BASE), &v, 8);
}

static inline void r_type(Asm *a, unsigned op, unsigned f3, unsigned f7,
                          unsigned rd, unsigned rs1, unsigned rs2)
{
    put32(a, f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op);
}

static inline void i_type(Asm *a, unsigned op, unsigned f3, unsigned rd,
                          unsigned rs1, int imm)
{
    put32(a, (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op);
}

static inline void s_type(Asm *a, unsigned op, unsigned f3, unsigned rs2,
                          int imm, unsigned rs1)
{
    uint32_t i = imm;

    put32(a, (i >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12
                 | (i & 31) << 7 | op);
}

static inline uint32_t b_imm(int64_t offset)
{
    uint32_t i = (uint32_t)offset;

    return (i >> 12 & 1) << 31 | (i >> 5 & 0x3f) << 25 | (i >> 1 & 15) << 8
           | (i >> 11 & 1) << 7;
}

static inline uint32_t j_imm(int64_t offset)
{
    uint32_t i = (uint32_t)offset;

    return (i >> 20 & 1) << 31 | (i >> 1 & 0x3ff) << 21 | (i >> 11 & 1) << 20
           | (i >> 12 & 0xff) << 12;
}

static inline uint64_t branch(Asm *a, unsigned condition, unsigned rs1,
                              unsigned rs2, uint64_t target)
{
    uint64_t at = a->pc;

    put32(a, 0x63 | condition << 12 | rs1 << 15 | rs2 << 20
                 | b_imm((int64_t)(target - at)));
    return at;
}

static inline uint64_t jal(Asm *a, unsigned rd, uint64_t target)
{
    uint64_t at = a->pc;

    put32(a, 0x6f | rd << 7 | j_imm((int64_t)(target - at)));
    return at;
}

/* Lets the branch or jump at `at` go to `target`. */
static inline void patch_to(Asm *a, uint64_t at, uint64_t target)
{
    uint32_t insn;
    bool jump;

    memcpy(&insn, a->image + (at - IMAGE_BASE), 4);
    jump = (insn & 0x7f) == 0x6f;
    insn &= jump ? 0xfff : 0x01fff07f;
    insn |= jump ? j_imm((int64_t)(target - at))
                 : b_imm((int64_t)(target - at));
    memcpy(a->image + (at - IMAGE_BASE), &insn, 4);
}

static inline void patch_here(Asm *a, uint64_t at)
{
    patch_to(a, at, a->pc);
}

static inline void addi(Asm *a, unsigned rd, unsigned rs1, int imm)
{
    i_type(a, 0x13, 0, rd, rs1, imm);
}

static inline void andi(Asm *a, unsigned rd, unsigned rs1, int imm)
{
    i_type(a, 0x13, 7, rd, rs1, imm);
}

static inline void slli(Asm *a, unsigned rd, unsigned rs1, int imm)
{
    i_type(a, 0x13, 1, rd, rs1, imm);
}

static inline void srli(Asm *a, unsigned rd, unsigned rs1, int imm)
{
    i_type(a, 0x13, 5, rd, rs1, imm);
}

static inline void add(Asm *a, unsigned rd, unsigned rs1, unsigned rs2)
{
    r_type(a, 0x33, 0, 0, rd, rs1, rs2);
}

static inline void xor_(Asm *a, unsigned rd, unsigned rs1, unsigned rs2)
{
    r_type(a, 0x33, 4, 0, rd, rs1, rs2);
}

static inline void or_(Asm *a, unsigned rd, unsigned rs1, unsigned rs2)
{
    r_type(a, 0x33, 6, 0, rd, rs1, rs2);
}

static inline void and_(Asm *a, unsigned rd, unsigned rs1, unsigned rs2)
{
    r_type(a, 0x33, 7, 0, rd, rs1, rs2);
}

static inline void lui(Asm *a, unsigned rd, uint32_t imm20)
{
    put32(a, imm20 << 12 | rd << 7 | 0x37);
}

static inline void ld(Asm *a, unsigned rd, int imm, unsigned rs1)
{
    i_type(a, 0x03, 3, rd, rs1, imm);
}

static inline void sd(Asm *a, unsigned rs2, int imm, unsigned rs1)
{
    s_type(a, 0x23, 3, rs2, imm, rs1);
}

static inline void csrrw(Asm *a, unsigned rd, unsigned csr, unsigned rs1)
{
    i_type(a, 0x73, 1, rd, rs1, csr);
}

static inline void csrrs(Asm *a, unsigned rd, unsigned csr, unsigned rs1)
{
    i_type(a, 0x73, 2, rd, rs1, csr);
}

static inline void csrrc(Asm *a, unsigned rd, unsigned csr, unsigned rs1)
{
    i_type(a, 0x73, 3, rd, rs1, csr);
}

/* A number of 32 bits, sign-extended. */
static inline void li(Asm *a, unsigned rd, int32_t v)
{
    uint32_t high = ((uint32_t)v + 0x800) >> 12;

    if (high) {
        lui(a, rd, high);
        i_type(a, 0x1b, 0, rd, rd, v & 0xfff); /* addiw */
    } else {
        addi(a, rd, 0, v);
    }
}

/* An address, relative to where this is. */
static inline void la(Asm *a, unsigned rd, uint64_t target)
{
    int64_t offset = (int64_t)(target - a->pc);

    put32(a, (uint32_t)(offset + 0x800) >> 12 << 12 | rd << 7 | 0x17);
    addi(a, rd, rd, offset & 0xfff);
}

/* A constant of 64 bits, in line and aligned: jumps over it. */
static inline void li64(Asm *a, unsigned rd, uint64_t v)
{
    uint64_t at;

    if ((int64_t)v == (int32_t)v) {
        li(a, rd, (int32_t)v);
        return;
    }
    while ((a->pc + 12) & 7) {
        put16(a, 1); /* c.nop */
    }
    at = a->pc;
    put32(a, rd << 7 | 0x17); /* auipc rd, 0 */
    ld(a, rd, 12, rd);
    jal(a, 0, at + 20);
    memcpy(a->image + (a->pc - IMAGE_BASE), &v, 8);
    a->pc += 8;
}

#endif
