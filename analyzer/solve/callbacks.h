/* SPDX-License-Identifier: MIT */
/* callbacks.h - functions that calls are given to run.  Private to solve. */
#ifndef HOLDFAST_CALLBACKS_H
#define HOLDFAST_CALLBACKS_H

#include "solve/solver.h"

typedef struct {
    const HfEffect *effect; /* how it is run */
    HfSymId target;
} HfCallback;

/* HfCallback of one call, NULL when there is none.  (transfer full) */
GArray *hf_callbacks_of(const HfSolved *s, const HfFlow *f,
                        const HfCall *call);

/* Functions that the argument of a call may be: *single, else those returned,
 * which may be NULL. */
const GArray *hf_argument_functions(const HfSolved *s, const HfFlow *f,
                                    const HfEvent *e, int arg,
                                    HfSymId *single);

#endif
