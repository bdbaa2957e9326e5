/* SPDX-License-Identifier: MIT */
/*
 * LOCK_CONTRACT/rank_order: a lock is taken while one is held that must come
 * after it, by rank or by ACQUIRED_BEFORE and ACQUIRED_AFTER.
 *
 * A callee's acquisitions are judged where the other lock is held, so that
 * there is one finding in the function that brings the two together.
 */
#include "check/lock_rank.h"
#include "check/lock.h"

struct HfRanks {
    int *caps; /* by index of a capability */
};

/* ---- ranks -------------------------------------------------------------- */

static int rank_in(const HfContract *k)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_RANK && cl->arg > 0) {
            return cl->arg;
        }
    }
    return 0;
}

HfRanks *hf_ranks_new(const HfCheck *c)
{
    const GPtrArray *caps = c->program->rules->caps;
    HfRanks *r = g_new0(HfRanks, 1);

    r->caps = g_new0(int, caps->len + 1);
    for (HfSymId i = 1; i < c->program->symbols->len; i++) {
        const HfContract *k = hf_contract_of(c->solved->contracts, i);
        HfX x;

        if (HF_PROGRAM_SYM(c->program, i)->kind != HF_SYM_VARIABLE ||
            !HF_CONTRACT_HAS(k, HF_EFF_RANK)) {
            continue;
        }
        x = hf_contract_canonical(c->solved->contracts,
                                  hf_x_leaf(c->solved->exprs, HF_X_GLOBAL,
                                            i));
        if (hf_x(c->solved->exprs, x)->kind == HF_X_CAP) {
            r->caps[hf_x(c->solved->exprs, x)->ref] = rank_in(k);
        }
    }
    return r;
}

void hf_ranks_free(HfRanks *r)
{
    if (r) {
        g_free(r->caps);
        g_free(r);
    }
}

static const HfContract *contract_on(const HfCheck *c, HfX lock)
{
    const HfXNode *n = hf_x(c->solved->exprs, lock);

    while (n->kind == HF_X_INDEX) {
        n = hf_x(c->solved->exprs, n->parent);
    }
    switch (n->kind) {
    case HF_X_FIELD:
        return hf_contract_of_field(c->solved->contracts, n->ref);
    case HF_X_GLOBAL:
        return hf_contract_of(c->solved->contracts, n->ref);
    default:
        return NULL;
    }
}

int hf_rank_of(const HfRanks *r, const HfCheck *c, HfX lock)
{
    const HfXNode *n = hf_x(c->solved->exprs, lock);
    const HfLockTypeRule *type;
    int rank;

    if (n->kind == HF_X_CAP) {
        return r->caps[n->ref];
    }
    rank = rank_in(contract_on(c, lock));
    type = HF_PROGRAM_RECORD(c->program,
                             hf_contract_record(c->solved->contracts, 0,
                                                lock))->lock_rule;
    return rank ? rank : type ? type->rank : 0;
}

/* ---- ACQUIRED_BEFORE, ACQUIRED_AFTER ------------------------------------ */

static HfX self_to(HfXTable *t, HfX leaf, const HfXNode *n, gpointer data)
{
    return n->kind == HF_X_SELF ? *(HfX *)data
           : n->kind == HF_X_PARAM ? 0 : leaf;
}

/* Does `on` say, with a clause of that kind, that it comes before (after)
 * other? */
static const HfClause *says(const HfCheck *c, HfX on, HfX other,
                            HfEffectKind kind)
{
    const HfContract *k = contract_on(c, on);
    HfX object = hf_x(c->solved->exprs, on)->parent;

    for (guint i = 0; HF_CONTRACT_HAS(k, kind) && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        for (guint n = 0; cl->kind == kind && n < cl->n_locks; n++) {
            HfX x = hf_x_map(c->solved->exprs, cl->locks[n], self_to,
                             &object);

            if (x && hf_contract_canonical(c->solved->contracts, x) ==
                         other) {
                return cl;
            }
        }
    }
    return NULL;
}

gboolean hf_rank_declared(const HfRanks *r, const HfCheck *c, HfX a, HfX b)
{
    return (hf_rank_of(r, c, a) && hf_rank_of(r, c, b)) ||
           says(c, a, b, HF_EFF_ACQUIRED_BEFORE) ||
           says(c, a, b, HF_EFF_ACQUIRED_AFTER) ||
           says(c, b, a, HF_EFF_ACQUIRED_BEFORE) ||
           says(c, b, a, HF_EFF_ACQUIRED_AFTER);
}

