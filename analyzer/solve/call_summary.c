/* SPDX-License-Identifier: MIT */
/*
 * call_summary.c - a call of a function with a body: one state for each way
 * out of it, with the locks it took and gave back, what it stored, and what is
 * known of its result.
 */
#include "solve/calls.h"

#include <string.h>

/* Whatever way the callee was left, it is held: then it was asserted, or
 * taken if need be.  A mere question on one of the ways tells nothing. */
static gboolean held_at_all_exits(const HfCallRun *c, const HfFlow *f,
                                  HfX lock)
{

    for (guint i = 0; i < f->exits->len; i++) {
        const HfHold *h = hf_holds_find(
            c->r->solved, g_array_index(f->exits, HfExit, i).holds, lock);

        if (!h || h->now != HF_HOLD_HELD) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a callee with too many paths does to a lock is no proof. */
static void doubt(const HfFlow *callee, HfState *s, HfX lock)
{
    HfHold *h = hf_state_hold(s, lock);

    if (h && callee->imprecise) {
        h->flags |= HF_HOLD_FORGOTTEN;
    }
}

/* Taken or given back on some ways, nobody knows which: not judged from here
 * on, unless it was known here and still is. */
static void unsure(const HfCallRun *c, HfState *s, HfX lock)
{
    HfHold *have = hf_state_hold(s, lock);

    if (hf_x(c->r->body.t, lock)->kind == HF_X_CAP) {
        return;
    }
    if (have) {
        have->flags |= HF_HOLD_FORGOTTEN;
        return;
    }
    hf_state_set_hold(s, &(HfHold){
        .lock = lock, .now = HF_HOLD_HELD, .event = c->event,
        .flags = HF_HOLD_ASSUMED | HF_HOLD_FORGOTTEN,
    });
}

static void apply_hold(const HfCallRun *c, HfState *s, const HfCallArgs *args,
                       const HfHold *h, gboolean conditional)
{
    HfLockUse use = {
        .lock = hf_call_lock_here(c, s, args, h->lock), .event = c->event,
        .shared = h->flags & HF_HOLD_SHARED, .via = c->sym,
        .conditional = conditional,
    };
    HfHold *have;

    if (!use.lock) {
        return;
    }
    if (h->flags & HF_HOLD_FORGOTTEN) {
        unsure(c, s, use.lock);
    } else if (h->delta > 0) {
        hf_lock_acquire(c->r, s, &use);
        doubt(args->summary, s, use.lock);
    } else if (h->delta < 0) {
        hf_lock_release(c->r, s, &use);
        doubt(args->summary, s, use.lock);
    } else if (h->flags & HF_HOLD_DROPPED) {
        hf_lock_drop_and_retake(c->r, s, &use);
    } else if (h->now == HF_HOLD_HELD && h->event != UINT32_MAX &&
               hf_x(c->r->body.t, use.lock)->kind == HF_X_CAP &&
               held_at_all_exits(c, args->summary, h->lock)) {
        have = hf_state_hold(s, use.lock);
        if (!have) { /* it asserted, and came back */
            hf_lock_assume(c->r, s, use.lock, HF_HOLD_HELD, use.shared,
                           c->event);
            have = hf_state_hold(s, use.lock);
            if (have) {
                have->flags |= h->flags & HF_HOLD_MOVED;
            }
        }
    }
}

/* A number or a pointer inside an object: what else would its address be
 * passed for. */
static gboolean is_scalar_member(const HfCallRun *c, const HfXNode *n)
{
    return n->kind == HF_X_FIELD &&
           HF_PROGRAM_FIELD(c->r->solved->program, n->ref)->type_flags &
               (HF_TYPE_INTEGRAL | HF_TYPE_POINTER);
}

/* A callee given &local may change it, or &object->number. */
void hf_call_clobber_locals(const HfCallRun *c, HfState *s,
                            const HfCallArgs *args)
{
    HfXTable *t = c->r->body.t;

    if (c->e->flags & HF_EV_CLEANUP) {
        return;
    }
    for (guint i = 0; i < args->n; i++) {
        HfXNode n = *hf_x(t, args->v[i]);

        if (args->v[i] && n.kind == HF_X_ADDR &&
            hf_x(t, n.parent)->kind == HF_X_LOCAL) {
            hf_state_assign(&c->r->body, s, hf_x(t, n.parent)->ref, 0);
        } else if (args->v[i] && n.kind == HF_X_ADDR &&
                   is_scalar_member(c, hf_x(t, n.parent))) {
            hf_state_stored(&c->r->body, s, n.parent);
        }
    }
}

/* What the callee wrote is known now. */
static void apply_stored(const HfCallRun *c, HfState *s, const HfCallArgs *args,
                         const HfFact *fact)
{
    HfXTable *t = c->r->body.t;
    HfX object = hf_x_to_caller(t, fact->key, args->v, args->n);
    HfFact f = *fact;

    if (object && hf_x(t, object)->kind == HF_X_LOCAL) {
        if (f.kind == HF_FACT_EQ || f.kind == HF_FACT_ZERO) {
            hf_state_assign(&c->r->body, s, hf_x(t, object)->ref,
                            hf_x_const(t, f.kind == HF_FACT_EQ ? f.value : 0));
        }
        return;
    }
    f.key = object ? hf_state_resolve(&c->r->body, s, object) : 0;
    if (f.key && hf_x(t, f.key)->kind != HF_X_UNKNOWN) {
        hf_state_stored(&c->r->body, s, f.key);
        if (f.kind == HF_FACT_EQ || f.kind == HF_FACT_ZERO) {
            hf_state_note(&c->r->body, s, f.key,
                          hf_x_const(t, f.kind == HF_FACT_EQ ? f.value : 0));
        }
        hf_state_assume(&c->r->body, s, &f);
    }
}

/* What the callee found out on this way; FALSE: not from this state. */
static gboolean assume_exit(const HfCallRun *c, HfState *s,
                            const HfCallArgs *args, const HfExit *ex)
{
    for (guint i = 0; ex->facts && i < ex->facts->len; i++) {
        HfFact f = g_array_index(ex->facts, HfFact, i);

        if (f.flags & HF_FACT_STORED) {
            continue;
        }
        f.key = hf_call_here(c, s, args, f.key);
        if (f.key && !hf_state_assume(&c->r->body, s, &f)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Is there more than one way through the callee from this state? */
static gboolean has_choice(const HfCallRun *c, const HfState *s,
                           const HfCallArgs *args, const GArray *exits)
{
    guint n = 0;

    if (exits->len < 2) {
        return FALSE;
    }
    for (guint i = 0; i < exits->len && n < 2; i++) {
        n += assume_exit(c, hf_run_copy(c->r, s), args,
                         &g_array_index(exits, HfExit, i));
    }
    return n > 1;
}

static gboolean apply_exit(const HfCallRun *c, HfState *s,
                           const HfCallArgs *args,
                           const HfExit *ex, gboolean conditional)
{
    const HfHold *h;
    guint n;

    if (!assume_exit(c, s, args, ex)) {
        return FALSE;
    }
    h = hf_holds(c->r->solved, ex->holds, &n);
    for (guint i = 0; i < n; i++) {
        apply_hold(c, s, args, &h[i], conditional);
    }
    hf_call_clobber_locals(c, s, args);
    for (guint i = 0; ex->facts && i < ex->facts->len; i++) {
        const HfFact *f = &g_array_index(ex->facts, HfFact, i);

        if (f->flags & HF_FACT_STORED) {
            apply_stored(c, s, args, f);
        }
    }
    if (args->summary->returns_fresh && !ex->value &&
        ex->result != HF_RESULT_ZERO) {
        hf_state_add_fresh(s, hf_x_leaf(c->r->body.t, HF_X_TEMP, c->event));
    }
    if (ex->value) {
        HfX v = hf_x_to_caller(c->r->body.t, ex->value, args->v, args->n);

        v = v ? hf_state_resolve(&c->r->body, s, v) : 0;
        if (v) {
            hf_state_set_temp(&c->r->body, s, c->event, v);
            return TRUE;
        }
    }
    if (ex->result != HF_RESULT_ANY) {
        HfFact f = hf_call_result_fact(c, ex->result == HF_RESULT_NONZERO);

        return hf_state_assume(&c->r->body, s, &f);
    }
    return TRUE;
}

/* FALSE: the callee does not return from this state. */
gboolean hf_call_apply_summary(const HfCallRun *c, HfStates *states,
                               HfState *s, const HfCallArgs *args)
{
    const HfFlow *f = args->summary;
    HfState *original;
    gboolean any = FALSE, conditional;

    if (!f || !f->exits || f->skip) {
        hf_call_clobber_locals(c, s, args);
        return TRUE;
    }
    if (!f->returns_at_all) {
        return FALSE;
    }
    conditional = has_choice(c, s, args, f->exits);
    original = f->exits->len > 1 ? hf_run_copy(c->r, s) : NULL;
    for (guint i = 0; i < f->exits->len; i++) {
        const HfExit *ex = &g_array_index(f->exits, HfExit, i);
        HfState *into = any ? hf_run_copy(c->r, original) : s;

        if (!any && i > 0) {
            memcpy(s, original, hf_state_size(&c->r->body));
        }
        if (!apply_exit(c, into, args, ex, conditional)) {
            continue;
        }
        if (into != s) {
            hf_states_add(c->r, states, into);
        }
        any = TRUE;
    }
    return any;
}
