/* SPDX-License-Identifier: MIT */
/*
 * INFLIGHT: what a declared pair takes out of somewhere (an element of a
 * queue, a request, an entry of a pool) is neither given back nor stored on
 * some path.  Freeing its memory does not give it back: whoever counts what
 * is out counts it for ever.
 */
#include "check/owned.h"

#include <string.h>

typedef struct {
    HfCheck *c;
    HfOwned *owned;
} Run;

/* ---- words -------------------------------------------------------------- */

/* The local that the object was put in first; "" when there is none. */
static const char *name_of(const HfOpening *o)
{
    const HfFacts *f = o->flow->unit->facts;
    uint32_t event = o->flow->fn->first_event + o->event;
    const HfEvent *call = hf_flow_event(o->flow, o->event);
    HfId path = 0;

    if (o->arg >= 0 && (guint)o->arg < call->n_args) {
        path = f->args[call->first_arg + o->arg];
        path = f->paths[path].kind == HF_PATH_ADDR ? f->paths[path].parent
                                                   : path;
    }
    for (uint32_t i = o->event + 1; !path && i < o->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(o->flow, i);

        if (e->kind == HF_EV_WRITE && e->value &&
            f->paths[e->value].kind == HF_PATH_TEMP &&
            f->paths[e->value].ref == event) {
            path = e->path;
        }
    }
    return path && f->paths[path].kind == HF_PATH_LOCAL
               ? hf_str(f, f->locals[f->paths[path].ref].name) : "";
}

static char *words_of(const char *pair)
{
    return g_strdelimit(g_strdup(pair), "_", ' ');
}

static const char *callee_name(const HfCheck *c, const HfFlow *flow,
                               uint32_t event)
{
    const HfEvent *e = hf_flow_event(flow, event);

    return e->kind == HF_EV_CALL
               ? HF_PROGRAM_SYM(c->program, flow->unit->symbols[e->sym])->name
               : "the function called";
}

static HfPlace end_place(const HfFlow *flow, uint32_t event)
{
    HfPlace at = hf_check_place(flow, event);

    if (event == UINT32_MAX) {
        at.line = flow->fn->end_line;
        at.col = 1;
    }
    return at;
}

/* ---- the finding -------------------------------------------------------- */

static void tell_loss(const HfCheck *c, HfFinding *f, const HfOwnedRun *run,
                      const HfLoss *loss)
{
    const HfOpening *o = &run->opening;
    g_autofree char *what = words_of(o->pair);
    const char *name = name_of(o);
    HfPlace at = end_place(o->flow, loss->event);
    g_autofree char *named = *name ? g_strdup_printf(" in \"%s\"", name)
                                   : g_strdup("");

    switch (loss->kind) {
    case HF_LOST_FREED:
        hf_finding_main(f, &at, "inflight", 0,
                        "The %s%s is freed, but never given back.", what,
                        named);
        break;
    case HF_LOST_OVERWRITTEN:
        hf_finding_main(f, &at, "inflight", 0,
                        "Nothing refers to the %s%s any more, and it was not "
                        "given back.", what, named);
        break;
    default:
        hf_finding_main(f, &at, "inflight", 0,
                        "The %s%s, taken out by \"%s\", is neither given "
                        "back nor stored on this path.", what, named,
                        callee_name(c, o->flow, o->event));
    }
}

static void tell_callee(const HfCheck *c, HfFinding *f, const HfOwnedRun *run,
                        const HfLoss *loss)
{
    const HfFlow *flow = run->opening.flow;
    const char *name = callee_name(c, flow, loss->through);
    HfPlace at = hf_check_place(flow, loss->through);

    hf_finding_event(f, &at, "call", 0,
                     "\"%s\" gives it back on some of its paths only.", name);
    hf_finding_reason(f, "what \"%s\" does with it depends on the path taken "
                      "there", name);
}

static HfTier tier_of(HfFinding *f, const HfOwnedRun *run, const HfLoss *loss)
{
    if (loss->through != UINT32_MAX) {
        return HF_TIER_MEDIUM;
    }
    if (run->n_closed) {
        hf_finding_reason(f, "on other paths of this function it is given back "
                          "or stored");
        return HF_TIER_HIGH;
    }
    hf_finding_reason(f, "no path of this function gives it back or stores it");
    return HF_TIER_MEDIUM;
}

static const char *subcategory(HfLostKind kind)
{
    return kind == HF_LOST_FREED ? "freed"
           : kind == HF_LOST_OVERWRITTEN ? "overwritten" : "not_given_back";
}

static void report(HfCheck *c, const HfOwnedRun *run, const HfLoss *loss)
{
    const HfOpening *o = &run->opening;
    HfFinding *f = hf_check_finding(c, o->flow, subcategory(loss->kind));
    g_autofree char *what = words_of(o->pair);
    HfPlace at = hf_check_place(o->flow, o->event);
    const char *callee = callee_name(c, o->flow, o->event);

    hf_finding_event(f, &at, "take_out", 0, "\"%s\" takes out the %s.",
                     callee, what);
    hf_owned_trace(run, loss, f);
    if (loss->through != UINT32_MAX) {
        tell_callee(c, f, run, loss);
    }
    tell_loss(c, f, run, loss);
    f->tier = tier_of(f, run, loss);
    f->rule = o->rule ? g_strdup_printf("%s:%d", o->rule->place.file,
                                        o->rule->place.line)
                      : g_strdup("inferred");
    f->key_subject = g_strdup(callee);
    f->key_lock = g_strdup(o->pair);
    f->key_shape = g_strdup(f->subcategory);
    hf_findings_add(c->findings, f);
}

/* ---- the checker -------------------------------------------------------- */

/* The primitives' own bodies are their own business. */
static gboolean is_part_of_pair(const HfCheck *c, const HfFlow *flow,
                                const char *pair)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if ((cl->kind == HF_EFF_PAIR_OPEN || cl->kind == HF_EFF_PAIR_CLOSE) &&
            strcmp(cl->effect->cap, pair) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void check_opening(Run *r, const HfOpening *opening)
{
    HfOwnedRun *run = hf_owned_run(r->owned, opening);

    if (run->returned) {
        hf_owned_derive(r->owned, opening->flow->sym, opening);
    }
    for (guint i = 0; i < run->losses->len; i++) {
        /* a caller may well give back what is its own */
        if (run->borrowed && !run->n_closed) {
            break;
        }
        report(r->c, run, &g_array_index(run->losses, HfLoss, i));
    }
    hf_owned_run_free(run);
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *r = data;
    GArray *openings = hf_owned_openings(r->owned, flow);

    for (guint i = 0; i < openings->len; i++) {
        const HfOpening *o = &g_array_index(openings, HfOpening, i);

        if (!is_part_of_pair(c, flow, o->pair)) {
            check_opening(r, o);
        }
    }
    g_array_unref(openings);
}

static void run_inflight(HfCheck *c)
{
    Run r = { c, hf_owned_new(c) };

    hf_check_each_flow(c, check_flow, &r);
    hf_owned_free(r.owned);
}

const HfChecker hf_checker_inflight = {
    .name = "INFLIGHT",
    .summary = "what was taken out is neither given back nor stored",
    .cwe = 772,
    .impact = HF_IMPACT_MEDIUM,
    .run = run_inflight,
};
