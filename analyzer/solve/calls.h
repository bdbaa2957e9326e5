/* SPDX-License-Identifier: MIT */
/* calls.h - one call in one state: shared by the files that apply it. */
#ifndef HOLDFAST_CALLS_H
#define HOLDFAST_CALLS_H

#include "solve/flow.h"

#define HF_MAX_ARGS 16

typedef struct {
    HfRun *r;
    uint32_t event;
    const HfEvent *e;
    HfSymId sym; /* the one callee, 0 when unknown */
    const HfContract *contract;
} HfCallRun;

typedef struct {
    HfX v[HF_MAX_ARGS];
    guint n;
    const HfFlow *summary; /* the callee's, for such arguments; may be NULL */
} HfCallArgs;

/* Callee's expression in this body's terms, now; 0 when it cannot be said. */
HfX hf_call_here(const HfCallRun *c, const HfState *s,
                 const HfCallArgs *args, HfX x);
/* The same for a lock. */
HfX hf_call_lock_here(const HfCallRun *c, const HfState *s,
                      const HfCallArgs *args, HfX x);

/* The call's result is zero, or is not. */
HfFact hf_call_result_fact(const HfCallRun *c, gboolean nonzero);

/* call_summary.c: by the callee's exits; more states than one are added to
 * states.  FALSE: it does not come back in that state. */
gboolean hf_call_apply_summary(const HfCallRun *c, HfStates *states,
                               HfState *s, const HfCallArgs *args);
/* Locals whose address it is given hold anything now. */
void hf_call_clobber_locals(const HfCallRun *c, HfState *s,
                            const HfCallArgs *args);

/* Locks that the callee takes, if only for a while, against those held here:
 * fills relocks and takes. */
void hf_call_check_takes(const HfCallRun *c, const HfState *s,
                         const HfCallArgs *args);

#endif
