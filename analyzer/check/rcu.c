/* SPDX-License-Identifier: MIT */
/*
 * RCU: an RCU-protected pointer is followed outside of a read section, or
 * after the section in which it was read; a function that needs a section is
 * called without one; a grace period is waited for inside one.
 *
 * Silent where what is read is made to last (a reference or a lock of its own
 * is taken before the section ends) and on the writers' side (under a lock
 * that is held where the pointer is changed).
 */
#include "check/excluded.h"
#include "check/rcu_pointer.h"

#include <string.h>

typedef struct {
    HfRcu rcu;
    GHashTable *told; /* gint64: function, and what was followed */
} Run;

typedef enum {
    FINE,
    OUTSIDE,
    AFTER,
    AFTER_UNSURE,
    LATER_SECTION,
    BEFORE_SECTION, /* read outside, followed inside */
} Fault;

/* One use of a protected pointer. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;
    HfSpot at;
    HfRcuPointer pointer;
    HfVerdict verdict;
    Fault fault;
} Use;

/* ---- judging ------------------------------------------------------------ */

static const HfHold *held_here(const HfRcu *r, HfHolds local)
{
    const HfHold *h = hf_holds_find(r->c->solved, local, r->token);

    return h && h->now == HF_HOLD_HELD && h->event != UINT32_MAX ? h : NULL;
}

/* The last place between two events that leaves a section. */
static const HfLockOp *section_end(const HfRcu *r, const HfFlow *flow,
                                   uint32_t after, uint32_t before)
{
    const HfLockOp *last = NULL;

    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->lock == r->token && op->kind == HF_LOCK_RELEASE &&
            op->event > after && op->event < before) {
            last = op;
        }
    }
    return last;
}

static gboolean nests(const HfRcu *r, const HfFlow *flow)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->lock == r->token && op->kind == HF_LOCK_ACQUIRE &&
            op->before.now == HF_HOLD_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Read in one section of this function, used in the next. */
static gboolean in_later_section(const HfRcu *r, const Use *u)
{
    const HfHold *then = held_here(r, u->pointer.held);
    const HfHold *now = held_here(r, u->at.local);

    return then && now && then->event != now->event &&
           u->pointer.read != UINT32_MAX && now->event > u->pointer.read &&
           !nests(r, u->flow) &&
           section_end(r, u->flow, u->pointer.read, now->event);
}

/* Read before this function's section began, in none of any caller. */
static gboolean read_before(const HfRcu *r, const Use *u, const HfX *locks,
                            guint n)
{
    const HfHold *now = held_here(r, u->at.local);
    const HfSpot then = { u->flow, u->pointer.held, u->at.object };

    return now && u->pointer.read != UINT32_MAX &&
           now->event > u->pointer.read && !nests(r, u->flow) &&
           hf_verdict_any(r->c, &then, locks, n).tri == HF_ABSENT;
}

static Fault judge(HfRcu *r, Use *u)
{
    HfX locks[HF_RCU_LOCKS];
    guint n = hf_rcu_alternatives(r, &u->pointer, locks);
    gboolean read_in_own = u->pointer.read != UINT32_MAX &&
                           held_here(r, u->pointer.held);

    u->verdict = hf_verdict_any(r->c, &u->at, locks, n);
    if (in_later_section(r, u)) {
        return LATER_SECTION;
    }
    if (read_before(r, u, locks, n)) {
        return BEFORE_SECTION;
    }
    if (u->verdict.tri == HF_HELD || held_here(r, u->at.local)) {
        return FINE;
    }
    if (read_in_own &&
        section_end(r, u->flow, u->pointer.read, u->event)) {
        /* held by some caller all the while? then nothing ended */
        return u->verdict.n_held ? FINE
               : u->verdict.tri == HF_ABSENT ? AFTER : AFTER_UNSURE;
    }
    return u->verdict.tri == HF_ABSENT ? OUTSIDE : FINE;
}

/* ---- the report --------------------------------------------------------- */

static char *pointer_text(const HfCheck *c, const Use *u)
{
    const HfRcuPointer *p = &u->pointer;

    if (p->place) {
        return hf_check_text(c, u->flow, p->place);
    }
    return g_strdup_printf("%s()", HF_PROGRAM_SYM(c->program,
                                                  p->reader)->name);
}

static char *pointer_key(const HfCheck *c, const Use *u)
{
    const HfRcuPointer *p = &u->pointer;

    if (p->place) {
        return hf_check_stable(c, p->place);
    }
    return g_strdup(HF_PROGRAM_SYM(c->program, p->reader)->name);
}

