/* SPDX-License-Identifier: MIT */
/*
 * LOCK_CONTRACT: what is declared of locks, at calls (contract_calls.c), in
 * bodies and between declaration and definition (here), and their order
 * (lock_rank.c).
 */
#include "check/contract_calls.h"
#include "check/convention.h"
#include "check/lock.h"
#include "check/lock_rank.h"

#include <string.h>

/* ---- bodies ------------------------------------------------------------- */

typedef struct {
    HfCheck *c;
    const HfFlow *flow;
    const HfClause *cl;
    HfX lock;
} Body;

static gboolean inside(const HfXTable *t, HfX x, HfX of)
{
    for (; x; x = hf_x(t, x)->parent) {
        if (x == of) {
            return TRUE;
        }
    }
    return FALSE;
}

/*
 * Does the body do anything to the lock by means that are known?  If not it
 * is likely to be the lock itself, made of something below it.
 */
static gboolean knows_lock(const Body *b)
{
    const HfXTable *t = b->c->solved->exprs;
    gboolean knows = FALSE;

    for (guint i = 0; i < b->flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(b->flow->lock_ops, HfLockOp, i);

        if (op->lock == b->lock) {
            knows = TRUE;
        } else if (inside(t, op->lock, b->lock)) {
            return FALSE; /* a lock made of a lock */
        }
    }
    return knows;
}

/* Nothing in the body could do it at all. */
static gboolean does_nothing(const Body *b)
{
    const HfCheck *c = b->c;

    if (!hf_contract_is_lock(c->solved->contracts, b->lock)) {
        return FALSE;
    }
    for (uint32_t i = 0; i < b->flow->fn->n_events; i++) {
        switch (hf_flow_event(b->flow, i)->kind) {
        case HF_EV_CALL:
        case HF_EV_CALL_INDIRECT:
        case HF_EV_ATOMIC_READ:
        case HF_EV_ATOMIC_WRITE:
        case HF_EV_ATOMIC_RMW:
        case HF_EV_ASM:
            return FALSE;
        default:
            break;
        }
    }
    return TRUE;
}

static void report_body(const Body *b, const HfLeave *v, const HfHold *h,
                        const char *sub, const char *fmt, HfTier tier)
{
    HfCheck *c = b->c;
    HfFinding *f = hf_check_finding(c, b->flow, sub);
    g_autofree char *lock = hf_check_text(c, b->flow, b->lock);
    g_autofree char *message = g_strdup_printf(fmt, f->function, lock);
    HfPlace place = hf_check_place(b->flow, v->event);

    if (v->event == UINT32_MAX) {
        place.line = b->flow->fn->end_line;
        place.col = 1;
    }
    if (h) {
        hf_trace_hold(c, f, b->flow, h, 0);
    }
    hf_finding_main(f, &place, sub, 0, "%s", message);
    hf_contract_trace_clause(c, f, b->cl, 0, "This is declared here.");
    hf_finding_reason(f, "declared contract");
    if (b->flow->imprecise && tier == HF_TIER_HIGH) {
        tier = HF_TIER_MEDIUM;
        hf_finding_reason(f, "too many paths to keep all of them apart");
    }
    f->tier = tier;
    if (!f->rule) {
        f->rule = g_strdup("contract");
    }
    f->key_subject = hf_check_stable(c, b->lock);
    f->key_lock = g_strdup(f->key_subject);
    f->key_shape = g_strdup(sub);
    hf_findings_add(c->findings, f);
}

typedef enum { LEFT_UNKNOWN, LEFT_HELD, LEFT_FREE } Left;

static Left left_at(const Body *b, const HfLeave *v, const HfHold **hold)
{
    const HfHold *h = hf_holds_find(b->c->solved, v->holds, b->lock);

    *hold = h;
    if (h && h->flags & HF_HOLD_FORGOTTEN) {
        return LEFT_UNKNOWN;
    }
    return h && h->now == HF_HOLD_HELD ? LEFT_HELD : LEFT_FREE;
}

