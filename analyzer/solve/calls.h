/* SPDX-License-Identifier: MIT */
/* calls.h - one call in one state: shared by calls.c and takes.c. */
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

/* Locks that the callee takes, if only for a while, against those held here:
 * fills relocks and takes. */
void hf_call_check_takes(const HfCallRun *c, const HfState *s,
                         const HfCallArgs *args);

#endif
