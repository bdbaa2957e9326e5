/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - commands in, one a line; answers out, one JSON object a line.
 *
 *     query-status          stop           migrate [PAGES-PER-SECOND]
 *     query-migrate         cont           migrate_cancel
 *     help                  quit
 *
 * Thread context: monitor_start() and monitor_finish() under the BQL.  A
 * monitor thread reads the commands; it has the main loop run them, except
 * those marked out-of-band, which must work when the main loop is stuck.
 */
#ifndef REFVMM_MONITOR_MONITOR_H
#define REFVMM_MONITOR_MONITOR_H

#include "base/lock.h"
#include <glib.h>

typedef struct Monitor Monitor;

/* The descriptors stay the caller's.  At `quit`, or the end of the input, it
 * ends the main loop. */
Monitor *monitor_start(int in_fd, int out_fd, GError **error) GS_FN;
/* After the main loop has ended; NULL is fine. */
void monitor_finish(Monitor *mon) DROPS(bql) GS_FN;

#endif
