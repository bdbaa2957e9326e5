/* SPDX-License-Identifier: MIT */
/* meet.h - may two uses of one thing meet?  Private to check. */
#ifndef HOLDFAST_MEET_H
#define HOLDFAST_MEET_H

#include "check/uses.h"
#include "solve/parallel.h"

G_BEGIN_DECLS

/* The surest pair of contexts is told.  A lock
 * of the object itself that both hold keeps them apart as well. */
typedef struct {
    HfParallelVerdict verdict;
    const HfContext *a, *b;
} HfMeet;
HfMeet hf_use_meet(const HfCheck *c, HfPhases *phases, const HfSeen *a,
                   const HfSeen *b);
/* A lock is held at both, in the first context of each. */
gboolean hf_use_share_lock(const HfCheck *c, const HfSeen *a, const HfSeen *b);
/* "migration thread", or NULL when the role is not known. */
const char *hf_use_role(const HfCheck *c, const HfContext *ctx);

/* Could the two be the same object?  By the members that lead to it: s->a.n
 * is not s->b.n; whether p->n is one of them cannot be told. */
typedef enum { HF_ALIAS_NO, HF_ALIAS_UNSURE, HF_ALIAS_YES } HfAlias;
HfAlias hf_use_alias(const HfCheck *c, const HfSeen *a, const HfSeen *b);

/* The object is being made or unmade around that access: its lock is set up
 * or destroyed, it is overwritten as a whole, a member of it is passed to a
 * function whose name says so. */
gboolean hf_use_sets_up(const HfCheck *c, const HfSeen *seen);

G_END_DECLS

#endif
