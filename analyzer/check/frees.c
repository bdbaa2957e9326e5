/* SPDX-License-Identifier: MIT */
#include "check/frees.h"
#include "check/guard.h"

#define MAX_DEPTH 6

typedef enum { ASK_FREES, ASK_PINS, ASK_FOLLOWS } Ask;

void hf_frees_init(HfFrees *f, const HfCheck *c)
{
    f->c = c;
    f->memo = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                    NULL);
}

void hf_frees_clear(HfFrees *f)
{
    g_hash_table_unref(f->memo);
}

HfSymId hf_frees_callee(const HfFlow *flow, uint32_t event)
{
    const HfEvent *e = hf_flow_event(flow, event);

    return e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
}

static gboolean clause_frees(const HfContract *k, guint arg)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_FREE && cl->arg == (int)arg) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean answer(HfFrees *f, Ask ask, HfSymId sym, guint arg,
                       int depth);

/* A callee of sym that gets the same object. */
static gboolean passed_on(HfFrees *f, Ask ask, const HfFlow *flow, HfX value,
                          int depth)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId next = hf_frees_callee(flow, call->event);

        for (guint a = 0; next && a < call->n_args; a++) {
            if (g_array_index(flow->args, HfX, call->first_arg + a) ==
                    value && answer(f, ask, next, a, depth + 1)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean touches(HfFrees *f, Ask ask, const HfFlow *flow, HfX value)
{
    const HfXTable *t = f->c->solved->exprs;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->path == value || hf_x_root(t, a->path) != value) {
            continue;
        }
        if (ask == ASK_FOLLOWS || a->kind == HF_EV_ATOMIC_RMW ||
            a->kind == HF_EV_RMW) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean by_body(HfFrees *f, Ask ask, HfSymId sym, guint arg,
                        int depth)
{
    const HfFlow *flow = f->c->solved->flows[sym];
    HfX value = hf_x_leaf(f->c->solved->exprs, HF_X_PARAM, arg);

    return flow && !flow->skip &&
           ((ask != ASK_FREES && touches(f, ask, flow, value)) ||
            passed_on(f, ask, flow, value, depth));
}

static gboolean answer(HfFrees *f, Ask ask, HfSymId sym, guint arg, int depth)
{
    const HfContract *k = hf_contract_of(f->c->solved->contracts, sym);
    gint64 key = (gint64)ask << 48 | (gint64)MIN(arg, 0xff) << 32 | sym;
    int known;

    if (ask == ASK_FREES && clause_frees(k, arg)) {
        return TRUE;
    }
    if (depth > MAX_DEPTH || !f->c->solved->flows[sym]) {
        return FALSE;
    }
    known = GPOINTER_TO_INT(g_hash_table_lookup(f->memo, &key));
    if (!known) {
        gboolean yes;

        /* no, while it is being asked */
        g_hash_table_insert(f->memo, g_memdup2(&key, sizeof(key)),
                            GINT_TO_POINTER(1));
        yes = by_body(f, ask, sym, arg, depth);
        known = yes ? 2 : 1;
        g_hash_table_insert(f->memo, g_memdup2(&key, sizeof(key)),
                            GINT_TO_POINTER(known));
    }
    return known == 2;
}

gboolean hf_frees_arg(HfFrees *f, HfSymId callee, guint arg)
{
    return answer(f, ASK_FREES, callee, arg, 0);
}

gboolean hf_frees_pins(HfFrees *f, HfSymId callee, guint arg)
{
    return answer(f, ASK_PINS, callee, arg, 0);
}

gboolean hf_frees_follows(HfFrees *f, HfSymId callee, guint arg)
{
    return answer(f, ASK_FOLLOWS, callee, arg, 0);
}

/* ---- walked and freed ---------------------------------------------------- */

/* The local whose value leads to the object, as the source has it; 0 none. */
static HfId walker_of(const HfFlow *flow, const HfAccess *a)
{
    const HfPath *paths = flow->unit->facts->paths;
    HfId path = hf_flow_event(flow, a->event)->path;

    while (paths[path].kind == HF_PATH_FIELD ||
           paths[path].kind == HF_PATH_INDEX) {
        path = paths[path].parent;
    }
    path = paths[path].kind == HF_PATH_DEREF ? paths[path].parent : 0;
    return paths[path].kind == HF_PATH_LOCAL ? path : 0;
}

gboolean hf_frees_walked(HfFrees *f, const HfFlow *flow, const HfAccess *a)
{
    HfX object = hf_x_pointer_to(f->c->solved->exprs, a->path);
    HfId walker = walker_of(flow, a);

    if (!a->renamed && !hf_guard_from_nowhere(f->c->solved->exprs, a->path)) {
        return FALSE;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);
        HfSymId callee = hf_frees_callee(flow, call->event);

        if (!callee || call->event <= a->event) {
            continue;
        }
        for (guint k = 0; k < call->n_args; k++) {
            HfX arg = g_array_index(flow->args, HfX, call->first_arg + k);
            HfId path = flow->unit->facts->args[e->first_arg + k];

            if (((object && arg == object) || (walker && path == walker)) &&
                hf_frees_arg(f, callee, k)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}
