/* SPDX-License-Identifier: MIT */
/*
 * announce.h - telling the network several times where our guests are, as
 * after a migration (QEMU's announce-self).
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_NET_ANNOUNCE_H
#define REFVMM_HW_NET_ANNOUNCE_H

#include "base/lock.h"
#include <glib.h>
#include <stdint.h>

typedef struct AnnounceParameters {
    int64_t initial_ms, max_ms, step_ms; /* between two rounds */
    int64_t rounds;                      /* 0: stops what is under way */
} AnnounceParameters;

/* The first round is now.  id: replaces what that one does; interfaces: ids
 * of back ends, NULL: all; both are copied. */
void net_announce_start(const char *id, const AnnounceParameters *p,
                        const char *const *interfaces) GS_FN;
/* At the end of the program. */
void net_announce_free_all(void) GS_FN;

#endif
