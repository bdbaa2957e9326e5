/* SPDX-License-Identifier: MIT */
/*
 * qmp.h - errors and events of the machine protocol.
 *
 * A command is one entry of a table with its arguments described
 * (qmp_schema.h); the description checks what comes in, and is what
 * query-qmp-schema shows.  A subsystem's commands are one file
 * monitor/qmp_<subsystem>.c and one line in monitor/command_list.h.
 *
 * Thread context: commands run in the main loop under the BQL; those that
 * allow it may run out of band, in the monitors' thread without the BQL.
 * Events may be emitted from any thread.
 */
#ifndef REFVMM_MONITOR_QMP_H
#define REFVMM_MONITOR_QMP_H

#include "base/lock.h"
#include <json-glib/json-glib.h>

/* Error classes other than GenericError. */
#define QMP_ERROR qmp_error_quark()
GQuark qmp_error_quark(void) IO_FN;
typedef enum QmpErrorClass {
    QMP_ERROR_GENERIC,
    QMP_ERROR_COMMAND_NOT_FOUND,
    QMP_ERROR_DEVICE_NOT_FOUND,
    QMP_ERROR_KVM_MISSING_CAP,
    QMP_ERROR_DEVICE_NOT_ACTIVE,
} QmpErrorClass;

/* Emitted to all monitors in command mode, with a timestamp; data is owned by
 * the callee and may be NULL.  Before there is a monitor it does nothing. */
void qmp_event(const char *name, JsonObject *data) IO_FN;
/* For monitor.c: with the first monitor, and after the last. */
void qmp_events_init(void) GS_FN;
void qmp_events_cleanup(void) GS_FN;

#endif
