/* SPDX-License-Identifier: MIT */
/*
 * rv_asm.h - an assembler of functions for the tests of the CPU: each puts
 * one instruction (or what its comment says) at c->pc.
 *
 * Thread context: the test's main thread, before the harts run.
 */
#ifndef REFVMM_TESTS_RV_ASM_H
#define REFVMM_TESTS_RV_ASM_H

#include <stdint.h>
#include <string.h>

#define RAM_BASE UINT64_C(0x80000000)

enum {
    ZERO, RA, SP, GP, TP, T0, T1, T2, S0, S1, A0, A1, A2, A3, A4, A5, A6, A7,
    S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, T3, T4, T5, T6,
};

typedef struct Code {
    uint8_t *ram; /* of RAM_BASE */
    uint64_t pc;
} Code;

static inline void put16(Code *c, uint16_t insn)
{
    memcpy(c->ram + (c->pc - RAM_BASE), &insn, 2);
    c->pc += 2;
}

static inline void put(Code *c, uint32_t insn)
{
    memcpy(c->ram + (c->pc - RAM_BASE), &insn, 4);
    c->pc += 4;
}

static inline void put64(Code *c, uint64_t value)
{
    memcpy(c->ram + (c->pc - RAM_BASE), &value, 8);
    c->pc += 8;
}

static inline void insn_r(Code *c, unsigned opcode, unsigned f3, unsigned f7,
                          unsigned rd, unsigned rs1, unsigned rs2)
{
    put(c, f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode);
}

