/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - monitors: a chardev, and the protocol spoken on it.
 *
 *     -qmp unix:/run/vm.sock,server=on,wait=off
 *     -chardev socket,... -mon chardev=c0,mode=control
 *
 * Connections of socket chardevs are served in the monitors' own thread
 * (role_oob), which runs out-of-band commands while the main loop is busy;
 * all others in the main loop, without out-of-band execution.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_MONITOR_H
#define REFVMM_MONITOR_MONITOR_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* {"chardev": ID, "mode": "control", "pretty": BOOL, "id": ...} */
bool monitor_new(JsonObject *options, GError **error) GS_FN;
/* Sends what is on its way, ends the thread. */
void monitors_free(void) DROPS(bql) GS_FN;

#endif
