/* SPDX-License-Identifier: MIT */
/* missing_caller.h - the helper is right, one of its callers is not.  Private
 * to check. */
#ifndef HOLDFAST_MISSING_CALLER_H
#define HOLDFAST_MISSING_CALLER_H

#include "check/belief.h"

/*
 * The use is made under the believed lock in some contexts of its function
 * and without it in others: report the call that goes in without, where
 * other calls of the same function hold the lock.  custom: the program as a
 * whole believes in the lock; otherwise about as many calls must hold it, one
 * of them for this call's sake.  told keeps calls apart
 * that were reported for another subject.
 */
void hf_missing_in_caller(HfCheck *c, const HfBelief *b, const HfUse *u,
                          gboolean custom, GHashTable *told);

#endif
