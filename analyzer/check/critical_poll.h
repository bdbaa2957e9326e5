/* SPDX-License-Identifier: MIT */
/*
 * critical_poll.h - waits that are loops: `while (!s->done) poll();` ends when
 * somebody changes s->done, however the thread passes the time.  Private to
 * check.
 *
 * A loop counts when all its ways out ask memory that it does not change
 * itself.
 */
#ifndef HOLDFAST_CRITICAL_POLL_H
#define HOLDFAST_CRITICAL_POLL_H

#include "check/critical.h"

G_BEGIN_DECLS

/* Something that a way out asks for. */
typedef struct {
    HfX object;     /* as the function names it */
    gboolean known; /* `ends` says of its value when the loop is left */
    HfFact ends;
} HfPolled;

/* HfPolled of the loop around a call that sleeps, NULL when it is not one that
 * waits for others.  Belongs to cr. */
const GArray *hf_critical_polled(HfCritical *cr, const HfFlow *flow,
                                 uint32_t event);

G_END_DECLS

#endif
