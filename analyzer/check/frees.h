/* SPDX-License-Identifier: MIT */
/*
 * frees.h - what functions do with the objects they are given: free them, or
 * make them last.  Shared by STALE_CHECK and TEARDOWN_RACE.  Private to check.
 */
#ifndef HOLDFAST_FREES_H
#define HOLDFAST_FREES_H

#include "check/check.h"

G_BEGIN_DECLS

typedef struct {
    const HfCheck *c;
    GHashTable *memo;
} HfFrees;

void hf_frees_init(HfFrees *f, const HfCheck *c);
void hf_frees_clear(HfFrees *f);

/* Does a call free what its argument points to: by its rule, or because its
 * body always or sometimes does? */
gboolean hf_frees_arg(HfFrees *f, HfSymId callee, guint arg);
/* ... or take a reference to it: count something in it up. */
gboolean hf_frees_pins(HfFrees *f, HfSymId callee, guint arg);
/* ... or follow it: read or write what it points to. */
gboolean hf_frees_follows(HfFrees *f, HfSymId callee, guint arg);

/* The access is to an object that a local of the function has come to, one of
 * several, and the function frees that one afterwards: it has taken them off
 * before. */
gboolean hf_frees_walked(HfFrees *f, const HfFlow *flow, const HfAccess *a);

/* The direct callee of an event, 0 when it is none. */
HfSymId hf_frees_callee(const HfFlow *flow, uint32_t event);

G_END_DECLS

#endif
