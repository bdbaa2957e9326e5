/* SPDX-License-Identifier: MIT */
/*
 * aio_timer.c - the timers of an event loop; see aio.h.
 *
 * Each clock has a heap; what is due moves from there to a queue before
 * anything is called, so that a timer that rearms itself in the past waits
 * for the next turn.
 *
 * Thread context: heaps and queue have the context's lock; calling needs home
 * rights.
 */
#include "base/aio_int.h"

enum {
    AT_REST = -1,
    IS_DUE = -2, /* in the queue */
};

struct AioTimer {
    AioContext *ctx;
    VmClock clock;
    AioFn *fn;
    void *opaque;
    int64_t expire_ns SLOT(GUARDED_BY(&ctx->lock));
    uint64_t order SLOT(GUARDED_BY(&ctx->lock)); /* among equals */
    int place SLOT(GUARDED_BY(&ctx->lock)); /* in the heap, or as above */
    AioTimer *due_next SLOT(GUARDED_BY(&ctx->lock));
};

void aio_timers_init(AioContext *ctx)
{
    vm_mutex_lock(&ctx->lock);
    for (int i = 0; i < AIO_N_CLOCKS; i++) {
        ctx->timers[i].heap = g_ptr_array_new();
    }
    ctx->due_last = &ctx->due_first;
    vm_mutex_unlock(&ctx->lock);
}

void aio_timers_free(AioContext *ctx)
{
    vm_mutex_lock(&ctx->lock);
    for (int i = 0; i < AIO_N_CLOCKS; i++) {
        g_assert(ctx->timers[i].heap->len == 0);
        g_ptr_array_free(ctx->timers[i].heap, TRUE);
    }
    vm_mutex_unlock(&ctx->lock);
}

/* ---- the heap ----------------------------------------------------------- */

static bool before(const AioTimer *a, const AioTimer *b)
    REQUIRES(&a->ctx->lock) NO_TSA
{
    if (a->expire_ns != b->expire_ns) {
        return a->expire_ns < b->expire_ns;
    }
    return a->order < b->order;
}

static void put_at(GPtrArray *heap, guint i, AioTimer *t)
    REQUIRES(&t->ctx->lock)
{
    heap->pdata[i] = t;
    t->place = (int)i;
}

