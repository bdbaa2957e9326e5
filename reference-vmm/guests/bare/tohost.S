/* SPDX-License-Identifier: MIT */
/*
 * What conformance suites look like: a bare M-mode ELF file that counts its
 * test cases in gp and writes to the word "tohost": 1 when all passed, else
 * case << 1 | 1.  CASE_FAILS=n makes case n fail.
 */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr    t0, mhartid
1:  bnez    t0, 1b
    la      t0, trap
    csrw    mtvec, t0

    li      gp, 1               /* 1: an add */
    li      t0, 40
    addi    t0, t0, 2
    li      t1, 42
    bne     t0, t1, failed

    li      gp, 2               /* 2: a store is loaded again */
    la      t2, scratch
    sd      t1, 0(t2)
    ld      t3, 0(t2)
    bne     t3, t1, failed

    li      gp, 3               /* 3: a division by zero is all ones */
    div     t3, t1, zero
    li      t4, -1
    bne     t3, t4, failed

    li      gp, 4               /* 4: an illegal instruction traps */
    li      s0, 0
    .4byte  0xffffffff
    li      t0, 2
    bne     s0, t0, failed

#ifdef CASE_FAILS
    li      gp, CASE_FAILS
    j       failed
#endif
    li      t5, 1
    j       report
failed:
    slli    t5, gp, 1
    ori     t5, t5, 1
report:
    la      t0, tohost
    sw      t5, 0(t0)
    sw      zero, 4(t0)
2:  j       report

    .balign 4
trap:
    csrr    s0, mcause
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
    mret

    .data
    .balign 8
scratch:
    .dword  0
    .section .tohost, "aw", @progbits
    .balign 64
    .globl tohost, fromhost
    .type tohost, @object
    .size tohost, 8
    .type fromhost, @object
    .size fromhost, 8
tohost:
    .dword  0
    .balign 64
fromhost:
    .dword  0
