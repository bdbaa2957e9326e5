/* SPDX-License-Identifier: MIT */
/* solver.h - what the files of solve share.  Private to solve. */
#ifndef HOLDFAST_SOLVER_H
#define HOLDFAST_SOLVER_H

#include "solve/solve.h"

/* Interned lock sets: HfSolved.priv. */
typedef struct {
    GArray *rows;      /* HfHold, all sets one after another */
    GArray *spans;     /* first row and count, by HfHolds */
    GHashTable *index; /* span -> HfHolds */
} HfHoldsPool;

HfHoldsPool *hf_holds_pool_new(void);
void hf_holds_pool_free(HfHoldsPool *pool);
/* holds: sorted by lock. */
HfHolds hf_holds_intern(HfHoldsPool *pool, const HfHold *holds, guint n);
const HfHold *hf_holds_rows(const HfHoldsPool *pool, HfHolds id, guint *n);
/* Weakest and strongest of two sets, lock by lock. */
HfHolds hf_holds_weakest(HfHoldsPool *pool, HfHolds a, HfHolds b);
HfHolds hf_holds_strongest(HfHoldsPool *pool, HfHolds a, HfHolds b);

/* flow.c: runs one body; replaces what flow recorded before. */
void hf_flow_run(HfSolved *s, HfFlow *flow);
/* contexts.c: top-down, once every flow stands. */
void hf_contexts_run(HfSolved *s);
/* declared.c: contexts and skipping as declared for a symbol. */
void hf_flow_declared(HfSolved *s, HfFlow *flow);

#endif
