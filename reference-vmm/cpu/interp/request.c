/* SPDX-License-Identifier: MIT */
/*
 * request.c - what other threads ask of a hart, and how they wait for it.
 *
 * `requests` is looked at at every backward jump.  `in_guest` is 1 while the
 * hart may use translations; a hart that sleeps, waits for a device or is
 * paused is out, and looks at its requests before it uses any again.  So
 * whoever asks need not wait for a hart that is out: of "request, then read
 * in_guest" here and "set in_guest, then read requests" there, each a full
 * barrier, one sees the other.
 *
 * Who waits may hold the BQL or any other lock below Hart.lock: a hart that
 * is in the guest takes none of them before its next safe point.
 *
 * Thread context: as each function says.
 */
#include "cpu/interp/op.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What must be done before translations are used. */
#define REQUESTS_TLB                                               \
    (REQUEST_TLB_FLUSH | REQUEST_TLB_DIRTY | REQUEST_FENCE_I |     \
     REQUEST_SFENCE)

static void futex_wait(uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

void hart_request(Hart *h, uint32_t bits)
{
    __atomic_fetch_or(&h->requests, bits, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&h->sleeping, __ATOMIC_SEQ_CST)) {
        vm_mutex_lock(&h->lock);
        vm_cond_broadcast(&h->wake);
        vm_mutex_unlock(&h->lock);
    }
}

/* Something that a waiter waits for may have happened. */
static void tell_waiters(Hart *h)
{
    if (__atomic_load_n(&h->sync_waiters, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&h->sync_word, 1, __ATOMIC_SEQ_CST);
        futex_wake(&h->sync_word);
    }
}

static bool has_served(const Hart *h, uint32_t ticket)
{
    return !__atomic_load_n(&h->in_guest, __ATOMIC_SEQ_CST)
           || (int32_t)(__atomic_load_n(&h->sync_done, __ATOMIC_ACQUIRE)
                        - ticket) >= 0;
}

/* A hart gets to its safe point in microseconds if it runs at all. */
#define SYNC_SPINS 2000

static void wait_served(Hart *h, uint32_t ticket)
{
    for (unsigned i = 0; i < SYNC_SPINS; i++) {
        if (has_served(h, ticket)) {
            return;
        }
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    __atomic_fetch_add(&h->sync_waiters, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        uint32_t word = __atomic_load_n(&h->sync_word, __ATOMIC_SEQ_CST);

        if (has_served(h, ticket)) {
            break;
        }
        futex_wait(&h->sync_word, word);
    }
    __atomic_fetch_sub(&h->sync_waiters, 1, __ATOMIC_SEQ_CST);
}

/* The ticket comes after the bits: whoever reads the ticket sees the bits.
 * SYNC comes after the ticket, so that it will be read.  A hart that sleeps
 * is out of the guest and need not wake up for this. */
static uint32_t post_request(Hart *h, uint32_t bits)
{
    uint32_t ticket;

    __atomic_fetch_or(&h->requests, bits, __ATOMIC_SEQ_CST);
    ticket = __atomic_add_fetch(&h->sync_ticket, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&h->requests, REQUEST_SYNC, __ATOMIC_SEQ_CST);
    return ticket;
}

void hart_request_sync(Hart *h, uint32_t bits)
{
    wait_served(h, post_request(h, bits));
}

void hart_request_many_sync(Hart *const *harts, unsigned n, uint32_t bits)
{
    uint32_t tickets[VCPU_MAX];

    for (unsigned i = 0; i < n; i++) {
        tickets[i] = post_request(harts[i], bits);
    }
    for (unsigned i = 0; i < n; i++) {
        wait_served(harts[i], tickets[i]);
    }
}

void hart_request_all_sync(uint32_t bits)
{
    Hart *harts[VCPU_MAX];
    unsigned n = 0;

    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (interp_harts[i]) {
            harts[n++] = interp_harts[i];
        }
    }
    hart_request_many_sync(harts, n, bits);
}

static void add_dirty_range(Hart *h, const uint8_t *host, uint64_t len)
{
    vm_mutex_lock(&h->lock);
    if (h->n_tlb_dirty < G_N_ELEMENTS(h->tlb_dirty)) {
        h->tlb_dirty[h->n_tlb_dirty].host = host;
        h->tlb_dirty[h->n_tlb_dirty].len = len;
    }
    h->n_tlb_dirty++;
    vm_mutex_unlock(&h->lock);
}