static HfTier tier_of(HfFinding *f, const HfCheck *c, const Use *u)
{
    if (u->verdict.n_held) {
        hf_finding_reason(f, "in a section in %u of %u contexts",
                          u->verdict.n_held, u->verdict.n_contexts);
    }
    if (hf_check_exempt(c, u->flow)) {
        f->reason_code = g_strdup("init_phase");
        hf_finding_reason(f, "runs in a phase the profile calls unshared");
        return HF_TIER_LOW;
    }
    switch (u->fault) {
    case AFTER:
        hf_finding_reason(f, "the section ends in this function");
        return HF_TIER_HIGH;
    case LATER_SECTION:
        hf_finding_reason(f, "another section does not keep it alive");
        return HF_TIER_MEDIUM;
    case BEFORE_SECTION:
        hf_finding_reason(f, "it may be gone before the section begins");
        return HF_TIER_MEDIUM;
    case AFTER_UNSURE:
        hf_finding_reason(f, "a caller may have a section of its own");
        return HF_TIER_MEDIUM;
    default:
        break;
    }
    if (u->verdict.ctx && u->verdict.ctx->complete &&
        u->verdict.ctx->n_slots == 0 && !u->verdict.n_held) {
        hf_finding_reason(f, "every way here from the thread's start is "
                             "known");
        return HF_TIER_HIGH;
    }
    return HF_TIER_MEDIUM;
}

static void tell_section(HfCheck *c, HfRcu *r, HfFinding *f, const Use *u,
                         int depth)
{
    const HfHold *h = held_here(r, u->pointer.held);
    const HfLockOp *end = section_end(r, u->flow, u->pointer.read, u->event);
    HfPlace at;

    if (h) {
        at = hf_check_place(u->flow, h->event);
        hf_finding_event(f, &at, "lock", depth, "A read section begins.");
    }
    at = hf_check_place(u->flow, u->pointer.read);
    hf_finding_event(f, &at, "note", depth, "The pointer is read here.");
    if (end) {
        at = hf_check_place(u->flow, end->event);
        hf_finding_event(f, &at, "unlock", depth,
                         "The section that keeps its target alive ends.");
    }
}

static const char *how(Fault fault)
{
    return fault == OUTSIDE ? "outside of a read section"
           : fault == BEFORE_SECTION
               ? "that was read before the read section began"
               : "after the read section that kept its target alive";
}

static gboolean first_time(Run *run, const Use *u, const char *key)
{
    gint64 id = (gint64)u->flow->sym << 32 | g_str_hash(key);

    if (g_hash_table_contains(run->told, &id)) {
        return FALSE;
    }
    g_hash_table_add(run->told, g_memdup2(&id, sizeof(id)));
    return TRUE;
}

static void report(HfCheck *c, Run *run, const Use *u, HfSymId callee)
{
    g_autofree char *pointer = pointer_text(c, u);
    g_autofree char *key = pointer_key(c, u);
    gboolean after = u->fault != OUTSIDE;
    HfPlace at = hf_check_place(u->flow, u->event);
    HfFinding *f;
    int depth;

    if (!first_time(run, u, key)) {
        return;
    }
    f = hf_check_finding(c, u->flow,
                         u->fault == BEFORE_SECTION ? "read_before_section"
                         : after ? "use_after_section" : "outside_section");
    depth = after ? 0 : hf_trace_context(c, f, u->flow, u->verdict.ctx);
    if (after) {
        tell_section(c, &run->rcu, f, u, depth);
    }
    if (callee) {
        hf_finding_main(f, &at, "rcu", depth,
                        "\"%s\" follows RCU-protected pointer \"%s\" %s.",
                        HF_PROGRAM_SYM(c->program, callee)->name, pointer,
                        how(u->fault));
    } else {
        hf_finding_main(f, &at, "rcu", depth,
                        "Following RCU-protected pointer \"%s\" %s.", pointer,
                        how(u->fault));
    }
    f->tier = tier_of(f, c, u);
    f->rule = g_strdup("rcu_protected");
    f->key_subject = g_steal_pointer(&key);
    f->key_lock = hf_check_stable(c, run->rcu.token);
    f->key_shape = g_strdup(f->subcategory);
    hf_findings_add(c->findings, f);
}

/* ---- uses --------------------------------------------------------------- */

static void consider(HfCheck *c, Run *run, Use *u, HfSymId callee)
{
    HfRcu *r = &run->rcu;

    u->fault = judge(r, u);
    if (u->fault == FINE || hf_rcu_writer_side(r, &u->at, &u->pointer) ||
        hf_rcu_is_pinned(r, u->flow, &u->pointer, u->event, u->at.local)) {
        return;
    }
    report(c, run, u, callee);
}

