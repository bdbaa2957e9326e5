/* SPDX-License-Identifier: MIT */
/*
 * main_loop.c - see main_loop.h.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "base/main_loop.h"
#include "base/aio_int.h"
#include "base/rcu.h"
#include <stdio.h>
#include <stdlib.h>

/* Set before there are other threads, cleared when there are none again. */
static AioContext *main_context;
static bool quit GUARDED_BY(bql);

bool main_loop_init(GError **error)
{
    GLOBAL_STATE_CODE();
    main_context = aio_context_new(error);
    aio_context_adopt(main_context);
    quit = false;
    return main_context != NULL;
}

void main_loop_free(void)
{
    GLOBAL_STATE_CODE();
    aio_context_free(main_context);
    main_context = NULL;
}

AioContext *main_loop_context(void)
{
    IO_CODE();
    return main_context;
}

void main_loop_run(void)
{
    GLOBAL_STATE_CODE();
    ASSERT_HELD(&role_main_loop);
    while (!quit) {
        bql_unlock();
        aio_wait(main_context, true);
        bql_lock();
        aio_dispatch(main_context);
    }
}

void main_loop_quit(void)
{
    GLOBAL_STATE_CODE();
    quit = true;
    aio_notify(main_context);
}

void main_loop_join(VmThread *thread)
{
    GLOBAL_STATE_CODE();
    if (!thread) {
        return;
    }
    /* The thread may wait for what we have prepared. */
    if (main_context) {
        aio_ring_submit(main_context);
    }
    bql_unlock();
    vm_thread_join(thread);
    bql_lock();
}

void main_loop_rcu_barrier(void)
{
    GLOBAL_STATE_CODE();
    if (main_context) {
        aio_ring_submit(main_context);
    }
    bql_unlock();
    vm_rcu_barrier();
    bql_lock();
}

#ifdef HOLDFAST_DEBUG_CHECKS

/* The hook of GLOBAL_STATE_CODE() and its like. */
void hf_debug_assert_context(HfContext context, const char *file, int line)
{
    if (context == HF_CONTEXT_IO || vm_mutex_held(&bql) ||
        (context == HF_CONTEXT_IO_OR_GS && aio_context_home())) {
        return;
    }
    fprintf(stderr, "%s:%d: %s code runs without the BQL%s\n", file, line,
            context == HF_CONTEXT_IO_OR_GS ? "IO_OR_GS" : "global state",
            context == HF_CONTEXT_IO_OR_GS ? " and outside an event loop" : "");
    abort();
}

#endif
