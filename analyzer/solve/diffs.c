/* SPDX-License-Identifier: MIT */
/*
 * Differences of unsigned values that decide a branch: is the first operand
 * known not to be the smaller one?
 */
#include "solve/flow.h"

static gboolean is_zero(const HfFact *f)
{
    return f->kind == HF_FACT_ZERO ||
           (f->kind == HF_FACT_EQ && f->value == 0);
}

static gboolean is_nonzero(const HfFact *f)
{
    return f->kind == HF_FACT_NONZERO ||
           (f->kind == HF_FACT_NE && f->value == 0) ||
           (f->kind == HF_FACT_EQ && f->value != 0);
}

static gboolean constant(const HfXTable *t, HfX x, int64_t *value)
{
    const HfXNode *n = hf_x(t, x);

    *value = n->value;
    return n->kind == HF_X_CONST;
}

/* What one fact says about a >= b, where b is the number `least`. */
static gboolean fact_gives_least(const HfXTable *t, const HfFact *f, HfX a,
                                 int64_t least)
{
    const HfXNode *k = hf_x(t, f->key);
    int64_t other;

    if (f->key == a) {
        return (f->kind == HF_FACT_EQ && f->value >= least) ||
               (is_nonzero(f) && least <= 1);
    }
    if (k->kind != HF_X_LT) {
        return FALSE;
    }
    if (k->parent == a && is_zero(f) && constant(t, k->other, &other)) {
        return other >= least; /* not a < other */
    }
    return k->other == a && is_nonzero(f) &&
           constant(t, k->parent, &other) && other >= least - 1;
}

static gboolean fact_orders(const HfXTable *t, const HfFact *f, HfX a, HfX b)
{
    const HfXNode *k = hf_x(t, f->key);

    if (k->kind == HF_X_LT) {
        return (k->parent == a && k->other == b && is_zero(f)) ||
               (k->parent == b && k->other == a && is_nonzero(f));
    }
    return k->kind == HF_X_EQ && is_nonzero(f) &&
           ((k->parent == a && k->other == b) ||
            (k->parent == b && k->other == a));
}

static gboolean is_bounded(const HfRun *r, const HfState *s, const HfEvent *e)
{
    const HfXTable *t = r->body.t;
    HfX a = hf_state_value(&r->body, s, e->path);
    HfX b = hf_state_value(&r->body, s, e->value);
    int64_t least, have;
    gboolean number = constant(t, b, &least);

    if (a == b || (number && (least <= 0 || (constant(t, a, &have) &&
                                             have >= least)))) {
        return TRUE;
    }
    for (int i = 0; i < s->n_facts; i++) {
        if (fact_orders(t, &s->facts[i], a, b) ||
            (number && fact_gives_least(t, &s->facts[i], a, least))) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_run_diff(HfRun *r, const HfStates *states, uint32_t event)
{
    HfDiff row = { .event = event, .bounded = TRUE };

    for (guint i = 0; i < states->n; i++) {
        row.bounded &= is_bounded(r, states->v[i], hf_flow_event(r->out,
                                                                 event));
    }
    g_array_append_val(r->out->diffs, row);
}
