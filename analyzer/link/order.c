/* SPDX-License-Identifier: MIT */
/*
 * Call sites by callee, and the order in which summaries are computed:
 * strongly connected components over calls with one target, callees first.
 * Calls with several targets are left out of the order because summaries do
 * not flow through them; with them half of a large program is one component.
 */
#include "link/link_internal.h"

static void note_call(HfProgram *p, HfSymId callee, HfSymId caller,
                      uint32_t unit, HfId event)
{
    HfCallSite site = { caller, unit, event };

    if (!p->callers[callee]) {
        p->callers[callee] = g_array_new(FALSE, FALSE, sizeof(HfCallSite));
    }
    g_array_append_val(p->callers[callee], site);
}

static void collect_callers(HfProgram *p)
{
    p->callers = g_new0(GArray *, p->symbols->len);
    for (guint i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);
        const HfUnit *u;
        const HfFunction *fn;

        if (!s->body) {
            continue;
        }
        fn = hf_program_body(p, i, &u);
        for (uint32_t k = 0; k < fn->n_events; k++) {
            HfId id = fn->first_event + k;
            const HfEvent *e = &u->facts->events[id];

            if (e->kind == HF_EV_CALL) {
                note_call(p, u->symbols[e->sym], i, s->body_unit, id);
            } else if (e->kind == HF_EV_CALL_INDIRECT) {
                const GArray *t = hf_program_targets(p, u, i, e, NULL);

                for (guint n = 0; n < t->len; n++) {
                    note_call(p, g_array_index(t, HfSymId, n), i,
                              s->body_unit, id);
                }
            }
        }
    }
}

/* ---- Tarjan, without recursion ------------------------------------------ */

typedef struct {
    HfSymId sym;
    uint32_t next; /* event to look at next, relative */
} Frame;

typedef struct {
    HfProgram *p;
    uint32_t *index, *low;
    gboolean *on_stack;
    GArray *stack;  /* HfSymId */
    GArray *frames; /* Frame */
    uint32_t counter, component;
} Tarjan;

/* The single callee of an event that has a body; 0 when there is none. */
static HfSymId single_callee(const HfProgram *p, const HfUnit *u, HfSymId sym,
                             const HfEvent *e)
{
    HfSymId callee = 0;

    if (e->kind == HF_EV_CALL) {
        callee = u->symbols[e->sym];
    } else if (e->kind == HF_EV_CALL_INDIRECT) {
        const GArray *t = hf_program_targets(p, u, sym, e, NULL);

        callee = t->len == 1 ? g_array_index(t, HfSymId, 0) : 0;
    }
    return callee && HF_PROGRAM_SYM(p, callee)->body ? callee : 0;
}

static void enter(Tarjan *t, HfSymId sym)
{
    Frame fr = { sym, 0 };

    t->index[sym] = t->low[sym] = ++t->counter;
    t->on_stack[sym] = TRUE;
    g_array_append_val(t->stack, sym);
    g_array_append_val(t->frames, fr);
}

static void close_component(Tarjan *t, HfSymId root)
{
    HfSymId s;

    t->component++;
    do {
        s = g_array_index(t->stack, HfSymId, t->stack->len - 1);
        g_array_set_size(t->stack, t->stack->len - 1);
        t->on_stack[s] = FALSE;
        t->p->scc[s] = t->component;
        g_array_append_val(t->p->functions, s);
    } while (s != root);
}

/* Advance the top frame by one event; TRUE when the frame is done. */
static gboolean step(Tarjan *t)
{
    Frame *fr = &g_array_index(t->frames, Frame, t->frames->len - 1);
    const HfUnit *u;
    const HfFunction *fn = hf_program_body(t->p, fr->sym, &u);
    HfSymId callee;

    if (fr->next == fn->n_events) {
        return TRUE;
    }
    callee = single_callee(t->p, u, fr->sym,
                           &u->facts->events[fn->first_event + fr->next++]);
    if (!callee) {
        return FALSE;
    }
    if (!t->index[callee]) {
        enter(t, callee);
    } else if (t->on_stack[callee]) {
        t->low[fr->sym] = MIN(t->low[fr->sym], t->index[callee]);
    }
    return FALSE;
}

static void visit(Tarjan *t, HfSymId start)
{
    enter(t, start);
    while (t->frames->len) {
        Frame done;

        if (!step(t)) {
            continue;
        }
        done = g_array_index(t->frames, Frame, t->frames->len - 1);
        g_array_set_size(t->frames, t->frames->len - 1);
        if (t->frames->len) {
            Frame *up = &g_array_index(t->frames, Frame, t->frames->len - 1);

            t->low[up->sym] = MIN(t->low[up->sym], t->low[done.sym]);
        }
        if (t->low[done.sym] == t->index[done.sym]) {
            close_component(t, done.sym);
        }
    }
}

void hf_link_order(HfProgram *p)
{
    guint n = p->symbols->len;
    Tarjan t = {
        .p = p,
        .index = g_new0(uint32_t, n),
        .low = g_new0(uint32_t, n),
        .on_stack = g_new0(gboolean, n),
        .stack = g_array_new(FALSE, FALSE, sizeof(HfSymId)),
        .frames = g_array_new(FALSE, FALSE, sizeof(Frame)),
    };

    collect_callers(p);
    p->scc = g_new0(uint32_t, n);
    p->functions = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    for (guint i = 1; i < n; i++) {
        if (HF_PROGRAM_SYM(p, i)->body && !t.index[i]) {
            visit(&t, i);
        }
    }
    g_free(t.index);
    g_free(t.low);
    g_free(t.on_stack);
    g_array_unref(t.stack);
    g_array_unref(t.frames);
}
