/* SPDX-License-Identifier: MIT */
/*
 * coroutine_aio.c - coroutines and event loops: see coroutine.h.
 *
 * A coroutine that is about to yield may be woken before it does: that is
 * right, because it is entered in the loop that it runs in now, by the same
 * thread (or under the same BQL), which is not there before the yield.
 *
 * Thread context: any thread wakes; coroutines wait.
 */
#include "base/coroutine_int.h"
#include "base/error.h"
#include <stdio.h>
#include <stdlib.h>

Coroutine **coroutine_link(Coroutine *co)
{
    return &co->next;
}

void coroutine_enter_scheduled(Coroutine *co)
{
    IO_OR_GS_CODE();
    __atomic_store_n(&co->scheduled, false, __ATOMIC_RELEASE);
    coroutine_enter(co);
}

void aio_co_schedule(AioContext *ctx, Coroutine *co)
{
    IO_CODE();
    if (!ctx) {
        fprintf(stderr, "coroutine \"%s\" is woken, but has run in no event "
                "loop\n", co->name);
        abort();
    }
    if (__atomic_exchange_n(&co->scheduled, true, __ATOMIC_ACQUIRE)) {
        fprintf(stderr, "coroutine \"%s\" is woken twice\n", co->name);
        abort();
    }
    aio_co_list_add(ctx, co);
}

void aio_co_enter(AioContext *ctx, Coroutine *co)
{
    IO_CODE();
    if (!in_coroutine() && ctx == aio_context_home() &&
        aio_context_in_home(ctx)) {
        coroutine_enter(co);
    } else {
        aio_co_schedule(ctx, co);
    }
}

void aio_co_wake(Coroutine *co)
{
    IO_CODE();
    /* Written before it yielded, which was before anybody could wake it. */
    aio_co_enter(co->ctx, co);
}

typedef struct Move {
    AioContext *ctx;
    Coroutine *co;
} Move;

static void move_bh(void *opaque)
{
    Move *m = opaque;

    aio_co_schedule(m->ctx, m->co);
}

void coroutine_fn aio_co_reschedule_self(AioContext *ctx)
{
    Move m = { .ctx = ctx, .co = coroutine_self() };

    IO_CODE();
    if (m.co->ctx == ctx) {
        return;
    }
    /* Not at once: the other thread might enter us before we have yielded. */
    aio_bh_schedule_oneshot(m.co->ctx, move_bh, &m);
    coroutine_yield();
}

static void wake_co(void *opaque)
{
    aio_co_wake(opaque);
}

void coroutine_fn co_sleep_ns(VmClock clock, int64_t ns)
{
    Coroutine *self = coroutine_self();
    int64_t now = vm_clock_get_ns(clock);
    AioTimer *t = aio_timer_new(self->ctx, clock, wake_co, self);

    IO_CODE();
    aio_timer_mod(t, ns > INT64_MAX - now ? INT64_MAX : now + MAX(ns, 0));
    coroutine_yield();
    aio_timer_delete(t);
}

typedef struct FdWait {
    Coroutine *co;
    AioContext *ctx;
    int fd;
    bool for_write;
} FdWait;

static void fd_ready(void *opaque)
{
    FdWait *w = opaque;

    aio_set_fd_direction(w->ctx, w->fd, w->for_write, NULL, NULL, NULL);
    aio_co_wake(w->co);
}

void coroutine_fn co_yield_until_fd(int fd, bool for_write)
{
    FdWait w = {
        .co = coroutine_self(),
        .ctx = coroutine_self()->ctx,
        .fd = fd,
        .for_write = for_write,
    };

    IO_CODE();
    /* What cannot be watched cannot be waited for either: the caller's next
     * read or write will say what is wrong. */
    if (aio_set_fd_direction(w.ctx, fd, for_write, fd_ready, &w, NULL)) {
        coroutine_yield();
    }
}
