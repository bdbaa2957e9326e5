/* SPDX-License-Identifier: MIT */
/*
 * exits.c - what callers get to know of a body: its states at the exit, one
 * for each set of locks, in the body's own terms.
 */
#include "solve/flow.h"

static GArray *visible_facts(HfRun *r, const HfState *s)
{
    GArray *facts = NULL;

    for (int i = 0; i < s->n_facts; i++) {
        if (hf_x(r->body.t, s->facts[i].key)->local) {
            continue;
        }
        if (!facts) {
            facts = g_array_new(FALSE, FALSE, sizeof(HfFact));
        }
        g_array_append_val(facts, s->facts[i]);
    }
    return facts;
}

static void pass_on(HfRun *r, const HfHold *h)
{
    const HfEvent *e;
    HfFlow *f;

    if (h->delta <= 0 || h->event >= r->body.fn->n_events) {
        return;
    }
    e = hf_flow_event(r->out, h->event);
    if (e->kind == HF_EV_CALL) {
        f = r->solved->flows[r->body.u->symbols[e->sym]];
        if (f) {
            f->taken_over = TRUE; /* judged in the caller that keeps it */
        }
    }
}

/* An object that the caller knows as the result, and by no other name. */
static HfHolds exit_holds(HfRun *r, const HfState *s)
{
    HfX result = hf_x_leaf(r->body.t, HF_X_RETURN, 0);
    HfState *named;

    if (!s->ret || !hf_x(r->body.t, s->ret)->local) {
        return hf_run_holds(r, s);
    }
    named = hf_run_copy(r, s);
    for (int i = 0; i < named->n_holds; i++) {
        HfX x = hf_state_replace(&r->body, named->holds[i].lock, s->ret,
                                 result);

        named->holds[i].lock = x ? x : named->holds[i].lock;
    }
    hf_state_sort_holds(named);
    return hf_run_holds(r, named);
}

static HfHolds find_owed(const HfRun *r)
{
    const GArray *exits = r->out->exits;
    HfHold out[HF_STATE_HOLDS];
    const HfHold *rows;
    guint n, k = 0;

    if (!exits->len) {
        return 0;
    }
    rows = hf_holds(r->solved, g_array_index(exits, HfExit, 0).holds, &n);
    for (guint i = 0; i < n; i++) {
        gboolean always = !hf_x(r->body.t, rows[i].lock)->local &&
                          k < G_N_ELEMENTS(out);

        for (guint e = 0; always && e < exits->len; e++) {
            const HfHold *h = hf_holds_find(
                r->solved, g_array_index(exits, HfExit, e).holds,
                rows[i].lock);

            always = h && h->delta < 0 && !(h->flags & HF_HOLD_FORGOTTEN);
        }
        if (always) {
            out[k++] = (HfHold){ .lock = rows[i].lock, .now = HF_HOLD_HELD,
                                 .event = UINT32_MAX };
        }
    }
    return hf_holds_intern(r->solved->priv, out, k);
}

/* Asserted or asked for by a call that is known to do just that. */
static gboolean asserted_here(const HfRun *r, uint32_t event)
{
    const HfEvent *e;
    const HfContract *k;

    if (event >= r->body.fn->n_events) {
        return FALSE;
    }
    e = &hf_run_facts(r)->events[r->body.fn->first_event + event];
    k = e->kind == HF_EV_CALL ? hf_contract_of(r->solved->contracts,
                                               r->body.u->symbols[e->sym])
                              : NULL;
    return k && (HF_CONTRACT_HAS(k, HF_EFF_ASSERT_HELD) ||
                 HF_CONTRACT_HAS(k, HF_EFF_ASSERT_SHARED) ||
                 HF_CONTRACT_HAS(k, HF_EFF_TEST_HELD));
}

void hf_run_make_exits(HfRun *r, HfStates *in)
{
    HfFlow *out = r->out;

    hf_states_collapse(r, in);
    out->returns_at_all = in->n > 0;
    for (guint i = 0; i < in->n; i++) {
        const HfState *s = in->v[i];
        HfX value = s->ret && !hf_x(r->body.t, s->ret)->local ? s->ret : 0;
        HfExit ex = {
            .event = s->ret_event, .result = s->ret_result, .value = value,
            .holds = exit_holds(r, s), .facts = visible_facts(r, s),
        };
        guint64 asserted = 0, here = 0;

        for (int k = 0; k < s->n_holds; k++) {
            const HfHold *h = &s->holds[k];
            const HfXNode *x = hf_x(r->body.t, h->lock);

            pass_on(r, h);
            if (x->kind == HF_X_CAP && h->now == HF_HOLD_HELD &&
                h->delta == 0 && h->event != UINT32_MAX &&
                !(h->flags & (HF_HOLD_DROPPED | HF_HOLD_MOVED))) {
                asserted |= 1ull << x->ref;
                here |= (guint64)asserted_here(r, h->event) << x->ref;
            }
        }
        out->asserts = i ? out->asserts & asserted : asserted;
        out->asserts_itself = i ? out->asserts_itself & here : here;
        out->returns = i && out->returns != value ? 0 : value;
        g_array_append_val(out->exits, ex);
    }
    out->owed = find_owed(r);
}
