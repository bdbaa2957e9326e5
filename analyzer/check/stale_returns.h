/* SPDX-License-Identifier: MIT */
/* stale_returns.h - callers that act on a stale result.  Private to
 * STALE_CHECK. */
#ifndef HOLDFAST_STALE_RETURNS_H
#define HOLDFAST_STALE_RETURNS_H

#include "check/stale.h"

typedef struct {
    const HfFlow *flow;
    uint32_t call;  /* of the function that returns it */
    uint32_t event; /* the write of what it told about */
} HfStaleActor;

/* The first caller that writes the member or variable because of what the
 * function returned, or writes the result to something that the same lock
 * guards by declaration. */
gboolean hf_stale_find_actor(HfStale *st, const HfFlow *flow,
                             const HfStaleItem *item, HfStaleActor *actor);

#endif
