/* SPDX-License-Identifier: MIT */
/*
 * interp.c - the interpreter as an accelerator: life of a hart, its loop.
 *
 * Thread context: as accel.h says.  The loop is the only place where a hart
 * sleeps, and the only one that looks at all of its requests.
 */
#include "cpu/interp/op.h"
#include "base/main_loop.h"

/* Filled under the BQL before vCPUs run. */
Hart *interp_harts[VCPU_MAX];

/* ---- hooks of the memory layer ------------------------------------------ */

static void hook_reset_dirty(void *opaque, const uint8_t *host, uint64_t len)
{
    hart_reset_dirty_all(host, len);
}

static void hook_flush_all(void *opaque)
{
    hart_request_all_sync(REQUEST_TLB_FLUSH);
}

static const TlbHooks tlb_hooks = {
    .reset_dirty = hook_reset_dirty,
    .flush_all = hook_flush_all,
};

/* ---- life --------------------------------------------------------------- */

/* In the main loop, which knows nothing of the hart's time. */
static void timer_fired(void *opaque)
{
    hart_request(opaque, REQUEST_TIMER);
}

static void *interp_create(const VcpuConfig *config, Vcpu *cpu,
                           GError **error)
{
    Hart *h;

    GLOBAL_STATE_CODE();
    h = hart_alloc(error);
    if (!h) {
        return NULL;
    }
    h->hartid = config->hartid;
    h->builtin_sbi = config->builtin_sbi;
    h->as = config->as;
    h->platform = config->platform;
    h->tohost = config->tohost;
    h->cpu = cpu;
    vm_mutex_init(&h->lock, "hart", RANK_HART);
    vm_cond_init(&h->wake);
    if (main_loop_context()) {
        h->timer = aio_timer_new(main_loop_context(), VM_CLOCK_VIRTUAL,
                                 timer_fired, h);
    }
    tlb_init(h);
    hart_reset(h);
    interp_harts[h->hartid] = h;
    memory_set_tlb_hooks(&tlb_hooks);
    return h;
}

static bool no_harts(void)
{
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (interp_harts[i]) {
            return false;
        }
    }
    return true;
}

static void interp_destroy(void *state)
{
    Hart *h = state;

    GLOBAL_STATE_CODE();
    if (!h) {
        return;
    }
    interp_harts[h->hartid] = NULL;
    if (no_harts()) {
        memory_set_tlb_hooks(NULL);
    }
    if (h->timer) {
        aio_timer_delete(h->timer);
    }
    vm_cond_destroy(&h->wake);
    vm_mutex_destroy(&h->lock);
    hart_free(h);
}

/* As after power on: nothing that was cached is right any more. */
void hart_reset(Hart *h)
{
    memset(h->x, 0, sizeof(h->x));
    memset(h->f, 0, sizeof(h->f));
    h->pc = 0;
    h->wfi = false;
    h->reservation = NULL;
    __atomic_store_n(&h->hsm, HSM_STOPPED, __ATOMIC_SEQ_CST);
    csr_reset(h);
    if (h->timer) {
        aio_timer_cancel(h->timer);
    }
    h->priv = h->builtin_sbi ? PRIV_S : PRIV_M;
    tlb_flush_everything(h);
    tlb_update_mode(h);
    code_flush(h);
}

static void interp_reset(void *state)
{
    hart_reset(state);
}

static void interp_set_entry(void *state, uint64_t pc, uint64_t a0,
                             uint64_t a1)
{
    Hart *h = state;

    h->pc = pc;
    h->x[10] = a0;
    h->x[11] = a1;
    __atomic_store_n(&h->hsm, HSM_STARTED, __ATOMIC_SEQ_CST);
}

/* ---- running ------------------------------------------------------------ */

/* Sleeps out of the guest, where nobody waits for it. */
static void rest(Hart *h, int64_t deadline_ns)
{
    hart_leave_guest(h);
    hart_sleep(h, deadline_ns);
    hart_enter_guest(h);
}

static void run_chain(Hart *h)
{
    const Op *op = hart_next(h);

#if OP_TAIL_CALLS
    if (op) {
        op_table[op->kind](h, op);
    }
#else
    while (op) {
        op = op_table[op->kind](h, op);
    }
#endif
}

static void run_once(Hart *h)
{
    if (__atomic_load_n(&h->hsm, __ATOMIC_ACQUIRE) != HSM_STARTED) {
        rest(h, INT64_MAX);
        return;
    }
    if (h->wfi) {
        if (!trap_interrupt_pending(h)) {
            rest(h, trap_timer_deadline(h));
            return;
        }
        h->wfi = false;
    }
    trap_take_interrupt(h);
    run_chain(h);
}

static void interp_run(void *state)
{
    Hart *h = state;

    hart_enter_guest(h);
    for (;;) {
        if (__atomic_load_n(&h->requests, __ATOMIC_RELAXED)) {
            hart_serve_requests(h);
            if (__atomic_fetch_and(&h->requests, ~(uint32_t)REQUEST_EXIT,
                                   __ATOMIC_SEQ_CST) & REQUEST_EXIT) {
                break;
            }
        }
        run_once(h);
    }
    hart_leave_guest(h);
}

static void interp_request_exit(void *state)
{
    hart_request(state, REQUEST_EXIT);
}

static void interp_set_irq(void *state, unsigned bit, bool level)
{
    Hart *h = state;
    uint64_t mask = UINT64_C(1) << (bit & 63);

    if (!level) {
        __atomic_fetch_and(&h->mip, ~mask, __ATOMIC_SEQ_CST);
    } else if (!(__atomic_fetch_or(&h->mip, mask, __ATOMIC_SEQ_CST) & mask)) {
        hart_request(h, REQUEST_IRQ);
    }
}

static bool interp_is_halted(const void *state)
{
    const Hart *h = state;

    return __atomic_load_n(&h->hsm, __ATOMIC_ACQUIRE) != HSM_STARTED
           || __atomic_load_n(&h->sleeping, __ATOMIC_ACQUIRE);
}

/* A hart that runs says how many at its next safe point. */
static uint64_t interp_instructions(const void *state)
{
    Hart *h = (Hart *)state;

    hart_request_sync(h, 0);
    return __atomic_load_n(&h->instret_published, __ATOMIC_RELAXED);
}

const AccelOps accel_interp = {
    .name = "interp",
    .help = "RV64GC interpreter",
    .has_threads = true,
    .create = interp_create,
    .destroy = interp_destroy,
    .reset = interp_reset,
    .set_entry = interp_set_entry,
    .run = interp_run,
    .request_exit = interp_request_exit,
    .set_irq = interp_set_irq,
    .get_register = hart_get_register,
    .set_register = hart_set_register,
    .is_halted = interp_is_halted,
    .instructions = interp_instructions,
    .dump = hart_dump,
    .vmstate = &hart_vmstate,
};
