/* SPDX-License-Identifier: MIT */
/*
 * throttle_group.h - limits that several nodes share.
 *
 *     throttle_group_new("tg0", limits, &error);   // {"iops-total": 100}
 *
 * Limits are named as in QEMU's throttle-group object: bps-total, bps-read,
 * bps-write, iops-total, iops-read, iops-write, each also with -max (the rate
 * during a burst) and -max-length (seconds that a burst may last), and
 * iops-size (a request longer than it counts as several).  Rates are per
 * second; 0 is no limit.
 *
 * Thread context: groups are made, changed and deleted under the BQL;
 * requests come in coroutines of any thread.
 */
#ifndef REFVMM_BLOCK_THROTTLE_GROUP_H
#define REFVMM_BLOCK_THROTTLE_GROUP_H

#include "base/coroutine.h"
#include "base/error.h"
#include <json-glib/json-glib.h>

typedef struct ThrottleGroup ThrottleGroup;

/* Known by its id until throttle_group_del(). */
bool throttle_group_new(const char *id, JsonObject *limits, GError **error)
    GS_FN;
/* What limits does not name stays as it is. */
bool throttle_group_configure(const char *id, JsonObject *limits,
                              GError **error) GS_FN;
/* Fails while a node uses it. */
bool throttle_group_del(const char *id, GError **error) GS_FN;
/* All limits, owned by the caller; NULL: no such group. */
JsonObject *throttle_group_limits(const char *id) GS_FN;

/* With a reference; NULL: none. */
ThrottleGroup *throttle_group_get(const char *id) GS_FN;
void throttle_group_put(ThrottleGroup *g) GS_FN;
/* Between the two nobody waits: a node of the group is being drained. */
void throttle_group_bypass_begin(ThrottleGroup *g) GS_FN;
void throttle_group_bypass_end(ThrottleGroup *g) GS_FN;
/* Waits until the request may go on, in the order of requests. */
void coroutine_fn throttle_group_co_wait(ThrottleGroup *g, int64_t bytes,
                                         bool is_write) IO_FN;

#endif