/* Finds t its place from the hole at i on: up, then down. */
static void sift(GPtrArray *heap, guint i, AioTimer *t)
    REQUIRES(&t->ctx->lock) NO_TSA
{
    while (i > 0 && before(t, heap->pdata[(i - 1) / 2])) {
        put_at(heap, i, heap->pdata[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        guint child = 2 * i + 1;

        if (child + 1 < heap->len &&
            before(heap->pdata[child + 1], heap->pdata[child])) {
            child++;
        }
        if (child >= heap->len || before(t, heap->pdata[child])) {
            break;
        }
        put_at(heap, i, heap->pdata[child]);
        i = child;
    }
    put_at(heap, i, t);
}

static void insert(AioTimer *t) REQUIRES(&t->ctx->lock) NO_TSA
{
    AioTimerList *list = &t->ctx->timers[t->clock];

    t->order = list->next_order++;
    g_ptr_array_add(list->heap, t);
    sift(list->heap, list->heap->len - 1, t);
}

/* From the heap or from the queue; fine when it is in neither. */
static void take_out(AioTimer *t) REQUIRES(&t->ctx->lock) NO_TSA
{
    AioContext *ctx = t->ctx;
    GPtrArray *heap = ctx->timers[t->clock].heap;
    AioTimer **link, *moved;

    if (t->place >= 0) {
        moved = heap->pdata[heap->len - 1];
        g_ptr_array_set_size(heap, (gint)heap->len - 1);
        if (moved != t) {
            sift(heap, (guint)t->place, moved);
        }
    } else if (t->place == IS_DUE) {
        for (link = &ctx->due_first; *link != t; link = &(*link)->due_next) {
        }
        *link = t->due_next;
        if (!*link) {
            ctx->due_last = link;
        }
    }
    t->place = AT_REST;
}

static int64_t heap_deadline(AioContext *ctx, VmClock clock)
    REQUIRES(&ctx->lock) NO_TSA
{
    const GPtrArray *heap = ctx->timers[clock].heap;

    return heap->len ? ((const AioTimer *)heap->pdata[0])->expire_ns
                     : INT64_MAX;
}

/* ---- for everybody ------------------------------------------------------ */

AioTimer *aio_timer_new(AioContext *ctx, VmClock clock, AioFn *fn,
                        void *opaque)
{
    AioTimer *t = g_new0(AioTimer, 1);

    IO_CODE();
    t->ctx = ctx;
    t->clock = clock;
    t->fn = fn;
    t->opaque = opaque;
    t->place = AT_REST;
    return t;
}

void aio_timer_mod(AioTimer *t, int64_t expire_ns)
{
    bool earlier;

    IO_CODE();
    vm_mutex_lock(&t->ctx->lock);
    earlier = expire_ns < heap_deadline(t->ctx, t->clock);
    take_out(t);
    t->expire_ns = expire_ns;
    insert(t);
    /* A loop that sleeps too short finds out. */
    if (earlier) {
        aio_notify(t->ctx);
    }
    vm_mutex_unlock(&t->ctx->lock);
}

void aio_timer_cancel(AioTimer *t)
{
    IO_CODE();
    vm_mutex_lock(&t->ctx->lock);
    take_out(t);
    vm_mutex_unlock(&t->ctx->lock);
}

bool aio_timer_pending(AioTimer *t)
{
    bool pending;

    IO_CODE();
    vm_mutex_lock(&t->ctx->lock);
    pending = t->place != AT_REST;
    vm_mutex_unlock(&t->ctx->lock);
    return pending;
}

void aio_timer_delete(AioTimer *t)
{
    IO_OR_GS_CODE();
    if (t) {
        aio_timer_cancel(t);
        g_free(t);
    }
}

/* ---- for the loop ------------------------------------------------------- */

int64_t aio_timers_deadline(AioContext *ctx, VmClock clock)
{
    int64_t ns;

    IO_CODE();
    vm_mutex_lock(&ctx->lock);
    ns = heap_deadline(ctx, clock);
    vm_mutex_unlock(&ctx->lock);
    return ns;
}

int64_t aio_timers_timeout_ns(AioContext *ctx)
{
    int64_t ns = INT64_MAX;

    IO_CODE();
    for (int i = 0; i < AIO_N_CLOCKS; i++) {
        int64_t next = heap_deadline(ctx, (VmClock)i), now;

        if (next == INT64_MAX || !vm_clock_enabled((VmClock)i)) {
            continue;
        }
        now = vm_clock_get_ns((VmClock)i);
        if (next <= now) {
            return 0;
        }
        if (vm_clock_moves((VmClock)i)) {
            /* now is not negative: no overflow */
            ns = MIN(ns, next - now);
        }
    }
    return ns;
}

static void queue_due(AioContext *ctx, VmClock clock)
    REQUIRES(&ctx->lock) NO_TSA
{
    int64_t now = vm_clock_get_ns(clock);

    while (heap_deadline(ctx, clock) <= now && ctx->timers[clock].heap->len) {
        AioTimer *t = ctx->timers[clock].heap->pdata[0];

        take_out(t);
        t->place = IS_DUE;
        t->due_next = NULL;
        *ctx->due_last = t;
        ctx->due_last = &t->due_next;
    }
}

/* NULL: none left; or the clock was stopped meanwhile, and they go back. */
static AioTimer *pop_due(AioContext *ctx, VmClock clock) NO_TSA
{
    AioTimer *t, *next, *found = NULL;

    vm_mutex_lock(&ctx->lock);
    for (t = ctx->due_first; t && !found; t = next) {
        next = t->due_next;
        if (t->clock != clock) {
            continue; /* of the turn that this one is nested in */
        }
        take_out(t);
        if (vm_clock_enabled(clock)) {
            found = t;
        } else {
            insert(t);
        }
    }
    vm_mutex_unlock(&ctx->lock);
    return found;
}

bool aio_timers_dispatch(AioContext *ctx, VmClock clock)
{
    bool progress = false;
    AioTimer *t;

    IO_OR_GS_CODE();
    if (!vm_clock_enabled(clock)) {
        return false;
    }
    vm_mutex_lock(&ctx->lock);
    queue_due(ctx, clock);
    vm_mutex_unlock(&ctx->lock);
    while ((t = pop_due(ctx, clock))) {
        t->fn(t->opaque);
        progress = true;
    }
    return progress;
}
