/* SPDX-License-Identifier: MIT */
/*
 * taken_out.h - what a function takes off a shared place under a lock is its
 * own from then on.
 */
#ifndef HOLDFAST_TAKEN_OUT_H
#define HOLDFAST_TAKEN_OUT_H

#include "solve/solve.h"

G_BEGIN_DECLS

/* Marks the accesses of flow to such objects as fresh.  Once all flows are
 * made; reads those of callees. */
void hf_taken_out(const HfSolved *s, HfFlow *flow);

/* Before that event a local was given what is there: old = s->x. */
gboolean hf_taken_out_was_kept(const HfFlow *flow, HfId path,
                               uint32_t before);

G_END_DECLS

#endif
