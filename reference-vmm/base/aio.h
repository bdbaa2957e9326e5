/* SPDX-License-Identifier: MIT */
/*
 * aio.h - an event loop: file descriptors, bottom halves, timers.
 *
 *     AioContext *ctx = aio_context_new(&error);
 *     aio_context_adopt(ctx);
 *     aio_bh_schedule_oneshot(ctx, hello, NULL);
 *     aio_poll(ctx, true);
 *
 * A bottom half is a function called later from the loop; timers and
 * descriptors call in the same way.  All callbacks of a context run in its
 * home thread, one after the other; those of the main loop hold the BQL.
 *
 * Thread context: a context has one home thread, the one that adopted it.  At
 * home in the main loop's is whoever holds the BQL: a vCPU thread may poll it,
 * while the main thread sleeps or waits for the lock.  What may be called from
 * elsewhere is marked IO_FN.
 */
#ifndef REFVMM_BASE_AIO_H
#define REFVMM_BASE_AIO_H

#include "base/annotate.h"
#include "base/clock.h"
#include "base/event_notifier.h"
#include "base/lock.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct AioContext AioContext;
typedef struct AioBh AioBh;
typedef struct AioTimer AioTimer;
typedef void AioFn(void *opaque);

AioContext *aio_context_new(GError **error) IO_FN;
/* In the home thread, or after its end.  Bottom halves still scheduled are
 * dropped; timers and descriptors must be gone. */
void aio_context_free(AioContext *ctx) IO_FN;
/* Makes the calling thread the home of ctx (NULL: of none). */
void aio_context_adopt(AioContext *ctx) IO_FN;
/* Where the calling thread is at home: what it dispatches, or adopted, or,
 * with the BQL, the main loop's; else NULL. */
AioContext *aio_context_home(void) IO_FN;

/*
 * One turn of the loop.  aio_wait() sleeps until something is to be done (or
 * just looks, when not told to block) and touches nothing that callbacks
 * touch; aio_dispatch() calls them.  aio_poll() is both, and drops the BQL, if
 * held, while it sleeps.  Callbacks may poll in their turn.
 */
void aio_wait(AioContext *ctx, bool block) IO_FN;
void aio_dispatch(AioContext *ctx) IO_OR_GS_FN;
void aio_poll(AioContext *ctx, bool block) IO_OR_GS_FN;
/* Ends a running or coming aio_wait(). */
void aio_notify(AioContext *ctx) IO_FN;

/*
 * Calls on_read whenever fd is readable, hung up or in error, and on_write
 * whenever it is writable or in error; with both NULL it is watched no more,
 * which must be before it is closed.  Regular files are always ready.
 */
bool aio_set_fd_handler(AioContext *ctx, int fd, AioFn *on_read,
                        AioFn *on_write, void *opaque,
                        GError **error) IO_OR_GS_FN;
/* fn is to clear the notifier itself; NULL stops it. */
bool aio_set_event_notifier(AioContext *ctx, EventNotifier *n, AioFn *fn,
                            void *opaque, GError **error) IO_OR_GS_FN;

AioBh *aio_bh_new(AioContext *ctx, AioFn *fn, void *opaque) IO_FN;
/* One call for any number of schedules before it. */
void aio_bh_schedule(AioBh *bh) IO_FN;
void aio_bh_schedule_oneshot(AioContext *ctx, AioFn *fn, void *opaque) IO_FN;
/* Home thread; NULL is fine; may be called from the callback itself. */
void aio_bh_delete(AioBh *bh) IO_OR_GS_FN;

AioTimer *aio_timer_new(AioContext *ctx, VmClock clock, AioFn *fn,
                        void *opaque) IO_FN;
/* Due once, at this time of its clock. */
void aio_timer_mod(AioTimer *t, int64_t expire_ns) IO_FN;
/* Not due any more; fine when it was not. */
void aio_timer_cancel(AioTimer *t) IO_FN;
bool aio_timer_pending(AioTimer *t) IO_FN;
/* Home thread; NULL is fine; may be called from the callback itself. */
void aio_timer_delete(AioTimer *t) IO_OR_GS_FN;

/*
 * Waits until cond is false, while the loop goes on.  In ctx's home thread it
 * polls ctx.  Elsewhere (ctx may be NULL) the caller must hold the BQL and it
 * polls the main loop.  The BQL, if held, is dropped while it sleeps; no other
 * lock may be.  Not in a coroutine.
 *
 * Whoever changes the condition outside of all event loops calls
 * aio_wait_kick(); a loop does after each turn in which it called something.
 */
#define AIO_WAIT_WHILE(ctx, cond)          \
    do {                                   \
        aio_wait_begin();                  \
        while (cond) {                     \
            aio_wait_step(ctx);            \
        }                                  \
        aio_wait_end();                    \
    } while (0)
void aio_wait_begin(void) IO_OR_GS_FN;
void aio_wait_step(AioContext *ctx) IO_OR_GS_FN;
void aio_wait_end(void) IO_OR_GS_FN;
void aio_wait_kick(void) IO_FN;
/* Calls fn(opaque) from ctx's loop and waits until it has returned. */
void aio_wait_bh_oneshot(AioContext *ctx, AioFn *fn, void *opaque) GS_FN;

#endif