void hart_reset_dirty_all(const uint8_t *host, uint64_t len)
{
    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (interp_harts[i]) {
            add_dirty_range(interp_harts[i], host, len);
        }
    }
    hart_request_all_sync(REQUEST_TLB_DIRTY);
}

/* ---- the hart's side ---------------------------------------------------- */

static void reset_dirty_ranges(Hart *h)
{
    vm_mutex_lock(&h->lock);
    if (h->n_tlb_dirty > G_N_ELEMENTS(h->tlb_dirty)) {
        tlb_flush_dirty(h, NULL, UINT64_MAX);
    } else {
        for (unsigned i = 0; i < h->n_tlb_dirty; i++) {
            tlb_flush_dirty(h, h->tlb_dirty[i].host, h->tlb_dirty[i].len);
        }
    }
    h->n_tlb_dirty = 0;
    vm_mutex_unlock(&h->lock);
}

static void serve_tlb(Hart *h, uint32_t bits)
{
    if (bits & REQUEST_TLB_FLUSH) {
        tlb_flush_everything(h);
    }
    if (bits & REQUEST_TLB_DIRTY) {
        reset_dirty_ranges(h);
    }
    if (bits & REQUEST_SFENCE) {
        tlb_flush_translations(h);
    }
    if (bits & REQUEST_FENCE_I) {
        code_fence_i(h);
    }
}

/* Takes the bits of mask and does what they say about translations.  A ticket
 * that is drawn in the middle of this, its SYNC taken before anybody read it,
 * is for the next time. */
static uint32_t take_requests(Hart *h, uint32_t mask)
{
    uint32_t ticket = __atomic_load_n(&h->sync_ticket, __ATOMIC_SEQ_CST);
    uint32_t bits = __atomic_fetch_and(&h->requests, ~mask, __ATOMIC_SEQ_CST);

    serve_tlb(h, bits & mask);
    __atomic_store_n(&h->instret_published, h->instret, __ATOMIC_RELAXED);
    __atomic_store_n(&h->sync_done, ticket, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&h->sync_ticket, __ATOMIC_SEQ_CST) != ticket) {
        __atomic_fetch_or(&h->requests, REQUEST_SYNC, __ATOMIC_SEQ_CST);
    }
    if (bits & REQUEST_SYNC) {
        tell_waiters(h);
    }
    return bits & mask;
}

void hart_enter_guest(Hart *h)
{
    __atomic_store_n(&h->in_guest, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&h->requests, __ATOMIC_SEQ_CST) & REQUESTS_TLB) {
        take_requests(h, REQUESTS_TLB | REQUEST_SYNC);
    }
}

void hart_leave_guest(Hart *h)
{
    __atomic_store_n(&h->instret_published, h->instret, __ATOMIC_RELAXED);
    __atomic_store_n(&h->in_guest, 0, __ATOMIC_SEQ_CST);
    tell_waiters(h);
}

/* As hart_start of the SBI says (chapter 9). */
static void start_hart(Hart *h)
{
    uint32_t pending = HSM_START_PENDING;

    if (__atomic_load_n(&h->hsm, __ATOMIC_ACQUIRE) != pending) {
        return;
    }
    h->priv = PRIV_S;
    h->satp = 0;
    h->mstatus &= ~MSTATUS_SIE;
    h->wfi = false;
    h->pc = h->start_addr;
    h->x[10] = h->hartid;
    h->x[11] = h->start_opaque;
    tlb_flush_translations(h);
    tlb_update_mode(h);
    code_fence_i(h);
    __atomic_compare_exchange_n(&h->hsm, &pending, HSM_STARTED, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void hart_serve_requests(Hart *h)
{
    uint32_t bits = take_requests(h, ~(uint32_t)REQUEST_EXIT);

    if (bits & REQUEST_HSM) {
        start_hart(h);
    }
    if (bits & REQUEST_TIMER) {
        trap_timer_update(h);
    }
}

void hart_sleep(Hart *h, int64_t deadline_ns)
{
    vm_mutex_lock(&h->lock);
    __atomic_store_n(&h->sleeping, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&h->requests, __ATOMIC_SEQ_CST)) {
        if (deadline_ns == INT64_MAX) {
            vm_cond_wait(&h->wake, &h->lock);
        } else if (!vm_cond_wait_until(&h->wake, &h->lock, deadline_ns)) {
            break;
        }
    }
    __atomic_store_n(&h->sleeping, 0, __ATOMIC_SEQ_CST);
    vm_mutex_unlock(&h->lock);
}
