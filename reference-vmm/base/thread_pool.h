/* SPDX-License-Identifier: MIT */
/*
 * thread_pool.h - blocking calls in worker threads, for coroutines.
 *
 * One pool for the process; workers are made as needed (up to 16) and end
 * when idle for ten seconds.
 *
 * Thread context: submission in any coroutine; fn runs in a worker, which
 * holds no lock.
 */
#ifndef REFVMM_BASE_THREAD_POOL_H
#define REFVMM_BASE_THREAD_POOL_H

#include "base/coroutine.h"

typedef int ThreadPoolFn(void *opaque);

/* The result of fn(opaque). */
int coroutine_fn thread_pool_submit_co(ThreadPoolFn *fn, void *opaque) IO_FN;
/* Waits for all work, with the BQL dropped, and ends the workers; more come
 * when needed. */
void thread_pool_finish(void) DROPS(bql) GS_FN;

#endif
