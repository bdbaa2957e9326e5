/* SPDX-License-Identifier: MIT */
/*
 * monitor_thread.c - see monitor_thread.h.
 *
 * Thread context: started and stopped under the BQL; the thread runs nothing
 * but its loop, and never takes the BQL.
 */
#include "monitor/monitor_thread.h"
#include "base/main_loop.h"

static AioContext *context GUARDED_BY(bql);
static VmThread *thread GUARDED_BY(bql);
static bool quit; /* atomic */

static void *ROLE_ENTRY(role_oob) run(void *opaque)
{
    AioContext *ctx = opaque;

    aio_context_adopt(ctx);
    while (!__atomic_load_n(&quit, __ATOMIC_ACQUIRE)) {
        aio_poll(ctx, true);
    }
    /* What was asked of us before: it holds references. */
    aio_poll(ctx, false);
    aio_context_adopt(NULL);
    return NULL;
}

AioContext *monitor_thread_start(void)
{
    GLOBAL_STATE_CODE();
    if (thread) {
        return context;
    }
    context = aio_context_new(NULL);
    if (!context) {
        return NULL;
    }
    __atomic_store_n(&quit, false, __ATOMIC_RELEASE);
    thread = vm_thread_create("mon_iothread", VM_ROLE_OOB, run, context, NULL);
    if (!thread) {
        g_clear_pointer(&context, aio_context_free);
    }
    return context;
}

void monitor_thread_stop(void)
{
    GLOBAL_STATE_CODE();
    if (!thread) {
        return;
    }
    __atomic_store_n(&quit, true, __ATOMIC_RELEASE);
    aio_notify(context);
    main_loop_join(g_steal_pointer(&thread));
    g_clear_pointer(&context, aio_context_free);
}
