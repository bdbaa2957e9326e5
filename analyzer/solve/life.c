/* SPDX-License-Identifier: MIT */
#include "solve/life.h"
#include "solve/blocks.h"
#include "solve/roles.h"

enum {
    DOES_START = 1, /* callees included */
    DOES_JOIN = 2,
    DOES_HERE = 4, /* either, in its own body */
};

struct HfLife {
    const HfSolved *s;
    const HfRole *role;
    guint8 *entry; /* by HfSymId: HF_LIFE_*, when the starter enters it */
    guint8 *does;  /* by HfSymId: DOES_* */
};

/* Functions that do it, and their callers. */
static void mark_callers(HfLife *life, const GArray *points, guint8 what)
{
    GArray *todo = g_array_new(FALSE, FALSE, sizeof(HfSymId));

    for (guint i = 0; i < points->len; i++) {
        HfSymId in = g_array_index(points, HfRolePoint, i).in;

        if (!g_array_index(points, HfRolePoint, i).shared &&
            !(life->does[in] & what)) {
            life->does[in] |= what | DOES_HERE;
            g_array_append_val(todo, in);
        }
    }
    while (todo->len) {
        HfSymId sym = g_array_index(todo, HfSymId, todo->len - 1);
        const GArray *sites = life->s->program->callers[sym];

        g_array_set_size(todo, todo->len - 1);
        for (guint i = 0; sites && i < sites->len; i++) {
            HfSymId up = g_array_index(sites, HfCallSite, i).caller;

            if (!(life->does[up] & what)) {
                life->does[up] |= what;
                g_array_append_val(todo, up);
            }
        }
    }
    g_array_unref(todo);
}

/* ---- along one function ------------------------------------------------- */

static gboolean has_point(const GArray *points, HfSymId in, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);

        if (p->in == in && p->event == event && !p->shared) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    const HfLife *life;
    const HfFlow *f;
    guint8 *in; /* by block: what may be at its start; NULL: as on entry */
} Walk;

/* With this join, every thread of the role has been joined: each start has its
 * handle joined here, or on a way that leads here. */
