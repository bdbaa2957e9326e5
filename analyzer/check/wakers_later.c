/* SPDX-License-Identifier: MIT */
/*
 * Wakers that may not exist yet: a thread asks for something to be done later
 * by an event loop, and then waits, under the lock that the loop needs, for
 * the thread that is started when it is done.
 */
#include "check/wakers.h"
#include "solve/roles.h"
#include "solve/blocks.h"

#include <string.h>

/* ---- on the way to the wait --------------------------------------------- */

/* ctx: in which flow is entered; NULL when that is not known. */
typedef gboolean (*BeforeFn)(HfWakers *w, const HfFlow *flow,
                             const HfContext *ctx, const HfCall *call,
                             gconstpointer data);

/* Some call that may come before the event, in its function. */
static gboolean any_before(HfWakers *w, const HfFlow *flow, uint32_t event,
                           const HfContext *ctx, BeforeFn fn,
                           gconstpointer data)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (hf_flow_event(flow, call->event)->kind == HF_EV_CALL &&
            call->event != event && fn(w, flow, ctx, call, data) &&
            hf_event_before(flow, call->event, event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The same before the thread was started that is in this role. */
static gboolean any_before_start(HfWakers *w, HfSymId entry, int role,
                                 BeforeFn fn, gconstpointer data)
{
    const HfRole *r =
        role < 0 ? NULL : &g_array_index(w->cr->s->roles, HfRole, role);

    for (guint i = 0; r && i < r->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(r->starts, HfRolePoint, i);

        if (p->entry == entry && w->cr->s->flows[p->in] &&
            any_before(w, w->cr->s->flows[p->in], p->event, NULL, fn,
                       data)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The same, or in a function further up the way in, to the one that started
 * the thread. */
static gboolean any_on_way(HfWakers *w, const HfFlow *flow, uint32_t event,
                           const HfContext *ctx, BeforeFn fn,
                           gconstpointer data)
{
    while (!any_before(w, flow, event, ctx, fn, data)) {
        if (!ctx->parent) {
            return any_before_start(w, flow->sym, ctx->role, fn, data);
        }
        event = ctx->parent_event;
        flow = w->cr->s->flows[ctx->parent];
        ctx = &g_array_index(flow->contexts, HfContext, ctx->parent_context);
    }
    return TRUE;
}

/* Everybody who gets to sym by direct calls. */
static const guint8 *above(HfWakers *w, HfSymId sym)
{
    const HfProgram *p = w->cr->s->program;
    guint8 *seen = g_hash_table_lookup(w->above, GUINT_TO_POINTER(sym));
    GArray *work;

    if (seen) {
        return seen;
    }
    seen = g_new0(guint8, p->symbols->len);
    work = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    seen[sym] = TRUE;
    g_array_append_val(work, sym);
    for (guint i = 0; i < work->len; i++) {
        const GArray *sites = p->callers[g_array_index(work, HfSymId, i)];

        for (guint k = 0; sites && k < sites->len; k++) {
            const HfCallSite *s = &g_array_index(sites, HfCallSite, k);
            const HfFacts *f = HF_PROGRAM_UNIT(p, s->unit)->facts;

            if (f->events[s->event].kind == HF_EV_CALL && !seen[s->caller]) {
                seen[s->caller] = TRUE;
                g_array_append_val(work, s->caller);
            }
        }
    }
    g_array_unref(work);
    g_hash_table_insert(w->above, GUINT_TO_POINTER(sym), seen);
    return seen;
}

static HfSymId callee_of(const HfFlow *flow, const HfCall *call)
{
    return flow->unit->symbols[hf_flow_event(flow, call->event)->sym];
}

/* The call asks for it, or something that it calls does. */
static gboolean asks(HfWakers *w, const HfFlow *flow, const HfContext *ctx,
                     const HfCall *call, gconstpointer data)
{
    const HfCallSite *asker = data;

    (void)ctx;
    return (flow->sym == asker->caller && call->event == asker->event) ||
           above(w, asker->caller)[callee_of(flow, call)];
}

typedef struct {
    const HfCritEvent *wait;
    HfX lock;
} FreeWait;

/* It waited for the same before, having given the lock up or never had it. */
static gboolean waits_freely(HfWakers *w, const HfFlow *flow,
                             const HfContext *ctx, const HfCall *call,
                             gconstpointer data)
{
    const GArray *rows = hf_critical_events(w->cr, callee_of(flow, call));
    const FreeWait *want = data;
    gboolean without = ctx && hf_held(w->cr->s, flow, ctx, call->must,
                                      want->lock, NULL) == HF_ABSENT;

    for (guint i = 0; rows && i < rows->len; i++) {
        const HfCritEvent *e = &g_array_index(rows, HfCritEvent, i);

        if (e->kind == HF_CRIT_WAIT && e->word == want->wait->word &&
            e->cls &&
            (hf_critical_has(w->cr, e->absent, want->lock) ||
             (without && !hf_critical_has(w->cr, e->held, want->lock))) &&
            hf_critical_may_alias(w->cr, e->cls, want->wait->cls)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- who starts it ------------------------------------------------------ */

/* Silence about such a lock is the normal case, and callbacks of loops are
 * where it is held. */
static gboolean may_hold(const HfCritical *cr, const HfContext *ctx, HfX lock)
{
    const HfCapRule *cap = hf_contract_cap_rule(cr->s->contracts, lock);
    HfXNode n = *hf_x(cr->t, lock);

    return cap && cap->unknown_entry == HF_ENTRY_UNKNOWN && !ctx->complete &&
           !(ctx->absent >> n.ref & 1);
}

/* Where the way into the function began. */
static HfSymId root_of(const HfCritical *cr, HfSymId sym,
                       const HfContext *ctx)
{
    while (ctx->parent) {
        sym = ctx->parent;
        ctx = &g_array_index(cr->s->flows[sym]->contexts, HfContext,
                             ctx->parent_context);
    }
    return sym;
}

typedef struct {
    HfWakers *w;
    HfX lock;
    const HfFlow *waiter;
    const HfContext *ctx;
    const HfCritEvent *wait;
} Question;

/* The callback was asked for on the way to the wait. */
static gboolean asked_for(const Question *q, HfSymId callback)
{
    const GArray *list =
        g_hash_table_lookup(q->w->askers, GUINT_TO_POINTER(callback));

    for (guint i = 0; list && i < list->len; i++) {
        if (any_on_way(q->w, q->waiter, q->wait->event, q->ctx, asks,
                       &g_array_index(list, HfCallSite, i))) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean started_later(const Question *q, const HfRolePoint *p)
{
    const HfCritical *cr = q->w->cr;
    const HfFlow *f = cr->s->flows[p->in];
    const HfCall *call = f ? hf_flow_call(f, p->event) : NULL;
    uint32_t event;
    const HfFlow *end = hf_critical_end(cr, q->waiter, q->wait, &event);

    if (above(q->w, p->in)[end->sym]) {
        return FALSE; /* it has just started it */
    }
    for (guint i = 0; call && i < f->contexts->len; i++) {
        const HfContext *c = &g_array_index(f->contexts, HfContext, i);
        HfSymId root = root_of(cr, p->in, c);
        guint later = cr->s->runs[root] &
                      ~(1u << HF_RUN_THREAD | 1u << HF_RUN_CALL);

        if (later && (hf_critical_holds(cr, f, call->must, q->lock) ||
                      hf_held(cr->s, f, c, call->must, q->lock, NULL) ==
                          HF_HELD ||
                      may_hold(cr, c, q->lock)) && asked_for(q, root)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean all_started_later(const Question *q, const HfFlow *waker,
                                  int depth);

/* A callback that only threads ask for which are started later themselves. */
static gboolean asked_for_later(const Question *q, HfSymId callback, int depth)
{
    const GArray *list =
        g_hash_table_lookup(q->w->askers, GUINT_TO_POINTER(callback));

    for (guint i = 0; list && depth && i < list->len; i++) {
        HfSymId by = g_array_index(list, HfCallSite, i).caller;

        if (!all_started_later(q, q->w->cr->s->flows[by], depth - 1)) {
            return FALSE;
        }
    }
    return list && list->len && depth;
}

/* For every role that the waker may be in. */
static gboolean all_started_later(const Question *q, const HfFlow *waker,
                                  int depth)
{
    const HfSolved *s = q->w->cr->s;

    for (guint i = 0; i < waker->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(waker->contexts, HfContext, i);
        HfSymId root = root_of(q->w->cr, waker->sym, ctx);
        const HfRole *r = ctx->role < 0 ? NULL
                                        : &g_array_index(s->roles, HfRole,
                                                         ctx->role);
        gboolean any = r && !r->starts->len && s->runs[root] &&
                       asked_for_later(q, root, depth);

        for (guint k = 0; r && !any && k < r->starts->len; k++) {
            const HfRolePoint *p = &g_array_index(r->starts, HfRolePoint, k);

            any = started_later(q, p);
        }
        if (!any) {
            return FALSE;
        }
    }
    return waker->contexts->len > 0;
}

gboolean hf_waker_starts_later(HfWakers *w, const HfWaker *waker, HfX lock,
                               const HfFlow *waiter, const HfCritEvent *wait)
{
    FreeWait free_wait = { wait, lock };

    for (guint i = 0; i < waiter->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(waiter->contexts, HfContext, i);
        Question q = { w, lock, waiter, ctx, wait };

        if (all_started_later(&q, waker->flow, 1) &&
            !any_on_way(w, waiter, wait->event, ctx, waits_freely,
                        &free_wait)) {
            return TRUE;
        }
    }
    return FALSE;
}
