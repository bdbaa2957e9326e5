/* SPDX-License-Identifier: MIT */
/*
 * qmp_device.h - plugging devices into a machine that runs; for QMP and HMP.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_QMP_DEVICE_H
#define REFVMM_MONITOR_QMP_DEVICE_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* {"driver": ..., "id": ..., ...}; options stays the caller's. */
bool monitor_device_add(JsonObject *options, GError **error) GS_FN;

#endif
