/* SPDX-License-Identifier: MIT */
/*
 * ops_system.c - traps, CSRs, fences and what else changes the hart.
 *
 * All of it leaves the block, except what provably changes nothing that the
 * rest of the block was decoded for.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"
#include "base/barrier.h"
#include <sched.h>

/* h->exc was set. */
OP(raise)
{
    hart_raise(h, op, op->off);
    OP_RESUME;
}

/* imm: its bits */
OP(illegal)
{
    hart_set_exc(h, CAUSE_ILLEGAL, (uint32_t)op->imm);
    hart_raise(h, op, op->off);
    OP_RESUME;
}

static void raise_illegal(Hart *h, const Op *op)
{
    hart_set_exc(h, CAUSE_ILLEGAL, (uint32_t)op->imm);
    hart_raise(h, op, op->off);
}

OP(ebreak)
{
    hart_set_exc(h, CAUSE_BREAKPOINT, h->x[HART_X_VBASE] + op->off);
    hart_raise(h, op, op->off);
    OP_RESUME;
}

static void do_ecall(Hart *h, const Op *op)
{
    if (h->priv == PRIV_S && h->builtin_sbi) {
        hart_sync(h, op, op->off);
        h->instret++;
        h->pc += 4;
        if (sbi_call(h)) {
            return;
        }
        h->instret--;
        h->pc -= 4;
        trap_enter(h, CAUSE_ECALL_S, 0);
        return;
    }
    hart_set_exc(h, CAUSE_ECALL_U + h->priv, 0);
    hart_raise(h, op, op->off);
}

OP(ecall)
{
    do_ecall(h, op);
    if (h->wfi || __atomic_load_n(&h->hsm, __ATOMIC_RELAXED) != HSM_STARTED) {
        return NULL; /* the SBI has stopped it */
    }
    OP_RESUME;
}

/* After an instruction at off of 4 bytes that retires and ends the block. */
static void retire(Hart *h, const Op *op)
{
    hart_sync(h, op, op->off);
    h->instret++;
    h->pc += 4;
}

static void do_mret(Hart *h, const Op *op)
{
    if (h->priv < PRIV_M) {
        raise_illegal(h, op);
        return;
    }
    retire(h, op);
    trap_mret(h);
}

OP(mret)
{
    do_mret(h, op);
    OP_RESUME;
}

static void do_sret(Hart *h, const Op *op)
{
    if (h->priv < PRIV_S
        || (h->priv == PRIV_S && (h->mstatus & MSTATUS_TSR))) {
        raise_illegal(h, op);
        return;
    }
    retire(h, op);
    trap_sret(h);
}

OP(sret)
{
    do_sret(h, op);
    OP_RESUME;
}

/* The thread goes to sleep in interp.c, unless there is no reason to. */
static bool do_wfi(Hart *h, const Op *op)
{
    if (h->priv == PRIV_U
        || (h->priv == PRIV_S && (h->mstatus & MSTATUS_TW))) {
        raise_illegal(h, op);
        return true;
    }
    retire(h, op);
    h->wfi = !trap_interrupt_pending(h);
    return !h->wfi;
}

OP(wfi)
{
    if (!do_wfi(h, op)) {
        return NULL;
    }
    OP_RESUME;
}

static void do_sfence_vma(Hart *h, const Op *op)
{
    unsigned rs1 = insn_rs1((uint32_t)op->imm);
    unsigned rs2 = insn_rs2((uint32_t)op->imm);

    if (h->priv == PRIV_U
        || (h->priv == PRIV_S && (h->mstatus & MSTATUS_TVM))) {
        raise_illegal(h, op);
        return;
    }
    retire(h, op);
    tlb_sfence(h, rs1, h->x[rs1], rs2, h->x[rs2]);
}

OP(sfence_vma)
{
    do_sfence_vma(h, op);
    OP_RESUME;
}

/* See fence_needs_op(). */
OP(fence)
{
    vm_full_barrier();
    OP_NEXT;
}

/* Zihintpause: this hart waits for another, whose thread may be waiting for
 * our CPU of the host. */
static void do_pause(Hart *h, const Op *op)
{
    retire(h, op);
    if (interp_harts[1]) {
        hart_leave_guest(h);
        sched_yield();
        hart_enter_guest(h);
    }
}

OP(pause)
{
    do_pause(h, op);
    OP_RESUME;
}

static void do_fence_i(Hart *h, const Op *op)
{
    retire(h, op);
    code_fence_i(h);
}

OP(fence_i)
{
    do_fence_i(h, op);
    OP_RESUME;
}

/* ---- CSRs --------------------------------------------------------------- */

