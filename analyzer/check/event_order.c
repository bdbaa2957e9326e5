/* SPDX-License-Identifier: MIT */
/*
 * EVENT_ORDER: a handler asserts something that only the handler of another
 * event makes true, and nothing says that the other event comes first.
 */
#include "check/event_state.h"

/* ---- the report --------------------------------------------------------- */

static HfPlace site_place(const HfEventRun *r, const HfHandlerSite *site)
{
    return site->in ? hf_check_place(r->c->solved->flows[site->in],
                                     site->event)
                    : hf_check_place_of(r->c->program, site->unit, site->loc);
}

static void tell_source(const HfEventRun *r, HfFinding *f, HfSymId handler)
{
    const HfHandler *s = hf_handler_of(&r->sources, handler);
    const HfHandlerSite *site = &g_array_index(s->sites, HfHandlerSite, 0);
    HfPlace at = site_place(r, site);

    hf_finding_event(f, &at, "enter", 0, "\"%s\" becomes a handler here.",
                     HF_PROGRAM_SYM(r->c->program, handler)->name);
}

static void tell_way(const HfEventRun *r, HfFinding *f, const GArray *steps,
                     guint at)
{
    int depth = 0;

    while (at) {
        const HfHandlerStep *step = &g_array_index(steps, HfHandlerStep, at);
        HfSymId callee = g_array_index(steps, HfHandlerStep, step->from).sym;
        HfPlace place = hf_check_place(r->c->solved->flows[step->sym],
                                       step->event);

        hf_finding_event(f, &place, "call", ++depth, "Calling \"%s\".",
                         HF_PROGRAM_SYM(r->c->program, callee)->name);
        at = step->from;
    }
}

static HfTier tier_of(const HfEventRun *r, HfFinding *f, const HfHandler *s,
                      const GArray *makers, const HfEventMaker *example,
                      gboolean same_table, gboolean many)
{
    gboolean slots = FALSE, certain = TRUE;
    const HfEvent *set = hf_flow_event(example->flow, example->event);

    for (guint i = 0; i < makers->len; i++) {
        guint kinds = hf_handler_of(&r->sources,
                                    g_array_index(makers, HfSymId,
                                                  i))->kinds;

        slots |= kinds == HF_HANDLER_SLOT;
        certain &= kinds == HF_HANDLER_CALLBACK;
    }
    if (set->kind == HF_EV_RMW || set->kind == HF_EV_ATOMIC_RMW) {
        hf_finding_reason(f, "a counter: others may count, too");
        return HF_TIER_LOW;
    }
    if (many) {
        hf_finding_reason(f, "one of several states");
        return HF_TIER_LOW;
    }
    if (same_table) {
        hf_finding_reason(f, "both are in tables of one type, or made handlers "
                             "together: who calls them may keep an order");
        return HF_TIER_LOW;
    }
    if (slots || (s->kinds == HF_HANDLER_SLOT && !certain)) {
        hf_finding_reason(f, "called through a table, whose users may keep "
                             "an order");
        return HF_TIER_LOW;
    }
    if (s->kinds == HF_HANDLER_SLOT) {
        hf_finding_reason(f, "who calls one through a table does not see the "
                             "other come");
        return HF_TIER_MEDIUM;
    }
    hf_finding_reason(f, "both are registered, and neither by the other");
    return HF_TIER_MEDIUM;
}

static char *state_name(const HfEventRun *r, const HfAssertion *a)
{
    const HfProgField *d = HF_PROGRAM_FIELD(r->c->program, a->state.field);

    return a->state.var
               ? g_strdup(HF_PROGRAM_SYM(r->c->program, a->state.var)->name)
               : g_strdup_printf("%s.%s", HF_PROGRAM_RECORD(
                                              r->c->program, d->record)->name,
                                 d->name);
}

