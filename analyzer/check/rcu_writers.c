/* SPDX-License-Identifier: MIT */
/*
 * Who changes an RCU-protected pointer holds a lock against other writers,
 * and may follow it under that lock.  Nobody declares it: it is whatever is
 * held where the pointer is written.
 */
#include "check/rcu_pointer.h"

static gint64 place_key(HfFieldId field, HfSymId var)
{
    return (gint64)field << 32 | var;
}

/* Named locks (not tokens) in a mask. */
static guint64 lock_caps(const HfRcu *r, guint64 caps)
{
    const GPtrArray *all = r->c->program->rules->caps;
    guint64 out = 0;

    for (guint i = 0; i < all->len && i < 64; i++) {
        const HfCapRule *cap = g_ptr_array_index(all, i);

        out |= cap->kind == HF_CAP_LOCK ? caps & 1ull << i : 0;
    }
    return out;
}

static void note_rows(HfRcu *r, HfHolds holds, GHashTable *into)
{
    guint n;
    const HfHold *rows = hf_holds(r->c->solved, holds, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD && rows[i].lock != r->token) {
            g_hash_table_add(into, hf_check_stable(r->c, rows[i].lock));
        }
    }
}

static void note_locks(HfRcu *r, const HfFlow *flow, HfHolds local,
                       GHashTable *into)
{
    const GPtrArray *all = r->c->program->rules->caps;

    note_rows(r, local, into);
    for (guint k = 0; k < flow->contexts->len; k++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, k);
        guint64 caps = lock_caps(r, ctx->caps);

        note_rows(r, ctx->held, into);
        for (guint i = 0; i < all->len && i < 64; i++) {
            const HfCapRule *cap = g_ptr_array_index(all, i);

            if (caps >> i & 1) {
                g_hash_table_add(into, g_strdup(cap->name));
            }
        }
    }
}

static GHashTable *writers_of(HfRcu *r, HfFieldId field, HfSymId var)
{
    gint64 key = place_key(field, var);
    GHashTable *set = g_hash_table_lookup(r->writers, &key);

    if (!set) {
        set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(r->writers, g_memdup2(&key, sizeof(key)), set);
    }
    return set;
}

static void survey(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfRcu *r = data;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        HfRcuPointer p = { 0 };

        if (hf_guard_is_write(a) && !a->fresh &&
            hf_rcu_protected_object(r, a->path, &p)) {
            note_locks(r, flow, a->must, writers_of(r, p.field, p.var));
        }
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = hf_rcu_callee(flow, call->event);
        const HfClause *cl = callee ? hf_rcu_clause(
            hf_contract_of(c->solved->contracts, callee), HF_EFF_RCU_PUBLISH)
                                    : NULL;
        HfRcuPointer p = { 0 };

        if (cl && cl->arg >= 0 && (guint)cl->arg < call->n_args) {
            HfX arg = g_array_index(flow->args, HfX,
                                    call->first_arg + cl->arg);

            hf_rcu_protected_object(r, hf_x_deref(c->solved->exprs, arg), &p);
            note_locks(r, flow, call->must, writers_of(r, p.field, p.var));
        }
    }
}

static gboolean any_row_known(HfRcu *r, HfHolds holds, GHashTable *set)
{
    guint n;
    const HfHold *rows = hf_holds(r->c->solved, holds, &n);

    for (guint i = 0; i < n; i++) {
        g_autofree char *text = hf_check_stable(r->c, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && rows[i].lock != r->token &&
            g_hash_table_contains(set, text)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean context_known(HfRcu *r, const HfContext *ctx, HfHolds local,
                              GHashTable *set)
{
    const GPtrArray *all = r->c->program->rules->caps;
    guint64 caps = lock_caps(r, ctx->caps);

    if (any_row_known(r, ctx->held, set)) {
        return TRUE;
    }
    for (guint i = 0; i < all->len && i < 64; i++) {
        const HfCapRule *cap = g_ptr_array_index(all, i);
        HfX x = caps >> i & 1 ? hf_x_leaf(r->c->solved->exprs, HF_X_CAP, i)
                              : 0;
        const HfHold *h = x ? hf_holds_find(r->c->solved, local, x) : NULL;

        if (x && !(h && h->now == HF_HOLD_ABSENT) &&
            g_hash_table_contains(set, cap->name)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_rcu_writer_side(HfRcu *r, const HfSpot *at,
                            const HfRcuPointer *p)
{
    gint64 key = place_key(p->field, p->var);
    GHashTable *set = g_hash_table_lookup(r->writers, &key);
    const GArray *contexts = at->flow->contexts;
    guint held = 0;

    if (!set || (!p->field && !p->var)) {
        return FALSE;
    }
    if (any_row_known(r, at->local, set)) {
        return TRUE;
    }
    for (guint k = 0; k < contexts->len; k++) {
        held += context_known(r, &g_array_index(contexts, HfContext, k),
                              at->local, set);
    }
    return held && held == contexts->len;
}

static void free_set(gpointer set)
{
    g_hash_table_unref(set);
}

void hf_rcu_survey_writers(HfRcu *r)
{
    r->writers = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                       free_set);
    hf_check_each_flow(r->c, survey, r);
}
