/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - monitors: a chardev, and the protocol spoken on it.
 *
 *     -qmp unix:/run/vm.sock,server=on,wait=off
 *     -mon chardev=c0,mode=control,pretty=on
 *     -monitor stdio
 *
 * QMP on socket chardevs is served in the monitors' own thread (role_oob),
 * which runs out-of-band commands while the main loop is busy; all the rest in
 * the main loop, without out-of-band execution.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_MONITOR_H
#define REFVMM_MONITOR_MONITOR_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* {"chardev": ID, "mode": "control" or "readline", "pretty": BOOL}: QMP, or
 * commands for humans, which is the default.  It greets and listens at once,
 * but runs no command before monitors_start(). */
bool monitor_new(JsonObject *options, GError **error) GS_FN;
/* The machine is complete. */
void monitors_start(void) GS_FN;
/* Sends what is on its way, ends the thread. */
void monitors_free(void) DROPS(bql) GS_FN;

/* What query-name and query-uuid answer; copied; NULL: none. */
void monitor_set_identity(const char *name, const char *uuid) GS_FN;

#endif
