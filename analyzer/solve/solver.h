/* SPDX-License-Identifier: MIT */
/* solver.h - what the files of solve share.  Private to solve. */
#ifndef HOLDFAST_SOLVER_H
#define HOLDFAST_SOLVER_H

#include "solve/solve.h"
#include "solve/writers.h"

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
/* special.c: bodies with constants for some of their parameters. */
GHashTable *hf_specials_new(void);
guint32 hf_special_asks(const HfSolved *s, const HfFlow *flow);
/* The summary of sym for a call with these arguments, made by `from`; that of
 * all calls when nothing is known or can be gained.  locks_only: it is
 * of no use unless the callee has to do with locks. */
const HfFlow *hf_special(HfSolved *s, HfSymId sym, HfSymId from,
                         const HfX *args, guint n_args, gboolean locks_only);

/* contexts.c: top-down, once every flow stands. */
void hf_contexts_run(HfSolved *s);
/* declared.c: contexts and skipping as declared for a symbol. */
void hf_flow_declared(HfSolved *s, HfFlow *flow);
/* solve.c */
HfFlow *hf_flow_new(HfSolved *s, HfSymId sym);
void hf_flow_free(HfFlow *flow);

#endif
