/* SPDX-License-Identifier: MIT */
/* What a function reads under which lock, and where it gives that back. */
#include "check/stale.h"
#include "check/verdict.h"

#include <string.h>

/* Larger ones would cost more than what is found in them. */
#define MAX_CELLS (1u << 22)
/* Events between a read and the call that is handed the value. */
#define NEAR 16

/* ---- where locks are given back ------------------------------------------ */

static gboolean is_wait(const HfStaleBody *b, uint32_t event)
{
    HfSymId callee = hf_frees_callee(b->flow, event);

    return callee &&
           HF_CONTRACT_HAS(hf_contract_of(b->st->c->solved->contracts, callee),
                           HF_EFF_DROP_AND_RETAKE) &&
           !b->st->c->solved->flows[callee];
}

static void find_drops(HfStaleBody *b)
{
    for (guint i = 0; i < b->flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(b->flow->lock_ops, HfLockOp, i);
        const HfCall *call = hf_flow_call(b->flow, op->event);
        HfStaleDrop drop = { .event = op->event, .lock = op->lock,
                             .via = op->via, .conditional = op->conditional };

        if (op->kind != HF_LOCK_RELEASE || !call ||
            (op->before.lock && op->before.now == HF_HOLD_ABSENT) ||
            op->before.delta > 1 ||
            !hf_verdict_is_lock(b->st->c, op->lock) ||
            !hf_use_holds(b->st->c, b->flow, call->must, op->lock)) {
            continue;
        }
        drop.waits = is_wait(b, op->event);
        g_array_append_val(b->drops, drop);
    }
}

/* ---- what is read -------------------------------------------------------- */

