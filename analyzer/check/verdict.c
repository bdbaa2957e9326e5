/* SPDX-License-Identifier: MIT */
#include "check/verdict.h"

#include <string.h>

gboolean hf_verdict_clause_has(const HfClause *cl, HfX lock)
{
    for (guint i = 0; i < cl->n_locks; i++) {
        if (cl->locks[i] == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean in_list(HfX lock, const HfX *locks, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (locks[i] == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The function's own contract asks its callers for "a|b": either is held, and
 * which one does not matter when both would do. */
static gboolean promised(const HfCheck *c, const HfSpot *at,
                         const HfX *locks, guint n)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, at->flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        guint good = 0;

        if (cl->kind != HF_EFF_REQUIRES &&
            cl->kind != HF_EFF_REQUIRES_SHARED) {
            continue;
        }
        for (guint l = 0; l < cl->n_locks; l++) {
            const HfHold *h =
                hf_holds_find(c->solved, at->local, cl->locks[l]);

            good += in_list(cl->locks[l], locks, n) &&
                    !(h && h->now == HF_HOLD_ABSENT);
        }
        if (good && good == cl->n_locks) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "Absent" where states were merged may be no more than "not on all paths". */
static gboolean is_blurred(const HfCheck *c, const HfSpot *at, HfX lock)
{
    const HfHold *h = hf_holds_find(c->solved, at->local, lock);

    return h && h->now == HF_HOLD_ABSENT && at->flow->imprecise &&
           h->flags & (HF_HOLD_FORGOTTEN | HF_HOLD_ASSUMED);
}

static HfTri best_of(const HfCheck *c, const HfSpot *at,
                     const HfContext *ctx, const HfX *locks, guint n)
{
    HfTri best = HF_ABSENT;

    for (guint i = 0; i < n; i++) {
        HfTri t = hf_held(c->solved, at->flow, ctx, at->local, locks[i], NULL);

        if (t == HF_ABSENT && is_blurred(c, at, locks[i])) {
            t = HF_UNSURE;
        }
        best = MAX(best, t);
    }
    return best;
}

static gboolean own_object(const HfCheck *c, const HfSpot *at,
                           const HfContext *ctx)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *root = hf_x(t, at->object ? hf_x_root(t, at->object) : 0);

    return root->kind == HF_X_PARAM && root->ref < 32 &&
           (ctx->fresh_params >> root->ref & 1);
}

HfVerdict hf_verdict_any(const HfCheck *c, const HfSpot *at,
                         const HfX *locks, guint n)
{
    const GArray *contexts = at->flow->contexts;
    HfVerdict v = { .tri = HF_HELD };

    if (promised(c, at, locks, n)) {
        v.n_contexts = v.n_held = 1;
        return v;
    }
    for (guint i = 0; i < contexts->len; i++) {
        const HfContext *ctx = &g_array_index(contexts, HfContext, i);
        HfTri t;

        if (own_object(c, at, ctx)) {
            continue;
        }
        t = best_of(c, at, ctx, locks, n);
        v.n_contexts++;
        v.n_held += t == HF_HELD;
        if (t < v.tri) {
            v.tri = t;
            v.ctx = ctx;
        }
    }
    return v;
}
