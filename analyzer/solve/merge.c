/* SPDX-License-Identifier: MIT */
/* Making one state of two: what both know. */
#include "solve/state.h"

#include <stdlib.h>

gboolean hf_hold_matters(const HfHold *h)
{
    return h->delta != 0 || h->now == HF_HOLD_HELD ||
           (h->flags & (HF_HOLD_DROPPED | HF_HOLD_ASSUMED));
}

gboolean hf_state_same_locks(const HfState *a, const HfState *b)
{
    int i = 0, k = 0;

    for (;;) {
        while (i < a->n_holds && !hf_hold_matters(&a->holds[i])) {
            i++;
        }
        while (k < b->n_holds && !hf_hold_matters(&b->holds[k])) {
            k++;
        }
        if (i == a->n_holds || k == b->n_holds) {
            return i == a->n_holds && k == b->n_holds;
        }
        if (a->holds[i].lock != b->holds[k].lock ||
            a->holds[i].now != b->holds[k].now ||
            a->holds[i].delta != b->holds[k].delta ||
            (a->holds[i].flags ^ b->holds[k].flags) & HF_HOLD_FORGOTTEN) {
            return FALSE;
        }
        i++;
        k++;
    }
}

static int row_distance(const HfHold *a, const HfHold *b)
{
    static const HfHold none;

    a = a ? a : &none;
    b = b ? b : &none;
    if (a->delta != b->delta) {
        return 2 * HF_STATE_FAR;
    }
    if (a->now != b->now) {
        gboolean assumed = (a->flags | b->flags) & HF_HOLD_ASSUMED;

        return assumed && a->delta == 0 ? 2 : HF_STATE_FAR;
    }
    return a->flags != b->flags;
}

int hf_state_distance(const HfState *a, const HfState *b)
{
    int d = 0;

    for (int i = 0; i < a->n_holds; i++) {
        if (hf_hold_matters(&a->holds[i])) {
            d += row_distance(&a->holds[i],
                              hf_state_hold((HfState *)b, a->holds[i].lock));
        }
    }
    for (int i = 0; i < b->n_holds; i++) {
        if (hf_hold_matters(&b->holds[i]) &&
            !hf_state_hold((HfState *)a, b->holds[i].lock)) {
            d += row_distance(NULL, &b->holds[i]);
        }
    }
    return d;
}

static gboolean merge_holds(HfState *a, const HfState *o)
{
    gboolean changed = FALSE;
    int n = 0;

    for (int i = 0; i < a->n_holds; i++) {
        HfHold h = a->holds[i];
        const HfHold *other = hf_state_hold((HfState *)o, h.lock);
        const HfHold none = { .lock = h.lock };

        if (!other) {
            if (!hf_hold_matters(&h) || h.delta == 0) {
                changed = TRUE;
                continue; /* no longer known */
            }
            other = &none;
        }
        if (other->now < h.now || other->delta != h.delta ||
            (other->flags | h.flags) != h.flags) {
            changed = TRUE;
            if (other->delta != h.delta || other->now != h.now) {
                h.flags |= HF_HOLD_FORGOTTEN;
            }
            h.now = MIN(h.now, other->now);
            h.delta = MIN(h.delta, other->delta);
            h.flags |= other->flags;
        }
        a->holds[n++] = h;
    }
    a->n_holds = n;
    for (int i = 0; i < o->n_holds; i++) {
        const HfHold *other = &o->holds[i];

        if (other->now == HF_HOLD_ABSENT && hf_hold_matters(other) &&
            !hf_state_hold(a, other->lock)) {
            HfHold h = *other;

            h.flags |= HF_HOLD_FORGOTTEN;
            h.delta = MIN(h.delta, 0);
            hf_state_set_hold(a, &h);
            changed = TRUE;
        }
    }
    return changed;
}

static const HfTempValue *temp_of(const HfState *s, uint32_t event)
{
    for (int i = 0; i < s->n_temps; i++) {
        if (s->temps[i].event == event) {
            return &s->temps[i];
        }
    }
    return NULL;
}

/* The result of a call is -1 here and -2 there: not zero in both. */
static gboolean temp_implies(const HfBody *b, const HfState *s,
                             const HfFact *f)
{
    const HfXNode *key = hf_x(b->t, f->key);
    const HfTempValue *v =
        key->kind == HF_X_TEMP ? temp_of(s, key->ref) : NULL;
    HfResult r = v ? hf_state_result(b, s, v->value) : HF_RESULT_ANY;

    return (f->kind == HF_FACT_NONZERO && r == HF_RESULT_NONZERO) ||
           (f->kind == HF_FACT_ZERO && r == HF_RESULT_ZERO);
}

static guint common_results(const HfBody *b, const HfState *a,
                            const HfState *o, HfFact *out)
{
    guint n = 0;

    for (int i = 0; i < a->n_temps; i++) {
        const HfTempValue *v = temp_of(o, a->temps[i].event);
        HfFact f = {
            .key = hf_x_leaf(b->t, HF_X_TEMP, a->temps[i].event),
        };
        HfResult r = hf_state_result(b, a, a->temps[i].value);

        if (r == HF_RESULT_ANY || (v && v->value == a->temps[i].value)) {
            continue;
        }
        f.kind = r == HF_RESULT_ZERO ? HF_FACT_ZERO : HF_FACT_NONZERO;
        if (v) {
            if (temp_implies(b, o, &f)) {
                out[n++] = f;
            }
            continue;
        }
        for (int k = 0; k < o->n_facts; k++) {
            if (o->facts[k].key == f.key &&
                hf_fact_implies(&o->facts[k], &f) > 0) {
                out[n++] = f;
                break;
            }
        }
    }
    return n;
}

