/* SPDX-License-Identifier: MIT */
/*
 * LOCK: an object that contains an initialised lock is overwritten as a whole
 * and the lock used again without being initialised.
 */
#include "check/lock.h"

#define MAX_NESTING 4

typedef struct {
    HfLocks *l;
    const HfFlow *flow;
    uint32_t event;   /* the fill */
    HfX object;
    HfFieldId lock;   /* member that is wiped */
    HfX lock_x;       /* that member of this object */
    GHashTable *seen; /* HfSymId looked into for an INIT */
} Wipe;

/* ---- what is wiped ------------------------------------------------------ */

/* First lock by value in a record, or in a record by value in it. */
static HfX lock_inside(const HfLocks *l, HfX object, HfRecId record, int depth,
                       HfFieldId *field)
{
    const HfProgram *p = l->check->program;
    const GArray *members = l->members[record];

    for (guint i = 0; members && i < members->len; i++) {
        HfFieldId id = g_array_index(members, HfFieldId, i);
        const HfProgField *f = HF_PROGRAM_FIELD(p, id);
        HfX x;

        if (f->type_flags & (HF_TYPE_POINTER | HF_TYPE_FUNCTION_POINTER)) {
            continue;
        }
        x = hf_x_field(l->check->solved->exprs, object, id);
        if (f->is_lock) {
            *field = id;
            return x;
        }
        if (f->type_flags & HF_TYPE_RECORD && f->type_record != record &&
            depth < MAX_NESTING) {
            x = lock_inside(l, x, f->type_record, depth + 1, field);
            if (x) {
                return x;
            }
        }
    }
    return 0;
}

static gboolean shared_object(const HfLocks *l, const HfCall *call, HfX object)
{
    const HfXTable *t = l->check->solved->exprs;
    HfXKind root = hf_x(t, hf_x_root(t, object))->kind;

    if (call->fresh_args & 1) {
        return FALSE;
    }
    /* reached through a pointer, or global: others may see it */
    return root == HF_X_PARAM || root == HF_X_GLOBAL || root == HF_X_TEMP ||
           (root == HF_X_LOCAL && hf_x(t, object)->kind == HF_X_DEREF);
}

