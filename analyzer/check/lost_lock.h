/* SPDX-License-Identifier: MIT */
/*
 * lost_lock.h - locks that get lost on the way down.  Private to check.
 *
 * What is held on entry to a function is known by the names that it can give
 * it.  A caller's `s->lock` has none where only a structure is handed on that
 * has s in it: then it is not missing, but unknown.
 */
#ifndef HOLDFAST_LOST_LOCK_H
#define HOLDFAST_LOST_LOCK_H

#include "check/check.h"

/* Somebody on the way to this context holds that member of some object, and
 * calls a function that cannot name it. */
gboolean hf_lost_above(const HfCheck *c, const HfContext *ctx,
                       HfFieldId member);

#endif
