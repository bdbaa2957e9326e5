/* SPDX-License-Identifier: MIT */
/* Functions that a call is given to run, now or later, by its effects. */
#include "solve/callbacks.h"

/* Itself, or what flows into it. */
const GArray *hf_argument_functions(const HfSolved *s, const HfFlow *f,
                                    const HfEvent *e, int arg,
                                    HfSymId *single)
{
    const HfFacts *facts = f->unit->facts;
    const HfPath *p;
    HfEvent fake = { 0 };

    *single = 0;
    if (arg < 0 || (uint32_t)arg >= e->n_args) {
        return NULL;
    }
    p = &facts->paths[facts->args[e->first_arg + arg]];
    while (p->kind == HF_PATH_ADDR || p->kind == HF_PATH_DEREF) {
        p = &facts->paths[p->parent];
    }
    if (p->kind == HF_PATH_FUNCTION) {
        *single = f->unit->symbols[p->ref];
        return NULL;
    }
    fake.path = facts->args[e->first_arg + arg];
    return hf_program_targets(s->program, f->unit, f->sym, &fake, NULL);
}

/* The argument is the caller's own parameter, of which the caller's rule says
 * who runs it: that is told where the caller is called. */
static gboolean told_outside(const HfSolved *s, const HfFlow *f,
                             const HfCall *call, int arg)
{
    const HfContract *k = hf_contract_of(s->contracts, f->sym);
    const HfXNode *x;

    if (!HF_CONTRACT_HAS(k, HF_EFF_CALLBACK) || arg < 0 ||
        (guint)arg >= call->n_args) {
        return FALSE;
    }
    x = hf_x(s->exprs, g_array_index(f->args, HfX, call->first_arg + arg));
    for (guint i = 0; x->kind == HF_X_PARAM && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_CALLBACK && cl->arg == (int)x->ref) {
            return TRUE;
        }
    }
    return FALSE;
}

GArray *hf_callbacks_of(const HfSolved *s, const HfFlow *f,
                            const HfCall *call)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(s->contracts, f->unit->symbols[e->sym]) : NULL;
    GArray *out;

    if (!HF_CONTRACT_HAS(k, HF_EFF_CALLBACK)) {
        return NULL;
    }
    out = g_array_new(FALSE, FALSE, sizeof(HfCallback));
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfCallback c = { .effect = cl->effect };
        const GArray *targets;

        if (cl->kind != HF_EFF_CALLBACK ||
            told_outside(s, f, call, cl->arg)) {
            continue;
        }
        targets = hf_argument_functions(s, f, e, cl->arg, &c.target);
        if (c.target) {
            g_array_append_val(out, c);
        }
        for (guint n = 0; targets && n < targets->len; n++) {
            c.target = g_array_index(targets, HfSymId, n);
            g_array_append_val(out, c);
        }
    }
    return out;
}

GArray *hf_call_runs_now(const HfSolved *s, const HfFlow *f,
                         const HfCall *call)
{
    GArray *all = hf_callbacks_of(s, f, call);
    GArray *out = NULL;

    for (guint i = 0; all && i < all->len; i++) {
        const HfCallback *c = &g_array_index(all, HfCallback, i);

        if (c->effect->run == HF_RUN_CALL) {
            out = out ? out : g_array_new(FALSE, FALSE, sizeof(HfSymId));
            g_array_append_val(out, c->target);
        }
    }
    if (all) {
        g_array_unref(all);
    }
    return out;
}