static gboolean merge_facts(const HfBody *b, HfState *a, const HfState *o)
{
    int n = 0, before = a->n_facts;

    for (int i = 0; i < a->n_facts; i++) {
        if (temp_implies(b, o, &a->facts[i])) {
            a->facts[n++] = a->facts[i];
            continue;
        }
        for (int k = 0; k < o->n_facts; k++) {
            if (a->facts[i].key == o->facts[k].key &&
                hf_fact_implies(&o->facts[k], &a->facts[i]) > 0) {
                a->facts[n] = a->facts[i];
                a->facts[n++].flags |= o->facts[k].flags;
                break;
            }
        }
    }
    a->n_facts = n;
    return n != before;
}

static gboolean merge_temps(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_temps;

    for (int i = 0; i < a->n_temps; i++) {
        for (int k = 0; k < o->n_temps; k++) {
            if (a->temps[i].event == o->temps[k].event &&
                a->temps[i].value == o->temps[k].value) {
                a->temps[n++] = a->temps[i];
                break;
            }
        }
    }
    a->n_temps = n;
    return n != before;
}

static gboolean merge_stored(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_stored;

    for (int i = 0; i < a->n_stored; i++) {
        for (int k = 0; k < o->n_stored; k++) {
            if (a->stored[i].object == o->stored[k].object &&
                a->stored[i].value == o->stored[k].value) {
                a->stored[n++] = a->stored[i];
                break;
            }
        }
    }
    a->n_stored = n;
    return n != before;
}

static gboolean merge_fresh(HfState *a, const HfState *o)
{
    int n = 0, before = a->n_fresh;

    for (int i = 0; i < a->n_fresh; i++) {
        for (int k = 0; k < o->n_fresh; k++) {
            if (a->fresh[i] == o->fresh[k]) {
                a->fresh[n++] = a->fresh[i];
                break;
            }
        }
    }
    a->n_fresh = n;
    return n != before;
}

static gboolean merge_return(HfState *a, const HfState *o)
{
    gboolean changed = FALSE;

    if (a->ret != o->ret && a->ret) {
        a->ret = 0;
        changed = TRUE;
    }
    if (a->ret_result != o->ret_result && a->ret_result != HF_RESULT_ANY) {
        a->ret_result = HF_RESULT_ANY;
        changed = TRUE;
    }
    if (o->ret_event < a->ret_event) {
        a->ret_event = o->ret_event;
        changed = TRUE;
    }
    return changed;
}

/* The pointer through which the lock is reached. */
static HfX pointer_of(const HfBody *b, HfX lock)
{
    while (lock && hf_x(b->t, lock)->kind != HF_X_DEREF) {
        lock = hf_x(b->t, lock)->parent;
    }
    return lock ? hf_x(b->t, lock)->parent : 0;
}

static gboolean loses_name(const HfBody *b, const HfState *a,
                           const HfState *o, HfX lock)
{
    HfX p = pointer_of(b, lock);
    gboolean named = FALSE;

    for (uint32_t i = 0; p && i < b->fn->n_locals; i++) {
        if (a->env[i] == p && o->env[i] == p) {
            return FALSE;
        }
        named |= a->env[i] == p || o->env[i] == p;
    }
    return named;
}

gboolean hf_state_names_differ(const HfBody *b, const HfState *a,
                               const HfState *o)
{
    for (int i = 0; i < a->n_holds; i++) {
        if (a->holds[i].now == HF_HOLD_HELD && a->holds[i].delta > 0 &&
            loses_name(b, a, o, a->holds[i].lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What is no longer named cannot be seen to be given back. */
static gboolean forget_nameless(const HfBody *b, HfState *a, const HfState *o)
{
    gboolean changed = FALSE;

    for (int i = 0; i < a->n_holds; i++) {
        HfHold *h = &a->holds[i];

        if (h->now == HF_HOLD_HELD && h->delta > 0 &&
            !(h->flags & HF_HOLD_FORGOTTEN) &&
            loses_name(b, a, o, h->lock)) {
            h->flags |= HF_HOLD_FORGOTTEN;
            changed = TRUE;
        }
    }
    return changed;
}

gboolean hf_state_merge(const HfBody *b, HfState *a, const HfState *o)
{
    gboolean changed = forget_nameless(b, a, o);
    HfFact results[HF_STATE_TEMPS];
    guint n_results = common_results(b, a, o, results);

    changed |= merge_holds(a, o);
    changed |= merge_facts(b, a, o);
    changed |= merge_temps(a, o);
    for (guint i = 0; i < n_results; i++) {
        hf_state_assume(b, a, &results[i]);
    }
    changed |= merge_fresh(a, o);
    changed |= merge_stored(a, o);
    changed |= merge_return(a, o);
    changed |= o->landed && !a->landed;
    a->landed |= o->landed;
    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        HfX self = hf_x_leaf(b->t, HF_X_LOCAL, i);

        if (a->env[i] != o->env[i] && a->env[i] != self) {
            a->env[i] = self;
            changed = TRUE;
        }
    }
    return changed;
}
