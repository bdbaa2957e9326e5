/* SPDX-License-Identifier: MIT */
/*
 * aio.c - event loops: their life, their turns, bottom halves; see aio.h.
 * Descriptors are in aio_fd.c, timers in aio_timer.c, sleeping in aio_wait.c.
 *
 * Thread context: the list of bottom halves is shared and has a lock; a turn
 * needs home rights (aio_int.h).
 */
#include "base/aio_int.h"
#include "base/error.h"
#include "base/main_loop.h"
#include <stdlib.h>
#include <unistd.h>

struct AioBh {
    AioContext *ctx;
    AioFn *fn;
    void *opaque;
    bool oneshot;
    GList link SLOT(GUARDED_BY(&ctx->lock));
    bool scheduled SLOT(GUARDED_BY(&ctx->lock));
};

static VmMutex all_contexts_lock LOCK_RANK(RANK_AIO_LIST) =
    VM_MUTEX_INIT("aio list", RANK_AIO_LIST);
static GPtrArray *all_contexts GUARDED_BY(all_contexts_lock);

static _Thread_local AioContext *home;
/* What the thread dispatches: for that long it is at home there. */
static _Thread_local AioContext *dispatched;

/* ---- contexts ----------------------------------------------------------- */

static void list_context(AioContext *ctx)
{
    vm_mutex_lock(&all_contexts_lock);
    if (!all_contexts) {
        all_contexts = g_ptr_array_new();
    }
    g_ptr_array_add(all_contexts, ctx);
    vm_mutex_unlock(&all_contexts_lock);
}

static void unlist_context(AioContext *ctx)
{
    vm_mutex_lock(&all_contexts_lock);
    g_ptr_array_remove(all_contexts, ctx);
    if (!all_contexts->len) {
        g_ptr_array_free(all_contexts, TRUE);
        all_contexts = NULL;
    }
    vm_mutex_unlock(&all_contexts_lock);
}

void aio_notify_all(void)
{
    IO_CODE();
    vm_mutex_lock(&all_contexts_lock);
    for (guint i = 0; all_contexts && i < all_contexts->len; i++) {
        aio_notify(g_ptr_array_index(all_contexts, i));
    }
    vm_mutex_unlock(&all_contexts_lock);
}

AioContext *aio_context_new(GError **error)
{
    AioContext *ctx = g_new0(AioContext, 1);
    struct epoll_event event = { .events = EPOLLIN };

    IO_CODE();
    vm_mutex_init(&ctx->lock, "aio", RANK_AIO);
    ctx->notifier.fd = -1;
    vm_mutex_lock(&ctx->lock);
    ctx->co_last = &ctx->co_first;
    vm_mutex_unlock(&ctx->lock);
    aio_handlers_init(ctx);
    aio_timers_init(ctx);
    list_context(ctx);
    ctx->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (ctx->epoll_fd < 0) {
        vm_set_errno(error, "cannot create an event loop");
    } else if (event_notifier_init(&ctx->notifier, error)) {
        if (epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, ctx->notifier.fd,
                      &event) == 0) {
            return ctx;
        }
        vm_set_errno(error, "cannot create an event loop");
    }
    aio_context_free(ctx);
    return NULL;
}

static AioBh *pop_bh(AioContext *ctx)
{
    AioBh *bh = NULL;
    GList *link;

    vm_mutex_lock(&ctx->lock);
    link = g_queue_pop_head_link(&ctx->bhs);
    if (link) {
        bh = link->data;
        bh->scheduled = false;
    }
    vm_mutex_unlock(&ctx->lock);
    return bh;
}

void aio_context_free(AioContext *ctx)
{
    AioBh *bh;

    if (!ctx) {
        return;
    }
    unlist_context(ctx);
    while ((bh = pop_bh(ctx))) {
        if (bh->oneshot) {
            g_free(bh);
        }
    }
    aio_ring_free(ctx);
    aio_handlers_free(ctx);
    aio_timers_free(ctx);
    event_notifier_cleanup(&ctx->notifier);
    if (ctx->epoll_fd >= 0) {
        close(ctx->epoll_fd);
    }
    vm_mutex_destroy(&ctx->lock);
    if (home == ctx) {
        home = NULL;
    }
    g_free(ctx);
}

void aio_context_adopt(AioContext *ctx)
{
    IO_CODE();
    home = ctx;
}

AioContext *aio_context_home(void)
{
    if (dispatched) {
        return dispatched;
    }
    return home ? home : bql_locked() ? main_loop_context() : NULL;
}

bool aio_context_in_home(AioContext *ctx)
{
    if (ctx == main_loop_context()) {
        return bql_locked();
    }
    return ctx == home;
}

bool aio_context_in_dispatch(AioContext *ctx)
{
    return ctx == dispatched;
}

void aio_notify(AioContext *ctx)
{
    IO_CODE();
    if (!__atomic_exchange_n(&ctx->notified, true, __ATOMIC_SEQ_CST) &&
        __atomic_load_n(&ctx->sleepers, __ATOMIC_SEQ_CST)) {
        event_notifier_set(&ctx->notifier);
    }
}

/* ---- bottom halves ------------------------------------------------------ */

static AioBh *bh_new(AioContext *ctx, AioFn *fn, void *opaque, bool oneshot)
{
    AioBh *bh = g_new0(AioBh, 1);

    bh->ctx = ctx;
    bh->fn = fn;
    bh->opaque = opaque;
    bh->oneshot = oneshot;
    bh->link.data = bh;
    return bh;
}

