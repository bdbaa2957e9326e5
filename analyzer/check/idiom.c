/* SPDX-License-Identifier: MIT */
#include "check/idiom.h"
#include "check/lost_lock.h"
#include "solve/blocks.h"

/* ---- looked at twice ----------------------------------------------------- */

static gboolean made_of(const HfFacts *f, HfId path, HfId part)
{
    while (path && path != part && f->paths[path].kind == HF_PATH_COMPUTED) {
        path = f->paths[path].parent;
    }
    return path == part;
}

static gboolean uses_value(const HfFacts *f, const HfEvent *e, HfId path)
{
    if (made_of(f, e->value, path)) {
        return TRUE;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (made_of(f, f->args[e->first_arg + i], path)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A branch at the end of its block depends on it, and nothing else does. */
static gboolean only_asked(const HfUse *u)
{
    const HfFacts *f = u->flow->unit->facts;
    const HfBlock *b = hf_block(
        u->flow, hf_block_of(u->flow, u->access->event));
    HfId path = hf_flow_event(u->flow, u->access->event)->path;
    gboolean asked = FALSE;

    if (u->access->kind != HF_EV_READ || u->access->arg) {
        return FALSE;
    }
    for (uint32_t i = u->flow->fn->first_event + u->access->event + 1;
         i < b->first_event + b->n_events; i++) {
        if (uses_value(f, &f->events[i], path)) {
            return FALSE;
        }
    }
    for (uint32_t i = 0; i < b->n_edges; i++) {
        const HfCond *c = &f->conds[f->edges[b->first_edge + i].cond];

        asked |= made_of(f, c->lhs, path) || made_of(f, c->rhs, path);
    }
    return asked;
}

gboolean hf_idiom_rechecked(const HfStats *st, const HfUse *u,
                            const HfLockKey *key)
{
    if (!only_asked(u)) {
        return FALSE;
    }
    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *o = &g_array_index(st->uses, HfUse, i);

        if (o->flow == u->flow && o->access->event > u->access->event &&
            o->access->path == u->access->path &&
            hf_belief_has(o->locks, key) && only_asked(o)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- either of two ------------------------------------------------------- */

static gboolean writers_hold(const HfCheck *c, const HfStats *st,
                             const HfLockKey *a, const HfLockKey *b)
{
    guint n = 0;

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (!hf_guard_is_write(u->access) || hf_belief_unshared(c, u, a)) {
            continue;
        }
        if (!hf_belief_has(u->locks, a) || !hf_belief_has(u->locks, b)) {
            return FALSE;
        }
        n++;
    }
    return n > 0;
}

gboolean hf_idiom_either_lock(const HfCheck *c, const HfStats *st,
                              const HfUse *u, const HfLockKey *key)
{
    if (hf_guard_is_write(u->access)) {
        return FALSE;
    }
    for (guint i = 0; u->locks && i < u->locks->len; i++) {
        if (writers_hold(c, st, key,
                         &g_array_index(u->locks, HfLockKey, i))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_idiom_elsewhere(const HfCheck *c, const HfUse *u,
                            const HfLockKey *key)
{
    const HfXTable *t = c->solved->exprs;
    HfX x = u->access->path;

    if (key->relation != HF_REL_AROUND) {
        return FALSE;
    }
    while (hf_x(t, x)->kind == HF_X_FIELD || hf_x(t, x)->kind == HF_X_INDEX) {
        if (hf_x(t, x)->kind == HF_X_FIELD &&
            HF_PROGRAM_FIELD(c->program, hf_x(t, x)->ref)->record ==
                HF_PROGRAM_FIELD(c->program, key->id)->record) {
            return FALSE;
        }
        x = hf_x(t, x)->parent;
    }
    return TRUE;
}

/* ---- not shared yet ------------------------------------------------------ */

gboolean hf_idiom_published_later(const HfCheck *c, const HfUse *u)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, u->access->path));
    const HfFacts *f = u->flow->unit->facts;

    if (root->kind != HF_X_PARAM) {
        return FALSE;
    }
    for (uint32_t i = u->access->event + 1; i < u->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(u->flow, i);
        const HfPath *value = &f->paths[e->value];

        if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) &&
            value->kind == HF_PATH_LOCAL &&
            value->ref - u->flow->fn->first_local == root->ref &&
            f->paths[e->path].kind != HF_PATH_LOCAL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- not shared any more ------------------------------------------------- */

static gboolean frees(const HfCheck *c, const HfFlow *flow,
                      const HfCall *call, HfX object)
{
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(c->solved->contracts,
                             flow->unit->symbols[e->sym]) : NULL;

    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_FREE) && i < k->clauses->len;
         i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_FREE && cl->arg >= 0 &&
            (guint)cl->arg < call->n_args &&
            g_array_index(flow->args, HfX, call->first_arg + cl->arg) ==
                object) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_idiom_freed_after(const HfCheck *c, const HfUse *u)
{
    HfX object = hf_x_pointer_to(c->solved->exprs, u->access->path);
    uint32_t from = hf_block_of(u->flow, u->access->event);

    for (guint i = 0; object && i < u->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(u->flow->calls, HfCall, i);
        uint32_t at;

        if (call->event <= u->access->event ||
            !frees(c, u->flow, call, object)) {
            continue;
        }
        at = hf_block_of(u->flow, call->event);
        if (at == from || !hf_block_leads_to(u->flow, from, 1, at)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- libraries ----------------------------------------------------------- */

static gboolean holds_member(const HfCheck *c, HfHolds set, HfFieldId lock)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, set, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(c->solved->exprs, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && x->kind == HF_X_FIELD &&
            x->ref == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The call hands sym to a function without a body, of which no rule says what
 * it does with it. */
static gboolean hands_out(const HfCheck *c, const HfFlow *flow,
                          const HfCall *call, HfSymId sym)
{
    const HfXTable *t = c->solved->exprs;
    const HfEvent *e = hf_flow_event(flow, call->event);

    if (e->kind != HF_EV_CALL ||
        c->solved->flows[flow->unit->symbols[e->sym]] ||
        hf_contract_of(c->solved->contracts, flow->unit->symbols[e->sym])) {
        return FALSE;
    }
    for (guint i = 0; i < call->n_args; i++) {
        const HfXNode *n =
            hf_x(t, g_array_index(flow->args, HfX, call->first_arg + i));

        while (n->kind == HF_X_ADDR || n->kind == HF_X_DEREF) {
            n = hf_x(t, n->parent);
        }
        if (n->kind == HF_X_FUNCTION && n->ref == sym) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_idiom_library_calls_back(const HfCheck *c, const HfUse *u,
                                     const HfLockKey *key)
{
    const GArray *order = c->program->functions;
    guint n = 0;

    if (key->relation == HF_REL_GLOBAL ||
        !HF_PROGRAM_SYM(c->program, u->flow->sym)->address_taken ||
        c->program->callers[u->flow->sym] ||
        c->solved->runs[u->flow->sym]) {
        return FALSE;
    }
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = c->solved->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);

            if (!hands_out(c, f, call, u->flow->sym)) {
                continue;
            }
            if (!holds_member(c, call->must, key->id)) {
                return FALSE;
            }
            n++;
        }
    }
    return n > 0;
}

/* ---- whose lock? --------------------------------------------------------- */

gboolean hf_idiom_may_be_own(const HfCheck *c, const HfSubject *s, HfX lock,
                             HfLockKey *key)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = hf_x(t, lock);

    if (n->kind != HF_X_FIELD || !s->base || n->parent == s->base) {
        return FALSE;
    }
    if (!(hf_guard_from_nowhere(t, lock) &&
          !hf_x_mentions(t, s->base, hf_x_root(t, lock))) &&
        !(s->field && hf_guard_from_nowhere(t, s->base) &&
          HF_PROGRAM_FIELD(c->program, n->ref)->record ==
              HF_PROGRAM_FIELD(c->program, s->field)->record)) {
        return FALSE;
    }
    *key = (HfLockKey){ n->ref, HF_REL_SAME };
    return TRUE;
}

/* That member of the object in a variable is held; here the object is a
 * parameter. */
static gboolean held_of_variable(const HfCheck *c, const HfUse *u,
                                 HfHolds set, HfFieldId lock)
{
    const HfXTable *t = c->solved->exprs;
    guint n;
    const HfHold *rows = hf_holds(c->solved, set, &n);

    if (hf_x(t, hf_x_root(t, u->access->path))->kind != HF_X_PARAM) {
        return FALSE;
    }
    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(t, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && x->kind == HF_X_FIELD &&
            x->ref == lock &&
            hf_x(t, hf_x_root(t, rows[i].lock))->kind == HF_X_GLOBAL) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_idiom_held_by_another_name(const HfCheck *c, const HfUse *u,
                                       const HfLockKey *key)
{
    const HfXTable *t = c->solved->exprs;
    gboolean global = key->relation == HF_REL_GLOBAL;
    const HfXNode *n = global ? hf_x(t, key->id) : NULL;
    HfFieldId lock = global ? n->ref : key->id;

    if (global && (n->kind != HF_X_FIELD ||
                   hf_x(t, n->parent)->kind != HF_X_DEREF)) {
        return FALSE;
    }
    if (global ? holds_member(c, u->access->must, lock)
               : held_of_variable(c, u, u->access->must, lock)) {
        return TRUE;
    }
    for (guint i = 0; i < u->flow->contexts->len; i++) {
        HfHolds held =
            g_array_index(u->flow->contexts, HfContext, i).held;

        if (global ? holds_member(c, held, lock)
                   : held_of_variable(c, u, held, lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_idiom_lost_on_the_way(const HfCheck *c, const HfUse *u,
                                  const HfLockKey *key)
{
    HfSubject s;
    HfX lock;
    guint n = 0;

    hf_guard_subject(c, u->access, &s);
    lock = hf_belief_lock_on(c, u->flow, &s, key);
    if (key->relation == HF_REL_GLOBAL) {
        return FALSE;
    }
    for (guint i = 0; i < u->flow->contexts->len; i++) {
        const HfContext *ctx =
            &g_array_index(u->flow->contexts, HfContext, i);

        if (hf_guard_fresh(c, u->access, ctx) ||
            (lock && hf_held(c->solved, u->flow, ctx, u->access->must, lock,
                             NULL) == HF_HELD)) {
            continue;
        }
        if (!hf_lost_above(c, ctx, key->id)) {
            return FALSE;
        }
        n++;
    }
    return n > 0;
}

gboolean hf_idiom_nameless_held(const HfCheck *c, const HfUse *u)
{
    const HfXTable *t = c->solved->exprs;
    const HfHold *rows;
    guint n;

    rows = hf_holds(c->solved, u->access->must, &n);
    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD &&
            hf_x(t, rows[i].lock)->kind == HF_X_DEREF &&
            hf_guard_from_nowhere(t, rows[i].lock)) {
            return TRUE;
        }
    }
    return FALSE;
}