static gboolean fills(const HfLocks *l, const HfFlow *flow,
                      const HfEvent *e)
{
    const HfContract *k;

    if (e->kind != HF_EV_CALL || !(e->flags & HF_EV_SIZEOF_FULL)) {
        return FALSE;
    }
    k = hf_contract_of(l->check->solved->contracts,
                       flow->unit->symbols[e->sym]);
    if (!HF_CONTRACT_HAS(k, HF_EFF_FILL) || e->n_args < 2) {
        return FALSE;
    }
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_FILL && cl->arg == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- is it initialised again? ------------------------------------------- */

static gboolean inits(const HfLocks *l, HfSymId sym)
{
    return HF_CONTRACT_HAS(hf_contract_of(l->check->solved->contracts, sym),
                           HF_EFF_INIT);
}

/* Some INIT of this very member below sym. */
static gboolean body_inits(const Wipe *w, HfSymId sym, int depth)
{
    const HfFlow *f = w->l->check->solved->flows[sym];
    const HfFacts *facts = f ? f->unit->facts : NULL;

    if (!g_hash_table_add(w->seen, GUINT_TO_POINTER(sym))) {
        return FALSE;
    }
    for (uint32_t i = 0; f && i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);
        HfSymId callee;

        if (e->kind != HF_EV_CALL) {
            continue;
        }
        callee = f->unit->symbols[e->sym];
        if (inits(w->l, callee) && e->n_args) {
            HfId path = facts->args[e->first_arg];

            for (; path; path = facts->paths[path].parent) {
                if (facts->paths[path].kind == HF_PATH_FIELD &&
                    f->unit->fields[facts->paths[path].ref] == w->lock) {
                    return TRUE;
                }
            }
        } else if (depth < MAX_NESTING &&
                   body_inits(w, callee, depth + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean initialised_after(const Wipe *w)
{
    const HfFlow *f = w->flow;

    g_hash_table_remove_all(w->seen);
    for (uint32_t i = w->event + 1; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);
        HfSymId callee;

        if (e->kind != HF_EV_CALL) {
            continue;
        }
        callee = f->unit->symbols[e->sym];
        /* any INIT will do: which object it is for is not worth guessing */
        if (inits(w->l, callee) || body_inits(w, callee, 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean callers_initialise(const Wipe *w)
{
    const HfProgram *p = w->l->check->program;
    const GArray *sites = p->callers[w->flow->sym];

    g_hash_table_remove_all(w->seen);
    for (guint i = 0; sites && i < sites->len && i < 32; i++) {
        if (body_inits(w, g_array_index(sites, HfCallSite, i).caller,
                       MAX_NESTING - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- is it used? --------------------------------------------------------- */

static gboolean is_this_lock(const Wipe *w, HfX lock)
{
    return lock == w->lock_x ||
           hf_lock_kind(w->l->check, lock) ==
               hf_lock_kind(w->l->check, w->lock_x);
}

static const HfLockOp *use_of(const Wipe *w, gboolean after)
{
    for (guint i = 0; i < w->flow->lock_ops->len; i++) {
        const HfLockOp *op =
            &g_array_index(w->flow->lock_ops, HfLockOp, i);

        if (op->event != w->event && (op->event > w->event) == after &&
            is_this_lock(w, op->lock)) {
            return op;
        }
    }
    return NULL;
}

static gboolean used_anywhere(const Wipe *w)
{
    const HfProgram *p = w->l->check->program;

    for (guint i = 0; i < p->functions->len; i++) {
        const HfFlow *f = w->l->check->solved->flows[
            g_array_index(p->functions, HfSymId, i)];

        for (guint k = 0; k < f->lock_ops->len; k++) {
            if (is_this_lock(w, g_array_index(f->lock_ops, HfLockOp, k)
                                    .lock)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean initialised_anywhere(const Wipe *w)
{
    const HfProgram *p = w->l->check->program;

    g_hash_table_remove_all(w->seen);
    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);

        if (body_inits(w, sym, MAX_NESTING)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the finding -------------------------------------------------------- */

static void report(const Wipe *w)
{
    const HfCheck *c = w->l->check;
    const HfLockOp *before = use_of(w, FALSE), *after = use_of(w, TRUE);
    g_autofree char *object = hf_check_text(c, w->flow, w->object);
    g_autofree char *lock = hf_check_text(c, w->flow, w->lock_x);
    HfPlace place = hf_check_place(w->flow, w->event), at;
    HfTier tier = HF_TIER_LOW;
    HfFinding *f;

    f = hf_check_finding(c, w->flow, "init_wiped");
    f->cwe = 665;
    if (before) {
        at = hf_check_place(w->flow, before->event);
        hf_finding_event(f, &at, "note", 0, "\"%s\" is in use before.", lock);
        hf_finding_reason(f, "in use before");
        tier = HF_TIER_MEDIUM;
    }
    hf_finding_main(f, &place, "init_wiped", 0,
                    "Overwriting \"%s\" wipes the initialised lock \"%s\".",
                    object, lock);
    if (after) {
        at = hf_check_place(w->flow, after->event);
        hf_finding_event(f, &at, "note", 0,
                         "\"%s\" is used without being initialised again.",
                         lock);
        hf_finding_reason(f, "used afterwards, not initialised again");
        tier = HF_TIER_MEDIUM;
    }
    if (!before && !after) {
        hf_finding_reason(f, "initialised elsewhere, not here");
    }
    hf_lock_finish(w->l, w->flow, f, w->lock_x, "init_wiped", tier);
}

/* By the type of what was passed, which may say more than the way to it. */
static HfRecId record_of(const HfLocks *l, const HfFlow *flow, uint32_t event,
                         HfX object)
{
    const HfFacts *f = flow->unit->facts;
    const HfEvent *e = hf_flow_event(flow, event);
    const HfPath *p = &f->paths[f->args[e->first_arg]];

    if (p->kind == HF_PATH_LOCAL) {
        return flow->unit->records[f->locals[p->ref].type_record];
    }
    return hf_contract_record(l->check->solved->contracts, flow->sym, object);
}

static void judge(HfLocks *l, const HfFlow *flow, const HfCall *call)
{
    const HfSolved *s = l->check->solved;
    Wipe w = { .l = l, .flow = flow, .event = call->event };
    HfX arg = call->n_args ? g_array_index(flow->args, HfX, call->first_arg)
                           : 0;
    HfRecId record;

    w.object = hf_x_deref(s->exprs, arg);
    if (!w.object || !shared_object(l, call, w.object)) {
        return;
    }
    record = record_of(l, flow, call->event, w.object);
    w.lock_x = lock_inside(l, w.object, record, 0, &w.lock);
    if (!w.lock_x) {
        return;
    }
    w.seen = g_hash_table_new(NULL, NULL);
    if (initialised_anywhere(&w) && used_anywhere(&w) &&
        !initialised_after(&w) && !callers_initialise(&w)) {
        report(&w);
    }
    g_hash_table_unref(w.seen);
}

void hf_lock_check_wiped(HfLocks *l, const HfFlow *flow)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (fills(l, flow, hf_flow_event(flow, call->event))) {
            judge(l, flow, call);
        }
    }
}
