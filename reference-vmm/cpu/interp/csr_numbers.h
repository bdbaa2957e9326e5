/* SPDX-License-Identifier: MIT */
/*
 * csr_numbers.h - numbers and names of all CSRs that exist here.
 *
 * Thread context: none.
 */
#ifndef REFVMM_CPU_INTERP_CSR_NUMBERS_H
#define REFVMM_CPU_INTERP_CSR_NUMBERS_H

#define CSR_LIST(X)                                                          \
    X(FFLAGS, fflags, 0x001) X(FRM, frm, 0x002) X(FCSR, fcsr, 0x003)         \
    X(SSTATUS, sstatus, 0x100) X(SIE, sie, 0x104) X(STVEC, stvec, 0x105)     \
    X(SCOUNTEREN, scounteren, 0x106) X(SENVCFG, senvcfg, 0x10a)              \
    X(SSCRATCH, sscratch, 0x140) X(SEPC, sepc, 0x141)                        \
    X(SCAUSE, scause, 0x142) X(STVAL, stval, 0x143) X(SIP, sip, 0x144)       \
    X(STIMECMP, stimecmp, 0x14d) X(SATP, satp, 0x180)                        \
    X(MSTATUS, mstatus, 0x300) X(MISA, misa, 0x301)                          \
    X(MEDELEG, medeleg, 0x302) X(MIDELEG, mideleg, 0x303)                    \
    X(MIE, mie, 0x304) X(MTVEC, mtvec, 0x305)                                \
    X(MCOUNTEREN, mcounteren, 0x306) X(MENVCFG, menvcfg, 0x30a)              \
    X(MCOUNTINHIBIT, mcountinhibit, 0x320) X(MSCRATCH, mscratch, 0x340)      \
    X(MEPC, mepc, 0x341) X(MCAUSE, mcause, 0x342) X(MTVAL, mtval, 0x343)     \
    X(MIP, mip, 0x344) X(PMPCFG0, pmpcfg0, 0x3a0) X(PMPCFG2, pmpcfg2, 0x3a2) \
    X(TSELECT, tselect, 0x7a0) X(TDATA1, tdata1, 0x7a1)                      \
    X(TDATA2, tdata2, 0x7a2) X(TDATA3, tdata3, 0x7a3) X(TINFO, tinfo, 0x7a4) \
    X(MCYCLE, mcycle, 0xb00) X(MINSTRET, minstret, 0xb02)                    \
    X(CYCLE, cycle, 0xc00) X(TIME, time, 0xc01) X(INSTRET, instret, 0xc02)   \
    X(MVENDORID, mvendorid, 0xf11) X(MARCHID, marchid, 0xf12)                \
    X(MIMPID, mimpid, 0xf13) X(MHARTID, mhartid, 0xf14)                      \
    X(MCONFIGPTR, mconfigptr, 0xf15)

#define CSR_ENUM(upper, lower, number) CSR_##upper = (number),
enum {
    CSR_LIST(CSR_ENUM)
    /* series */
    CSR_MHPMEVENT3 = 0x323,
    CSR_MHPMEVENT31 = 0x33f,
    CSR_PMPADDR0 = 0x3b0,
    CSR_MHPMCOUNTER3 = 0xb03,
    CSR_MHPMCOUNTER31 = 0xb1f,
    CSR_HPMCOUNTER3 = 0xc03,
    CSR_HPMCOUNTER31 = 0xc1f,
};

#endif
