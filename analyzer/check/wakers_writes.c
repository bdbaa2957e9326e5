/* SPDX-License-Identifier: MIT */
/*
 * Who ends a loop that waits for memory to change: whoever writes it, unless
 * the value is one with which the loop goes on.
 *
 * A callback of an event loop may run in the very thread that polls, with what
 * that thread holds: only what it takes itself keeps it away.
 */
#include "check/critical_poll.h"
#include "check/uses.h"
#include "check/wakers.h"
#include "solve/blocks.h"
#include "solve/state.h"

static gboolean is_write(const HfAccess *a)
{
    return a->kind == HF_EV_WRITE || a->kind == HF_EV_RMW ||
           a->kind == HF_EV_ATOMIC_WRITE || a->kind == HF_EV_ATOMIC_RMW;
}

/* Of all that loops wait for: HfSubjectKey -> GArray of HfSeen. */
static void find_writes(HfWakers *w)
{
    const GArray *order = w->cr->s->program->functions;
    GHashTableIter iter;
    gpointer value;

    w->writes = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      (GDestroyNotify)g_array_unref);
    g_hash_table_iter_init(&iter, w->cr->polled);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const GArray *polled = value;

        for (guint i = 0; i < polled->len; i++) {
            HfSubjectKey key = hf_object_key(
                w->cr->check, g_array_index(polled, HfPolled, i).object);

            if (!g_hash_table_contains(w->writes, &key)) {
                g_hash_table_insert(w->writes, g_memdup2(&key, sizeof(key)),
                                    g_array_new(FALSE, FALSE,
                                                sizeof(HfSeen)));
            }
        }
    }
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = w->cr->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->accesses->len; k++) {
            const HfAccess *a = &g_array_index(f->accesses, HfAccess, k);
            HfSubjectKey key =
                is_write(a) ? hf_access_key(w->cr->check, a) : 0;
            GArray *list = key ? g_hash_table_lookup(w->writes, &key) : NULL;
            HfSeen seen = { f, a };

            if (list) {
                g_array_append_val(list, seen);
            }
        }
    }
}

/* With that value the loop goes on. */
static gboolean goes_on(const HfPolled *polled, const HfSeen *seen)
{
    const HfEvent *e = hf_flow_event(seen->flow, seen->access->event);
    const HfPath *v = &seen->flow->unit->facts->paths[e->value];
    HfFact is = { .kind = HF_FACT_EQ, .value = v->value };

    return polled->known && v->kind == HF_PATH_CONST &&
           (seen->access->kind == HF_EV_WRITE ||
            seen->access->kind == HF_EV_ATOMIC_WRITE) &&
           hf_fact_implies(&is, &polled->ends) < 0;
}

/* Taken in this function, and not given back. */
static gboolean holds_itself(const HfCritical *cr, HfHolds holds, HfX lock)
{
    guint n;
    const HfHold *rows = hf_holds(cr->s, holds, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD && rows[i].event != UINT32_MAX &&
            !(rows[i].flags & HF_HOLD_ASSUMED) &&
            hf_critical_class(cr, rows[i].lock) == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Entered by threads of its own only, never by what others poll for. */
static gboolean in_threads(const HfCritical *cr, const HfFlow *f)
{
    for (guint i = 0; i < f->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(f->contexts, HfContext, i);
        HfSymId root = f->sym;

        while (ctx->parent) {
            root = ctx->parent;
            ctx = &g_array_index(cr->s->flows[root]->contexts, HfContext,
                                 ctx->parent_context);
        }
        if (ctx->role < 0 || cr->s->runs[root] != 1u << HF_RUN_THREAD) {
            return FALSE;
        }
    }
    return f->contexts->len > 0;
}

static HfNeeds needs(const HfCritical *cr, const HfSeen *seen, HfX lock)
{
    const HfAccess *a = seen->access;

    if (holds_itself(cr, a->must, lock)) {
        return HF_NEEDS_HELD;
    }
    if (hf_waker_takes_first(cr, seen->flow, a->event, lock)) {
        return HF_NEEDS_FIRST;
    }
    if (hf_critical_holds(cr, seen->flow, a->must, lock) &&
        (in_threads(cr, seen->flow) ||
         hf_x(cr->t, lock)->kind != HF_X_CAP)) {
        return HF_NEEDS_HELD;
    }
    return HF_NEEDS_NOT;
}

static void add_of(HfWakers *w, GArray *out, const HfFlow *end,
                   const HfPolled *polled, HfX lock)
{
    HfSubjectKey key = hf_object_key(w->cr->check, polled->object);
    const GArray *list = g_hash_table_lookup(w->writes, &key);
    HfX path = hf_critical_path(w->cr, polled->object);

    for (guint i = 0; list && i < list->len; i++) {
        const HfSeen *seen = &g_array_index(list, HfSeen, i);
        HfWaker waker = { .flow = seen->flow, .event = seen->access->event,
                          .write = seen->access };

        if (seen->flow == end || seen->access->fresh ||
            goes_on(polled, seen) ||
            !hf_critical_may_alias(w->cr, path,
                                   hf_critical_path(w->cr,
                                                    seen->access->path))) {
            continue;
        }
        waker.needs = lock ? needs(w->cr, seen, lock) : HF_NEEDS_NOT;
        g_array_append_val(out, waker);
    }
}

void hf_wakers_add_writes(HfWakers *w, GArray *out, const HfFlow *waiter,
                          const HfCritEvent *e, HfX lock)
{
    uint32_t event;
    const HfFlow *end = hf_critical_end(w->cr, waiter, e, &event);
    const GArray *polled =
        hf_flow_call(end, event) && hf_event_in_loop(end, event)
            ? hf_critical_polled(w->cr, end, event) : NULL;

    if (!w->writes) {
        find_writes(w);
    }
    for (guint i = 0; polled && i < polled->len; i++) {
        add_of(w, out, end, &g_array_index(polled, HfPolled, i), lock);
    }
}
