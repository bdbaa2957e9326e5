/* SPDX-License-Identifier: MIT */
/*
 * LOCK: giving back what is not held.
 *
 * A function that gives back what it did not take relies on its callers.  If
 * none of them holds the lock, the fault is here; if some do, the others are
 * at fault, and it is reported where they call.  So for each function both
 * its own releases and those of its callees are looked at.
 */
#include "check/lock.h"

/* Calls followed down to the one that gives a lock back. */
#define CALLEE_DEPTH 4

/* ---- what the paths here say -------------------------------------------- */

/* On another path to the same place the lock was taken. */
static const HfHold *taken_elsewhere(const HfFlow *flow, const HfLockOp *op)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *o = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (o->event == op->event && o->lock == op->lock &&
            o->kind == HF_LOCK_RELEASE && o->before.now == HF_HOLD_HELD &&
            o->before.delta > 0) {
            return &o->before;
        }
    }
    return NULL;
}

/* Every way through the callee gives it back, if only for a while.  name: what
 * the callee calls it. */
static gboolean always_drops(const HfLocks *l, HfSymId callee, HfX name)
{
    const HfFlow *f = l->check->solved->flows[callee];

    if (!f || !f->exits || !f->exits->len) {
        return FALSE;
    }
    for (guint i = 0; i < f->exits->len; i++) {
        const HfExit *ex = &g_array_index(f->exits, HfExit, i);
        const HfHold *h = hf_holds_find(l->check->solved, ex->holds, name);

        if (!h || (h->delta >= 0 && !(h->flags & HF_HOLD_DROPPED))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The callee's name for the lock that the call releases. */
static HfX callee_name(const HfLocks *l, const HfFlow *flow,
                       const HfLockOp *op)
{
    const HfSolved *s = l->check->solved;
    const HfFlow *f = s->flows[op->via];
    const HfCall *call = NULL;

    for (guint i = 0; i < flow->calls->len && !call; i++) {
        const HfCall *row = &g_array_index(flow->calls, HfCall, i);

        call = row->event == op->event ? row : NULL;
    }
    for (guint i = 0; call && f && i < f->exits->len; i++) {
        const HfExit *ex = &g_array_index(f->exits, HfExit, i);
        guint n;
        const HfHold *h = hf_holds(s, ex->holds, &n);

        for (guint k = 0; k < n; k++) {
            HfX x = hf_call_named(s, flow, call, h[k].lock);

            if (x && hf_contract_canonical(s->contracts, x) == op->lock) {
                return h[k].lock;
            }
        }
    }
    return 0;
}

static gboolean retakes(const HfLocks *l, const HfFlow *flow,
                        const HfLockOp *op)
{
    const HfEvent *e = hf_flow_event(flow, op->event);
    const HfContract *k = NULL;

    if (e->kind == HF_EV_CALL) {
        k = hf_contract_of(l->check->solved->contracts,
                           flow->unit->symbols[e->sym]);
    }
    return HF_CONTRACT_HAS(k, HF_EFF_DROP_AND_RETAKE);
}

/* Only a call that waits gives it back, here or further down: of a named
 * capability it is said of the whole call, whoever the caller is. */
static gboolean only_waits(const HfLocks *l, const HfFlow *flow,
                           const HfLockOp *op, guint depth)
{
    const HfFlow *f;
    HfX name;

    if (!op->via) {
        return retakes(l, flow, op);
    }
    f = l->check->solved->flows[op->via];
    name = f && depth ? callee_name(l, flow, op) : 0;
    for (guint i = 0; name && i < f->lock_ops->len; i++) {
        const HfLockOp *o = &g_array_index(f->lock_ops, HfLockOp, i);

        if (o->kind == HF_LOCK_RELEASE && o->lock == name &&
            !only_waits(l, f, o, depth - 1)) {
            return FALSE;
        }
    }
    return name != 0;
}

/* ---- findings ----------------------------------------------------------- */

static void main_event(HfLocks *l, HfFinding *f, const HfFlow *flow,
                       const HfLockOp *op, const char *tag, const char *why)
{
    g_autofree char *lock = hf_check_text(l->check, flow, op->lock);
    HfPlace place = hf_check_place(flow, op->event);
    const char *callee =
        op->via ? HF_PROGRAM_SYM(l->check->program, op->via)->name : NULL;

    if (callee) {
        hf_finding_main(f, &place, tag, 0,
                        "Calling \"%s\", which unlocks \"%s\"; it is %s.",
                        callee, lock, why);
    } else if (retakes(l, flow, op)) {
        hf_finding_main(f, &place, tag, 0,
                        "This call gives \"%s\" back while it waits; it is "
                        "%s.", lock, why);
    } else {
        hf_finding_main(f, &place, tag, 0, "Unlocking \"%s\", which is %s.",
                        lock, why);
    }
}

static void report_double(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const HfHold *h = &op->before;
    gboolean told = h->flags & HF_HOLD_ASSUMED;
    const char *sub = told ? "unlock_not_held" : "double_unlock";
    gboolean waits = op->via &&
        hf_contract_cap_rule(l->check->solved->contracts, op->lock) &&
        only_waits(l, flow, op, CALLEE_DEPTH);
    HfFinding *f = hf_check_finding(l->check, flow, sub);

    hf_trace_hold(l->check, f, flow, h, 0);
    main_event(l, f, flow, op, sub,
               told ? "known not to be held here" : "already unlocked");
    hf_finding_reason(f, told && h->event == UINT32_MAX
                             ? "the function's contract says that it is not "
                               "held"
                             : "on the path that leads here");
    if (waits) {
        hf_finding_reason(f, "only a call that waits gives it back");
    }
    hf_lock_finish(l, flow, f, op->lock, sub,
                   waits ? HF_TIER_LOW : hf_lock_doubt(f, flow, h));
}

static void report_unheld(HfLocks *l, const HfFlow *flow, const HfLockOp *op,
                          const HfHold *elsewhere, const char *reason,
                          HfTier tier)
{
    HfFinding *f = hf_check_finding(l->check, flow, "unlock_not_held");
    const HfContext *ctx =
        flow->contexts->len ? &g_array_index(flow->contexts, HfContext, 0)
                            : NULL;

    if (tier == HF_TIER_HIGH && ctx && !ctx->parent) {
        hf_trace_context(l->check, f, flow, ctx);
    }
    if (elsewhere) {
        g_autofree char *lock = hf_check_text(l->check, flow, op->lock);
        HfPlace place = hf_check_place(flow, elsewhere->event);

        hf_finding_event(f, &place, "note", 0,
                         "\"%s\" is locked here, on another path.", lock);
    }
    main_event(l, f, flow, op, "unlock_not_held", "not held here");
    hf_finding_reason(f, "%s", reason);
    hf_lock_finish(l, flow, f, op->lock, "unlock_not_held", tier);
}

/* ---- releases by a primitive -------------------------------------------- */

static gboolean kind_in(const HfLocks *l, GHashTable *set, HfX lock)
{
    gpointer kind = hf_lock_kind(l->check, lock);

    return kind && g_hash_table_contains(set, kind);
}

/* Written into a macro that takes the lock again: made for callers of all
 * kinds, it may never get there for this one. */
static gboolean in_waiting_macro(const HfFlow *flow, const HfLockOp *op)
{
    const HfLoc *at = hf_flow_loc(flow, op->event);

    for (guint i = 0; at->macro && i < flow->lock_ops->len; i++) {
        const HfLockOp *o = &g_array_index(flow->lock_ops, HfLockOp, i);
        const HfLoc *l = hf_flow_loc(flow, o->event);

        if (o->kind == HF_LOCK_ACQUIRE && o->lock == op->lock &&
            l->macro == at->macro && l->line == at->line &&
            l->col == at->col) {
            return TRUE;
        }
    }
    return FALSE;
}

static void judge_own(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const HfHold *elsewhere = taken_elsewhere(flow, op);
    HfCallerHolds up;

    hf_lock_callers(l->check, flow->sym, op->lock, &up);
    if (up.held || up.entry == HF_HELD) {
        return; /* a helper; callers that do not hold it are told */
    }
    if (in_waiting_macro(flow, op)) {
        report_unheld(l, flow, op, elsewhere,
                      "in a macro that waits, perhaps in another way here",
                      HF_TIER_LOW);
        return;
    }
    if (up.entry == HF_ABSENT && !up.n) {
        report_unheld(l, flow, op, elsewhere,
                      elsewhere ? "taken on another path only"
                                : "nobody is above this function to have "
                                  "taken it", HF_TIER_HIGH);
    } else if (elsewhere) {
        report_unheld(l, flow, op, elsewhere, "taken on another path only",
                      up.n && up.absent == up.n ? HF_TIER_HIGH
                                                : HF_TIER_MEDIUM);
    } else if (up.n && up.absent == up.n) {
        report_unheld(l, flow, op, NULL, "no caller holds it", HF_TIER_HIGH);
    } else if (up.n && !up.open &&
               !HF_PROGRAM_SYM(l->check->program, flow->sym)->address_taken) {
        report_unheld(l, flow, op, NULL, "no caller is seen to hold it",
                      kind_in(l, l->bare_acquires, op->lock)
                          ? HF_TIER_LOW : HF_TIER_MEDIUM);
    } else if (l->strict && !up.aliased &&
               !kind_in(l, l->bare_acquires, op->lock)) {
        report_unheld(l, flow, op, NULL, "functions that need a lock of their "
                                         "callers say so in this program",
                      HF_TIER_MEDIUM);
    }
}

/* ---- releases by a callee ----------------------------------------------- */

/* The function that calls without holding the lock; others do hold it. */
static void report_call(HfLocks *l, const HfFlow *flow, const HfLockOp *op,
                        const HfCallerHolds *others, HfTier tier)
{
    HfFinding *f = hf_check_finding(l->check, flow, "unlock_not_held");
    const char *callee = HF_PROGRAM_SYM(l->check->program, op->via)->name;
    HfPlace at = hf_check_place(others->example, others->example_event);

    if (flow->contexts->len) {
        hf_trace_context(l->check, f, flow,
                         &g_array_index(flow->contexts, HfContext, 0));
    }
    main_event(l, f, flow, op, "unlock_not_held", "not held here");
    hf_finding_event(f, &at, "example_access", 0,
                     "\"%s\" is called with the lock held.", callee);
    hf_finding_reason(f, "held at %u of the %u calls of \"%s\"",
                      others->held, others->n, callee);
    hf_lock_finish(l, flow, f, op->lock, "unlock_not_held", tier);
}

/* As far up as can be seen, nobody holds it. */
static gboolean unheld_at_root(const HfLocks *l, const HfFlow *flow, HfX lock,
                               const HfCallerHolds *up)
{
    if (up->n) {
        return up->unheld || up->absent;
    }
    return !hf_contract_cap_rule(l->check->solved->contracts, lock) &&
           !HF_PROGRAM_SYM(l->check->program, flow->sym)->address_taken;
}

/* frob_locked(): by custom, callers hold what it needs. */
static gboolean says_locked(const HfLocks *l, const HfFlow *flow)
{
    const char *name = HF_PROGRAM_SYM(l->check->program, flow->sym)->name;

    return g_str_has_suffix(name, "_locked") ||
           g_str_has_suffix(name, "_unlocked") ||
           g_str_has_prefix(name, "__");
}

static void judge_call(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    HfX name = callee_name(l, flow, op);
    gboolean certain = name && always_drops(l, op->via, name);
    gboolean is_cap = hf_contract_cap_rule(l->check->solved->contracts,
                                           op->lock) != NULL;
    HfCallerHolds up, others;

    /* taken on another path: a conditional pair of helpers, as far as can be
     * told from here */
    if (!name || taken_elsewhere(flow, op) || (!certain && is_cap)) {
        return;
    }
    hf_lock_callers(l->check, flow->sym, op->lock, &up);
    if (up.held || up.entry == HF_HELD) {
        return;
    }
    hf_lock_callers(l->check, op->via, name, &others);
    if (!others.held) {
        return; /* told in the callee, if at all */
    }
    if (certain && ((up.entry == HF_ABSENT && !up.n) ||
                    (up.n && up.absent == up.n))) {
        report_call(l, flow, op, &others, HF_TIER_HIGH);
    } else if (others.held * 2 >= others.n &&
               unheld_at_root(l, flow, op->lock, &up)) {
        report_call(l, flow, op, &others,
                    says_locked(l, flow) ? HF_TIER_LOW : HF_TIER_MEDIUM);
    }
}

/* ---- all of them -------------------------------------------------------- */

static gboolean declared(const HfLocks *l, const HfFlow *flow, HfX lock)
{
    const HfContract *k =
        hf_contract_of(l->check->solved->contracts, flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        for (guint n = 0; n < cl->n_locks; n++) {
            if (cl->locks[n] == lock) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean first_of_kind(const HfFlow *flow, guint i)
{
    const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

    while (i > 0) {
        const HfLockOp *o = &g_array_index(flow->lock_ops, HfLockOp, --i);

        if (o->event != op->event) {
            break;
        }
        if (o->lock == op->lock && o->kind == op->kind &&
            (o->before.lock != 0) == (op->before.lock != 0) &&
            o->before.now == op->before.now) {
            return FALSE;
        }
    }
    return TRUE;
}

static void judge(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const HfHold *h = &op->before;

    if (h->lock && h->now == HF_HOLD_ABSENT) {
        /* how often the caller holds it is not known */
        if (h->delta < 0 &&
            hf_contract_is_recursive_in(l->check->solved->contracts,
                                        flow->sym, op->lock)) {
            return;
        }
        /* a callee that gives it back under a condition of its own may well
         * know better */
        if (!op->via || !op->conditional) {
            report_double(l, flow, op);
        }
        return;
    }
    if (h->lock || hf_x(l->check->solved->exprs, op->lock)->local ||
        declared(l, flow, op->lock) ||
        (hf_lock_is_token(l, op->lock) && !taken_elsewhere(flow, op))) {
        return;
    }
    if (op->via) {
        judge_call(l, flow, op);
    } else {
        judge_own(l, flow, op);
    }
}

void hf_lock_check_releases(HfLocks *l, const HfFlow *flow)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_RELEASE && op->before.now != HF_HOLD_HELD &&
            !(op->before.flags & HF_HOLD_FORGOTTEN) &&
            hf_lock_nameable(l, op->lock) && !hf_lock_is_stale(l, op->lock) &&
            (!hf_lock_is_token(l, op->lock) ||
             hf_lock_is_own_section(l, flow, op->lock)) &&
            first_of_kind(flow, i)) {
            judge(l, flow, op);
        }
    }
}