static gboolean wanted(const HfClause *cl, const HfLeave *v, Left *want)
{
    gboolean success;

    switch (cl->kind) {
    case HF_EFF_ACQUIRE:
    case HF_EFF_ACQUIRE_SHARED:
    case HF_EFF_REQUIRES:
    case HF_EFF_REQUIRES_SHARED:
        *want = LEFT_HELD;
        return TRUE;
    case HF_EFF_RELEASE:
        *want = LEFT_FREE;
        return TRUE;
    case HF_EFF_TRY_ACQUIRE:
    case HF_EFF_TRY_ACQUIRE_SHARED:
        if (v->result == HF_RESULT_ANY) {
            return FALSE;
        }
        success = (v->result == HF_RESULT_ZERO) == (cl->when == HF_WHEN_ZERO);
        *want = success ? LEFT_HELD : LEFT_FREE;
        return TRUE;
    default:
        return FALSE;
    }
}

static void report_left(const Body *b, const HfLeave *v, const HfHold *h,
                        Left want, HfTier tier)
{
    gboolean requires = b->cl->kind == HF_EFF_REQUIRES ||
                        b->cl->kind == HF_EFF_REQUIRES_SHARED;
    gboolean tries = b->cl->kind == HF_EFF_TRY_ACQUIRE ||
                     b->cl->kind == HF_EFF_TRY_ACQUIRE_SHARED;

    if (want == LEFT_FREE) {
        report_body(b, v, h, "release_not_done",
                    tries ? "\"%s\" says here that it did not acquire "
                            "\"%s\", but it is held."
                          : "\"%s\" is declared to release \"%s\", but it is "
                            "still held here.", tier);
    } else if (requires) {
        report_body(b, v, h, "requires_dropped",
                    "\"%s\" is declared to require \"%s\", but does not hold "
                    "it when it returns here.", tier);
    } else {
        report_body(b, v, h, "acquire_not_done",
                    tries ? "\"%s\" says here that it acquired \"%s\", but "
                            "it is not held."
                          : "\"%s\" is declared to acquire \"%s\", but it is "
                            "not held here.", tier);
    }
}

static void judge_body(const Body *b)
{
    gboolean requires = b->cl->kind == HF_EFF_REQUIRES ||
                        b->cl->kind == HF_EFF_REQUIRES_SHARED;
    gboolean knows = knows_lock(b);
    uint32_t last = 0;
    gboolean any = FALSE;

    if (!knows && (requires || !does_nothing(b))) {
        return;
    }
    for (guint i = 0; i < b->flow->leaves->len; i++) {
        const HfLeave *v = &g_array_index(b->flow->leaves, HfLeave, i);
        const HfHold *h;
        Left want, left = left_at(b, v, &h);

        if (left == LEFT_UNKNOWN || !wanted(b->cl, v, &want) ||
            left == want || (any && v->event == last)) {
            continue;
        }
        report_left(b, v, h, want, HF_TIER_HIGH);
        last = v->event;
        any = TRUE;
    }
    if (!knows && !any) {
        HfLeave v = { .event = UINT32_MAX };
        Left want;

        if (wanted(b->cl, &v, &want)) {
            report_left(b, &v, NULL, want, HF_TIER_MEDIUM);
        }
    }
}

/* Declared both to require and to release (or acquire) it: the stronger one
 * tells what is left. */
static gboolean overruled(const HfContract *k, const HfClause *cl)
{
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *o = &g_array_index(k->clauses, HfClause, i);

        if (o != cl && o->n_locks && cl->n_locks &&
            o->locks[0] == cl->locks[0] &&
            (o->kind == HF_EFF_RELEASE || o->kind == HF_EFF_ACQUIRE ||
             o->kind == HF_EFF_ACQUIRE_SHARED) &&
            (cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED || o->kind != cl->kind)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void check_body(HfCheck *c, const HfFlow *flow)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        Body b = { .c = c, .flow = flow,
                   .cl = &g_array_index(k->clauses, HfClause, i) };

        if (b.cl->n_locks != 1 || overruled(k, b.cl)) {
            continue;
        }
        b.lock = b.cl->locks[0];
        if (!hf_is_graph_x(c, b.lock)) {
            judge_body(&b);
        }
    }
}

/* ---- declaration and definition ----------------------------------------- */

#define DECLARED_KINDS                                                    \
    (1ull << HF_EFF_REQUIRES | 1ull << HF_EFF_REQUIRES_SHARED |           \
     1ull << HF_EFF_EXCLUDES | 1ull << HF_EFF_ACQUIRE |                   \
     1ull << HF_EFF_ACQUIRE_SHARED | 1ull << HF_EFF_RELEASE |             \
     1ull << HF_EFF_TRY_ACQUIRE | 1ull << HF_EFF_TRY_ACQUIRE_SHARED |     \
     1ull << HF_EFF_DROP_AND_RETAKE)

