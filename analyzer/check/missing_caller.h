/* SPDX-License-Identifier: MIT */
/* missing_caller.h - the helper is right, one of its callers is not.  Private
 * to check. */
#ifndef HOLDFAST_MISSING_CALLER_H
#define HOLDFAST_MISSING_CALLER_H

#include "check/belief.h"

/*
 * The use is made under the believed lock in some contexts of its function
 * and without it in others: report the call that goes in without, where
 * other calls of the same function hold the lock.  told keeps calls apart
 * that were reported for another subject.
 */
void hf_missing_in_caller(HfCheck *c, const HfBelief *b, const HfUse *u,
                          GHashTable *told);

#endif
