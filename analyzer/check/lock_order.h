/* SPDX-License-Identifier: MIT */
/*
 * lock_order.h - in which order locks are taken, and where two orders meet.
 * Shared by ORDER_REVERSAL and what-if.  Private to check.
 */
#ifndef HOLDFAST_LOCK_ORDER_H
#define HOLDFAST_LOCK_ORDER_H

#include "check/critical.h"

G_BEGIN_DECLS

/* All places where `to` is taken while `from` is held, the plainest first. */
typedef struct {
    HfX from, to;
    GArray *pairs; /* HfCritPair */
    guint n;       /* places in all; the worst of many are left out */
} HfOrderEdge;

typedef struct {
    GPtrArray *edges; /* HfOrderEdge*, by from and to in order of first use */
    GHashTable *index; /* from << 32 | to */
} HfOrder;

HfOrder *hf_order_new(HfCritical *cr);
void hf_order_free(HfOrder *o);
const HfOrderEdge *hf_order_edge(const HfOrder *o, HfX from, HfX to);

/*
 * Can these two be what hangs: each waits for a lock that the other holds, in
 * threads that may run at the same time, and no third lock keeps them apart?
 * ctx: how the functions are entered then.
 */
gboolean hf_order_clash(HfCritical *cr, const HfCritPair *a,
                        const HfCritPair *b, const HfContext **ctx_a,
                        const HfContext **ctx_b);
/* The same, but b only waits for what a holds, as in a longer cycle. */
gboolean hf_order_follows(HfCritical *cr, const HfCritPair *a,
                          const HfCritPair *b);
/* Both may happen at the same time, and no lock is held at both. */
gboolean hf_order_apart(HfCritical *cr, const HfCritPair *a,
                        const HfCritPair *b, const HfContext **ctx_a,
                        const HfContext **ctx_b);

G_END_DECLS

#endif
