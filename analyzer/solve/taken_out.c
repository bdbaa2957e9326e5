/* SPDX-License-Identifier: MIT */
/*
 *     lock(); all = s->list; s->list = NULL; unlock();
 *     for (; all; all = all->next) ...
 *
 * Whoever looks at s->list afterwards finds something else: the elements are
 * the function's own.  So are those of a table or queue that a callee takes
 * off (g_steal_pointer()), however they are got out of it.  Not an element
 * that one of the function's locals may also have from elsewhere.
 */
#include "solve/taken_out.h"
#include "solve/blocks.h"

typedef struct {
    HfId path;      /* of the place, as the unit has it */
    uint32_t event; /* that leaves something else there */
} Taken;

typedef struct {
    const HfSolved *s;
    const HfFlow *flow;
    const HfPath *paths;
    GArray *taken; /* Taken */
} TakenOut;

/* The local that a path starts from, 0 when it starts from something else. */
static HfId local_of(const HfPath *paths, HfId path)
{
    while (paths[path].parent) {
        path = paths[path].parent;
    }
    return paths[path].kind == HF_PATH_LOCAL ? path : 0;
}

static gboolean is_shared_place(const TakenOut *t, HfId path)
{
    HfPathKind kind = t->paths[path].kind;

    return (kind == HF_PATH_FIELD || kind == HF_PATH_INDEX ||
            kind == HF_PATH_DEREF || kind == HF_PATH_GLOBAL) &&
           path != local_of(t->paths, path);
}

gboolean hf_taken_out_was_kept(const HfFlow *flow, HfId path,
                               uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->value == path &&
            flow->unit->facts->paths[e->path].kind == HF_PATH_LOCAL) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add(TakenOut *t, HfId path, uint32_t event)
{
    Taken row = { path, event };

    g_array_append_val(t->taken, row);
}

static void find_writes(TakenOut *t)
{
    for (guint i = 0; i < t->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(t->flow->accesses, HfAccess, i);
        HfId path = hf_flow_event(t->flow, a->event)->path;

        if ((a->kind == HF_EV_WRITE || a->kind == HF_EV_ATOMIC_WRITE) &&
            is_shared_place(t, path) && hf_holds_any(t->s, a->must) &&
            hf_taken_out_was_kept(t->flow, path, a->event)) {
            add(t, path, a->event);
        }
    }
}

/* The callee reads what its parameter points to, and writes there. */
static gboolean exchanges(const TakenOut *t, const HfFlow *callee, guint arg)
{
    HfX place = hf_x_deref(t->s->exprs,
                           hf_x_leaf(t->s->exprs, HF_X_PARAM, arg));
    gboolean reads = FALSE, writes = FALSE;

    for (guint i = 0; i < callee->accesses->len; i++) {
        const HfAccess *a = &g_array_index(callee->accesses, HfAccess, i);

        reads |= a->path == place && a->kind == HF_EV_READ;
        writes |= a->path == place && a->kind == HF_EV_WRITE;
    }
    return reads && writes;
}

static void find_calls(TakenOut *t)
{
    const HfFacts *f = t->flow->unit->facts;

    for (guint i = 0; i < t->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(t->flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(t->flow, call->event);
        const HfFlow *callee =
            e->kind == HF_EV_CALL
                ? t->s->flows[t->flow->unit->symbols[e->sym]] : NULL;

        for (guint k = 0; callee && k < e->n_args; k++) {
            const HfPath *arg = &t->paths[f->args[e->first_arg + k]];

            if (arg->kind == HF_PATH_ADDR &&
                is_shared_place(t, arg->parent) &&
                hf_holds_any(t->s, call->must) && exchanges(t, callee, k)) {
                add(t, arg->parent, call->event);
            }
        }
    }
}

/* The value is what was taken, by then. */
static gboolean is_taken(const TakenOut *t, HfId value, uint32_t by)
{
    for (guint i = 0; i < t->taken->len; i++) {
        const Taken *taken = &g_array_index(t->taken, Taken, i);
        const HfPath *v = &t->paths[value];

        if ((value == taken->path ||
             (v->kind == HF_PATH_TEMP &&
              v->ref == t->flow->fn->first_event + taken->event)) &&
            hf_event_before(t->flow, taken->event, by)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* All that the local may be is what was taken, or was reached from there; a
 * local that is only ever filled by calls is taken for that, too. */
static gboolean only_taken(const TakenOut *t, HfId local, uint32_t by,
                           GHashTable *seen)
{
    if (!g_hash_table_add(seen, GUINT_TO_POINTER(local))) {
        return TRUE;
    }
    if (t->paths[local].ref - t->flow->fn->first_local <
        t->flow->fn->n_params) {
        return FALSE; /* the caller's */
    }
    for (uint32_t i = 0; i < t->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(t->flow, i);
        HfId from;

        if (e->kind != HF_EV_WRITE || e->path != local ||
            t->paths[e->value].kind == HF_PATH_CONST ||
            is_taken(t, e->value, by)) {
            continue;
        }
        from = local_of(t->paths, e->value);
        if (!from || !only_taken(t, from, by, seen)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_own(const TakenOut *t, const HfAccess *a)
{
    HfId path = hf_flow_event(t->flow, a->event)->path;
    HfId local = local_of(t->paths, path);
    gboolean own;
    GHashTable *seen;

    if (!local || local == path) {
        return FALSE;
    }
    for (guint i = 0; ; i++) {
        if (i == t->taken->len) {
            return FALSE; /* nothing yet */
        }
        if (hf_event_before(t->flow, g_array_index(t->taken, Taken, i).event,
                            a->event)) {
            break;
        }
    }
    seen = g_hash_table_new(NULL, NULL);
    own = only_taken(t, local, a->event, seen);
    g_hash_table_unref(seen);
    return own;
}

void hf_taken_out(const HfSolved *s, HfFlow *flow)
{
    TakenOut t = { .s = s, .flow = flow, .paths = flow->unit->facts->paths };

    if (flow->skip || !flow->lock_ops->len) {
        return; /* with whatever locks its callers have: not judged */
    }
    t.taken = g_array_new(FALSE, FALSE, sizeof(Taken));
    find_writes(&t);
    find_calls(&t);
    for (guint i = 0; t.taken->len && i < flow->accesses->len; i++) {
        HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        a->fresh = a->fresh || is_own(&t, a);
    }
    g_array_unref(t.taken);
}
