/* SPDX-License-Identifier: MIT */
/*
 * local_phase.h - threads that a function itself, or one it was called from,
 * starts later or has joined already: whoever runs it.
 *
 * phases.h follows the one role that starts threads through the program; here
 * any role may, and an object that is handed to its own thread counts as long
 * as that thread is not there, however many of its kind are.
 */
#ifndef HOLDFAST_LOCAL_PHASE_H
#define HOLDFAST_LOCAL_PHASE_H

#include "solve/phases.h"

G_BEGIN_DECLS

/*
 * Of threads of `role`, at that event of flow, entered in ctx.  object: what
 * is accessed there, in the function's terms, 0 when it may be anything; a
 * thread that gets that object, or whose handle lies in it, is the object's
 * own.
 */
HfPhase hf_local_phase(const HfSolved *s, int role, const HfFlow *flow,
                       const HfContext *ctx, uint32_t event, HfX object);

G_END_DECLS

#endif
