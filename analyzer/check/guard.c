/* SPDX-License-Identifier: MIT */
#include "check/guard.h"

#include "check/set_up.h"

/* The head of a list is one thing, however its macros write it; so is what
 * links an object into one.  The members of such types are shared by all lists
 * of the program, and say nothing. */
static HfX around_link(const HfCheck *c, HfX x)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = hf_x(t, x);

    while (n->kind == HF_X_FIELD &&
           HF_PROGRAM_RECORD(c->program, HF_PROGRAM_FIELD(
               c->program, n->ref)->record)->is_link) {
        HfXKind up = hf_x(t, n->parent)->kind;

        if (up != HF_X_FIELD && up != HF_X_GLOBAL) {
            break;
        }
        x = n->parent;
        n = hf_x(t, x);
    }
    return x;
}

gboolean hf_guard_subject(const HfCheck *c, const HfAccess *a, HfSubject *s)
{
    HfXTable *t = c->solved->exprs;
    HfX x = a->path;
    const HfXNode *n = hf_x(t, x);

    *s = (HfSubject){ .object = x };
    if (n->kind == HF_X_DEREF) {
        s->pointee = TRUE;
        x = n->parent;
        n = hf_x(t, x);
    } else {
        s->object = x = around_link(c, x);
        n = hf_x(t, x);
    }
    if (n->kind == HF_X_FIELD) {
        s->field = n->ref;
        s->base = n->parent;
        return TRUE;
    }
    if (n->kind == HF_X_GLOBAL) {
        s->var = n->ref;
        return TRUE;
    }
    return FALSE;
}

gboolean hf_guard_is_declared(const HfCheck *c, const HfSubject *s)
{
    return HF_CONTRACT_HAS(
        s->field ? hf_contract_of_field(c->solved->contracts, s->field)
                 : hf_contract_of(c->solved->contracts, s->var),
        s->pointee ? HF_EFF_PT_GUARDED_BY : HF_EFF_GUARDED_BY);
}

gboolean hf_guard_declared_subject(const HfCheck *c, const HfAccess *a,
                                   HfSubject *s)
{
    const HfXTable *t = c->solved->exprs;
    HfX x;

    if (!hf_guard_subject(c, a, s)) {
        return FALSE;
    }
    for (x = s->object; !s->pointee; x = hf_x(t, x)->parent) {
        const HfXNode *n = hf_x(t, x);
        HfSubject around = { .object = x };

        if (n->kind == HF_X_FIELD) {
            around.field = n->ref;
            around.base = n->parent;
        } else if (n->kind == HF_X_GLOBAL) {
            around.var = n->ref;
        } else if (n->kind != HF_X_INDEX) {
            break;
        }
        if (n->kind != HF_X_INDEX && hf_guard_is_declared(c, &around)) {
            *s = around;
            break;
        }
        if (n->kind == HF_X_GLOBAL) {
            break;
        }
    }
    return TRUE;
}

static HfX self_to_base(HfXTable *t, HfX leaf, const HfXNode *n,
                        gpointer data)
{
    const HfSubject *s = data;

    return n->kind == HF_X_SELF ? s->base
           : n->kind == HF_X_PARAM ? 0 : leaf;
}

HfX hf_guard_on(const HfCheck *c, const HfSubject *s, HfX guard)
{
    HfX x = hf_x_map(c->solved->exprs, guard, self_to_base, (gpointer)s);

    return x ? hf_contract_canonical(c->solved->contracts, x) : 0;
}

gboolean hf_guard_is_global(const HfCheck *c, HfX lock)
{
    const HfXTable *t = c->solved->exprs;

    return hf_x(t, hf_x_whole(t, lock))->kind == HF_X_GLOBAL;
}

/* A counter in the object went down before: whoever finds it at zero is the
 * last. */
static gboolean counted_down(const HfCheck *c, const HfFlow *flow,
                             uint32_t event, HfX owner)
{
    HfX object = hf_x_deref(c->solved->exprs, owner);

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->kind == HF_EV_ATOMIC_RMW && a->event < event &&
            hf_x(c->solved->exprs, a->path)->parent == object) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The call initialises that very lock, or destroys it. */