static void report(HfEventRun *r, const HfAssertion *a, const GArray *steps,
                   guint at, const GArray *makers, const HfEventMaker *example,
                   gboolean same_table, gboolean many)
{
    const HfHandler *s = hf_handler_of(
        &r->sources, g_array_index(steps, HfHandlerStep, at).sym);
    HfFinding *f = hf_check_finding(r->c, a->flow, "not_yet");
    const HfFacts *facts = a->flow->unit->facts;
    const HfLoc *l = &facts->locs[facts->conds[a->cond].loc];
    HfPlace place = { (char *)hf_str(facts, facts->files[l->file].path),
                      l->line, l->col, 0, 0 };
    HfSymId maker = g_array_index(makers, HfSymId, 0);
    g_autofree char *state = state_name(r, a);
    const char *name = HF_PROGRAM_SYM(r->c->program, maker)->name;

    tell_source(r, f, s->handler);
    tell_way(r, f, steps, at);
    hf_finding_main(f, &place, "event_order", 0,
                    "This fails when the event of \"%s\" comes before that of "
                    "\"%s\", whose handler alone sets \"%s\".",
                    HF_PROGRAM_SYM(r->c->program, s->handler)->name, name,
                    state);
    tell_source(r, f, maker);
    place = hf_check_place(example->flow, example->event);
    hf_finding_event(f, &place, "note", 0, "It is set here.");
    f->tier = tier_of(r, f, s, makers, example, same_table, many);
    f->rule = g_strdup("inferred");
    f->key_subject = g_steal_pointer(&state);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(f->subcategory);
    hf_findings_add(r->c->findings, f);
}

/* ---- the checker --------------------------------------------------------- */

static void check_assertion(HfEventRun *r, const HfAssertion *a)
{
    gint64 key = hf_event_state_key(a->state);
    const GArray *makers = g_hash_table_lookup(r->makers, &key);
    g_autoptr(GArray) handlers = NULL;
    g_autoptr(GArray) steps = NULL;
    const HfEventMaker *example = NULL;
    gboolean unknown, same_table;

    if (!makers || !makers->len || !hf_event_is_own_object(r, a)) {
        return;
    }
    steps = hf_handlers_above(&r->sources, a->flow->sym, &unknown);
    for (guint i = 0; i < steps->len; i++) {
        HfSymId sym = g_array_index(steps, HfHandlerStep, i).sym;
        const HfHandler *s = hf_handler_of(&r->sources, sym);

        if (!s || !hf_event_comes_by_itself(s) ||
            hf_check_exempt(r->c, r->c->solved->flows[sym]) ||
            hf_event_is_asked(r, steps, i, a)) {
            continue;
        }
        handlers = handlers ? handlers
                            : hf_event_making_handlers(r, a, makers, &example);
        if (!handlers) {
            return;
        }
        if (!hf_event_has_handler(handlers, sym) &&
            hf_event_is_unordered(r, a, s, handlers, &same_table)) {
            report(r, a, steps, i, handlers, example, same_table,
                   hf_event_is_one_of_many(makers));
            return;
        }
    }
}

static void makers_free(gpointer p)
{
    if (p) {
        g_array_unref(p);
    }
}

static void run_event_order(HfCheck *c)
{
    const GArray *order = c->program->functions;
    HfEventRun r = { .c = c };

    r.assertions = g_array_new(FALSE, FALSE, sizeof(HfAssertion));
    r.makers = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                     makers_free);
    hf_check_each_flow(c, hf_event_find_assertions, &r);
    for (guint i = 0; i < order->len; i++) {
        hf_event_find_makers(
            &r, c->solved->flows[g_array_index(order, HfSymId, i)]);
    }
    hf_handlers_init(&r.sources, c);
    for (guint i = 0; i < r.assertions->len; i++) {
        check_assertion(&r, &g_array_index(r.assertions, HfAssertion, i));
    }
    hf_handlers_clear(&r.sources);
    g_array_unref(r.assertions);
    g_hash_table_unref(r.makers);
}

const HfChecker hf_checker_event_order = {
    .name = "EVENT_ORDER",
    .summary = "asserted in one handler, made true by another's event only",
    .cwe = 617,
    .impact = HF_IMPACT_MEDIUM,
    .run = run_event_order,
};
