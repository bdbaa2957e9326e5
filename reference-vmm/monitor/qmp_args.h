/* SPDX-License-Identifier: MIT */
/*
 * qmp_args.h - reading arguments and making results, for those who write
 * commands.  Types have been checked by the description of the command; an
 * argument that is null counts as absent.
 *
 * Thread context: any.
 */
#ifndef REFVMM_MONITOR_QMP_ARGS_H
#define REFVMM_MONITOR_QMP_ARGS_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* NULL: absent. */
JsonNode *qmp_arg(JsonObject *args, const char *name) IO_FN;
const char *qmp_arg_str(JsonObject *args, const char *name) IO_FN;
JsonArray *qmp_arg_list(JsonObject *args, const char *name) IO_FN;
JsonObject *qmp_arg_object(JsonObject *args, const char *name) IO_FN;
bool qmp_arg_bool(JsonObject *args, const char *name, bool absent) IO_FN;
int64_t qmp_arg_int(JsonObject *args, const char *name, int64_t absent) IO_FN;

/* They take over what they are given. */
JsonNode *qmp_object(JsonObject *object) IO_FN;
JsonNode *qmp_list(JsonArray *array) IO_FN;
JsonNode *qmp_string(const char *text) IO_FN; /* but this one */

/* VersionInfo: of QEMU, whose commands these are. */
JsonNode *qmp_version(void) IO_FN;

/* Gives *error (NULL: there is none) the class DeviceNotFound. */
void qmp_error_not_found(GError *error) IO_FN;

#endif
