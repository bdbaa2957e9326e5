/* SPDX-License-Identifier: MIT */
/*
 * aio_wait.c - sleeping in an event loop, and waiting for a condition while
 * it goes on; see aio.h.
 *
 * Thread context: any; a thread that waits has an eventfd of its own in a
 * list with a lock.  The readiness of an epoll descriptor would not do to
 * wake it: another thread may be faster and take it away.
 */
#include "base/aio_int.h"
#include "base/main_loop.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* One for each thread that waits, on its stack's thread-locals. */
typedef struct Waiter Waiter;
struct Waiter {
    EventNotifier kick;
    int depth; /* waits in callbacks of waits */
    bool polled_main; /* without being the main thread */
    Waiter *next SLOT(GUARDED_BY(&wait_lock));
};

static VmMutex wait_lock LOCK_RANK(RANK_AIO_WAIT) =
    VM_MUTEX_INIT("aio wait", RANK_AIO_WAIT);
static Waiter *waiters GUARDED_BY(wait_lock);
static unsigned n_waiters; /* atomic, so that most need not lock */
static _Thread_local Waiter self = { .kick.fd = -1 };

/* ---- sleeping ----------------------------------------------------------- */

static bool has_work(AioContext *ctx)
{
    return __atomic_load_n(&ctx->notified, __ATOMIC_SEQ_CST) ||
           __atomic_load_n(&ctx->always_ready, __ATOMIC_RELAXED);
}

static int64_t timeout_ns(AioContext *ctx)
{
    int64_t ns;

    if (has_work(ctx)) {
        return 0;
    }
    vm_mutex_lock(&ctx->lock);
    ns = g_queue_is_empty(&ctx->bhs) && !ctx->co_first && !ctx->due_first
             ? aio_timers_timeout_ns(ctx) : 0;
    vm_mutex_unlock(&ctx->lock);
    if (__atomic_load_n(&ctx->submit_again, __ATOMIC_RELAXED)) {
        ns = MIN(ns, 1000000);
    }
    return ns;
}

int aio_sleep(AioContext *ctx, bool block, int extra_fd,
              struct epoll_event *events)
{
    struct pollfd fds[2] = {
        { .fd = ctx->epoll_fd, .events = POLLIN },
        { .fd = extra_fd, .events = POLLIN },
    };
    struct timespec ts;
    int64_t ns = 0;
    int n = 0;

    if (block) {
        vm_assert_none_held();
        __atomic_fetch_add(&ctx->sleepers, 1, __ATOMIC_SEQ_CST);
        /* What comes after this look finds us among the sleepers. */
        ns = timeout_ns(ctx);
    }
    ts.tv_sec = ns / 1000000000;
    ts.tv_nsec = ns % 1000000000;
    if (events && ns <= 0) {
        n = epoll_wait(ctx->epoll_fd, events, AIO_MAX_EVENTS, 0);
    } else if (events && ns == INT64_MAX) {
        n = epoll_wait(ctx->epoll_fd, events, AIO_MAX_EVENTS, -1);
    } else if (ns > 0) {
        n = ppoll(fds, 2, ns == INT64_MAX ? NULL : &ts, NULL);
        if (events) {
            n = epoll_wait(ctx->epoll_fd, events, AIO_MAX_EVENTS, 0);
        }
    }
    if (block) {
        __atomic_fetch_sub(&ctx->sleepers, 1, __ATOMIC_SEQ_CST);
    }
    return n;
}

static int sleep_dropping_bql(AioContext *ctx, int extra_fd,
                              struct epoll_event *events) DROPS(bql)
{
    int n;

    bql_unlock();
    n = aio_sleep(ctx, true, extra_fd, events);
    bql_lock();
    return n;
}

int aio_sleep_without_bql(AioContext *ctx, bool block, int extra_fd,
                          struct epoll_event *events)
{
    if (block && bql_locked()) {
        ASSERT_HELD(&bql);
        return sleep_dropping_bql(ctx, extra_fd, events);
    }
    return aio_sleep(ctx, block, extra_fd, events);
}

void aio_wait(AioContext *ctx, bool block)
{
    IO_CODE();
    aio_sleep(ctx, block, -1, NULL);
}

/* ---- waiting for a condition -------------------------------------------- */

void aio_wait_begin(void)
{
    GError *error = NULL;

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        fprintf(stderr, "a coroutine polls: what it waits for might be "
                "itself\n");
        abort();
    }
    if (self.depth++) {
        return;
    }
    if (!event_notifier_init(&self.kick, &error)) {
        g_error("%s", error->message);
    }
    self.polled_main = false;
    vm_mutex_lock(&wait_lock);
    self.next = waiters;
    waiters = &self;
    __atomic_fetch_add(&n_waiters, 1, __ATOMIC_SEQ_CST);
    vm_mutex_unlock(&wait_lock);
}

void aio_wait_end(void)
{
    Waiter **link;

    IO_OR_GS_CODE();
    if (--self.depth) {
        return;
    }
    vm_mutex_lock(&wait_lock);
    for (link = &waiters; *link != &self; link = &(*link)->next) {
    }
    *link = self.next;
    __atomic_fetch_sub(&n_waiters, 1, __ATOMIC_SEQ_CST);
    vm_mutex_unlock(&wait_lock);
    event_notifier_cleanup(&self.kick);
    if (self.polled_main && main_loop_context()) {
        /* We took wake-ups that were meant for the main thread, which may
         * sleep now for longer than it should. */
        aio_notify(main_loop_context());
    }
}

void aio_wait_step(AioContext *ctx)
{
    IO_OR_GS_CODE();
    if (!ctx || !aio_context_in_home(ctx)) {
        ctx = main_loop_context();
        if (!ctx || !bql_locked()) {
            fprintf(stderr, "a thread waits outside of its event loop and "
                    "without the BQL\n");
            abort();
        }
        self.polled_main = true;
    }
    aio_ring_submit(ctx);
    aio_sleep_without_bql(ctx, true, self.kick.fd, NULL);
    event_notifier_test_and_clear(&self.kick);
    aio_dispatch(ctx);
}

static void kick(bool ourselves)
{
    /* Pairs with the count in aio_wait_begin(): whoever is not counted yet
     * looks at its condition after that. */
    if (!__atomic_load_n(&n_waiters, __ATOMIC_SEQ_CST)) {
        return;
    }
    vm_mutex_lock(&wait_lock);
    for (Waiter *w = waiters; w; w = w->next) {
        if (w != &self || ourselves) {
            event_notifier_set(&w->kick);
        }
    }
    vm_mutex_unlock(&wait_lock);
}

void aio_wait_kick(void)
{
    IO_CODE();
    kick(true);
}

void aio_wait_kick_others(void)
{
    kick(false);
}

typedef struct OneshotWait {
    AioFn *fn;
    void *opaque;
    bool done; /* atomic: it ends the wait */
} OneshotWait;

static void run_oneshot(void *opaque)
{
    OneshotWait *w = opaque;

    w->fn(w->opaque);
    __atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
    aio_wait_kick();
}

void aio_wait_bh_oneshot(AioContext *ctx, AioFn *fn, void *opaque)
{
    OneshotWait w = { .fn = fn, .opaque = opaque };

    GLOBAL_STATE_CODE();
    aio_bh_schedule_oneshot(ctx, run_oneshot, &w);
    AIO_WAIT_WHILE(ctx, !__atomic_load_n(&w.done, __ATOMIC_ACQUIRE));
}
