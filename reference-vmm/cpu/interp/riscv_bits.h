/* SPDX-License-Identifier: MIT */
/*
 * riscv_bits.h - numbers of the RISC-V privileged specification (20240411):
 * causes, bits of CSRs and of page table entries.
 *
 * Thread context: none.
 */
#ifndef REFVMM_CPU_INTERP_RISCV_BITS_H
#define REFVMM_CPU_INTERP_RISCV_BITS_H

#include <stdint.h>

enum { PRIV_U = 0, PRIV_S = 1, PRIV_M = 3 };

enum {
    CAUSE_FETCH_MISALIGNED = 0,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_ECALL_U = 8,
    CAUSE_ECALL_S = 9,
    CAUSE_ECALL_M = 11,
    CAUSE_FETCH_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
};
#define CAUSE_INTERRUPT (UINT64_C(1) << 63)

#define MSTATUS_SIE (UINT64_C(1) << 1)
#define MSTATUS_MIE (UINT64_C(1) << 3)
#define MSTATUS_SPIE (UINT64_C(1) << 5)
#define MSTATUS_MPIE (UINT64_C(1) << 7)
#define MSTATUS_SPP (UINT64_C(1) << 8)
#define MSTATUS_MPP (UINT64_C(3) << 11)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_FS (UINT64_C(3) << 13)
#define MSTATUS_MPRV (UINT64_C(1) << 17)
#define MSTATUS_SUM (UINT64_C(1) << 18)
#define MSTATUS_MXR (UINT64_C(1) << 19)
#define MSTATUS_TVM (UINT64_C(1) << 20)
#define MSTATUS_TW (UINT64_C(1) << 21)
#define MSTATUS_TSR (UINT64_C(1) << 22)
#define MSTATUS_UXL_64 (UINT64_C(2) << 32)
#define MSTATUS_SXL_64 (UINT64_C(2) << 34)
#define MSTATUS_SD (UINT64_C(1) << 63)

#define SSTATUS_WRITABLE                                                     \
    (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM |   \
     MSTATUS_MXR)
#define SSTATUS_READABLE (SSTATUS_WRITABLE | MSTATUS_UXL_64 | MSTATUS_SD)
#define MSTATUS_WRITABLE                                                     \
    (SSTATUS_WRITABLE | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP |           \
     MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR)

#define MIP_BIT(irq) (UINT64_C(1) << (irq))
#define MIP_S_BITS                                                           \
    (MIP_BIT(RISCV_IRQ_SSIP) | MIP_BIT(RISCV_IRQ_STIP) |                     \
     MIP_BIT(RISCV_IRQ_SEIP))
#define MIP_M_BITS                                                           \
    (MIP_BIT(RISCV_IRQ_MSIP) | MIP_BIT(RISCV_IRQ_MTIP) |                     \
     MIP_BIT(RISCV_IRQ_MEIP))

#define MENVCFG_FIOM UINT64_C(1)
#define MENVCFG_ADUE (UINT64_C(1) << 61)
#define MENVCFG_STCE (UINT64_C(1) << 63)

#define SATP_MODE_SV39 (UINT64_C(8) << 60)
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK UINT64_C(0xffff)
#define SATP_PPN_MASK ((UINT64_C(1) << 44) - 1)

#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80
#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK ((UINT64_C(1) << 44) - 1)
#define PTE_RESERVED (UINT64_C(0x3ff) << 54) /* N, PBMT and reserved */

#define PMP_R 1
#define PMP_W 2
#define PMP_X 4
#define PMP_A 0x18
#define PMP_A_TOR 0x08
#define PMP_A_NA4 0x10
#define PMP_A_NAPOT 0x18
#define PMP_L 0x80

/* misa: RV64 with A, C, D, F, I, M, S, U */
#define MISA_VALUE                                                           \
    ((UINT64_C(2) << 62) | 1u << 0 | 1u << 2 | 1u << 3 | 1u << 5 | 1u << 8 | \
     1u << 12 | 1u << 18 | 1u << 20)

#endif
