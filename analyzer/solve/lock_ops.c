/* SPDX-License-Identifier: MIT */
/*
 * Taking and giving back.  A lock's row is relative to the function's entry:
 * releasing what was not taken here means that the caller held it.
 */
#include "solve/flow.h"

/* Per function; more are not followed. */
#define MAX_TAKES 32

static void record(HfRun *r, HfState *s, const HfLockUse *use,
                   HfLockOpKind kind)
{
    const HfHold *h = hf_state_hold(s, use->lock);
    HfLockOp op = {
        .event = use->event, .lock = use->lock, .kind = kind,
        .shared = use->shared, .conditional = use->conditional,
        .via = use->via,
    };

    if (!r->recording) {
        return;
    }
    if (h) {
        op.before = *h;
    }
    /* several states pass here: keep one row for each different "before" */
    for (guint i = r->out->lock_ops->len; i > 0; i--) {
        const HfLockOp *have =
            &g_array_index(r->out->lock_ops, HfLockOp, i - 1);

        if (have->event != use->event) {
            break;
        }
        if (have->lock == op.lock && have->kind == op.kind &&
            have->before.now == op.before.now &&
            have->before.delta == op.before.delta &&
            have->before.flags == op.before.flags) {
            return;
        }
    }
    g_array_append_val(r->out->lock_ops, op);
}

/* No lock at all (NULL), or none that can be told from others. */
static gboolean nameless(const HfRun *r, HfX lock)
{
    HfXKind root = hf_x(r->body.t, hf_x_root(r->body.t, lock))->kind;

    return !lock || root == HF_X_UNKNOWN || root == HF_X_CONST ||
           root == HF_X_STRING;
}

/* ---- what callers must not hold ----------------------------------------- */

static guint visible_facts(const HfRun *r, const HfState *s, HfFact *out,
                           guint n)
{
    for (int i = 0; i < s->n_facts && n < HF_TAKE_FACTS; i++) {
        const HfFact *f = &s->facts[i];

        if (!hf_x(r->body.t, f->key)->local && !(f->flags & HF_FACT_STORED)) {
            out[n++] = *f;
        }
    }
    return n;
}

/* Several states take it here: what is true in all of them. */
static void intersect_facts(HfTake *have, const HfTake *also)
{
    guint n = 0;

    for (guint i = 0; i < have->n_facts; i++) {
        for (guint k = 0; k < also->n_facts; k++) {
            if (have->facts[i].key == also->facts[k].key &&
                have->facts[i].kind == also->facts[k].kind &&
                have->facts[i].value == also->facts[k].value) {
                have->facts[n++] = have->facts[i];
                break;
            }
        }
    }
    have->n_facts = n;
}

void hf_lock_take(HfRun *r, const HfState *s, HfTake *take)
{
    GArray *takes = r->out->takes;

    if (nameless(r, take->lock) || hf_x(r->body.t, take->lock)->local ||
        hf_state_hold((HfState *)s, take->lock)) {
        return;
    }
    if (!r->always || r->always[take->event] != HF_ALWAYS) {
        guint own = visible_facts(r, s, take->facts, take->n_facts);

        take->maybe++;
        take->explained += own > take->n_facts;
        take->n_facts = own;
    }
    if (r->always && r->always[take->event] == HF_NEVER) {
        take->maybe++;
    }
    for (guint i = takes->len; i > 0; i--) {
        HfTake *have = &g_array_index(takes, HfTake, i - 1);

        if (have->lock == take->lock && have->event == take->event) {
            have->maybe = MAX(have->maybe, take->maybe);
            have->explained = MIN(have->explained, take->explained);
            intersect_facts(have, take);
            return;
        }
    }
    if (takes->len < MAX_TAKES) {
        g_array_append_val(takes, *take);
    }
}

/* ---- taking and giving back --------------------------------------------- */

/* Not once more by the holder: that hangs, and is reported; what follows is
 * not judged. */
static gboolean may_nest(const HfRun *r, const HfHold *h, const HfLockUse *use)
{
    return h->now != HF_HOLD_HELD || use->conditional ||
           (use->shared && h->flags & HF_HOLD_SHARED) ||
           hf_contract_is_recursive_in(r->solved->contracts, r->out->sym,
                                       use->lock);
}

/* What the lock is reached through is no null pointer. */
static void not_null(HfRun *r, HfState *s, HfX lock)
{
    HfX x = lock;

    while (x && hf_x(r->body.t, x)->kind != HF_X_DEREF) {
        x = hf_x(r->body.t, x)->parent;
    }
    if (x) {
        HfFact f = { .key = hf_x(r->body.t, x)->parent,
                     .kind = HF_FACT_NONZERO };

        hf_state_assume(&r->body, s, &f);
    }
}