static gboolean counts(const HfCheck *c, const HfClause *cl)
{
    return cl->annot && DECLARED_KINDS >> cl->kind & 1 && cl->n_locks &&
           !hf_is_graph_x(c, cl->locks[0]);
}

static gboolean on_definition(const HfClause *cl)
{
    return (cl->annot->flags & HF_ANNOT_ON_DEFINITION) != 0;
}

static gboolean same_file(const HfCheck *c, const HfClause *a,
                          const HfClause *b)
{
    HfPlace pa = hf_check_place_of(c->program, a->annot->unit, a->annot->loc);
    HfPlace pb = hf_check_place_of(c->program, b->annot->unit, b->annot->loc);

    return strcmp(pa.file, pb.file) == 0;
}

static gboolean same_clause(const HfClause *a, const HfClause *b)
{
    if (a->kind != b->kind || a->n_locks != b->n_locks) {
        return FALSE;
    }
    for (guint i = 0; i < a->n_locks; i++) {
        if (a->locks[i] != b->locks[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

static void report_mismatch(HfCheck *c, HfSymId sym, const HfClause *cl,
                            const HfClause *other)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);
    HfFinding *f = hf_finding_new(c->checker->name, "declaration_mismatch");
    HfPlace place = hf_check_place_of(c->program, cl->annot->unit,
                                      cl->annot->loc);
    HfPlace at = hf_check_place_of(c->program, other->annot->unit,
                                   other->annot->loc);

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->function = g_strdup(s->name);
    f->key_function = g_strdup(s->name);
    hf_finding_main(f, &place, "declaration_mismatch", 0,
                    "The definition of \"%s\" names \"%s\"; its declaration "
                    "says otherwise.", s->name, cl->text);
    hf_finding_event(f, &at, "note", 0, "The other declaration is here.");
    hf_finding_reason(f, "both are written down");
    f->tier = HF_TIER_MEDIUM;
    f->rule = g_strdup(cl->annot->text);
    f->key_subject = g_strdup(s->name);
    f->key_lock = hf_check_stable(c, cl->locks[0]);
    f->key_shape = g_strdup("declaration");
    hf_findings_add(c->findings, f);
}

/* What the definition says and no declaration does, although one of them says
 * something of the kind.  Those in other files ANNOTATION tells of. */
static void check_declared(HfCheck *c, HfSymId sym, const HfContract *k)
{
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *a = &g_array_index(k->clauses, HfClause, i);
        const HfClause *elsewhere = NULL;
        gboolean agreed = FALSE;

        if (!counts(c, a)) {
            continue;
        }
        for (guint n = 0; n < k->clauses->len; n++) {
            const HfClause *b = &g_array_index(k->clauses, HfClause, n);

            if (!counts(c, b)) {
                continue;
            }
            if (on_definition(b) != on_definition(a) && same_file(c, a, b)) {
                elsewhere = elsewhere ? elsewhere : b;
                agreed |= same_clause(a, b);
            }
        }
        if (on_definition(a) && elsewhere && !agreed) {
            report_mismatch(c, sym, a, elsewhere);
        }
    }
}

/* ---- all of it ---------------------------------------------------------- */

typedef struct {
    HfRanks *ranks;
    gboolean strict;
} Run;

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const Run *r = data;

    hf_contract_check_calls(c, flow, FALSE, r->strict);
    check_body(c, flow);
    hf_rank_check(c, flow, r->ranks);
}

static void run(HfCheck *c)
{
    Run r = { hf_ranks_new(c), hf_convention_strict(c, NULL) };

    hf_check_each_flow(c, check_flow, &r);
    hf_ranks_free(r.ranks);
    for (HfSymId i = 1; i < c->program->symbols->len; i++) {
        const HfContract *k = hf_contract_of(c->solved->contracts, i);

        if (k && HF_PROGRAM_SYM(c->program, i)->kind == HF_SYM_FUNCTION) {
            check_declared(c, i, k);
        }
    }
}

const HfChecker hf_checker_lock_contract = {
    .name = "LOCK_CONTRACT",
    .summary = "call or body that breaks a declared lock contract",
    .cwe = 667,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
