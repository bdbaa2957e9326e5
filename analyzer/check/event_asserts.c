/* SPDX-License-Identifier: MIT */
/*
 * event_asserts.c - what is asserted, what makes it true, and whether somebody
 * looks before.
 */
#include "check/event_state.h"

#include <string.h>

gint64 hf_event_state_key(HfEventState s)
{
    return (gint64)s.field << 32 | s.var;
}

gboolean hf_event_state_of(const HfUnit *u, HfId path, HfEventState *out)
{
    const HfPath *p = &u->facts->paths[path];

    *out = (HfEventState){ 0 };
    if (p->kind == HF_PATH_FIELD) {
        out->field = u->fields[p->ref];
    } else if (p->kind == HF_PATH_GLOBAL) {
        out->var = u->symbols[p->ref];
    }
    return out->field || out->var;
}

/* ---- assertions --------------------------------------------------------- */

/* The block only says what is wrong, and ends the program. */
static gboolean is_failure(const HfEventRun *r, const HfFlow *flow,
                           uint32_t block)
{
    const HfFacts *f = flow->unit->facts;
    const HfBlock *b = &f->blocks[flow->fn->first_block + block];
    const HfEvent *last;
    const char *callee, *macro;
    g_autofree char *lower = NULL;

    if (block == 1 || b->n_edges || !b->n_events) {
        return FALSE;
    }
    last = &f->events[b->first_event + b->n_events - 1];
    if (last->kind != HF_EV_CALL) {
        return FALSE;
    }
    callee = HF_PROGRAM_SYM(r->c->program,
                            flow->unit->symbols[last->sym])->name;
    macro = hf_str(f, f->locs[last->loc].macro);
    lower = g_ascii_strdown(macro, -1);
    return strstr(lower, "assert") || strstr(callee, "assert") ||
           strstr(callee, "abort");
}

static gboolean same_place(const HfFacts *f, HfId a, HfId b)
{
    const HfLoc *l = &f->locs[f->conds[a].loc], *r = &f->locs[f->conds[b].loc];

    return l->file == r->file && l->line == r->line && l->col == r->col;
}

/* assert(a || b) does not want a: some part of it does not lead to the
 * failure. */
static gboolean is_alternative(const HfFlow *flow, uint32_t failure, HfId cond)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t n = 0; n < flow->fn->n_blocks; n++) {
        const HfBlock *b = &f->blocks[flow->fn->first_block + n];
        gboolean same = FALSE, fails = FALSE;

        for (uint32_t i = 0; i < b->n_edges; i++) {
            const HfEdge *e = &f->edges[b->first_edge + i];

            same |= e->cond && same_place(f, e->cond, cond);
            fails |= e->to - flow->fn->first_block == failure;
        }
        if (same && !fails) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What has to hold for the edge not to be taken; FALSE: nothing simple. */
static gboolean wanted(const HfFlow *flow, const HfEdge *edge, HfAssertion *a)
{
    const HfFacts *f = flow->unit->facts;
    const HfCond *cond = &f->conds[edge->cond];
    gboolean negated = (edge->flags & HF_EDGE_NEGATED) != 0;
    const HfPath *rhs = &f->paths[cond->rhs];

    a->flow = flow;
    a->cond = edge->cond;
    if (!hf_event_state_of(flow->unit, cond->lhs, &a->state)) {
        return FALSE;
    }
    if (cond->op == HF_COND_TRUE) {
        return negated;
    }
    if (rhs->kind != HF_PATH_CONST) {
        return FALSE;
    }
    if (rhs->value == 0) {
        return (cond->op == HF_COND_NE && negated) ||
               (cond->op == HF_COND_EQ && !negated);
    }
    a->value = rhs->value;
    return (cond->op == HF_COND_EQ && negated) ||
           (cond->op == HF_COND_NE && !negated);
}

void hf_event_find_assertions(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfEventRun *r = data;
    const HfFacts *f = flow->unit->facts;

    (void)c;
    for (uint32_t n = 0; n < flow->fn->n_blocks; n++) {
        const HfBlock *b = &f->blocks[flow->fn->first_block + n];

        for (uint32_t i = 0; i < b->n_edges; i++) {
            const HfEdge *e = &f->edges[b->first_edge + i];
            uint32_t to = e->to - flow->fn->first_block;
            HfAssertion a = { .block = n };

            if (e->cond && is_failure(r, flow, to) && wanted(flow, e, &a) &&
                !is_alternative(flow, to, e->cond)) {
                gint64 key = hf_event_state_key(a.state);

                g_array_append_val(r->assertions, a);
                if (!g_hash_table_contains(r->makers, &key)) {
                    g_hash_table_insert(r->makers,
                                        g_memdup2(&key, sizeof(key)),
                                        g_array_new(FALSE, FALSE,
                                                    sizeof(HfEventMaker)));
                }
            }
        }
    }
}

/* ---- who makes it true -------------------------------------------------- */

void hf_event_find_makers(HfEventRun *r, const HfFlow *flow)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        gboolean write = e->kind == HF_EV_WRITE || e->kind == HF_EV_RMW ||
                         e->kind == HF_EV_ATOMIC_WRITE ||
                         e->kind == HF_EV_ATOMIC_RMW;
        HfEventMaker m = { flow, i };
        GArray *makers;
        HfEventState s;
        gint64 key;

        if ((!write && e->kind != HF_EV_ADDR_TAKEN) ||
            !hf_event_state_of(flow->unit, e->path, &s)) {
            continue;
        }
        key = hf_event_state_key(s);
        makers = g_hash_table_lookup(r->makers, &key);
        if (!makers) {
            continue;
        }
        if (!write) { /* anybody may write through the pointer */
            g_hash_table_insert(r->makers, g_memdup2(&key, sizeof(key)),
                                NULL);
        } else if (e->kind != HF_EV_WRITE || !e->value ||
                   f->paths[e->value].kind != HF_PATH_CONST ||
                   f->paths[e->value].value != 0) {
            g_array_append_val(makers, m);
        }
    }
}

