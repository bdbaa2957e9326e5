/* SPDX-License-Identifier: MIT */
/* own_args.h - objects that a callee has to itself.  Private to solve. */
#ifndef HOLDFAST_OWN_ARGS_H
#define HOLDFAST_OWN_ARGS_H

#include "solve/solve.h"

G_BEGIN_DECLS

/* Bit per argument of the call that points to an object nobody else sees when
 * flow, entered in ctx, makes it.  Once the flows of all callees are made. */
guint32 hf_own_args(const HfSolved *s, const HfFlow *flow,
                    const HfContext *ctx, const HfCall *call);

G_END_DECLS

#endif
