/* SPDX-License-Identifier: MIT */
/* handlers.c - who is a handler, and what runs because of it. */
#include "check/handlers.h"

#define MAX_ABOVE 300
#define MAX_BELOW 3000
#define MAX_PASSED 4 /* from function to function */

static HfHandler *source_for(HfHandlers *s, HfSymId handler)
{
    HfHandler *source = g_hash_table_lookup(s->sources,
                                           GUINT_TO_POINTER(handler));

    if (!source) {
        source = g_new0(HfHandler, 1);
        source->handler = handler;
        source->sites = g_array_new(FALSE, FALSE, sizeof(HfHandlerSite));
        g_hash_table_insert(s->sources, GUINT_TO_POINTER(handler), source);
    }
    return source;
}

static void add_site(HfHandlers *s, HfSymId handler, const HfHandlerSite *site)
{
    HfHandler *source = source_for(s, handler);

    source->kinds |= site->kind;
    g_array_append_val(source->sites, *site);
}

static HfSymId function_at(const HfUnit *u, HfId path)
{
    const HfFacts *f = u->facts;

    while (f->paths[path].kind == HF_PATH_ADDR ||
           f->paths[path].kind == HF_PATH_DEREF) {
        path = f->paths[path].parent;
    }
    return f->paths[path].kind == HF_PATH_FUNCTION
               ? u->symbols[f->paths[path].ref] : 0;
}

/* ---- passed on ---------------------------------------------------------- */

static const HfEffect *callback_effect(const HfHandlers *s, HfSymId callee,
                                       guint arg)
{
    const HfContract *k = hf_contract_of(s->c->solved->contracts, callee);

    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_CALLBACK) &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_CALLBACK && cl->arg == (int)arg) {
            return cl->effect;
        }
    }
    return NULL;
}

/* What a callee does with a function that it is passed. */
typedef struct {
    gboolean calls;         /* at once */
    const HfEffect *effect; /* hands it to who runs it so; NULL: not known */
} Use;

static Use use_of_param(const HfHandlers *s, HfSymId callee, guint arg,
                        int depth)
{
    const HfFlow *f = s->c->solved->flows[callee];
    HfId param = f ? f->fn->first_local + arg : 0;
    Use use = { .effect = callback_effect(s, callee, arg) };

    for (uint32_t i = 0; f && !use.effect && i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);
        const HfFacts *facts = f->unit->facts;
        const HfPath *p = &facts->paths[e->path];

        use.calls |= e->kind == HF_EV_CALL_INDIRECT &&
                     p->kind == HF_PATH_LOCAL && p->ref == param;
        for (guint a = 0; e->kind == HF_EV_CALL && a < e->n_args; a++) {
            p = &facts->paths[facts->args[e->first_arg + a]];
            if (p->kind == HF_PATH_LOCAL && p->ref == param &&
                depth < MAX_PASSED) {
                Use next = use_of_param(s, f->unit->symbols[e->sym], a,
                                        depth + 1);

                use.calls |= next.calls;
                use.effect = use.effect ? use.effect : next.effect;
            }
        }
    }
    use.calls |= use.effect && use.effect->run == HF_RUN_CALL;
    return use;
}

static void called_from(HfHandlers *s, HfSymId handler, const HfFlow *flow,
                        uint32_t event)
{
    gpointer key = GUINT_TO_POINTER(handler);
    GArray *sites = g_hash_table_lookup(s->callers, key);
    HfCallSite site = { .caller = flow->sym,
                        .event = flow->fn->first_event + event };

    if (!sites) {
        sites = g_array_new(FALSE, FALSE, sizeof(HfCallSite));
        g_hash_table_insert(s->callers, key, sites);
    }
    g_array_append_val(sites, site);
}

static void scan_call(HfHandlers *s, const HfFlow *flow, uint32_t event,
                      const HfEvent *e)
{
    HfSymId callee = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

    for (guint a = 0; a < e->n_args; a++) {
        HfSymId handler =
            function_at(flow->unit,
                        flow->unit->facts->args[e->first_arg + a]);
        Use use = { 0 };
        HfHandlerSite site = { .in = flow->sym, .event = event };

        if (!handler) {
            continue;
        }
        if (callee) {
            use = use_of_param(s, callee, a, 0);
        }
        site.effect = use.effect;
        site.kind = use.effect ? HF_HANDLER_CALLBACK : HF_HANDLER_REGISTERED;
        if (use.calls) {
            called_from(s, handler, flow, event);
        } else {
            add_site(s, handler, &site);
        }
    }
}

