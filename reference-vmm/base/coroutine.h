/* SPDX-License-Identifier: MIT */
/*
 * coroutine.h - functions that can stop in the middle and go on later.
 *
 *     static void coroutine_fn copy(void *opaque) { ... coroutine_yield(); }
 *     Coroutine *co = coroutine_create(copy, job);
 *     coroutine_enter(co);      // until it yields or ends
 *
 * A coroutine runs on a stack of its own (a guard page below it, taken from a
 * pool), in whatever thread enters it, and is freed when its entry returns.
 * Its context is that of the thread that entered it; aio_co_wake() goes on
 * there.
 *
 * When it yields it may hold no lock of threads, and be in no RCU section,
 * that it was not entered with; debug builds abort.
 *
 * Thread context: any, one thread at a time for one coroutine; entering one
 * that runs already aborts and names it.
 */
#ifndef REFVMM_BASE_COROUTINE_H
#define REFVMM_BASE_COROUTINE_H

#include "base/aio.h"
#include "base/annotate.h"
#include <stdbool.h>

typedef struct Coroutine Coroutine;
typedef void coroutine_fn CoroutineEntry(void *opaque);

/* Under the name of its entry, which messages use. */
#define coroutine_create(entry, opaque) \
    coroutine_create_named((entry), (opaque), #entry)
/* name is kept, not copied. */
Coroutine *coroutine_create_named(CoroutineEntry *entry, void *opaque,
                                  const char *name) IO_FN;
/* Runs it until it yields or ends. */
void coroutine_enter(Coroutine *co) IO_FN;
/* Back to whoever entered. */
void coroutine_fn coroutine_yield(void) IO_FN;
/* The running one. */
Coroutine *coroutine_fn coroutine_self(void) IO_FN;
bool in_coroutine(void) IO_FN;
/* The loop it runs in, or ran in when it yielded. */
AioContext *coroutine_context(Coroutine *co) IO_FN;

/* Enters co in its own context: at once when that is the calling thread's and
 * it is in no coroutine (so hold no lock that co may want), else from there.
 * Any thread. */
void aio_co_wake(Coroutine *co) IO_FN;
/* The same in ctx, always from its loop. */
void aio_co_schedule(AioContext *ctx, Coroutine *co) IO_FN;
/* Enters co in ctx for the first time. */
void aio_co_enter(AioContext *ctx, Coroutine *co) IO_FN;
/* Goes on in another loop. */
void coroutine_fn aio_co_reschedule_self(AioContext *ctx) IO_FN;
/* Sleeps at least so long.  Not to be woken otherwise meanwhile. */
void coroutine_fn co_sleep_ns(VmClock clock, int64_t ns) IO_FN;
/* Until fd is readable or writable. */
void coroutine_fn co_yield_until_fd(int fd, bool for_write) IO_FN;

#endif
