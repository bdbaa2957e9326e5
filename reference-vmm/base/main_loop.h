/* SPDX-License-Identifier: MIT */
/*
 * main_loop.h - the main thread's event loop, and the big lock.
 *
 * The BQL protects global state.  The main loop holds it while callbacks run
 * and drops it while it sleeps; any other thread may take it with bql_lock()
 * and is then as good as the main loop.
 *
 * Thread context: main_loop_run() and the like in the main thread only.
 */
#ifndef REFVMM_BASE_MAIN_LOOP_H
#define REFVMM_BASE_MAIN_LOOP_H

#include "base/aio.h"
#include "base/thread.h"

bool main_loop_init(GError **error) GS_FN;
void main_loop_free(void) GS_FN;
AioContext *main_loop_context(void) IO_FN;

/* Until main_loop_quit(). */
void main_loop_run(void) DROPS(bql) GS_FN;
void main_loop_quit(void) GS_FN;

/*
 * Waits for a thread without the lock that it may need to come to its end.
 * NULL is fine.
 */
void main_loop_join(VmThread *thread) DROPS(bql) GS_FN;
/* vm_rcu_barrier() in the same way: what was to be freed after a grace period
 * is. */
void main_loop_rcu_barrier(void) DROPS(bql) GS_FN;

#endif
