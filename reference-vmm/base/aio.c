/* SPDX-License-Identifier: MIT */
/*
 * aio.c - see aio.h.
 *
 * Thread context: the lists of bottom halves and timers are shared and have a
 * lock; descriptors, and what epoll last returned, belong to the home thread.
 */
#include "base/aio.h"
#include "base/error.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAX_EVENTS 16

typedef struct AioHandler {
    int fd;
    AioFn *fn; /* NULL: to be freed at the end of the dispatch */
    void *opaque;
} AioHandler;

struct AioBh {
    AioContext *ctx;
    AioFn *fn;
    void *opaque;
    bool oneshot;
    bool scheduled SLOT(GUARDED_BY(&ctx->lock));
};

struct AioTimer {
    AioContext *ctx;
    AioFn *fn;
    void *opaque;
    int64_t expire_ns SLOT(GUARDED_BY(&ctx->lock));
};

struct AioContext {
    int epoll_fd;
    int event_fd; /* wakes epoll_wait() */
    /* home thread */
    GPtrArray *handlers;
    struct epoll_event events[MAX_EVENTS];
    int n_events;

    VmMutex lock LOCK_RANK(RANK_AIO);
    GQueue bhs GUARDED_BY(&lock);   /* AioBh*, first come first served */
    GQueue timers GUARDED_BY(&lock); /* AioTimer*, armed, next first */
};

static _Thread_local AioContext *home;

AioContext *aio_context_new(GError **error)
{
    AioContext *ctx = g_new0(AioContext, 1);
    struct epoll_event event = { .events = EPOLLIN };

    vm_mutex_init(&ctx->lock, "aio", RANK_AIO);
    ctx->handlers = g_ptr_array_new_with_free_func(g_free);
    ctx->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    ctx->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ctx->epoll_fd < 0 || ctx->event_fd < 0 ||
        epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, ctx->event_fd, &event) < 0) {
        vm_set_errno(error, "cannot create an event loop");
        aio_context_free(ctx);
        return NULL;
    }
    return ctx;
}

