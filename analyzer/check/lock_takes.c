/* SPDX-License-Identifier: MIT */
/* LOCK: taking what one holds already, here or in a callee. */
#include "check/lock.h"

#define MAX_DOWN 5

static gboolean worth(const HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const HfHold *h = &op->before;

    return op->kind == HF_LOCK_ACQUIRE && h->now == HF_HOLD_HELD &&
           !(h->flags & HF_HOLD_FORGOTTEN) &&
           /* not ours: a callee is believed to have given it back, and taken
            * it again */
           (~h->flags & (HF_HOLD_ASSUMED | HF_HOLD_DROPPED)) &&
           !(op->shared && h->flags & HF_HOLD_SHARED) &&
           !hf_lock_inherited_leak(l, flow, h) &&
           hf_lock_nameable(l, op->lock) && !hf_lock_is_token(l, op->lock) &&
           !hf_contract_is_recursive_in(l->check->solved->contracts,
                                        flow->sym, op->lock);
}

static const char *mode_problem(const HfLockOp *op)
{
    if (op->before.flags & HF_HOLD_SHARED && !op->shared) {
        return "already held in shared mode: the holder waits for itself";
    }
    if (op->shared && !(op->before.flags & HF_HOLD_SHARED)) {
        return "already held in exclusive mode";
    }
    return NULL;
}

static HfFinding *start(HfLocks *l, const HfFlow *flow, const HfLockOp *op,
                        gboolean wrong_mode)
{
    HfFinding *f = hf_check_finding(l->check, flow,
                                    wrong_mode ? "wrong_mode" : "double_lock");

    hf_trace_hold(l->check, f, flow, &op->before, 0);
    if (op->before.event == UINT32_MAX) {
        hf_finding_reason(f, "the function's contract says that it is held");
    } else {
        hf_finding_reason(f, "held on the path that leads here");
    }
    return f;
}


HfTier hf_lock_doubt(HfFinding *f, const HfFlow *flow, const HfHold *h)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->event == h->event && op->via && op->conditional) {
            hf_finding_reason(f, "so on some ways through a callee only");
            return HF_TIER_MEDIUM;
        }
    }
    return HF_TIER_HIGH;
}

static void report_double(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const char *mode = mode_problem(op);
    HfFinding *f = start(l, flow, op, mode != NULL);
    g_autofree char *lock = hf_check_text(l->check, flow, op->lock);
    HfPlace place = hf_check_place(flow, op->event);

    hf_finding_main(f, &place, mode ? "wrong_mode" : "double_lock", 0,
                    "Locking \"%s\", which is %s.", lock,
                    mode ? mode : "already held");
    hf_lock_finish(l, flow, f, op->lock, mode ? "mode" : "double_lock",
                   hf_lock_doubt(f, flow, &op->before));
}

/* ---- in a callee -------------------------------------------------------- */

static const HfTake *take_of(const HfFlow *f, gboolean shared, gpointer kind,
                             const HfLocks *l)
{
    for (guint i = 0; i < f->takes->len; i++) {
        const HfTake *t = &g_array_index(f->takes, HfTake, i);

        if (t->shared == shared && hf_lock_kind(l->check, t->lock) == kind) {
            return t;
        }
    }
    return NULL;
}

/* Down to the place where the callee, or one of its own, takes the lock. */
static void trace_down(const HfLocks *l, HfFinding *f, const HfLockOp *op)
{
    const HfCheck *c = l->check;
    const HfFlow *flow = c->solved->flows[op->via];
    gpointer kind = hf_lock_kind(l->check, op->lock);

    for (int depth = 1; flow && depth <= MAX_DOWN; depth++) {
        const HfTake *t = take_of(flow, op->shared, kind, l);
        HfPlace place;

        if (!t && depth == 1) {
            /* the lock is an argument of the callee's: any take will do */
            t = take_of(flow, op->shared, NULL, l);
        }
        if (!t) {
            return;
        }
        place = hf_check_place(flow, t->event);
        if (!t->via) {
            g_autofree char *lock = hf_check_text(c, flow, t->lock);

            hf_finding_event(f, &place, "lock", depth, "Locking \"%s\".",
                             lock);
            return;
        }
        hf_finding_event(f, &place, "call", depth, "Calling \"%s\".",
                         HF_PROGRAM_SYM(c->program, t->via)->name);
        kind = hf_lock_kind(l->check, t->lock);
        flow = c->solved->flows[t->via];
    }
}

