/* SPDX-License-Identifier: MIT */
/*
 * The CSRs a payload uses, under names that hold in the mode it is built
 * for: MACHINE_MODE for -bios, else supervisor mode over SBI for -kernel.
 * Used by C and assembler.  RISC-V privileged specification 1.12, 3.1, 4.1.
 */
#ifndef BARE_CSR_H
#define BARE_CSR_H

#ifdef MACHINE_MODE
#define CSR_STATUS mstatus
#define CSR_IE mie
#define CSR_IP mip
#define CSR_TVEC mtvec
#define CSR_SCRATCH mscratch
#define CSR_EPC mepc
#define CSR_CAUSE mcause
#define CSR_TVAL mtval
#define XRET mret
#define STATUS_IE 0x8 /* mstatus.MIE */
#define IRQ_SOFTWARE 3
#define IRQ_TIMER 7
#define IRQ_EXTERNAL 11
#define ECALL_CAUSE 11
#else
#define CSR_STATUS sstatus
#define CSR_IE sie
#define CSR_IP sip
#define CSR_TVEC stvec
#define CSR_SCRATCH sscratch
#define CSR_EPC sepc
#define CSR_CAUSE scause
#define CSR_TVAL stval
#define XRET sret
#define STATUS_IE 0x2 /* sstatus.SIE */
#define IRQ_SOFTWARE 1
#define IRQ_TIMER 5
#define IRQ_EXTERNAL 9
#define ECALL_CAUSE 9
#endif

#define STATUS_FS_INITIAL 0x2000
#define MAX_HARTS 8
#define STACK_SIZE 16384

#ifndef __ASSEMBLER__

#define CSR_TEXT_(name) #name
#define CSR_TEXT(name) CSR_TEXT_(name)

#define csr_read(csr)                                                  \
    ({                                                                 \
        unsigned long v_;                                              \
        __asm__ volatile("csrr %0, " CSR_TEXT(csr) : "=r"(v_)::"memory"); \
        v_;                                                            \
    })
#define csr_write(csr, value)                                          \
    __asm__ volatile("csrw " CSR_TEXT(csr) ", %0" ::"r"(               \
                         (unsigned long)(value))                       \
                     : "memory")
#define csr_set(csr, bits)                                             \
    __asm__ volatile("csrs " CSR_TEXT(csr) ", %0" ::"r"(               \
                         (unsigned long)(bits))                        \
                     : "memory")
#define csr_clear(csr, bits)                                           \
    __asm__ volatile("csrc " CSR_TEXT(csr) ", %0" ::"r"(               \
                         (unsigned long)(bits))                        \
                     : "memory")
#endif

#endif