static AioBh *pop_bh(AioContext *ctx)
{
    AioBh *bh;

    vm_mutex_lock(&ctx->lock);
    bh = g_queue_pop_head(&ctx->bhs);
    if (bh) {
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
    while ((bh = pop_bh(ctx))) {
        if (bh->oneshot) {
            g_free(bh);
        }
    }
    if (ctx->epoll_fd >= 0) {
        close(ctx->epoll_fd);
    }
    if (ctx->event_fd >= 0) {
        close(ctx->event_fd);
    }
    g_ptr_array_free(ctx->handlers, TRUE);
    vm_mutex_destroy(&ctx->lock);
    if (home == ctx) {
        home = NULL;
    }
    g_free(ctx);
}

void aio_context_adopt(AioContext *ctx)
{
    home = ctx;
}

AioContext *aio_context_home(void)
{
    return home;
}

/* ---- waiting ------------------------------------------------------------ */

void aio_notify(AioContext *ctx)
{
    uint64_t one = 1;

    /* EAGAIN would mean 2^64 - 1 wake-ups are pending: that will do. */
    if (write(ctx->event_fd, &one, sizeof(one)) < 0) {
        g_assert(errno == EAGAIN || errno == EINTR);
    }
}

/* Milliseconds until something is due, rounded up; -1 for ever. */
static int timeout_ms(AioContext *ctx)
{
    const AioTimer *next;
    int64_t ns = INT64_MAX;

    vm_mutex_lock(&ctx->lock);
    next = g_queue_peek_head(&ctx->timers);
    if (!g_queue_is_empty(&ctx->bhs)) {
        ns = 0;
    } else if (next) {
        ns = MAX(next->expire_ns - vm_clock_ns(), 0);
    }
    vm_mutex_unlock(&ctx->lock);
    if (ns == INT64_MAX) {
        return -1;
    }
    return (int)MIN(ns / 1000000 + (ns % 1000000 != 0), G_MAXINT);
}

void aio_wait(AioContext *ctx, bool block)
{
    int n;

    if (block) {
        vm_assert_none_held();
    }
    /* What is scheduled after timeout_ms() looked writes the event_fd, so
     * that epoll_wait() returns at once. */
    n = epoll_wait(ctx->epoll_fd, ctx->events, MAX_EVENTS,
                   block ? timeout_ms(ctx) : 0);
    ctx->n_events = MAX(n, 0);
}

/* ---- descriptors -------------------------------------------------------- */

static AioHandler *find_handler(AioContext *ctx, int fd)
{
    for (guint i = 0; i < ctx->handlers->len; i++) {
        AioHandler *h = g_ptr_array_index(ctx->handlers, i);

        if (h->fd == fd && h->fn) {
            return h;
        }
    }
    return NULL;
}

bool aio_set_fd_handler(AioContext *ctx, int fd, AioFn *fn, void *opaque,
                        GError **error)
{
    AioHandler *h = find_handler(ctx, fd);
    struct epoll_event event = { .events = EPOLLIN };

    IO_OR_GS_CODE();
    if (!fn) {
        if (h) {
            epoll_ctl(ctx->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
            h->fn = NULL;
        }
        return true;
    }
    if (!h) {
        h = g_new0(AioHandler, 1);
        event.data.ptr = h;
        if (epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
            vm_set_errno(error, "cannot watch a file descriptor");
            g_free(h);
            return false;
        }
        h->fd = fd;
        g_ptr_array_add(ctx->handlers, h);
    }
    h->fn = fn;
    h->opaque = opaque;
    return true;
}

static void dispatch_handlers(AioContext *ctx)
{
    for (int i = 0; i < ctx->n_events; i++) {
        AioHandler *h = ctx->events[i].data.ptr;

        if (!h) {
            uint64_t count;

            if (read(ctx->event_fd, &count, sizeof(count)) < 0) {
                g_assert(errno == EAGAIN || errno == EINTR);
            }
        } else if (h->fn) {
            h->fn(h->opaque);
        }
    }
    ctx->n_events = 0;
    /* Only now does no event refer to a handler that a callback removed. */
    for (guint i = ctx->handlers->len; i-- > 0;) {
        if (!((AioHandler *)g_ptr_array_index(ctx->handlers, i))->fn) {
            g_ptr_array_remove_index(ctx->handlers, i);
        }
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
        g_queue_push_tail(&ctx->bhs, bh);
    }
    vm_mutex_unlock(&ctx->lock);
    /* Not bh->ctx: a oneshot may have run and be gone. */
    aio_notify(ctx);
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
    g_queue_remove(&bh->ctx->bhs, bh);
    vm_mutex_unlock(&bh->ctx->lock);
    g_free(bh);
}

static void dispatch_bhs(AioContext *ctx)
{
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
    }
}

/* ---- timers ------------------------------------------------------------- */

AioTimer *aio_timer_new(AioContext *ctx, AioFn *fn, void *opaque)
{
    AioTimer *t = g_new0(AioTimer, 1);

    IO_CODE();
    t->ctx = ctx;
    t->fn = fn;
    t->opaque = opaque;
    return t;
}

static gint compare_timers(gconstpointer a, gconstpointer b, gpointer data)
{
    const AioTimer *ta = a, *tb = b;

    INTENTIONAL(GUARDED_BY, "caller_holds: only called to insert, under it");
    return ta->expire_ns < tb->expire_ns ? -1 : ta->expire_ns > tb->expire_ns;
}

void aio_timer_mod(AioTimer *t, int64_t expire_ns)
{
    AioContext *ctx = t->ctx;

    IO_CODE();
    vm_mutex_lock(&ctx->lock);
    g_queue_remove(&ctx->timers, t);
    t->expire_ns = expire_ns;
    g_queue_insert_sorted(&ctx->timers, t, compare_timers, NULL);
    vm_mutex_unlock(&ctx->lock);
    aio_notify(ctx);
}

void aio_timer_delete(AioTimer *t)
{
    IO_OR_GS_CODE();
    if (!t) {
        return;
    }
    vm_mutex_lock(&t->ctx->lock);
    g_queue_remove(&t->ctx->timers, t);
    vm_mutex_unlock(&t->ctx->lock);
    g_free(t);
}

/* NULL when none is due. */
static AioTimer *pop_due_timer(AioContext *ctx, int64_t now)
{
    AioTimer *t;

    vm_mutex_lock(&ctx->lock);
    t = g_queue_peek_head(&ctx->timers);
    if (t && t->expire_ns <= now) {
        g_queue_pop_head(&ctx->timers);
    } else {
        t = NULL;
    }
    vm_mutex_unlock(&ctx->lock);
    return t;
}

static void dispatch_timers(AioContext *ctx)
{
    int64_t now = vm_clock_ns();
    AioTimer *t;
    guint n;

    /* A timer that rearms itself in the past must not keep us here. */
    vm_mutex_lock(&ctx->lock);
    n = g_queue_get_length(&ctx->timers);
    vm_mutex_unlock(&ctx->lock);
    while (n-- > 0 && (t = pop_due_timer(ctx, now))) {
        t->fn(t->opaque);
    }
}

void aio_dispatch(AioContext *ctx)
{
    IO_OR_GS_CODE();
    dispatch_handlers(ctx);
    dispatch_bhs(ctx);
    dispatch_timers(ctx);
}

void aio_poll(AioContext *ctx, bool block)
{
    IO_OR_GS_CODE();
    aio_wait(ctx, block);
    aio_dispatch(ctx);
}