/* Said by the callee's declaration: LOCK_CONTRACT's to report. */
static gboolean declared(const HfLocks *l, const HfLockOp *op)
{
    const HfContract *k =
        hf_contract_of(l->check->solved->contracts, op->via);

    return HF_CONTRACT_HAS(k, HF_EFF_EXCLUDES);
}

static void report_relock(HfLocks *l, const HfFlow *flow, const HfLockOp *op)
{
    const char *callee =
        HF_PROGRAM_SYM(l->check->program, op->via)->name;
    const char *mode = mode_problem(op);
    HfFinding *f = start(l, flow, op, mode != NULL);
    g_autofree char *lock = hf_check_text(l->check, flow, op->lock);
    HfPlace place = hf_check_place(flow, op->event);
    HfTier tier = hf_lock_doubt(f, flow, &op->before);

    hf_finding_main(f, &place, mode ? "wrong_mode" : "double_lock", 0,
                    "Calling \"%s\", which locks \"%s\"; it is %s.", callee,
                    lock, mode ? mode : "already held here");
    trace_down(l, f, op);
    if (op->maybe > 1) {
        hf_finding_reason(f, "only if %u conditions on the way down are met",
                          op->maybe);
        tier = HF_TIER_LOW;
    } else if (op->maybe || op->conditional) {
        hf_finding_reason(f, "\"%s\" takes it under a condition", callee);
        tier = HF_TIER_MEDIUM;
    }
    hf_lock_finish(l, flow, f, op->lock, mode ? "mode" : "double_lock",
                   tier);
}

static gboolean seen_before(const GArray *rows, guint i)
{
    const HfLockOp *op = &g_array_index(rows, HfLockOp, i);

    while (i > 0) {
        const HfLockOp *o = &g_array_index(rows, HfLockOp, --i);

        if (o->event != op->event) {
            return FALSE;
        }
        if (o->lock == op->lock && o->kind == op->kind &&
            o->before.now == op->before.now) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- through a function pointer ------------------------------------------ */

/* It takes what the caller of the pointer holds: the same object is handed
 * down. */
static void judge_target(HfLocks *l, const HfFlow *flow, const HfCall *call,
                         HfSymId target)
{
    const HfSolved *s = l->check->solved;
    const HfFlow *f = s->flows[target];

    for (guint i = 0; f && !f->skip && i < f->takes->len; i++) {
        const HfTake *t = &g_array_index(f->takes, HfTake, i);
        HfX lock = hf_call_named(s, flow, call, t->lock);
        const HfHold *h =
            lock ? hf_holds_find(s, call->must,
                                 hf_contract_canonical(s->contracts, lock))
                 : NULL;
        HfLockOp op = {
            .event = call->event, .kind = HF_LOCK_ACQUIRE, .via = target,
            .shared = t->shared, .maybe = t->maybe, .conditional = TRUE,
        };

        if (!h || t->maybe > 1 || h->delta <= 0) {
            continue;
        }
        op.lock = h->lock;
        op.before = *h;
        if (worth(l, flow, &op) && !declared(l, &op)) {
            report_relock(l, flow, &op);
            return;
        }
    }
}

/* More functions than that are a custom of the program: which of them it is
 * cannot be told from their number. */
#define MAX_TARGETS 4

static void check_pointers(HfLocks *l, const HfFlow *flow)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfSymId *targets;
        HfFieldId slot;
        guint n;

        if (!call->must || hf_flow_event(flow, call->event)->kind !=
                               HF_EV_CALL_INDIRECT) {
            continue;
        }
        n = hf_call_targets(l->check->solved, flow, call, &targets, &slot);
        for (guint k = 0; n > 1 && n <= MAX_TARGETS && k < n; k++) {
            judge_target(l, flow, call, targets[k]);
        }
    }
}

void hf_lock_check_takes(HfLocks *l, const HfFlow *flow)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (!op->via && !op->conditional && worth(l, flow, op) &&
            !seen_before(flow->lock_ops, i)) {
            report_double(l, flow, op);
        }
    }
    for (guint i = 0; i < flow->relocks->len; i++) {
        const HfLockOp *op = &g_array_index(flow->relocks, HfLockOp, i);

        if (worth(l, flow, op) && !declared(l, op) &&
            !seen_before(flow->relocks, i)) {
            report_relock(l, flow, op);
        }
    }
    check_pointers(l, flow);
}
