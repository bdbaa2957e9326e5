/* SPDX-License-Identifier: MIT */
/* event_handlers.c - which handlers make it true, and does anything put them
 * before the one that asserts it? */
#include "check/event_state.h"

/* ---- are the two ordered? ------------------------------------------------ */

/* Members of tables of one type, or passed together to who keeps them. */
static gboolean are_together(const HfEventRun *r, const HfHandlerSite *a,
                             const HfHandlerSite *b)
{
    if (a->slot && b->slot) {
        return HF_PROGRAM_FIELD(r->c->program, a->slot)->record ==
               HF_PROGRAM_FIELD(r->c->program, b->slot)->record;
    }
    return a->kind == HF_HANDLER_REGISTERED && b->kind == a->kind &&
           a->in == b->in && a->event == b->event;
}

static gboolean in_same_table(const HfEventRun *r, const HfHandler *a,
                              const HfHandler *b)
{
    for (guint i = 0; i < a->sites->len; i++) {
        for (guint k = 0; k < b->sites->len; k++) {
            if (are_together(r, &g_array_index(a->sites, HfHandlerSite, i),
                             &g_array_index(b->sites, HfHandlerSite, k))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* A timer or a bottom half comes when the program asks for it; what a thread
 * or a descriptor brings does not. */
gboolean hf_event_comes_by_itself(const HfHandler *s)
{
    for (guint i = 0; i < s->sites->len; i++) {
        const HfHandlerSite *site = &g_array_index(s->sites, HfHandlerSite, i);

        if (site->effect && site->effect->run != HF_RUN_FD &&
            site->effect->run != HF_RUN_THREAD &&
            site->effect->run != HF_RUN_SIGNAL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What the other event's handler runs makes this one a handler: then one
 * brings the other about. */
static gboolean is_made_by(const HfHandler *s, GHashTable *below)
{
    for (guint i = 0; i < s->sites->len; i++) {
        HfSymId in = g_array_index(s->sites, HfHandlerSite, i).in;

        if (in && g_hash_table_contains(below, GUINT_TO_POINTER(in))) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_fresh_memory(const HfEventRun *r, const HfFlow *flow,
                                HfId value, int depth)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *v = &f->paths[value];

    if (v->kind == HF_PATH_TEMP) {
        const HfEvent *call = &f->events[v->ref];

        return call->kind == HF_EV_CALL &&
               HF_CONTRACT_HAS(
                   hf_contract_of(r->c->solved->contracts,
                                  flow->unit->symbols[call->sym]),
                   HF_EFF_ALLOC);
    }
    for (uint32_t i = 0; v->kind == HF_PATH_LOCAL && depth < 2 &&
                         i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->path == value &&
            is_fresh_memory(r, flow, e->value, depth + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Memory for an object of the record is put somewhere. */
static gboolean allocates(const HfEventRun *r, const HfFlow *flow,
                          const HfEvent *e, HfRecId record)
{
    const HfFacts *f = flow->unit->facts;
    const HfPath *to = &f->paths[e->path];
    HfRecId type = 0;

    if (e->kind == HF_EV_WRITE && to->kind == HF_PATH_LOCAL) {
        type = flow->unit->records[f->locals[to->ref].type_record];
    } else if (e->kind == HF_EV_WRITE && to->kind == HF_PATH_FIELD) {
        type = flow->unit->records[f->fields[to->ref].type_record];
    }
    return type == record && type && is_fresh_memory(r, flow, e->value, 0);
}

/* The other event's handler also makes the object: there is none before. */
static gboolean is_object_made(const HfEventRun *r, const HfAssertion *a,
                               GHashTable *below)
{
    HfRecId record =
        a->state.field
            ? HF_PROGRAM_FIELD(r->c->program, a->state.field)->record : 0;
    GHashTableIter iter;
    gpointer sym;

    g_hash_table_iter_init(&iter, below);
    while (record && g_hash_table_iter_next(&iter, &sym, NULL)) {
        const HfFlow *flow = r->c->solved->flows[GPOINTER_TO_UINT(sym)];

        for (uint32_t i = 0; flow && i < flow->fn->n_events; i++) {
            if (allocates(r, flow, hf_flow_event(flow, i), record)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* ---- makers' handlers ---------------------------------------------------- */

/* The handlers that alone make it true: HfSymId; NULL when it is not they
 * alone. */
GArray *hf_event_making_handlers(const HfEventRun *r, const HfAssertion *a,
                                 const GArray *makers,
                                 const HfEventMaker **example)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    gboolean unknown = FALSE;

    *example = NULL;
    for (guint i = 0; i < makers->len && !unknown; i++) {
        const HfEventMaker *m = &g_array_index(makers, HfEventMaker, i);
        g_autoptr(GArray) steps = NULL;
        guint before = out->len;

        if (!hf_event_makes(a, m)) {
            continue;
        }
        steps = hf_handlers_above(&r->sources, m->flow->sym, &unknown);
        for (guint k = 0; k < steps->len && !unknown; k++) {
            const HfHandlerStep *step =
                &g_array_index(steps, HfHandlerStep, k);
            const HfFlow *flow = r->c->solved->flows[step->sym];

            unknown = hf_check_exempt(r->c, flow);
            if (hf_handler_of(&r->sources, step->sym)) {
                g_array_append_val(out, step->sym);
            }
        }
        unknown |= out->len == before || hf_event_is_local_object(m);
        *example = *example ? *example : m;
    }
    if (unknown || !out->len) {
        g_array_unref(out);
        return NULL;
    }
    return out;
}

gboolean hf_event_has_handler(const GArray *handlers, HfSymId sym)
{
    for (guint i = 0; i < handlers->len; i++) {
        if (g_array_index(handlers, HfSymId, i) == sym) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Nothing orders the handler behind those that make it true. */
gboolean hf_event_is_unordered(const HfEventRun *r, const HfAssertion *a,
                               const HfHandler *s, const GArray *makers,
                               gboolean *same_table)
{
    g_autoptr(GHashTable) own = hf_handlers_below(&r->sources, s->handler);

    *same_table = FALSE;
    for (guint i = 0; i < makers->len; i++) {
        HfSymId m = g_array_index(makers, HfSymId, i);
        g_autoptr(GHashTable) below = hf_handlers_below(&r->sources, m);
        const HfHandler *other = hf_handler_of(&r->sources, m);

        if (g_hash_table_contains(own, GUINT_TO_POINTER(m)) ||
            g_hash_table_contains(below, GUINT_TO_POINTER(s->handler)) ||
            is_made_by(s, below) || is_made_by(other, own) ||
            is_object_made(r, a, below)) {
            return FALSE;
        }
        *same_table |= in_same_table(r, s, other);
    }
    return TRUE;
}
