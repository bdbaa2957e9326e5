/* SPDX-License-Identifier: MIT */
/*
 * LOCK: ways out of a function on which a lock stays held.
 *
 * That alone is no fault: functions exist to take locks.  It is one when the
 * function gives the lock back on another way out and no caller does it for
 * this one, or when nobody ever gives it back.
 */
#include "check/lock.h"

#include <string.h>

typedef struct {
    const HfLeave *leave;
    const HfHold *hold; /* NULL: not held there */
} Way;

typedef struct {
    HfLocks *l;
    const HfFlow *flow;
    HfX lock;
    GArray *ways; /* Way */
    guint n_kept, n_free;
    HfCallerRelease callers;
} Exits;

/* ---- what becomes of the lock ------------------------------------------- */

static gboolean gives_back(const Exits *x)
{
    for (guint i = 0; i < x->flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(x->flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_RELEASE && op->lock == x->lock &&
            op->before.now == HF_HOLD_HELD && op->before.delta > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The object the lock is in leaves with the result. */
static gboolean handed_out(const Exits *x, const HfLeave *v)
{
    const HfXTable *t = x->l->check->solved->exprs;

    return hf_x(t, x->lock)->local && v->value &&
           hf_x_mentions(t, v->value, hf_x_root(t, x->lock));
}

/* The object the lock is in is stored where others find it. */
static gboolean stored(const Exits *x)
{
    const HfXTable *t = x->l->check->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, x->lock));
    const HfFacts *f = x->flow->unit->facts;
    HfRecId record = hf_contract_record(x->l->check->solved->contracts,
                                        x->flow->sym,
                                        hf_x_root(t, x->lock));

    if (root->kind != HF_X_LOCAL && root->kind != HF_X_TEMP) {
        return FALSE;
    }
    for (uint32_t i = 0; record && i < x->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(x->flow, i);
        const HfPath *v = &f->paths[e->value];

        if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) &&
            f->paths[e->path].kind != HF_PATH_LOCAL &&
            v->kind == HF_PATH_LOCAL &&
            x->flow->unit->records[f->locals[v->ref].type_record] == record) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean declared(const Exits *x)
{
    const HfContract *k =
        hf_contract_of(x->l->check->solved->contracts, x->flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        switch (cl->kind) {
        case HF_EFF_ACQUIRE:
        case HF_EFF_ACQUIRE_SHARED:
        case HF_EFF_TRY_ACQUIRE:
        case HF_EFF_TRY_ACQUIRE_SHARED:
            /* one whose lock has no name here covers what it may */
            if (!cl->n_locks || cl->locks[0] == x->lock) {
                return TRUE;
            }
            break;
        default:
            break;
        }
    }
    return FALSE;
}

/* ---- helpers that say whether they took it ------------------------------ */

static gboolean by_result(const Exits *x, HfResult *kept)
{
    HfResult k = HF_RESULT_ANY, f = HF_RESULT_ANY;

    for (guint i = 0; i < x->ways->len; i++) {
        const Way *w = &g_array_index(x->ways, Way, i);
        HfResult *r = w->hold ? &k : &f;

        if (w->leave->result == HF_RESULT_ANY ||
            (*r != HF_RESULT_ANY && *r != w->leave->result)) {
            return FALSE;
        }
        *r = w->leave->result;
    }
    *kept = k;
    return k != HF_RESULT_ANY && f != HF_RESULT_ANY && k != f;
}

static gboolean contradict(const GArray *a, const GArray *b,
                           const HfXTable *t)
{
    for (guint i = 0; a && i < a->len; i++) {
        const HfFact *fa = &g_array_index(a, HfFact, i);

        for (guint k = 0; b && k < b->len; k++) {
            const HfFact *fb = &g_array_index(b, HfFact, k);
            gboolean is_a = fa->kind == HF_FACT_ZERO || fa->kind == HF_FACT_EQ;
            gboolean is_b = fb->kind == HF_FACT_ZERO || fb->kind == HF_FACT_EQ;

            if (fa->key == fb->key && hf_x(t, fa->key)->kind == HF_X_PARAM &&
                is_a != is_b) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* A parameter, not what happened, decides whether it stays held. */
static gboolean by_parameter(const Exits *x)
{
    const HfSolved *s = x->l->check->solved;
    const GArray *exits = x->flow->exits;
    gboolean any = FALSE;

    for (guint i = 0; i < exits->len; i++) {
        const HfExit *a = &g_array_index(exits, HfExit, i);
        const HfHold *h = hf_holds_find(s, a->holds, x->lock);

        if (!h || h->delta <= 0) {
            continue;
        }
        for (guint k = 0; k < exits->len; k++) {
            const HfExit *b = &g_array_index(exits, HfExit, k);

            h = hf_holds_find(s, b->holds, x->lock);
            if (h && h->delta > 0) {
                continue;
            }
            any = TRUE;
            if (!contradict(a->facts, b->facts, s->exprs)) {
                return FALSE;
            }
        }
    }
    return any;
}

static gboolean returns_pointer_or_bool(const Exits *x)
{
    const HfProgSymbol *sym =
        HF_PROGRAM_SYM(x->l->check->program, x->flow->sym);

    return sym->type_flags & (HF_TYPE_POINTER | HF_TYPE_FUNCTION_POINTER) ||
           g_str_has_prefix(sym->type, "_Bool") ||
           g_str_has_prefix(sym->type, "bool") ||
           g_str_has_prefix(sym->type, "gboolean");
}

/* Held where the function succeeds: how a helper that may fail looks. */
static gboolean kept_on_success(const Exits *x, HfResult kept)
{
    const HfXTable *t = x->l->check->solved->exprs;

    if (returns_pointer_or_bool(x)) {
        return kept == HF_RESULT_NONZERO;
    }
    for (guint i = 0; i < x->ways->len; i++) {
        const Way *w = &g_array_index(x->ways, Way, i);
        const HfXNode *n = hf_x(t, w->leave->value);

        if (n->kind == HF_X_CONST && n->value < 0) {
            return w->hold == NULL;
        }
    }
    return FALSE;
}

/* ---- the verdict -------------------------------------------------------- */

typedef struct {
    HfTier tier;
    char reason[120];
} Verdict;

static gboolean no_callers_known(const Exits *x)
{
    return x->callers.n == 0;
}

/* It gives the lock back on other ways. */
static gboolean judge_uneven(const Exits *x, Verdict *v)
{
    HfResult kept;

    if (x->callers.released) {
        return FALSE;
    }
    g_strlcpy(v->reason, "given back on other ways out", sizeof(v->reason));
    v->tier = HF_TIER_HIGH;
    if (no_callers_known(x) && !hf_lock_is_root(x->flow)) {
        if ((by_result(x, &kept) && kept_on_success(x, kept)) ||
            by_parameter(x)) {
            g_strlcpy(v->reason, "may be meant: callers are not known",
                      sizeof(v->reason));
            v->tier = HF_TIER_LOW;
        }
    }
    return TRUE;
}

/* It never gives it back. */
static gboolean judge_kept(const Exits *x, Verdict *v)
{
    const HfProgram *p = x->l->check->program;
    gpointer kind = hf_lock_kind(x->l->check, x->lock);

    if (x->callers.released || x->callers.passed_on || x->callers.unnamed ||
        hf_lock_is_token(x->l, x->lock)) {
        return FALSE; /* sections may end anywhere */
    }
    if (strcmp(HF_PROGRAM_SYM(p, x->flow->sym)->name, "main") == 0 ||
        (x->n_free == 0 && hf_contract_cap_rule(
             x->l->check->solved->contracts, x->lock))) {
        return FALSE;
    }
    if (hf_lock_is_root(x->flow) && no_callers_known(x)) {
        g_strlcpy(v->reason, "the thread or callback ends with it",
                  sizeof(v->reason));
        v->tier = HF_TIER_HIGH;
    } else if (no_callers_known(x)) {
        g_strlcpy(v->reason, "no caller is known that could give it back",
                  sizeof(v->reason));
        v->tier = HF_TIER_LOW;
    } else {
        g_snprintf(v->reason, sizeof(v->reason),
                   "none of %u callers gives it back", x->callers.n);
        v->tier = HF_TIER_MEDIUM;
    }
    if (hf_x(x->l->check->solved->exprs, x->lock)->local ||
        (v->tier != HF_TIER_HIGH && kind &&
         g_hash_table_contains(x->l->bare_releases, kind))) {
        v->tier = HF_TIER_LOW; /* somebody else's to give back */
    }
    return TRUE;
}

static void report(const Exits *x, const Way *w, const Verdict *v)
{
    const HfCheck *c = x->l->check;
    HfFinding *f = hf_check_finding(c, x->flow, "missing_unlock");
    g_autofree char *lock = hf_check_text(c, x->flow, x->lock);
    HfPlace place = hf_check_place(x->flow, w->leave->event);

    if (w->leave->event == UINT32_MAX) {
        place.line = x->flow->fn->end_line;
        place.col = 1;
    }
    hf_trace_hold(c, f, x->flow, w->hold, 0);
    hf_finding_main(f, &place, "missing_unlock", 0,
                    "Leaving \"%s\" without unlocking \"%s\".", f->function,
                    lock);
    hf_finding_reason(f, "%s", v->reason);
    hf_lock_finish(x->l, x->flow, f, x->lock, "missing_unlock", v->tier);
}

static void report_ways(const Exits *x, const Verdict *v)
{
    uint32_t last = 0;
    gboolean any = FALSE;

    for (guint i = 0; i < x->ways->len; i++) {
        const Way *w = &g_array_index(x->ways, Way, i);

        if (!w->hold || (any && w->leave->event == last)) {
            continue;
        }
        report(x, w, v);
        last = w->leave->event;
        any = TRUE;
    }
    if (any && x->n_free) {
        g_hash_table_add(x->l->leaky, GUINT_TO_POINTER(x->flow->sym));
    }
}

static void judge_lock(HfLocks *l, const HfFlow *flow, HfX lock)
{
    Exits x = { .l = l, .flow = flow, .lock = lock,
                .ways = g_array_new(FALSE, FALSE, sizeof(Way)) };
    Verdict v;
    gboolean bad;

    for (guint i = 0; i < flow->leaves->len; i++) {
        Way w = { .leave = &g_array_index(flow->leaves, HfLeave, i) };
        const HfHold *h = hf_holds_find(l->check->solved, w.leave->holds,
                                        lock);

        if ((h && h->flags & HF_HOLD_FORGOTTEN) || handed_out(&x, w.leave)) {
            continue;
        }
        if (h && hf_lock_inherited_leak(l, flow, h)) {
            g_hash_table_add(l->leaky, GUINT_TO_POINTER(flow->sym));
            continue;
        }
        if (h && h->delta > 0 && h->now == HF_HOLD_HELD) {
            w.hold = h;
            x.n_kept++;
        } else {
            x.n_free++;
        }
        g_array_append_val(x.ways, w);
    }
    if (x.n_kept && !declared(&x) && !stored(&x)) {
        hf_lock_caller_release(l->check, flow->sym, lock, &x.callers);
        bad = x.n_free && gives_back(&x) ? judge_uneven(&x, &v)
                                         : judge_kept(&x, &v);
        if (bad) {
            report_ways(&x, &v);
        }
    }
    g_array_unref(x.ways);
}

void hf_lock_check_exits(HfLocks *l, const HfFlow *flow)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < flow->leaves->len; i++) {
        const HfLeave *v = &g_array_index(flow->leaves, HfLeave, i);
        guint n;
        const HfHold *rows = hf_holds(l->check->solved, v->holds, &n);

        for (guint k = 0; k < n; k++) {
            if (rows[k].delta > 0 && rows[k].now == HF_HOLD_HELD &&
                hf_lock_nameable(l, rows[k].lock) &&
                !hf_lock_is_stale(l, rows[k].lock) &&
                (!hf_lock_is_token(l, rows[k].lock) ||
                 hf_lock_is_own_section(l, flow, rows[k].lock)) &&
                g_hash_table_add(seen, GUINT_TO_POINTER(rows[k].lock))) {
                judge_lock(l, flow, rows[k].lock);
            }
        }
    }
    g_hash_table_unref(seen);
}