AioBh *aio_bh_new(AioContext *ctx, AioFn *fn, void *opaque)
{
    IO_CODE();
    return bh_new(ctx, fn, opaque, false);
}

void aio_bh_schedule(AioBh *bh)
{
    AioContext *ctx = bh->ctx;

    IO_CODE();
    vm_mutex_lock(&ctx->lock);
    if (!bh->scheduled) {
        bh->scheduled = true;
        g_queue_push_tail_link(&ctx->bhs, &bh->link);
    }
    /* Under the lock: once it has run, ctx may go, and bh before that. */
    aio_notify(ctx);
    vm_mutex_unlock(&ctx->lock);
}

void aio_bh_schedule_oneshot(AioContext *ctx, AioFn *fn, void *opaque)
{
    IO_CODE();
    aio_bh_schedule(bh_new(ctx, fn, opaque, true));
}

void aio_bh_delete(AioBh *bh)
{
    IO_OR_GS_CODE();
    if (!bh) {
        return;
    }
    vm_mutex_lock(&bh->ctx->lock);
    if (bh->scheduled) {
        g_queue_unlink(&bh->ctx->bhs, &bh->link);
    }
    vm_mutex_unlock(&bh->ctx->lock);
    g_free(bh);
}

static bool dispatch_bhs(AioContext *ctx)
{
    bool progress = false;
    guint n;

    /* Those scheduled from here on have to wait for the next turn, or two
     * that schedule each other would starve everything else. */
    vm_mutex_lock(&ctx->lock);
    n = g_queue_get_length(&ctx->bhs);
    vm_mutex_unlock(&ctx->lock);
    while (n-- > 0) {
        AioBh *bh = pop_bh(ctx);
        AioFn *fn;
        void *opaque;

        if (!bh) {
            break;
        }
        fn = bh->fn;
        opaque = bh->opaque;
        if (bh->oneshot) {
            g_free(bh);
        }
        fn(opaque);
        progress = true;
    }
    return progress;
}

/* ---- coroutines to be entered ------------------------------------------- */

void aio_co_list_add(AioContext *ctx, Coroutine *co)
{
    IO_CODE();
    vm_mutex_lock(&ctx->lock);
    *coroutine_link(co) = NULL;
    *ctx->co_last = co;
    ctx->co_last = coroutine_link(co);
    ctx->n_co++;
    /* Under the lock: once it has run, ctx may go. */
    aio_notify(ctx);
    vm_mutex_unlock(&ctx->lock);
}

static Coroutine *pop_coroutine(AioContext *ctx)
{
    Coroutine *co;

    vm_mutex_lock(&ctx->lock);
    co = ctx->co_first;
    if (co) {
        ctx->co_first = *coroutine_link(co);
        if (!ctx->co_first) {
            ctx->co_last = &ctx->co_first;
        }
        ctx->n_co--;
    }
    vm_mutex_unlock(&ctx->lock);
    return co;
}

static bool dispatch_coroutines(AioContext *ctx)
{
    bool progress = false;
    Coroutine *co;
    unsigned n;

    /* As with bottom halves: those of now. */
    vm_mutex_lock(&ctx->lock);
    n = ctx->n_co;
    vm_mutex_unlock(&ctx->lock);
    while (n-- > 0 && (co = pop_coroutine(ctx))) {
        coroutine_enter_scheduled(co);
        progress = true;
    }
    return progress;
}

/* ---- turns -------------------------------------------------------------- */

static void run_turn(AioContext *ctx, const struct epoll_event *events, int n)
{
    AioContext *outer = dispatched;
    bool progress;

    /* Before anything is taken from the lists: who adds to them later
     * notifies anew. */
    (void)__atomic_exchange_n(&ctx->notified, false, __ATOMIC_SEQ_CST);
    dispatched = ctx;
    ctx->dispatching++;
    ctx->turn++;
    progress = aio_handlers_dispatch(ctx, events, n);
    progress |= aio_ring_dispatch(ctx);
    progress |= dispatch_bhs(ctx);
    progress |= dispatch_coroutines(ctx);
    progress |= aio_timers_dispatch(ctx, VM_CLOCK_REALTIME);
    progress |= aio_timers_dispatch(ctx, VM_CLOCK_VIRTUAL);
    if (--ctx->dispatching == 0) {
        g_ptr_array_set_size(ctx->graveyard, 0);
    }
    aio_ring_submit(ctx);
    dispatched = outer;
    if (progress) {
        aio_wait_kick_others();
    }
}

void aio_dispatch(AioContext *ctx)
{
    struct epoll_event events[AIO_MAX_EVENTS];

    IO_OR_GS_CODE();
    run_turn(ctx, events, epoll_wait(ctx->epoll_fd, events, AIO_MAX_EVENTS, 0));
}

void aio_poll(AioContext *ctx, bool block)
{
    struct epoll_event events[AIO_MAX_EVENTS];
    int n;

    IO_OR_GS_CODE();
    aio_ring_submit(ctx);
    if (ctx == main_loop_context()) {
        /* Another thread may have come in while this one slept. */
        aio_sleep_without_bql(ctx, block, -1, NULL);
        aio_dispatch(ctx);
    } else {
        n = aio_sleep_without_bql(ctx, block, -1, events);
        run_turn(ctx, events, n);
    }
}
