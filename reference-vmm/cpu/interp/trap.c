/* SPDX-License-Identifier: MIT */
/*
 * trap.c - exceptions, interrupts, the returns from them, and the timer of
 * Sstc (privileged specification, chapters 3.1 and 12).
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/hart.h"

void hart_set_priv(Hart *h, uint8_t priv)
{
    h->priv = priv;
    tlb_update_mode(h);
}

static uint64_t vector(uint64_t tvec, uint64_t cause)
{
    uint64_t base = tvec & ~(uint64_t)3;

    return (tvec & 1) && (cause & CAUSE_INTERRUPT)
               ? base + 4 * (cause & 63) : base;
}

static void enter_supervisor(Hart *h, uint64_t cause, uint64_t tval)
{
    uint64_t s = h->mstatus;

    h->scause = cause;
    h->sepc = h->pc;
    h->stval = tval;
    h->mstatus = (s & ~(MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_SPP))
                 | (s & MSTATUS_SIE ? MSTATUS_SPIE : 0)
                 | (h->priv == PRIV_S ? MSTATUS_SPP : 0);
    h->pc = vector(h->stvec, cause);
    hart_set_priv(h, PRIV_S);
}

static void enter_machine(Hart *h, uint64_t cause, uint64_t tval)
{
    uint64_t s = h->mstatus;

    h->mcause = cause;
    h->mepc = h->pc;
    h->mtval = tval;
    h->mstatus = (s & ~(MSTATUS_MPIE | MSTATUS_MIE | MSTATUS_MPP))
                 | (s & MSTATUS_MIE ? MSTATUS_MPIE : 0)
                 | (uint64_t)h->priv << MSTATUS_MPP_SHIFT;
    h->pc = vector(h->mtvec, cause);
    hart_set_priv(h, PRIV_M);
}

void trap_enter(Hart *h, uint64_t cause, uint64_t tval)
{
    uint64_t delegated = cause & CAUSE_INTERRUPT ? h->mideleg : h->medeleg;

    h->reservation = NULL;
    h->wfi = false;
    if (h->priv <= PRIV_S && (delegated >> (cause & 63) & 1)) {
        enter_supervisor(h, cause, tval);
    } else {
        enter_machine(h, cause, tval);
    }
}

void trap_mret(Hart *h)
{
    uint64_t s = h->mstatus;
    uint8_t priv = (s & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;

    h->mstatus = (s & ~(MSTATUS_MIE | MSTATUS_MPP)) | MSTATUS_MPIE
                 | (s & MSTATUS_MPIE ? MSTATUS_MIE : 0);
    if (priv != PRIV_M) {
        h->mstatus &= ~MSTATUS_MPRV;
    }
    h->pc = h->mepc;
    h->reservation = NULL;
    hart_set_priv(h, priv);
    trap_take_interrupt(h);
}

void trap_sret(Hart *h)
{
    uint64_t s = h->mstatus;

    h->mstatus = (s & ~(MSTATUS_SIE | MSTATUS_SPP | MSTATUS_MPRV))
                 | MSTATUS_SPIE | (s & MSTATUS_SPIE ? MSTATUS_SIE : 0);
    h->pc = h->sepc;
    h->reservation = NULL;
    hart_set_priv(h, s & MSTATUS_SPP ? PRIV_S : PRIV_U);
    trap_take_interrupt(h);
}

/* ---- interrupts --------------------------------------------------------- */

/* What is to be taken now: a cause, or 0. */
static unsigned due_interrupt(const Hart *h)
{
    static const uint8_t order[] = {
        RISCV_IRQ_MEIP, RISCV_IRQ_MSIP, RISCV_IRQ_MTIP,
        RISCV_IRQ_SEIP, RISCV_IRQ_SSIP, RISCV_IRQ_STIP,
    };
    uint64_t pending = __atomic_load_n(&h->mip, __ATOMIC_ACQUIRE);
    uint64_t enabled = 0;

    pending |= h->software_seip ? MIP_BIT(RISCV_IRQ_SEIP) : 0;
    pending &= h->mie;
    if (hart_likely(!pending)) {
        return 0;
    }
    if (h->priv < PRIV_M || (h->mstatus & MSTATUS_MIE)) {
        enabled = pending & ~h->mideleg;
    }
    if (!enabled
        && (h->priv < PRIV_S
            || (h->priv == PRIV_S && (h->mstatus & MSTATUS_SIE)))) {
        enabled = pending & h->mideleg;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        if (enabled & MIP_BIT(order[i])) {
            return order[i];
        }
    }
    return 0;
}

bool trap_take_interrupt(Hart *h)
{
    unsigned irq = due_interrupt(h);

    if (!irq) {
        return false;
    }
    trap_enter(h, CAUSE_INTERRUPT | irq, 0);
    return true;
}

bool trap_interrupt_pending(Hart *h)
{
    return trap_mip(h) & h->mie;
}

/* ---- the timer ---------------------------------------------------------- */

bool hart_stimer_enabled(const Hart *h)
{
    return h->menvcfg & MENVCFG_STCE;
}

static uint64_t read_time(const Hart *h)
{
    return h->platform->read_time(h->platform->opaque);
}

uint64_t trap_mip(Hart *h)
{
    if (hart_stimer_enabled(h)
        && h->stimecmp != UINT64_MAX && read_time(h) >= h->stimecmp) {
        __atomic_fetch_or(&h->mip, MIP_BIT(RISCV_IRQ_STIP), __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&h->mip, __ATOMIC_ACQUIRE)
           | (h->software_seip ? MIP_BIT(RISCV_IRQ_SEIP) : 0);
}

/* Nanoseconds until time reaches stimecmp; INT64_MAX: it may take years. */
static int64_t timer_delay(const Hart *h, uint64_t now)
{
    uint64_t ticks = h->stimecmp - now, hz = h->platform->timebase_hz;

    if (ticks / hz > 1000000000) {
        return INT64_MAX;
    }
    return (int64_t)(((unsigned __int128)ticks * 1000000000 + hz - 1) / hz);
}

/* STIP is what the comparison says now, and the main loop's timer will say
 * when to look again. */
void trap_timer_update(Hart *h)
{
    uint64_t now;
    int64_t delay;

    if (!hart_stimer_enabled(h)) {
        return;
    }
    now = read_time(h);
    if (now >= h->stimecmp) {
        __atomic_fetch_or(&h->mip, MIP_BIT(RISCV_IRQ_STIP), __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_fetch_and(&h->mip, ~MIP_BIT(RISCV_IRQ_STIP), __ATOMIC_SEQ_CST);
    delay = timer_delay(h, now);
    if (h->timer && delay == INT64_MAX) {
        aio_timer_cancel(h->timer);
    } else if (h->timer) {
        aio_timer_mod(h->timer, vm_clock_get_ns(VM_CLOCK_VIRTUAL) + delay);
    }
}

int64_t trap_timer_deadline(Hart *h)
{
    uint64_t now;
    int64_t delay;

    if (!hart_stimer_enabled(h) || !(h->mie & MIP_BIT(RISCV_IRQ_STIP))) {
        return INT64_MAX;
    }
    now = read_time(h);
    if (now >= h->stimecmp) {
        return 0;
    }
    delay = timer_delay(h, now);
    return delay == INT64_MAX ? INT64_MAX : vm_clock_ns() + delay;
}
