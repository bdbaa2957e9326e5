/* SPDX-License-Identifier: MIT */
/*
 * LOCK: locks taken twice, given back twice or without being held, left held
 * on some way out, or wiped.
 *
 * Everything here is about locks that nobody declared anything of; what is
 * declared is LOCK_CONTRACT's business, and the block graph's lock is
 * GRAPH_LOCK's.
 */
#include "check/contract_calls.h"
#include "check/convention.h"
#include "check/lock.h"

#include <string.h>

/* ---- names of locks ----------------------------------------------------- */

gboolean hf_lock_nameable(const HfLocks *l, HfX lock)
{
    const HfXTable *t = l->check->solved->exprs;

    for (HfX x = lock; x; x = hf_x(t, x)->parent) {
        const HfXNode *n = hf_x(t, x);

        if ((n->kind == HF_X_INDEX && n->value < 0) ||
            n->kind == HF_X_UNKNOWN) {
            return FALSE;
        }
    }
    return lock != 0;
}

gboolean hf_lock_is_stale(const HfLocks *l, HfX lock)
{
    const HfXTable *t = l->check->solved->exprs;

    return hf_x(t, hf_x_root(t, lock))->kind == HF_X_OLD;
}

gboolean hf_lock_is_token(const HfLocks *l, HfX lock)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(l->check->solved->contracts, lock);

    return cap && (cap->kind != HF_CAP_LOCK || hf_is_graph_lock(cap));
}

/* What is held when control comes back is not what was held at the call. */
static gboolean returns_twice(const HfLocks *l, const HfFlow *flow)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfEvent *e = hf_flow_event(
            flow, g_array_index(flow->calls, HfCall, i).event);

        if (e->kind == HF_EV_CALL &&
            HF_CONTRACT_HAS(hf_contract_of(l->check->solved->contracts,
                                           flow->unit->symbols[e->sym]),
                            HF_EFF_RETURNS_TWICE)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_lock_is_own_section(const HfLocks *l, const HfFlow *flow,
                                HfX lock)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(l->check->solved->contracts, lock);
    gboolean enters = FALSE, leaves = FALSE;

    if (!cap || cap->kind != HF_CAP_TOKEN) {
        return FALSE;
    }
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->lock != lock) {
            continue;
        }
        if (op->via) {
            return FALSE;
        }
        enters |= op->kind == HF_LOCK_ACQUIRE;
        leaves |= op->kind == HF_LOCK_RELEASE;
    }
    return enters && leaves && !returns_twice(l, flow);
}

gpointer hf_lock_kind(const HfCheck *c, HfX lock)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = hf_x(t, lock);

    while (n->kind == HF_X_INDEX ||
           (n->kind == HF_X_DEREF &&
            hf_x(t, n->parent)->kind != HF_X_PARAM)) {
        n = hf_x(t, n->parent);
    }
    switch (n->kind) {
    case HF_X_FIELD:
        return GUINT_TO_POINTER(n->ref << 2 | 1);
    case HF_X_GLOBAL:
        return GUINT_TO_POINTER(n->ref << 2 | 2);
    case HF_X_CAP:
        return GUINT_TO_POINTER(n->ref << 2 | 3);
    default:
        return NULL;
    }
}

gboolean hf_lock_inherited_leak(const HfLocks *l, const HfFlow *flow,
                                const HfHold *h)
{
    const HfEvent *e;

    if (h->event >= flow->fn->n_events) {
        return FALSE;
    }
    e = hf_flow_event(flow, h->event);
    return e->kind == HF_EV_CALL &&
           g_hash_table_contains(
               l->leaky, GUINT_TO_POINTER(flow->unit->symbols[e->sym]));
}

void hf_lock_finish(HfLocks *l, const HfFlow *flow, HfFinding *f, HfX lock,
                    const char *shape, HfTier tier)
{
    f->tier = tier;
    if (flow->imprecise) {
        f->tier = HF_TIER_LOW;
        hf_finding_reason(f, "too many paths to keep all of them apart");
    }
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(l->check, lock);
    f->key_lock = g_strdup(f->key_subject);
    f->key_shape = g_strdup(shape);
    hf_findings_add(l->check->findings, f);
}

/* ---- who hands locks over ----------------------------------------------- */

static void note_kind(const HfLocks *l, GHashTable *set, HfX lock)
{
    gpointer kind = hf_lock_kind(l->check, lock);

    if (kind) {
        g_hash_table_add(set, kind);
    }
}

static gboolean takes(const HfFlow *flow, HfX lock)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_ACQUIRE && op->lock == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean always_left(const HfCheck *c, const HfFlow *flow, HfX lock)
{
    for (guint i = 0; i < flow->leaves->len; i++) {
        const HfLeave *v = &g_array_index(flow->leaves, HfLeave, i);
        const HfHold *h = hf_holds_find(c->solved, v->holds, lock);

        if (!h || h->delta <= 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static void note_bare(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfLocks *l = data;
    const HfHold *rows;
    guint n;

    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_RELEASE && !op->before.lock &&
            !takes(flow, op->lock)) {
            note_kind(l, l->bare_releases, op->lock);
        }
    }
    if (!flow->leaves->len) {
        return;
    }
    rows = hf_holds(c->solved, g_array_index(flow->leaves, HfLeave, 0).holds,
                    &n);
    for (guint k = 0; k < n; k++) {
        if (always_left(c, flow, rows[k].lock)) {
            note_kind(l, l->bare_acquires, rows[k].lock);
        }
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfLocks *l = data;

    hf_lock_check_takes(l, flow);
    hf_lock_check_releases(l, flow);
    hf_lock_check_exits(l, flow);
    hf_lock_check_wiped(l, flow);
}

static GArray **members_new(const HfProgram *p)
{
    GArray **all = g_new0(GArray *, p->records->len);

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        HfRecId r = HF_PROGRAM_FIELD(p, i)->record;

        if (!all[r]) {
            all[r] = g_array_new(FALSE, FALSE, sizeof(HfFieldId));
        }
        g_array_append_val(all[r], i);
    }
    return all;
}

static void members_free(const HfProgram *p, GArray **all)
{
    for (guint i = 0; i < p->records->len; i++) {
        if (all[i]) {
            g_array_unref(all[i]);
        }
    }
    g_free(all);
}

static void run(HfCheck *c)
{
    HfLocks l = {
        .check = c,
        .bare_releases = g_hash_table_new(NULL, NULL),
        .bare_acquires = g_hash_table_new(NULL, NULL),
        .leaky = g_hash_table_new(NULL, NULL),
        .members = members_new(c->program),
        .strict = hf_convention_strict(c, NULL),
    };

    hf_check_each_flow(c, note_bare, &l);
    hf_check_each_flow(c, check_flow, &l);
    g_hash_table_unref(l.bare_releases);
    g_hash_table_unref(l.bare_acquires);
    g_hash_table_unref(l.leaky);
    members_free(c->program, l.members);
}

const HfChecker hf_checker_lock = {
    .name = "LOCK",
    .summary = "lock taken or given back twice, not held, not given back",
    .cwe = 667,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