void hf_lock_acquire(HfRun *r, HfState *s, const HfLockUse *use)
{
    HfHold *h;
    HfHold n = {
        .lock = use->lock, .now = HF_HOLD_HELD, .delta = 1,
        .flags = use->shared ? HF_HOLD_SHARED : 0, .event = use->event,
    };

    if (nameless(r, use->lock)) {
        return;
    }
    record(r, s, use, HF_LOCK_ACQUIRE);
    not_null(r, s, use->lock);
    if (r->recording && !use->via && !use->conditional) {
        HfTake take = { .event = use->event, .lock = use->lock,
                        .shared = use->shared };

        hf_lock_take(r, s, &take);
    }
    h = hf_state_hold(s, use->lock);
    if (h && h->delta > 0 && !may_nest(r, h, use)) {
        n.flags |= HF_HOLD_FORGOTTEN;
    }
    if (h) {
        n.delta = MIN(h->delta + 1, 3);
        n.flags |= h->flags & (HF_HOLD_DROPPED | HF_HOLD_FORGOTTEN);
        if (h->now == HF_HOLD_HELD && !(h->flags & HF_HOLD_SHARED)) {
            n.flags &= ~HF_HOLD_SHARED; /* a writer stays one */
        }
    }
    hf_state_set_hold(s, &n);
}

/* The function that took the lock is one that callers rely on to take it. */
static void taken_over(HfRun *r, const HfHold *h)
{
    const HfEvent *e;

    if (h->delta <= 0 || h->event >= r->body.fn->n_events) {
        return;
    }
    e = hf_flow_event(r->out, h->event);
    if (e->kind == HF_EV_CALL) {
        HfFlow *f = r->solved->flows[r->body.u->symbols[e->sym]];

        if (f) {
            f->taken_over = TRUE;
        }
    }
}

void hf_lock_release(HfRun *r, HfState *s, const HfLockUse *use)
{
    HfHold *h;
    HfHold n = {
        .lock = use->lock, .now = HF_HOLD_ABSENT, .delta = -1,
        .flags = HF_HOLD_DROPPED, .event = use->event,
    };

    if (nameless(r, use->lock)) {
        return;
    }
    h = hf_state_hold(s, use->lock);
    if (h || !s->landed) { /* else whoever jumped here may have held it */
        record(r, s, use, HF_LOCK_RELEASE);
    }
    if (!h && use->conditional &&
        hf_contract_is_recursive_in(r->solved->contracts, r->out->sym,
                                    use->lock)) {
        return; /* maybe one level of several, and not one taken here */
    }
    if (!h) {
        hf_state_set_hold(s, &n);
        return;
    }
    taken_over(r, h);
    n.flags |= h->flags & HF_HOLD_FORGOTTEN;
    if (h->now == HF_HOLD_ABSENT) {
        n.delta = h->delta; /* a double unlock is reported, not counted */
        n.flags = h->flags;
    } else if (h->delta > 1) {
        n.delta = h->delta - 1;
        n.now = HF_HOLD_HELD;
        n.flags = h->flags;
        n.event = h->event;
    } else if (h->delta == 1 && !(h->flags & HF_HOLD_DROPPED) &&
               hf_contract_is_recursive_in(r->solved->contracts, r->out->sym,
                                       use->lock)) {
        /* whether an outer level is held is as open as on entry */
        hf_state_drop_hold(s, use->lock);
        return;
    } else if (h->delta == 1) {
        n.delta = 0;
        n.flags = h->flags & ~(HF_HOLD_ASSUMED | HF_HOLD_SHARED);
    }
    hf_state_set_hold(s, &n);
}

void hf_lock_drop_and_retake(HfRun *r, HfState *s, const HfLockUse *use)
{
    HfHold *h;

    if (nameless(r, use->lock)) {
        return;
    }
    record(r, s, use, HF_LOCK_RELEASE);
    h = hf_state_hold(s, use->lock);
    if (h && h->now == HF_HOLD_HELD) {
        h->flags |= h->delta <= 0 ? HF_HOLD_DROPPED : 0;
        return;
    }
    if (h && h->now == HF_HOLD_ABSENT) {
        /* known not to be held: not this way through the callee, or a
         * mistake after which nothing is judged */
        if (!use->conditional) {
            h->now = HF_HOLD_HELD;
            h->flags |= HF_HOLD_DROPPED | HF_HOLD_ASSUMED | HF_HOLD_FORGOTTEN;
            h->event = use->event;
        }
        return;
    }
    hf_state_set_hold(s, &(HfHold){
        .lock = use->lock, .now = HF_HOLD_HELD, .event = use->event,
        .flags = HF_HOLD_DROPPED | HF_HOLD_ASSUMED,
    });
}

void hf_lock_assume(HfRun *r, HfState *s, HfX lock, HfHoldNow now,
                    gboolean shared, uint32_t event)
{
    const HfHold *h = hf_state_hold(s, lock);
    HfHold n = {
        .lock = lock, .now = now, .event = event,
        .flags = HF_HOLD_ASSUMED | (shared ? HF_HOLD_SHARED : 0),
    };

    if (nameless(r, lock) || (h && h->now == now)) {
        return;
    }
    if (h) {
        n.delta = h->delta;
        n.flags |= h->flags & HF_HOLD_DROPPED;
    }
    hf_state_set_hold(s, &n);
}
