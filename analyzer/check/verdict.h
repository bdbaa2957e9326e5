/* SPDX-License-Identifier: MIT */
/*
 * verdict.h - is one of several locks or tokens held at a point, in all ways
 * the function is entered?  Private to check.
 */
#ifndef HOLDFAST_VERDICT_H
#define HOLDFAST_VERDICT_H

#include "check/guard.h"

G_BEGIN_DECLS

/* Where: what is held there relative to entry, and the object it is about (a
 * caller's own object needs no lock; 0: none). */
typedef struct {
    const HfFlow *flow;
    HfHolds local;
    HfX object;
} HfSpot;

/*
 * HF_HELD when one of the locks is held in every context, HF_ABSENT when
 * there is a context in which all of them are known to be missing (ctx is the
 * first such one), else HF_UNSURE.
 */
HfVerdict hf_verdict_any(const HfCheck *c, const HfSpot *at,
                         const HfX *locks, guint n);

static inline gboolean hf_verdict_is_token(const HfCheck *c, HfX lock)
{
    return hf_contract_is_token(c->solved->contracts, lock);
}

/* Roles, modes and tokens have checkers of their own. */
static inline gboolean hf_verdict_is_lock(const HfCheck *c, HfX x)
{
    const HfCapRule *cap = hf_contract_cap_rule(c->solved->contracts, x);
    const HfXNode *n = hf_x(c->solved->exprs, x);

    if (cap) {
        return cap->kind == HF_CAP_LOCK;
    }
    return !hf_verdict_is_token(c, x) &&
           !(n->kind == HF_X_GLOBAL &&
             HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts, n->ref),
                             HF_EFF_ROLE));
}
gboolean hf_verdict_clause_has(const HfClause *cl, HfX lock);

G_END_DECLS

#endif
