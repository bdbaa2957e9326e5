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
 * Thread context: a context has one home thread, the one that adopted it.
 * What may be called from elsewhere is marked IO_FN.
 */
#ifndef REFVMM_BASE_AIO_H
#define REFVMM_BASE_AIO_H

#include "base/annotate.h"
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
void aio_context_free(AioContext *ctx);
/* Makes the calling thread the home of ctx (NULL: of none). */
void aio_context_adopt(AioContext *ctx) IO_FN;
AioContext *aio_context_home(void) IO_FN; /* of the calling thread */

/*
 * One turn of the loop.  aio_wait() sleeps until something is to be done (or
 * just looks, when not told to block) and touches nothing that callbacks
 * touch; aio_dispatch() calls them.  aio_poll() is both.
 */
void aio_wait(AioContext *ctx, bool block) IO_FN;
void aio_dispatch(AioContext *ctx) IO_OR_GS_FN;
void aio_poll(AioContext *ctx, bool block) IO_OR_GS_FN;
/* Ends a running or coming aio_wait(). */
void aio_notify(AioContext *ctx) IO_FN;

/* Calls fn whenever fd is readable, hung up or in error; NULL stops it. */
bool aio_set_fd_handler(AioContext *ctx, int fd, AioFn *fn, void *opaque,
                        GError **error) IO_OR_GS_FN;

AioBh *aio_bh_new(AioContext *ctx, AioFn *fn, void *opaque) IO_FN;
/* One call for any number of schedules before it. */
void aio_bh_schedule(AioBh *bh) IO_FN;
void aio_bh_schedule_oneshot(AioContext *ctx, AioFn *fn, void *opaque) IO_FN;
/* Home thread; NULL is fine; may be called from the callback itself. */
void aio_bh_delete(AioBh *bh) IO_OR_GS_FN;

AioTimer *aio_timer_new(AioContext *ctx, AioFn *fn, void *opaque) IO_FN;
/* Due once, at this time of vm_clock_ns(). */
void aio_timer_mod(AioTimer *t, int64_t expire_ns) IO_FN;
/* Home thread; NULL is fine; may be called from the callback itself. */
void aio_timer_delete(AioTimer *t) IO_OR_GS_FN;

#endif
