/* SPDX-License-Identifier: MIT */
/* missing_race.h - a lock that one side of a race holds and the other does
 * not.  Private to check. */
#ifndef HOLDFAST_MISSING_RACE_H
#define HOLDFAST_MISSING_RACE_H

#include "check/witness.h"

typedef struct HfRaces HfRaces;

/* Of the running checker; w must outlive it. */
HfRaces *hf_races_new(HfCheck *c, HfWitnesses *w);
void hf_races_free(HfRaces *r);

/*
 * For what the program as a whole does not believe to be guarded: a write
 * without a lock, while a thread that is known may be at an access with it.
 * One finding for each function that writes so.  TRUE: there is one.
 */
gboolean hf_missing_race(const HfRaces *r, const HfStats *st);

#endif