static gboolean call_sets_up(const HfCheck *c, const HfFlow *flow,
                             const HfCall *call, HfX lock)
{
    for (guint a = 0; a < call->n_args; a++) {
        HfX x = hf_x_deref(c->solved->exprs,
                           g_array_index(flow->args, HfX,
                                         call->first_arg + a));

        x = x ? hf_contract_canonical(c->solved->contracts, x) : 0;
        if (x && x == lock && hf_set_up_call(c, flow, call, a)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_guard_sets_up(const HfCheck *c, const HfFlow *flow, HfX lock)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        if (call_sets_up(c, flow, &g_array_index(flow->calls, HfCall, i),
                         lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The call frees the object, whose users have been counted down. */
static gboolean call_frees(const HfCheck *c, const HfFlow *flow,
                           const HfCall *call, uint32_t event, HfX owner)
{
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(c->solved->contracts, flow->unit->symbols[e->sym])
            : NULL;

    for (guint n = 0; k && owner && n < k->clauses->len; n++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, n);
        guint arg = cl->arg > 0 ? (guint)cl->arg : 0;

        if (cl->kind == HF_EFF_FREE && arg < call->n_args &&
            g_array_index(flow->args, HfX, call->first_arg + arg) == owner &&
            counted_down(c, flow, event, owner)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_guard_unshared(const HfCheck *c, const HfFlow *flow,
                           uint32_t event, HfX lock, const HfSubject *s)
{
    /* what is freed: the object around all */
    HfX owner = hf_x_pointer_to(c->solved->exprs, s->base);

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (call->event > event && (call_sets_up(c, flow, call, lock) ||
                                    call_frees(c, flow, call, event, owner))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_guard_is_write(const HfAccess *a)
{
    return a->kind == HF_EV_WRITE || a->kind == HF_EV_RMW ||
           a->kind == HF_EV_ATOMIC_WRITE || a->kind == HF_EV_ATOMIC_RMW;
}

gboolean hf_guard_is_atomic(const HfAccess *a)
{
    return a->kind == HF_EV_ATOMIC_READ || a->kind == HF_EV_ATOMIC_WRITE ||
           a->kind == HF_EV_ATOMIC_RMW;
}

/* The object is the caller's own, handed down before anyone else saw it. */
gboolean hf_guard_fresh(const HfCheck *c, const HfAccess *a,
                        const HfContext *ctx)
{
    const HfXNode *root =
        hf_x(c->solved->exprs, hf_x_root(c->solved->exprs, a->path));

    return a->fresh || (root->kind == HF_X_PARAM && root->ref < 32 &&
                        ctx->fresh_params >> root->ref & 1);
}

/* What x is reached through first is not known to be anything: several values
 * came together in a local, or a call returned it. */
gboolean hf_guard_from_nowhere(const HfXTable *t, HfX x)
{
    HfX parent = 0;

    while (hf_x(t, x)->parent) {
        parent = x;
        x = hf_x(t, x)->parent;
    }
    return parent && hf_x(t, parent)->kind == HF_X_DEREF &&
           (hf_x(t, x)->kind == HF_X_LOCAL || hf_x(t, x)->kind == HF_X_TEMP ||
            hf_x(t, x)->kind == HF_X_UNKNOWN);
}

gboolean hf_guard_other_name(const HfCheck *c, const HfAccess *a, HfX lock)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *want = hf_x(t, lock);

    for (int strongest = 0; want->kind == HF_X_FIELD && strongest < 2 &&
                            (a->renamed || hf_guard_from_nowhere(t, lock));
         strongest++) {
        guint n;
        const HfHold *rows =
            hf_holds(c->solved, strongest ? a->may : a->must, &n);

        for (guint i = 0; i < n; i++) {
            const HfXNode *have = hf_x(t, rows[i].lock);

            if (rows[i].now == HF_HOLD_HELD &&
                have->kind == HF_X_FIELD && have->ref == want->ref) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

HfVerdict hf_guard_verdict(const HfCheck *c, const HfFlow *flow,
                           const HfAccess *a, HfX lock)
{
    HfVerdict v = { .tri = HF_HELD };

    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        HfHolds must = a->must;
        gboolean shared;
        HfTri tri;

        if (hf_guard_fresh(c, a, ctx) ||
            !hf_context_reaches(ctx, flow, a->event, &must)) {
            continue;
        }
        v.n_contexts++;
        tri = hf_held(c->solved, flow, ctx, must, lock, &shared);
        if (tri != HF_HELD && !hf_holds_find(c->solved, must, lock) &&
            hf_holds_find(c->solved, flow->owed, lock)) {
            tri = HF_HELD; /* given back later: somebody took it before */
        }
        if (tri != HF_HELD && hf_guard_other_name(c, a, lock)) {
            tri = HF_HELD; /* as far as can be told */
        }
        if (tri == HF_HELD) {
            v.n_held++;
            v.shared |= shared;
        } else if (v.tri == HF_HELD || (tri == HF_ABSENT &&
                                        v.tri == HF_UNSURE)) {
            v.tri = tri;
            v.ctx = ctx;
        }
    }
    return v;
}
