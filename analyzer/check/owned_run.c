/* SPDX-License-Identifier: MIT */
/* owned_run.c - from a call that takes something out to where it is lost. */
#include "check/owned_walk.h"

#define NO_EVENT UINT32_MAX

/* ---- openings ----------------------------------------------------------- */

static void add_openings(HfOwned *o, const HfFlow *flow, uint32_t event,
                         HfSymId sym, GArray *out)
{
    const HfContract *k = hf_contract_of(o->c->solved->contracts, sym);
    const char *pair = g_hash_table_lookup(o->derived, GUINT_TO_POINTER(sym));
    HfOpening opening = { .flow = flow, .event = event, .arg = -1,
                          .pair = pair };

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_PAIR_OPEN && cl->arg >= -1) {
            HfOpening declared = {
                .flow = flow, .event = event, .arg = cl->arg,
                .pair = cl->effect->cap, .when = cl->when,
                .rule = cl->effect,
            };

            g_array_append_val(out, declared);
            pair = NULL;
        }
    }
    if (pair) {
        g_array_append_val(out, opening);
    }
}

GArray *hf_owned_openings(HfOwned *o, const HfFlow *flow)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfOpening));

    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t event = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, event);

        if (e->kind == HF_EV_CALL) {
            add_openings(o, flow, event, flow->unit->symbols[e->sym], out);
        }
    }
    return out;
}

void hf_owned_derive(HfOwned *o, HfSymId sym, const HfOpening *opening)
{
    g_hash_table_insert(o->derived, GUINT_TO_POINTER(sym),
                        (char *)opening->pair);
}

static gint by_event(gconstpointer a, gconstpointer b)
{
    const HfLoss *l = a, *r = b;

    return l->event != r->event ? (l->event < r->event ? -1 : 1)
                                : (int)l->kind - (int)r->kind;
}

HfOwnedRun *hf_owned_run(HfOwned *o, const HfOpening *opening)
{
    HfOwnedRun *run = g_new0(HfOwnedRun, 1);
    HfOwnedWalk *w = hf_owned_walk_new(o, opening);
    HfOwnedState s = { .k.fate = HF_FATE_NONE, .from = NO_EVENT };

    run->owned = o;
    run->opening = *opening;
    run->losses = w->losses;
    run->priv = w;
    hf_owned_enter(w, &s);
    hf_owned_walk(w);
    if (w->gave_up) {
        g_array_set_size(w->losses, 0);
    }
    g_array_sort(w->losses, by_event);
    run->n_closed = g_hash_table_size(w->closers);
    run->returned = w->returned;
    run->borrowed = hf_owned_is_borrowed(w);
    return run;
}

void hf_owned_run_free(HfOwnedRun *run)
{
    if (run) {
        hf_owned_walk_free(run->priv);
        g_free(run);
    }
}

HfOwned *hf_owned_new(const HfCheck *c)
{
    HfOwned *o = g_new0(HfOwned, 1);

    o->c = c;
    o->summaries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         g_free);
    o->derived = g_hash_table_new(NULL, NULL);
    return o;
}

void hf_owned_free(HfOwned *o)
{
    if (o) {
        g_hash_table_unref(o->summaries);
        g_hash_table_unref(o->derived);
        g_free(o);
    }
}

/* ---- traces ------------------------------------------------------------- */

static void tell_condition(const HfOwnedWalk *w, const HfOwnedState *s,
                           HfFinding *f)
{
    static const char *const ops[] = { "", " == ", " != ", " < ", " <= ",
                                       " > ", " >= " };
    const HfCond *cond = &w->f->conds[s->cond];
    const HfLoc *l = &w->f->locs[cond->loc];
    HfPlace at = { .file = (char *)hf_str(w->f, w->f->files[l->file].path),
                   .line = l->line, .col = l->col };
    const char *tag = s->negated ? "cond_false" : "cond_true";
    HfPathKind kind = w->f->paths[cond->lhs].kind;
    g_autoptr(GString) text = g_string_new(NULL);

    if (kind == HF_PATH_UNKNOWN || kind == HF_PATH_TEMP ||
        (kind == HF_PATH_LOCAL &&
         w->f->locals[w->f->paths[cond->lhs].ref].flags &
             HF_LOCAL_SYNTHETIC)) {
        hf_finding_event(f, &at, tag, 0, "Taking the %s branch.",
                         s->negated ? "false" : "true");
        return;
    }
    hf_facts_path_text(w->f, cond->lhs, text);
    if (cond->op != HF_COND_TRUE) {
        g_string_append(text, ops[cond->op]);
        hf_facts_path_text(w->f, cond->rhs, text);
    }
    hf_finding_event(f, &at, tag, 0, "Condition \"%s\" is %s.", text->str,
                     s->negated ? "false" : "true");
}

void hf_owned_trace(const HfOwnedRun *run, const HfLoss *loss, HfFinding *f)
{
    const HfOwnedWalk *w = run->priv;
    uint32_t rows[32];
    guint n = 0;

    /* the row of a loss by an edge repeats that edge; others follow from */
    for (uint32_t row = loss->state; row != NO_EVENT && n < G_N_ELEMENTS(rows);
         row = g_array_index(w->states, HfOwnedState, row).from) {
        rows[n++] = row;
    }
    while (n > 0) {
        const HfOwnedState *s = &g_array_index(w->states, HfOwnedState,
                                               rows[--n]);

        if (s->cond && s->k.fate != HF_FATE_NONE) {
            tell_condition(w, s, f);
        }
    }
}