/* rs1: register or value; rs2: funct3; imm: number; off */
static uint32_t csr_insn(const Op *op)
{
    unsigned rd = op->rd == HART_X_DUMMY ? 0 : op->rd;

    return (uint32_t)op->imm << 20 | (uint32_t)op->rs1 << 15
           | (uint32_t)op->rs2 << 12 | rd << 7 | 0x73;
}

typedef enum CsrOutcome {
    CSR_NEXT,
    CSR_RESUME,
    CSR_ILLEGAL,
} CsrOutcome;

static CsrOutcome csr_execute(Hart *h, const Op *op)
{
    unsigned number = (unsigned)op->imm, kind = op->rs2 & 3;
    uint64_t source = op->rs2 & 4 ? op->rs1 : h->x[op->rs1];
    bool write = kind == 1 || op->rs1 != 0;
    bool counter = csr_is_counter(number);
    uint64_t old = 0, instret = h->instret;
    CsrEffect effect = CSR_EFFECT_NONE;

    if (!csr_access_ok(h, number, write)) {
        return CSR_ILLEGAL;
    }
    if (counter) {
        hart_sync(h, op, op->off);
    }
    /* csrrw to x0 does not read, but none of ours minds. */
    if (!csr_read(h, number, &old)) {
        h->instret = instret;
        return CSR_ILLEGAL;
    }
    if (write) {
        uint64_t base = csr_rmw_base(h, number, old);
        uint64_t value = kind == 1   ? source
                         : kind == 2 ? base | source
                                     : base & ~source;

        if (!csr_write(h, number, value, &effect)) {
            h->instret = instret;
            return CSR_ILLEGAL;
        }
    }
    h->x[op->rd] = old;
    h->instret = instret;
    if (effect == CSR_EFFECT_NONE) {
        return CSR_NEXT;
    }
    hart_sync(h, op, op->off);
    h->instret++;
    h->pc += 4;
    trap_take_interrupt(h);
    return CSR_RESUME;
}

OP(csr)
{
    switch (csr_execute(h, op)) {
    case CSR_NEXT:
        break;
    case CSR_RESUME:
        OP_CONTINUE(resume);
    case CSR_ILLEGAL:
        hart_set_exc(h, CAUSE_ILLEGAL, csr_insn(op));
        OP_CONTINUE(raise);
    }
    OP_NEXT;
}

/*
 * Linux sets and clears SIE and SUM in sstatus all the time.  Neither changes
 * how code is seen.  An interrupt that SIE lets in must be taken before the
 * next instruction (3.1.9), which the slow way does.
 */
#define SSTATUS_QUICK (MSTATUS_SIE | MSTATUS_SUM)

static inline uint64_t IO_FN csr_source(const Hart *h, const Op *op)
{
    return op->rs2 & 4 ? op->rs1 : h->x[op->rs1];
}

static __attribute__((noinline)) bool IO_FN sstatus_quick(Hart *h,
                                                         uint64_t now)
{
    uint64_t old = h->mstatus;

    if ((now & ~old & MSTATUS_SIE)
        && (h->software_seip
            || (__atomic_load_n(&h->mip, __ATOMIC_RELAXED) & h->mie))) {
        return false;
    }
    h->mstatus = now;
    if ((old ^ now) & MSTATUS_SUM) {
        tlb_update_mode(h);
    }
    return true;
}

#define OP_SSTATUS(name, now)                                                \
    OP(name)                                                                 \
    {                                                                        \
        uint64_t bits = csr_source(h, op), old = h->mstatus;                 \
                                                                             \
        if (hart_unlikely(h->priv == PRIV_U || (bits & ~SSTATUS_QUICK)       \
                          || !sstatus_quick(h, now))) {                      \
            OP_CONTINUE(csr);                                                \
        }                                                                    \
        h->x[op->rd] = (old & SSTATUS_READABLE)                              \
                       | ((old & MSTATUS_FS) == MSTATUS_FS ? MSTATUS_SD : 0) \
                       | MSTATUS_UXL_64;                                     \
        OP_NEXT;                                                             \
    }
OP_SSTATUS(csr_sstatus_clear, old & ~bits)
OP_SSTATUS(csr_sstatus_set, old | bits)

/* ---- floating point ----------------------------------------------------- */

/*
 * Stands before the first op of a block that uses the FPU.  rd: 1: it rounds
 * as frm says; 2: it changes registers or flags.  imm: the bits of that
 * instruction.
 */
OP(fp_guard)
{
    if (hart_unlikely(!(h->mstatus & MSTATUS_FS)
                      || ((op->rd & 1) && h->fpu.frm > FPU_RMM))) {
        OP_CONTINUE(illegal);
    }
    if (op->rd & 2) {
        h->mstatus |= MSTATUS_FS;
    }
    OP_NEXT;
}