static void check_accesses(HfCheck *c, Run *run, const HfFlow *flow)
{
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        Use u = { .flow = flow, .event = a->event,
                  .at = { flow, a->must, a->path } };

        if (!a->fresh && hf_rcu_reached_by(&run->rcu, flow, a->path,
                                           a->event, &u.pointer)) {
            consider(c, run, &u, 0);
        }
    }
}

static void check_passed(HfCheck *c, Run *run, const HfFlow *flow,
                         const HfCall *call, HfSymId callee)
{
    for (guint i = 0; i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);
        Use u = { .flow = flow, .event = call->event,
                  .at = { flow, call->must, arg } };

        if (arg && !(call->fresh_args >> MIN(i, 31) & 1) &&
            hf_rcu_pointer_of(&run->rcu, flow, arg, call->event,
                              &u.pointer) &&
            hf_rcu_follows(&run->rcu, callee, i)) {
            consider(c, run, &u, callee);
        }
    }
}

/* ---- functions that need a section --------------------------------------- */

static const HfClause *needs_section(const HfRcu *r, HfSymId callee)
{
    const HfContract *k = hf_contract_of(r->c->solved->contracts, callee);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if ((cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED) &&
            hf_verdict_clause_has(cl, r->token)) {
            return cl;
        }
    }
    return NULL;
}

static guint in_callers_terms(HfRcu *r, const HfFlow *flow,
                              const HfCall *call, const HfClause *cl,
                              HfX locks[HF_RCU_LOCKS])
{
    guint n = r->n_locks;

    memcpy(locks, r->locks, n * sizeof(locks[0]));
    for (guint i = 0; i < cl->n_locks && n < HF_RCU_LOCKS; i++) {
        HfX x = hf_call_named(r->c->solved, flow, call, cl->locks[i]);

        if (x && x != r->token) {
            locks[n++] = hf_contract_canonical(r->c->solved->contracts, x);
        }
    }
    return n;
}

static void check_required(HfCheck *c, Run *run, const HfFlow *flow,
                           const HfCall *call, HfSymId callee)
{
    const HfClause *cl = needs_section(&run->rcu, callee);
    const char *name = HF_PROGRAM_SYM(c->program, callee)->name;
    Use u = { .flow = flow, .event = call->event,
              .at = { flow, call->must, 0 }, .fault = OUTSIDE };
    HfX locks[HF_RCU_LOCKS];
    HfFinding *f;
    HfPlace at;
    int depth;
    guint n;

    if (!cl) {
        return;
    }
    n = in_callers_terms(&run->rcu, flow, call, cl, locks);
    u.verdict = hf_verdict_any(c, &u.at, locks, n);
    if (u.verdict.tri != HF_ABSENT || !first_time(run, &u, name)) {
        return;
    }
    f = hf_check_finding(c, flow, "missing_requires");
    depth = hf_trace_context(c, f, flow, u.verdict.ctx);
    at = hf_check_place(flow, call->event);
    hf_finding_main(f, &at, "rcu", depth,
                    "Calling \"%s\" outside of the read section that it "
                    "requires.", name);
    if (cl->annot) {
        at = hf_check_place_of(c->program, cl->annot->unit, cl->annot->loc);
        hf_finding_event(f, &at, "note", depth, "It is required here.");
        f->rule = g_strdup(cl->annot->text);
    } else {
        f->rule = g_strdup_printf("%s:%d", cl->effect->place.file,
                                  cl->effect->place.line);
    }
    f->tier = tier_of(f, c, &u);
    f->key_subject = g_strdup(name);
    f->key_lock = hf_check_stable(c, run->rcu.token);
    f->key_shape = g_strdup("missing_requires");
    hf_findings_add(c->findings, f);
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *run = data;

    check_accesses(c, run, flow);
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);
        HfSymId callee;

        if (e->kind == HF_EV_CALL) {
            callee = flow->unit->symbols[e->sym];
            check_required(c, run, flow, call, callee);
            check_passed(c, run, flow, call, callee);
        }
    }
}

static void run_rcu(HfCheck *c)
{
    static const HfExcludedWords words = {
        "deadlock", "rcu",
        ", which waits until every read section has ended, this one too",
    };
    Run run = { 0 };

    hf_rcu_init(&run.rcu, c);
    if (!run.rcu.token) {
        return; /* neither the profile nor the program knows RCU */
    }
    run.told = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                     NULL);
    hf_check_each_flow(c, check_flow, &run);
    hf_excluded_check(c, run.rcu.token, &words);
    g_hash_table_unref(run.told);
    hf_rcu_clear(&run.rcu);
}

const HfChecker hf_checker_rcu = {
    .name = "RCU",
    .summary = "RCU-protected pointer used outside or after a read section",
    .cwe = 416,
    .impact = HF_IMPACT_HIGH,
    .run = run_rcu,
};