/* The value only goes into a call. */
static gboolean only_passed(const HfFlow *flow, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    HfId path = hf_flow_event(flow, event)->path;

    for (uint32_t i = event + 1; i < flow->fn->n_events && i <= event + NEAR;
         i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if ((e->kind == HF_EV_WRITE && e->value == path) ||
            (e->kind == HF_EV_READ && e->path == path)) {
            return FALSE;
        }
        for (uint32_t a = 0; (e->kind == HF_EV_CALL ||
                              e->kind == HF_EV_CALL_INDIRECT) &&
                             a < e->n_args; a++) {
            if (f->args[e->first_arg + a] == path) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void add_item(HfStaleBody *b, HfStaleItem *item, HfHolds local)
{
    for (guint i = 0; i < b->drops->len; i++) {
        HfX lock = HF_STALE_DROP(b, i)->lock;
        gboolean known = FALSE;

        for (guint k = 0; k < i; k++) {
            known |= HF_STALE_DROP(b, k)->lock == lock;
        }
        if (known || b->items->len == HF_STALE_ITEMS ||
            !hf_use_holds(b->st->c, b->flow, local, lock)) {
            continue;
        }
        item->guard = hf_stale_guard(b->st, item->object, lock);
        item->lock = lock;
        if (item->guard) {
            g_array_append_val(b->items, *item);
        }
    }
}

static void find_reads(HfStaleBody *b)
{
    for (guint i = 0; i < b->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(b->flow->accesses, HfAccess, i);
        HfStaleItem item = {
            .event = a->event, .object = a->path,
            .path = hf_flow_event(b->flow, a->event)->path,
        };

        if (a->kind != HF_EV_READ || hf_use_unshared(b->st->c, b->flow, a)) {
            continue;
        }
        item.key = hf_access_key(b->st->c, a);
        item.container = only_passed(b->flow, a->event);
        if (item.key) {
            add_item(b, &item, a->must);
        }
    }
}

/* What small functions that only ask look at. */
static void find_questions(HfStaleBody *b)
{
    HfCheck *c = b->st->c;

    for (guint i = 0; i < b->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(b->flow->calls, HfCall, i);
        HfSymId callee = hf_frees_callee(b->flow, call->event);
        const HfFlow *flow = callee ? c->solved->flows[callee] : NULL;

        if (!callee || !hf_stale_is_getter(b->st, callee)) {
            continue;
        }
        for (guint k = 0; k < flow->accesses->len; k++) {
            const HfAccess *a = &g_array_index(flow->accesses, HfAccess, k);
            HfStaleItem item = { .event = call->event };

            item.object = hf_call_named(c->solved, b->flow, call, a->path);
            item.key = item.object ? hf_object_key(c, item.object) : 0;
            if (item.key && a->kind == HF_EV_READ && !a->fresh &&
                !only_passed(flow, a->event)) {
                add_item(b, &item, call->must);
            }
        }
    }
}

/* ---- other locks -------------------------------------------------------- */

static gboolean dropped(const HfStaleBody *b, HfX lock)
{
    for (guint i = 0; i < b->drops->len; i++) {
        if (HF_STALE_DROP(b, i)->lock == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean covers(const HfStaleBody *b, const HfStaleItem *item,
                       HfX lock, HfHolds then, HfHolds now)
{
    const HfCheck *c = b->st->c;

    return lock != item->lock && hf_verdict_is_lock(c, lock) &&
           !dropped(b, lock) && hf_use_holds(c, b->flow, then, lock) &&
           hf_use_holds(c, b->flow, now, lock) &&
           hf_stale_always_written_under(b->st, item, lock);
}

static HfHolds holds_at(const HfStaleBody *b, uint32_t event)
{
    const HfAccess *a = hf_stale_access(b, event);
    const HfCall *call = a ? NULL : hf_flow_call(b->flow, event);

    return a ? a->must : call ? call->must : 0;
}

gboolean hf_stale_is_covered(const HfStaleBody *b, const HfStaleItem *item,
                             uint32_t event)
{
    HfHolds then = holds_at(b, item->event), now = holds_at(b, event);
    const GPtrArray *caps = b->st->c->program->rules->caps;
    guint n;
    const HfHold *rows = hf_holds(b->st->c->solved, then, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD &&
            covers(b, item, rows[i].lock, then, now)) {
            return TRUE;
        }
    }
    for (guint i = 0; i < caps->len; i++) {
        if (covers(b, item,
                   hf_x_leaf(b->st->c->solved->exprs, HF_X_CAP, i), then,
                   now)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the body ------------------------------------------------------------ */

static void new_state(const HfStaleBody *b, HfStaleState *s)
{
    memset(s, 0, sizeof(*s));
    s->value = g_new0(guint64, b->flow->fn->n_locals + 1);
    s->told = g_new0(guint64, b->flow->fn->n_locals + 1);
}

static void set_up(HfStaleBody *b)
{
    uint32_t n_events = b->flow->fn->n_events;

    b->cfg = hf_cfg_new(b->flow);
    b->at = g_new0(HfStaleState, b->cfg->n);
    for (uint32_t i = 0; i < b->cfg->n; i++) {
        new_state(b, &b->at[i]);
    }
    b->reached = g_new0(guint8, b->cfg->n);
    b->decided = g_new0(guint64, b->cfg->n);
    b->choice = g_new0(guint8, b->cfg->n);
    b->results = g_new0(guint64, n_events + 1);
    b->access_row = g_new0(guint32, n_events + 1);
    for (guint i = 0; i < b->flow->accesses->len; i++) {
        b->access_row[g_array_index(b->flow->accesses, HfAccess, i).event] =
            i + 1;
    }
}

HfStaleBody *hf_stale_body_new(HfStale *st, const HfFlow *flow)
{
    HfStaleBody *b;

    if (!flow->lock_ops->len || hf_check_exempt(st->c, flow) ||
        (guint64)flow->fn->n_blocks * (flow->fn->n_locals + 1) > MAX_CELLS) {
        return NULL;
    }
    b = g_new0(HfStaleBody, 1);
    b->st = st;
    b->flow = flow;
    b->items = g_array_new(FALSE, FALSE, sizeof(HfStaleItem));
    b->drops = g_array_new(FALSE, FALSE, sizeof(HfStaleDrop));
    find_drops(b);
    if (b->drops->len) {
        find_reads(b);
        find_questions(b);
    }
    if (!b->items->len) {
        hf_stale_body_free(b);
        return NULL;
    }
    set_up(b);
    return b;
}

void hf_stale_body_free(HfStaleBody *b)
{
    for (uint32_t i = 0; b->cfg && i < b->cfg->n; i++) {
        g_free(b->at[i].value);
        g_free(b->at[i].told);
    }
    if (b->cfg) {
        hf_cfg_free(b->cfg);
    }
    g_free(b->at);
    g_free(b->reached);
    g_free(b->decided);
    g_free(b->choice);
    g_free(b->results);
    g_free(b->access_row);
    g_array_unref(b->items);
    g_array_unref(b->drops);
    g_free(b);
}
