/* SPDX-License-Identifier: MIT */
#include "check/wakers.h"
#include "solve/roles.h"
#include "solve/blocks.h"

#include <string.h>


/* ---- who has callbacks called ------------------------------------------- */

static void add_askers(HfWakers *w, const HfFlow *f, const HfCall *call)
{
    GArray *all = hf_callbacks_of(w->cr->s, f, call);

    for (guint i = 0; all && i < all->len; i++) {
        gpointer key =
            GUINT_TO_POINTER(g_array_index(all, HfCallback, i).target);
        GArray *list = g_hash_table_lookup(w->askers, key);
        HfCallSite asker = { .caller = f->sym, .event = call->event };

        if (!list) {
            list = g_array_new(FALSE, FALSE, sizeof(HfCallSite));
            g_hash_table_insert(w->askers, key, list);
        }
        g_array_append_val(list, asker);
    }
    if (all) {
        g_array_unref(all);
    }
}

/* ---- every waker -------------------------------------------------------- */

/* Told where it is first known what is woken: further up it is the same. */
static void collect(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                    const HfCritEvent *e, gpointer data)
{
    HfWaker w = { .flow = flow, .event = call->event, .what = *e };

    if (e->kind != HF_CRIT_WAKE || !e->cls ||
        (e->callee && g_array_index(cr->events[e->callee], HfCritEvent,
                                    e->index).cls)) {
        return;
    }
    g_array_append_val((GArray *)data, w);
}

static gboolean wakes(const HfCritical *cr, HfSymId sym)
{
    const GArray *rows = cr->events[sym];

    for (guint i = 0; rows && i < rows->len; i++) {
        if (g_array_index(rows, HfCritEvent, i).kind == HF_CRIT_WAKE) {
            return TRUE;
        }
    }
    return FALSE;
}

HfWakers *hf_wakers_new(HfCritical *cr)
{
    const GArray *order = cr->s->program->functions;
    HfWakers *w = g_new0(HfWakers, 1);

    w->cr = cr;
    w->all = g_array_new(FALSE, FALSE, sizeof(HfWaker));
    w->askers = g_hash_table_new_full(NULL, NULL, NULL,
                                      (GDestroyNotify)g_array_unref);
    w->above = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = cr->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            add_askers(w, f, &g_array_index(f->calls, HfCall, k));
        }

        /* what a primitive does inside is the primitive's own business */
        for (guint k = 0; !f->skip && wakes(cr, f->sym) && k < f->calls->len;
             k++) {
            hf_critical_at(cr, f, &g_array_index(f->calls, HfCall, k),
                           collect, w->all);
        }
    }
    return w;
}

void hf_wakers_free(HfWakers *w)
{
    if (w) {
        g_array_unref(w->all);
        g_hash_table_unref(w->askers);
        g_hash_table_unref(w->above);
        g_clear_pointer(&w->writes, g_hash_table_unref);
        g_free(w);
    }
}

/* ---- what they need ----------------------------------------------------- */

/* Though it is given back. */
gboolean hf_waker_takes_first(const HfCritical *cr, const HfFlow *flow,
                              uint32_t event, HfX lock)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_ACQUIRE && !op->conditional &&
            op->event < event && hf_critical_class(cr, op->lock) == lock &&
            hf_critical_always_before(flow, op->event, event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A lock with a name, of which it is not always known whether it is held: it
 * is wherever that is known.  Good enough against a wait that is seen to be
 * made under it. */
static gboolean held_where_known(const HfCritical *cr, const HfFlow *flow,
                                 const HfCall *call, HfX lock)
{
    gboolean held = FALSE;

    if (hf_x(cr->t, lock)->kind != HF_X_CAP) {
        return FALSE;
    }
    for (guint i = 0; i < flow->contexts->len; i++) {
        HfTri tri = hf_held(cr->s, flow,
                            &g_array_index(flow->contexts, HfContext, i),
                            call->must, lock, NULL);

        if (tri == HF_ABSENT) {
            return FALSE;
        }
        held |= tri == HF_HELD;
    }
    return held;
}

static HfNeeds needs(HfWakers *w, const HfWaker *waker, HfX lock,
                     const HfFlow *waiter, const HfCritEvent *wait)
{
    HfCritical *cr = w->cr;
    const HfCall *call = hf_flow_call(waker->flow, waker->event);

    if (!call) {
        return HF_NEEDS_NOT;
    }
    if (hf_critical_has(cr, waker->what.held, lock) ||
        (!hf_critical_has(cr, waker->what.absent, lock) &&
         hf_critical_holds(cr, waker->flow, call->must, lock))) {
        return HF_NEEDS_HELD;
    }
    if (hf_waker_takes_first(cr, waker->flow, waker->event, lock)) {
        return HF_NEEDS_FIRST;
    }
    if (!wait->callee && !hf_critical_has(cr, waker->what.absent, lock) &&
        held_where_known(cr, waker->flow, call, lock)) {
        return HF_NEEDS_SOME;
    }
    return hf_waker_starts_later(w, waker, lock, waiter, wait)
               ? HF_NEEDS_START : HF_NEEDS_NOT;
}

/* ---- threads that end --------------------------------------------------- */

/* Where the result of a call is kept. */
static HfX kept_in(const HfCritical *cr, const HfFlow *flow, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        const HfEvent *e = hf_flow_event(flow, a->event);
        const HfPath *value = &f->paths[e->value];

        if (e->kind == HF_EV_WRITE && value->kind == HF_PATH_TEMP &&
            value->ref == flow->fn->first_event + event) {
            return hf_critical_path(cr, a->path);
        }
    }
    return 0;
}