static void scan_flow(HfHandlers *s, const HfFlow *flow)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        HfSymId handler;

        if (e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT) {
            scan_call(s, flow, i, e);
            continue;
        }
        handler = e->kind == HF_EV_WRITE && e->value
                      ? function_at(flow->unit, e->value) : 0;
        if (handler) {
            const HfPath *p = &f->paths[e->path];
            HfHandlerSite site = {
                .in = flow->sym, .event = i, .kind = HF_HANDLER_SLOT,
                .slot = p->kind == HF_PATH_FIELD
                            ? flow->unit->fields[p->ref] : 0,
            };

            add_site(s, handler, &site);
        }
    }
}

static void scan_bindings(HfHandlers *s, const HfUnit *u, uint32_t unit)
{
    for (uint32_t i = 1; i < u->facts->n_bindings; i++) {
        const HfBinding *b = &u->facts->bindings[i];
        HfHandlerSite site = {
            .unit = unit, .loc = b->loc, .kind = HF_HANDLER_SLOT,
            .slot = b->field ? u->fields[b->field] : 0,
        };

        add_site(s, u->symbols[b->function], &site);
    }
}

static void source_free(gpointer p)
{
    g_array_unref(((HfHandler *)p)->sites);
    g_free(p);
}

void hf_handlers_init(HfHandlers *s, const HfCheck *c)
{
    const GArray *order = c->program->functions;

    s->c = c;
    s->sources = g_hash_table_new_full(NULL, NULL, NULL, source_free);
    s->callers = g_hash_table_new_full(NULL, NULL, NULL,
                                       (GDestroyNotify)g_array_unref);
    for (guint i = 0; i < order->len; i++) {
        scan_flow(s, c->solved->flows[g_array_index(order, HfSymId, i)]);
    }
    for (guint i = 1; i < c->program->units->len; i++) {
        if (HF_PROGRAM_UNIT(c->program, i)->facts) {
            scan_bindings(s, HF_PROGRAM_UNIT(c->program, i), i);
        }
    }
}

void hf_handlers_clear(HfHandlers *s)
{
    g_hash_table_unref(s->sources);
    g_hash_table_unref(s->callers);
}

const HfHandler *hf_handler_of(const HfHandlers *s, HfSymId sym)
{
    return g_hash_table_lookup(s->sources, GUINT_TO_POINTER(sym));
}

/* ---- above and below ---------------------------------------------------- */

static guint add_callers(const HfHandlers *s, const GArray *sites,
                         GArray *steps, guint from, GHashTable *seen)
{
    guint n = 0;

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *flow = s->c->solved->flows[site->caller];
        HfHandlerStep step = { .sym = site->caller, .from = from };

        if (!flow) {
            continue;
        }
        step.event = site->event - flow->fn->first_event;
        if (hf_flow_event(flow, step.event)->kind != HF_EV_CALL) {
            continue; /* through a pointer: that is what sources are for */
        }
        n++;
        if (g_hash_table_add(seen, GUINT_TO_POINTER(site->caller))) {
            g_array_append_val(steps, step);
        }
    }
    return n;
}

GArray *hf_handlers_above(const HfHandlers *s, HfSymId sym, gboolean *unknown)
{
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(HfHandlerStep));
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    HfHandlerStep first = { sym, 0, UINT32_MAX };

    *unknown = FALSE;
    g_array_append_val(steps, first);
    g_hash_table_add(seen, GUINT_TO_POINTER(sym));
    for (guint i = 0; i < steps->len; i++) {
        HfSymId at = g_array_index(steps, HfHandlerStep, i).sym;
        guint n = add_callers(s, s->c->program->callers[at], steps, i, seen);

        n += add_callers(s, g_hash_table_lookup(s->callers,
                                                GUINT_TO_POINTER(at)),
                         steps, i, seen);
        if (n == 0 && !hf_handler_of(s, at)) {
            *unknown = TRUE;
        }
        if (steps->len > MAX_ABOVE) {
            *unknown = TRUE;
            break;
        }
    }
    return steps;
}

GHashTable *hf_handlers_below(const HfHandlers *s, HfSymId sym)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(HfSymId));

    g_array_append_val(todo, sym);
    g_hash_table_add(seen, GUINT_TO_POINTER(sym));
    for (guint i = 0; i < todo->len && i < MAX_BELOW; i++) {
        const HfFlow *f =
            s->c->solved->flows[g_array_index(todo, HfSymId, i)];

        for (guint k = 0; f && k < f->calls->len; k++) {
            const HfEvent *e = hf_flow_event(
                f, g_array_index(f->calls, HfCall, k).event);
            HfSymId callee = e->kind == HF_EV_CALL
                                 ? f->unit->symbols[e->sym] : 0;

            if (callee && s->c->solved->flows[callee] &&
                g_hash_table_add(seen, GUINT_TO_POINTER(callee))) {
                g_array_append_val(todo, callee);
            }
        }
    }
    return seen;
}
