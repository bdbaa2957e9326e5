/* SPDX-License-Identifier: MIT */
/*
 * set_up.h - who initialises a lock, or destroys it, has to itself what the
 * lock is for.  Private to check.
 */
#ifndef HOLDFAST_SET_UP_H
#define HOLDFAST_SET_UP_H

#include "check/check.h"

G_BEGIN_DECLS

/* The call does that to the lock that its argument points to: by what the
 * profile says of the callee, or because it is a wrapper that hands the
 * argument on. */
gboolean hf_set_up_call(const HfCheck *c, const HfFlow *flow,
                        const HfCall *call, guint arg);

G_END_DECLS

#endif
