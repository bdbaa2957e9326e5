/* SPDX-License-Identifier: MIT */
/*
 * co_wrapper.c - see co_wrapper.h.
 *
 * Thread context: a thread with an event loop of its own, or with the BQL.
 */
#include "block/co_wrapper.h"
#include "base/main_loop.h"

void co_wrapper_run(CoroutineEntry *entry, CoWrapper *w)
{
    AioContext *ctx = aio_context_home();

    IO_OR_GS_CODE();
    /* A vCPU, with the BQL. */
    ctx = ctx ? ctx : main_loop_context();
    __atomic_store_n(&w->in_progress, true, __ATOMIC_RELAXED);
    aio_co_enter(ctx, coroutine_create(entry, w));
    AIO_WAIT_WHILE(ctx, __atomic_load_n(&w->in_progress, __ATOMIC_ACQUIRE));
}

void coroutine_fn co_wrapper_done(CoWrapper *w)
{
    IO_CODE();
    /* w is gone once the caller has seen this. */
    __atomic_store_n(&w->in_progress, false, __ATOMIC_RELEASE);
    aio_wait_kick();
}