/* Written in an object that the function has for itself. */
gboolean hf_event_is_local_object(const HfEventMaker *m)
{
    const HfFacts *f = m->flow->unit->facts;
    HfId path = hf_flow_event(m->flow, m->event)->path;

    while (f->paths[path].kind == HF_PATH_FIELD ||
           f->paths[path].kind == HF_PATH_INDEX) {
        path = f->paths[path].parent;
    }
    return f->paths[path].kind == HF_PATH_LOCAL;
}

/* It takes several values besides 0: a state, not whether something is
 * there. */
gboolean hf_event_is_one_of_many(const GArray *makers)
{
    gint64 first = 0;

    for (guint i = 0; i < makers->len; i++) {
        const HfEventMaker *m = &g_array_index(makers, HfEventMaker, i);
        const HfFacts *f = m->flow->unit->facts;
        const HfPath *v = &f->paths[hf_flow_event(m->flow, m->event)->value];

        if (v->kind == HF_PATH_CONST && v->value) {
            if (first && v->value != first) {
                return TRUE;
            }
            first = v->value;
        }
    }
    return FALSE;
}

gboolean hf_event_makes(const HfAssertion *a, const HfEventMaker *m)
{
    const HfFacts *f = m->flow->unit->facts;
    const HfEvent *e = hf_flow_event(m->flow, m->event);
    const HfPath *v = &f->paths[e->value];

    return !a->value || e->kind != HF_EV_WRITE ||
           v->kind != HF_PATH_CONST || v->value == a->value;
}

/* Where the assertion's block ends, about. */
static uint32_t first_event(const HfAssertion *a)
{
    const HfBlock *b =
        &a->flow->unit->facts->blocks[a->flow->fn->first_block + a->block];

    return b->first_event - a->flow->fn->first_event + b->n_events;
}

/* The object is the handler's own, not one of many that are looked through:
 * reached from a parameter, a variable or a result. */
gboolean hf_event_is_own_object(const HfEventRun *r, const HfAssertion *a)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfFacts *f = a->flow->unit->facts;
    uint32_t end = first_event(a);

    for (guint i = 0; !a->state.var && i < a->flow->accesses->len; i++) {
        const HfAccess *access =
            &g_array_index(a->flow->accesses, HfAccess, i);
        HfXKind kind;

        if (access->event >= end ||
            hf_flow_event(a->flow, access->event)->path !=
                f->conds[a->cond].lhs) {
            continue;
        }
        kind = hf_x(t, hf_x_root(t, access->path))->kind;
        if (kind == HF_X_PARAM || kind == HF_X_GLOBAL || kind == HF_X_TEMP) {
            return TRUE;
        }
    }
    return a->state.var != 0;
}

/* ---- is it looked at before? --------------------------------------------- */

static gboolean asks(const HfFlow *flow, HfEventState state,
                     const HfAssertion *but)
{
    const HfFacts *f = flow->unit->facts;

    for (uint32_t n = 0; n < flow->fn->n_blocks; n++) {
        const HfBlock *b = &f->blocks[flow->fn->first_block + n];

        for (uint32_t i = 0; i < b->n_edges; i++) {
            HfId cond = f->edges[b->first_edge + i].cond;
            HfEventState s;

            if (cond && !(but->flow == flow &&
                          same_place(f, cond, but->cond)) &&
                hf_event_state_of(flow->unit, f->conds[cond].lhs, &s) &&
                hf_event_state_key(s) == hf_event_state_key(state)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Something is waited for before: the other event, as like as not. */
static gboolean waits(const HfEventRun *r, const HfFlow *flow, uint32_t until)
{
    const guint64 waiting = 1ull << HF_EFF_BLOCKING |
                            1ull << HF_EFF_DROP_AND_RETAKE;

    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t event = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, event);
        const HfContract *k;

        if (e->kind != HF_EV_CALL || event >= until) {
            continue;
        }
        k = hf_contract_of(r->c->solved->contracts,
                           flow->unit->symbols[e->sym]);
        if (k && k->kinds & waiting) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Somebody on the way from the handler to the assertion asks, or waits. */
gboolean hf_event_is_asked(const HfEventRun *r, const GArray *steps, guint at,
                           const HfAssertion *a)
{
    for (;; at = g_array_index(steps, HfHandlerStep, at).from) {
        const HfHandlerStep *step = &g_array_index(steps, HfHandlerStep, at);
        const HfFlow *flow = r->c->solved->flows[step->sym];

        if (asks(flow, a->state, a) ||
            waits(r, flow, at ? step->event : first_event(a))) {
            return TRUE;
        }
        if (at == 0) {
            return FALSE;
        }
    }
}
