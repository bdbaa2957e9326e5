/* SPDX-License-Identifier: MIT */
/*
 * monitor_thread.h - the thread that serves QMP connections.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_MONITOR_THREAD_H
#define REFVMM_MONITOR_MONITOR_THREAD_H

#include "base/aio.h"
#include "base/lock.h"

/* Its loop; started when it is not there.  NULL: cannot be had. */
AioContext *monitor_thread_start(void) GS_FN;
void monitor_thread_stop(void) DROPS(bql) GS_FN;

#endif
