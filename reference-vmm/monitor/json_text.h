/* SPDX-License-Identifier: MIT */
/*
 * json_text.h - JSON as QEMU writes it: a blank behind ':' and ',', nothing
 * but ASCII; or, pretty, a member a line.  Scripts that look for
 * '"status": "running"' in it are many.
 *
 * Thread context: any.
 */
#ifndef REFVMM_MONITOR_JSON_TEXT_H
#define REFVMM_MONITOR_JSON_TEXT_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Owned by the caller; without a newline at its end. */
char *json_text(JsonNode *node, bool pretty) IO_FN;

#endif