/* ---- one pair ----------------------------------------------------------- */

typedef struct {
    HfCheck *c;
    const HfRanks *ranks;
    const HfFlow *flow;
    const HfCall *call;
    HfX taken;
    HfSymId via;
    gboolean conditional;
} Taking;

static void report(const Taking *t, const HfHold *held, char *why,
                   gboolean sure)
{
    const HfCheck *c = t->c;
    HfFinding *f = hf_check_finding(c, t->flow, "rank_order");
    g_autofree char *taken = hf_check_text(c, t->flow, t->taken);
    g_autofree char *other = hf_check_text(c, t->flow, held->lock);
    g_autofree char *reason = why;
    HfPlace place = hf_check_place(t->flow, t->call->event);

    hf_trace_hold(c, f, t->flow, held, 0);
    if (t->via) {
        hf_finding_main(f, &place, "rank_order", 0,
                        "Calling \"%s\", which locks \"%s\", while \"%s\" is "
                        "held: %s.",
                        HF_PROGRAM_SYM(c->program, t->via)->name, taken,
                        other, reason);
    } else {
        hf_finding_main(f, &place, "rank_order", 0,
                        "Locking \"%s\" while \"%s\" is held: %s.", taken,
                        other, reason);
    }
    hf_finding_reason(f, "declared order");
    f->tier = sure ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    f->rule = g_strdup("declared");
    f->key_subject = hf_check_stable(c, t->taken);
    f->key_lock = hf_check_stable(c, held->lock);
    f->key_shape = g_strdup("rank");
    hf_findings_add(c->findings, f);
}

static gboolean judge(const Taking *t, const HfHold *held, gboolean must)
{
    int a = hf_rank_of(t->ranks, t->c, t->taken);
    int b = hf_rank_of(t->ranks, t->c, held->lock);
    gboolean sure = must && !t->conditional;

    if (t->taken == held->lock) {
        return FALSE; /* LOCK's */
    }
    if (a && b && a <= b) {
        gpointer kind = hf_lock_kind(t->c, t->taken);

        report(t, held,
               g_strdup_printf("their ranks are %d and %d, and must ascend",
                               a, b),
               sure && (a < b || kind != hf_lock_kind(t->c, held->lock)));
        return TRUE;
    }
    if (says(t->c, t->taken, held->lock, HF_EFF_ACQUIRED_BEFORE) ||
        says(t->c, held->lock, t->taken, HF_EFF_ACQUIRED_AFTER)) {
        report(t, held, g_strdup("they are declared in the other order"),
               sure);
        return TRUE;
    }
    return FALSE;
}

static gboolean against(const Taking *t, HfHolds holds, gboolean must)
{
    guint n;
    const HfHold *rows = hf_holds(t->c->solved, holds, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD && judge(t, &rows[i], must)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void judge_all(const Taking *t)
{
    if (!against(t, t->call->must, TRUE)) {
        against(t, t->call->may, FALSE);
    }
}

/* ---- all of a function -------------------------------------------------- */

static void check_callee(const Taking *base, HfSymId callee)
{
    const HfSolved *s = base->c->solved;
    const HfFlow *f = s->flows[callee];

    for (guint i = 0; f && f->takes && !f->skip && i < f->takes->len; i++) {
        const HfTake *take = &g_array_index(f->takes, HfTake, i);
        Taking t = *base;
        HfX x = hf_call_named(s, t.flow, t.call, take->lock);

        if (!x) {
            continue;
        }
        t.taken = hf_contract_canonical(s->contracts, x);
        t.via = callee;
        t.conditional = take->n_facts > 0;
        judge_all(&t);
    }
}

void hf_rank_check(HfCheck *c, const HfFlow *flow, const HfRanks *r)
{
    guint next = 0;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        Taking t = { .c = c, .ranks = r, .flow = flow, .call = call };
        const HfEvent *e = hf_flow_event(flow, call->event);
        HfX last = 0;

        while (next < flow->lock_ops->len) {
            const HfLockOp *op =
                &g_array_index(flow->lock_ops, HfLockOp, next);

            if (op->event > call->event) {
                break;
            }
            next++;
            if (op->event == call->event && op->kind == HF_LOCK_ACQUIRE &&
                !op->via && !op->conditional && op->lock != last) {
                t.taken = last = op->lock;
                judge_all(&t);
            }
        }
        if (e->kind == HF_EV_CALL) {
            check_callee(&t, flow->unit->symbols[e->sym]);
        }
    }
}
