/* SPDX-License-Identifier: MIT */
/*
 * Where harts enter a payload, and where they trap.  a0 is the hart's id, a1
 * the device tree (first hart) or what hart_start() was given (SBI HSM).
 * In M-mode all harts enter at once: hart 0 goes on, the others wait.
 */
#include "csr.h"

    .section .text.start, "ax"
    .globl _start, start_secondary
_start:
    csrw    CSR_IE, zero
    call    enter
    mv      s0, a0
    mv      s1, a1
#ifdef MACHINE_MODE
    bnez    a0, park
#endif
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  mv      a0, s0
    mv      a1, s1
    call    runtime_boot
3:  wfi
    j       3b

/* Sets up gp, tp, sp, the trap vector and the FPU; keeps a0 and a1. */
enter:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    li      t0, MAX_HARTS
    bgeu    a0, t0, 3b
    mv      tp, a0
    la      sp, stacks
    addi    t0, a0, 1
    li      t1, STACK_SIZE
    mul     t0, t0, t1
    add     sp, sp, t0
    la      t0, trap_entry
    csrw    CSR_TVEC, t0
    li      t0, STATUS_FS_INITIAL
    csrs    CSR_STATUS, t0
    ret

start_secondary:
    csrw    CSR_IE, zero
    call    enter
    call    hart_main
    j       3b

#ifdef MACHINE_MODE
park:
    csrw    CSR_IE, zero
    call    enter
    mv      a0, tp
    call    hart_park           /* returns when there is work */
    mv      a0, tp
    call    hart_main
    mv      a0, tp
    j       park
#endif

    .text
    .balign 4
trap_entry:
    addi    sp, sp, -144
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      t1, 16(sp)
    sd      t2, 24(sp)
    sd      t3, 32(sp)
    sd      t4, 40(sp)
    sd      t5, 48(sp)
    sd      t6, 56(sp)
    sd      a0, 64(sp)
    sd      a1, 72(sp)
    sd      a2, 80(sp)
    sd      a3, 88(sp)
    sd      a4, 96(sp)
    sd      a5, 104(sp)
    sd      a6, 112(sp)
    sd      a7, 120(sp)
    csrr    a0, CSR_CAUSE
    csrr    a1, CSR_EPC
    csrr    a2, CSR_TVAL
    call    trap_handle
    csrw    CSR_EPC, a0
    ld      ra, 0(sp)
    ld      t0, 8(sp)
    ld      t1, 16(sp)
    ld      t2, 24(sp)
    ld      t3, 32(sp)
    ld      t4, 40(sp)
    ld      t5, 48(sp)
    ld      t6, 56(sp)
    ld      a0, 64(sp)
    ld      a1, 72(sp)
    ld      a2, 80(sp)
    ld      a3, 88(sp)
    ld      a4, 96(sp)
    ld      a5, 104(sp)
    ld      a6, 112(sp)
    ld      a7, 120(sp)
    addi    sp, sp, 144
    XRET

    .section .stacks, "aw", @nobits
    .balign 16
stacks:
    .space  STACK_SIZE * MAX_HARTS