static gboolean joins_last(const Walk *w, uint32_t event)
{
    const GArray *starts = w->life->role->starts, *joins = w->life->role->joins;

    for (guint i = 0; i < starts->len; i++) {
        const HfRolePoint *start = &g_array_index(starts, HfRolePoint, i);
        gboolean done = FALSE;

        for (guint k = 0; !done && k < joins->len; k++) {
            const HfRolePoint *p = &g_array_index(joins, HfRolePoint, k);

            done = !p->shared &&
                   (hf_handle_same(w->life->s, &start->handle, &p->handle) ||
                    hf_handle_same(w->life->s, &start->kept, &p->handle)) &&
                   (p->in != w->f->sym || p->event == event ||
                    hf_event_before(w->f, p->event, event));
        }
        if (!done) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a callee that starts or joins somewhere leaves behind. */
static guint8 after_callee(const Walk *w, const HfCall *call, guint8 before)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(w->life->s, w->f, call, &targets, &slot);
    guint8 after = before;

    for (guint i = 0; i < n; i++) {
        if (w->life->does[targets[i]] & DOES_START) {
            after |= HF_LIFE_RUNNING;
        } else if (w->life->does[targets[i]] & DOES_JOIN && n == 1) {
            after = HF_LIFE_ENDED;
        }
    }
    return after;
}

/* run(function): starts threads that run it, and joins them. */
static gboolean waits_itself(const Walk *w, const HfEvent *e)
{
    HfSymId callee =
        e->kind == HF_EV_CALL ? w->f->unit->symbols[e->sym] : 0;

    for (guint i = 0; callee && i < w->life->role->joins->len; i++) {
        if (g_array_index(w->life->role->joins, HfRolePoint, i).in == callee) {
            return TRUE;
        }
    }
    return FALSE;
}

static guint8 after_event(const Walk *w, uint32_t event, guint8 before)
{
    const HfEvent *e = hf_flow_event(w->f, event);
    const HfCall *call;

    if (has_point(w->life->role->starts, w->f->sym, event)) {
        return waits_itself(w, e) ? HF_LIFE_ENDED : HF_LIFE_RUNNING;
    }
    if (e->kind != HF_EV_CALL && e->kind != HF_EV_CALL_INDIRECT) {
        return before;
    }
    if (has_point(w->life->role->joins, w->f->sym, event)) {
        return joins_last(w, event) ? HF_LIFE_ENDED : before;
    }
    call = hf_flow_call(w->f, event);
    return call ? after_callee(w, call, before) : before;
}

/* Index of the first call recorded at the event or behind it. */
static guint call_from(const HfFlow *f, uint32_t event)
{
    guint lo = 0, hi = f->calls->len;

    while (lo < hi) {
        guint mid = (lo + hi) / 2;

        if (g_array_index(f->calls, HfCall, mid).event < event) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* What comes after the events from `first` to before `end`. */
static guint8 through_events(const Walk *w, uint32_t first, uint32_t end,
                             guint8 now)
{
    if (w->life->does[w->f->sym] & DOES_HERE) {
        for (uint32_t e = first; e < end; e++) {
            now = after_event(w, e, now);
        }
        return now;
    }
    for (guint i = call_from(w->f, first); i < w->f->calls->len; i++) {
        const HfCall *call = &g_array_index(w->f->calls, HfCall, i);

        if (call->event >= end) {
            break;
        }
        now = after_callee(w, call, now);
    }
    return now;
}

static guint8 through_block(const Walk *w, guint block)
{
    const HfBlock *b = hf_block(w->f, block);
    uint32_t first = b->first_event - w->f->fn->first_event;

    return through_events(w, first, first + b->n_events, w->in[block]);
}

/* A loop that joins thread after thread has joined them all when it is left,
 * however often it ran. */
static gboolean joins_in_loop(const Walk *w, guint header)
{
    const HfFacts *facts = w->f->unit->facts;
    const HfBlock *h = &facts->blocks[w->f->fn->first_block + header];

    for (guint i = 0; i < w->life->role->joins->len; i++) {
        const HfRolePoint *p = &g_array_index(w->life->role->joins,
                                              HfRolePoint, i);

        if (p->in == w->f->sym && !p->shared && h->n_events &&
            hf_event_in_loop(w->f, p->event) &&
            hf_event_before(w->f, h->first_event - w->f->fn->first_event,
                            p->event) &&
            hf_event_before(w->f, p->event,
                            h->first_event - w->f->fn->first_event)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_loop_header(const Walk *w, guint block)
{
    const HfFacts *facts = w->f->unit->facts;

    for (guint i = 0; i < w->f->fn->n_blocks; i++) {
        const HfBlock *b = &facts->blocks[w->f->fn->first_block + i];

        for (guint k = 0; k < b->n_edges; k++) {
            const HfEdge *e = &facts->edges[b->first_edge + k];

            if (e->flags & HF_EDGE_BACK &&
                e->to - w->f->fn->first_block == block) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void walk_blocks(Walk *w)
{
    const HfFacts *facts = w->f->unit->facts;
    guint n = w->f->fn->n_blocks;
    gboolean *joiner = g_new0(gboolean, n);
    gboolean again = TRUE;

    for (guint i = 0; w->life->role->joins->len && i < n; i++) {
        joiner[i] = is_loop_header(w, i) && joins_in_loop(w, i);
    }
    w->in[0] = w->life->entry[w->f->sym];
    while (again) {
        again = FALSE;
        for (guint i = 0; i < n; i++) {
            const HfBlock *b = &facts->blocks[w->f->fn->first_block + i];
            guint8 out;

            if (!w->in[i]) {
                continue;
            }
            out = through_block(w, i);
            if (joiner[i] && out & HF_LIFE_RUNNING) {
                out = HF_LIFE_ENDED;
            }
            for (guint k = 0; k < b->n_edges; k++) {
                guint to = facts->edges[b->first_edge + k].to -
                           w->f->fn->first_block;

                again |= (out & ~w->in[to]) != 0;
                w->in[to] |= out;
            }
        }
    }
    g_free(joiner);
}

static Walk walk_new(const HfLife *life, const HfFlow *f)
{
    Walk w = { life, f, NULL };

    if (life->does[f->sym]) {
        w.in = g_new0(guint8, f->fn->n_blocks);
        walk_blocks(&w);
    }
    return w;
}

/* ---- along calls -------------------------------------------------------- */

typedef struct {
    HfLife *life;
    GQueue todo; /* HfSymId whose entry has changed */
} Spread;

static void enter(Spread *s, HfSymId sym, guint8 now)
{
    if (s->life->s->flows[sym] && now & ~s->life->entry[sym]) {
        s->life->entry[sym] |= now;
        g_queue_push_tail(&s->todo, GUINT_TO_POINTER(sym));
    }
}

static void pass_call(Spread *s, const HfFlow *f, const HfCall *call,
                      guint8 now)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(s->life->s, f, call, &targets, &slot);
    GArray *also = hf_call_runs_now(s->life->s, f, call);

    for (guint i = 0; i < n; i++) {
        enter(s, targets[i], now);
    }
    for (guint i = 0; also && i < also->len; i++) {
        enter(s, g_array_index(also, HfSymId, i), now);
    }
    if (also) {
        g_array_unref(also);
    }
}

/* Calls of one block, each with what may be when it is made. */
static void pass_block(Spread *s, const Walk *w, guint block)
{
    const HfBlock *b = hf_block(w->f, block);
    uint32_t at = b->first_event - w->f->fn->first_event;
    uint32_t end = at + b->n_events;
    guint8 now = w->in[block];

    for (guint i = call_from(w->f, at); i < w->f->calls->len; i++) {
        const HfCall *call = &g_array_index(w->f->calls, HfCall, i);

        if (call->event >= end) {
            return;
        }
        now = through_events(w, at, call->event, now);
        pass_call(s, w->f, call,
                  now | (has_point(s->life->role->starts, w->f->sym,
                                   call->event) ? HF_LIFE_RUNNING : 0));
        at = call->event;
    }
}

static void visit(Spread *s, const HfFlow *f)
{
    Walk w = walk_new(s->life, f);

    for (guint i = 0; !w.in && i < f->calls->len; i++) {
        pass_call(s, f, &g_array_index(f->calls, HfCall, i),
                  s->life->entry[f->sym]);
    }
    for (guint i = 0; w.in && i < f->fn->n_blocks; i++) {
        pass_block(s, &w, i);
    }
    g_free(w.in);
}

HfLife *hf_life_new(const HfSolved *solved, const HfRole *role,
                    const HfRole *starter)
{
    HfLife *life = g_new0(HfLife, 1);
    Spread s = { life, G_QUEUE_INIT };

    life->s = solved;
    life->role = role;
    life->entry = g_new0(guint8, solved->program->symbols->len);
    life->does = g_new0(guint8, solved->program->symbols->len);
    mark_callers(life, role->starts, DOES_START);
    mark_callers(life, role->joins, DOES_JOIN);
    for (guint i = 0; i < starter->entries->len; i++) {
        HfSymId entry = g_array_index(starter->entries, HfSymId, i);

        /* callbacks come at any time */
        enter(&s, entry, solved->runs[entry] == 1u << HF_RUN_THREAD
                             ? HF_LIFE_NOT_YET : HF_LIFE_ANY);
    }
    while (!g_queue_is_empty(&s.todo)) {
        visit(&s, solved->flows[GPOINTER_TO_UINT(
                      g_queue_pop_head(&s.todo))]);
    }
    return life;
}

void hf_life_free(HfLife *life)
{
    if (life) {
        g_free(life->entry);
        g_free(life->does);
        g_free(life);
    }
}

guint8 hf_life_at(const HfLife *life, const HfFlow *flow, uint32_t event)
{
    Walk w = walk_new(life, flow);
    guint8 now = life->entry[flow->sym];

    if (w.in) {
        guint block = hf_block_of(flow, event);

        now = through_events(&w, hf_block(flow, block)->first_event -
                                     flow->fn->first_event,
                             event, w.in[block]);
    }
    g_free(w.in);
    return now;
}

guint8 hf_life_at_end(const HfLife *life, const HfFlow *flow)
{
    Walk w = walk_new(life, flow);
    guint8 now = w.in ? through_block(&w, 1) : life->entry[flow->sym];

    g_free(w.in);
    return now;
}