static inline void insn_i(Code *c, unsigned opcode, unsigned f3, unsigned rd,
                          unsigned rs1, int imm)
{
    put(c, (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode);
}

static inline void insn_s(Code *c, unsigned opcode, unsigned f3, unsigned rs2,
                          unsigned rs1, int imm)
{
    uint32_t i = (uint32_t)imm;

    put(c, (i >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12
               | (i & 31) << 7 | opcode);
}

static inline void addi(Code *c, unsigned rd, unsigned rs1, int imm)
{
    insn_i(c, 0x13, 0, rd, rs1, imm);
}

static inline void slli(Code *c, unsigned rd, unsigned rs1, int n)
{
    insn_i(c, 0x13, 1, rd, rs1, n);
}

static inline void add(Code *c, unsigned rd, unsigned rs1, unsigned rs2)
{
    insn_r(c, 0x33, 0, 0, rd, rs1, rs2);
}

/* f3: 0 lb, 1 lh, 2 lw, 3 ld, 4 lbu, 5 lhu, 6 lwu */
static inline void load(Code *c, unsigned f3, unsigned rd, unsigned rs1,
                        int imm)
{
    insn_i(c, 0x03, f3, rd, rs1, imm);
}

static inline void ld(Code *c, unsigned rd, unsigned rs1, int imm)
{
    load(c, 3, rd, rs1, imm);
}

static inline void store(Code *c, unsigned f3, unsigned rs2, unsigned rs1,
                         int imm)
{
    insn_s(c, 0x23, f3, rs2, rs1, imm);
}

static inline void sd(Code *c, unsigned rs2, unsigned rs1, int imm)
{
    store(c, 3, rs2, rs1, imm);
}

/* Any constant; up to 8 instructions. */
static inline void li(Code *c, unsigned rd, uint64_t v)
{
    int64_t s = (int64_t)v, low = (int64_t)(v << 52) >> 52;

    if (s >= -2048 && s < 2048) {
        addi(c, rd, ZERO, (int)s);
    } else if (s == (int32_t)s) {
        put(c, ((uint32_t)v + 0x800) >> 12 << 12 | rd << 7 | 0x37);
        insn_i(c, 0x1b, 0, rd, rd, (int)low);
    } else {
        li(c, rd, (uint64_t)((s - low) >> 12));
        slli(c, rd, rd, 12);
        addi(c, rd, rd, (int)low);
    }
}

/* f3: 0 beq, 1 bne, 4 blt, 5 bge, 6 bltu, 7 bgeu */
static inline void branch(Code *c, unsigned f3, unsigned rs1, unsigned rs2,
                          uint64_t target)
{
    uint32_t i = (uint32_t)(target - c->pc);

    put(c, (i >> 12 & 1) << 31 | (i >> 5 & 0x3f) << 25 | rs2 << 20
               | rs1 << 15 | f3 << 12 | (i >> 1 & 15) << 8
               | (i >> 11 & 1) << 7 | 0x63);
}

static inline void beq(Code *c, unsigned rs1, unsigned rs2, uint64_t target)
{
    branch(c, 0, rs1, rs2, target);
}

static inline void bne(Code *c, unsigned rs1, unsigned rs2, uint64_t target)
{
    branch(c, 1, rs1, rs2, target);
}

static inline uint32_t jal_bits(unsigned rd, int64_t distance)
{
    uint32_t i = (uint32_t)distance;

    return (i >> 20 & 1) << 31 | (i >> 1 & 0x3ff) << 21 | (i >> 11 & 1) << 20
           | (i >> 12 & 0xff) << 12 | rd << 7 | 0x6f;
}

static inline void jal(Code *c, unsigned rd, uint64_t target)
{
    put(c, jal_bits(rd, (int64_t)(target - c->pc)));
}

static inline void jalr(Code *c, unsigned rd, unsigned rs1, int imm)
{
    insn_i(c, 0x67, 0, rd, rs1, imm);
}

static inline void csrrw(Code *c, unsigned rd, unsigned csr, unsigned rs1)
{
    insn_i(c, 0x73, 1, rd, rs1, (int)csr);
}

static inline void csrrs(Code *c, unsigned rd, unsigned csr, unsigned rs1)
{
    insn_i(c, 0x73, 2, rd, rs1, (int)csr);
}

static inline void csrrc(Code *c, unsigned rd, unsigned csr, unsigned rs1)
{
    insn_i(c, 0x73, 3, rd, rs1, (int)csr);
}

/* f5: 2 lr, 3 sc, 0 add, 1 swap; f3: 2 w, 3 d */
static inline void amo(Code *c, unsigned f5, unsigned f3, unsigned rd,
                       unsigned rs1, unsigned rs2)
{
    insn_r(c, 0x2f, f3, f5 << 2 | 3, rd, rs1, rs2);
}

#define INSN_ECALL 0x00000073u
#define INSN_EBREAK 0x00100073u
#define INSN_SRET 0x10200073u
#define INSN_MRET 0x30200073u
#define INSN_WFI 0x10500073u
#define INSN_FENCE 0x0ff0000fu
#define INSN_PAUSE 0x0100000fu
#define INSN_FENCE_I 0x0000100fu
#define INSN_NOP 0x00000013u

static inline void sfence_vma(Code *c, unsigned rs1, unsigned rs2)
{
    put(c, 0x12000073u | rs2 << 20 | rs1 << 15);
}

enum {
    CSR_FCSR_ = 0x003, CSR_SSTATUS_ = 0x100, CSR_SIE_ = 0x104,
    CSR_STVEC_ = 0x105, CSR_SSCRATCH_ = 0x140, CSR_SEPC_ = 0x141,
    CSR_SCAUSE_ = 0x142, CSR_STVAL_ = 0x143, CSR_SIP_ = 0x144,
    CSR_STIMECMP_ = 0x14d, CSR_SATP_ = 0x180, CSR_MSTATUS_ = 0x300,
    CSR_MISA_ = 0x301, CSR_MEDELEG_ = 0x302, CSR_MIDELEG_ = 0x303,
    CSR_MIE_ = 0x304, CSR_MTVEC_ = 0x305, CSR_MCOUNTEREN_ = 0x306,
    CSR_MENVCFG_ = 0x30a, CSR_MSCRATCH_ = 0x340, CSR_MEPC_ = 0x341,
    CSR_MCAUSE_ = 0x342, CSR_MTVAL_ = 0x343, CSR_MIP_ = 0x344,
    CSR_PMPCFG0_ = 0x3a0, CSR_PMPADDR0_ = 0x3b0, CSR_MINSTRET_ = 0xb02,
    CSR_TIME_ = 0xc01, CSR_INSTRET_ = 0xc02, CSR_MHARTID_ = 0xf14,
};

#endif