static gboolean is_prefix(const HfCritical *cr, HfX path, HfX of)
{
    for (; of; of = hf_x(cr->t, of)->parent) {
        if (hf_x(cr->t, of)->kind == hf_x(cr->t, path)->kind &&
            hf_critical_may_alias(cr, of, path)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* 3: what the start gave is kept where the handle is; 2: the start filled the
 * handle in, for whoever called it; 1: it may be the one; 0: it is not. */
static int is_handle(const HfCritical *cr, const HfRolePoint *start, HfX path)
{
    const HfFlow *f = cr->s->flows[start->in];
    HfX kept = f ? kept_in(cr, f, start->event) : 0;
    const HfCall *call = f ? hf_flow_call(f, start->event) : NULL;

    if (kept && hf_x(cr->t, kept)->kind == HF_X_FIELD) {
        return is_prefix(cr, kept, path) ? 3 : 0;
    }
    for (guint i = 0; call && i < call->n_args; i++) {
        HfX arg = hf_critical_path(
            cr, hf_critical_object(cr, g_array_index(
                                           f->args, HfX,
                                           call->first_arg + i)));

        if (arg && hf_x(cr->t, arg)->kind == HF_X_FIELD &&
            is_prefix(cr, arg, path)) {
            return 2;
        }
    }
    return start->handle.object &&
           hf_critical_may_alias(cr, start->handle.object, path);
}

typedef struct {
    HfX lock;
    gboolean found;
} Again;

static void is_again(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                     const HfCritEvent *e, gpointer data)
{
    Again *again = data;

    (void)cr;
    (void)flow;
    (void)call;
    again->found |= e->kind == HF_CRIT_ACQUIRE && !e->wide &&
                    e->cls == again->lock;
}

/* Somewhere in a loop, by itself or by what it calls. */
static gboolean takes_again(HfCritical *cr, const HfFlow *flow, HfX lock)
{
    Again again = { .lock = lock };

    for (guint i = 0; !again.found && i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (hf_event_in_loop(flow, call->event)) {
            hf_critical_at(cr, flow, call, is_again, &again);
        }
    }
    return again.found;
}

static gboolean plainer(const HfCritEvent *a, const HfCritEvent *b)
{
    return a->n_slots < b->n_slots ||
           (a->n_slots == b->n_slots && a->hops < b->hops);
}

/* What the thread does that needs the lock, before it ends. */
static void add_end(HfWakers *w, GArray *out, HfSymId entry, HfX lock)
{
    HfCritical *cr = w->cr;
    const GArray *rows = cr->events[entry];
    HfWaker waker = { .flow = cr->s->flows[entry], .event = UINT32_MAX };

    for (guint i = 0; rows && i < rows->len; i++) {
        const HfCritEvent *e = &g_array_index(rows, HfCritEvent, i);
        /* what a thread takes once, at its start, it may have had already */
        HfNeeds how =
            !e->n_slots && hf_event_always(waker.flow, e->event) &&
                    takes_again(cr, waker.flow, lock)
                ? HF_NEEDS_FIRST : HF_NEEDS_SOME;

        if (e->kind == HF_CRIT_ACQUIRE && e->cls == lock &&
            (how > waker.needs || (how == waker.needs &&
                                   plainer(e, &waker.what)))) {
            waker.needs = how;
            waker.what = *e;
        }
    }
    if (waker.flow) {
        g_array_append_val(out, waker);
    }
}

static void add_ends(HfWakers *w, GArray *out, HfX path, HfX lock)
{
    const GArray *roles = w->cr->s->roles;

    for (int sure = 3; sure > 0 && !out->len; sure--) {
        for (guint i = 0; i < roles->len; i++) {
            const HfRole *r = &g_array_index(roles, HfRole, i);
            HfSymId last = 0;

            for (guint k = 0; r->run == HF_RUN_THREAD && k < r->starts->len;
                 k++) {
                const HfRolePoint *p =
                    &g_array_index(r->starts, HfRolePoint, k);

                if (p->entry != last &&
                    is_handle(w->cr, p, path) == sure) {
                    add_end(w, out, p->entry, lock);
                    last = p->entry;
                }
            }
        }
    }
}

/* ---- asking ------------------------------------------------------------- */

/* There is one thread for both, and it waits. */
static gboolean same_thread(const HfCritical *cr, const HfFlow *a,
                            const HfFlow *b)
{
    for (guint i = 0; i < a->contexts->len; i++) {
        for (guint k = 0; k < b->contexts->len; k++) {
            int x = g_array_index(a->contexts, HfContext, i).role;
            int y = g_array_index(b->contexts, HfContext, k).role;

            if (x < 0 || x != y ||
                !g_array_index(cr->s->roles, HfRole, x).unique) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

GArray *hf_wakers_of(HfWakers *w, const HfFlow *waiter, const HfCritEvent *e,
                     HfX lock)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfWaker));

    if (!e->word || !e->cls) {
        return out;
    }
    if (strcmp(e->word, HF_CRIT_EXIT) == 0) {
        add_ends(w, out, e->cls, lock);
        return out;
    }
    if (strcmp(e->word, HF_CRIT_CHANGE) == 0) {
        hf_wakers_add_writes(w, out, waiter, e, lock);
        return out;
    }
    for (guint i = 0; i < w->all->len; i++) {
        HfWaker waker = g_array_index(w->all, HfWaker, i);

        if (waker.what.word != e->word ||
            !hf_critical_may_alias(w->cr, waker.what.cls, e->cls) ||
            same_thread(w->cr, waiter, waker.flow)) {
            continue;
        }
        waker.needs = lock ? needs(w, &waker, lock, waiter, e) : HF_NEEDS_NOT;
        g_array_append_val(out, waker);
    }
    return out;
}

void hf_waker_trace(HfWakers *w, HfFinding *f, const HfWaker *waker, HfX lock)
{
    static const char *const how[] = {
        [HF_NEEDS_NOT] = "without needing",
        [HF_NEEDS_START] = ("in a thread that may not be started yet, by a "
                            "callback with"),
        [HF_NEEDS_SOME] = "after taking, on some ways,",
        [HF_NEEDS_FIRST] = "after taking",
        [HF_NEEDS_HELD] = "with",
    };
    HfCritical *cr = w->cr;
    g_autofree char *name = hf_check_stable(cr->check, lock);
    const char *self =
        HF_PROGRAM_SYM(cr->s->program, waker->flow->sym)->name;
    HfPlace at = hf_check_place(waker->flow, waker->event);

    if (waker->event == UINT32_MAX) {
        at = hf_check_place(waker->flow, waker->what.event);
        hf_finding_event(f, &at, "wake", 0, "The thread \"%s\" ends after "
                         "taking \"%s\"%s.", self, name,
                         waker->needs == HF_NEEDS_FIRST
                             ? "" : ", on some of its ways");
        hf_critical_trace(cr, f, waker->flow, &waker->what, 0, TRUE);
        return;
    }
    hf_finding_event(f, &at, "wake", 0, "\"%s\" %s it %s \"%s\"%s.", self,
                     waker->write ? "changes" : "wakes", how[waker->needs],
                     name,
                     waker->needs == HF_NEEDS_HELD ||
                             waker->needs == HF_NEEDS_START ? " held" : "");
}
