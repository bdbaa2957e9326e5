/* SPDX-License-Identifier: MIT */
#include "check/lock_order.h"
#include "solve/parallel.h"

/* Of places with the same two locks. */
#define MAX_PAIRS 12

/* ---- the table ---------------------------------------------------------- */

static void edge_free(gpointer data)
{
    HfOrderEdge *e = data;

    g_array_unref(e->pairs);
    g_free(e);
}

static gint64 edge_key(HfX from, HfX to)
{
    return (gint64)from << 32 | to;
}

static HfOrderEdge *edge_for(HfOrder *o, HfX from, HfX to)
{
    gint64 key = edge_key(from, to);
    HfOrderEdge *e = g_hash_table_lookup(o->index, &key);

    if (!e) {
        e = g_new0(HfOrderEdge, 1);
        e->from = from;
        e->to = to;
        e->pairs = g_array_new(FALSE, FALSE, sizeof(HfCritPair));
        g_ptr_array_add(o->edges, e);
        g_hash_table_insert(o->index, g_memdup2(&key, sizeof(key)), e);
    }
    return e;
}

const HfOrderEdge *hf_order_edge(const HfOrder *o, HfX from, HfX to)
{
    gint64 key = edge_key(from, to);

    return g_hash_table_lookup(o->index, &key);
}

/* Harder to believe. */
static guint weight(const HfCritPair *p)
{
    return p->what.n_slots * 1000 + (p->must ? 0 : 400) +
           (p->hold.flags & HF_HOLD_FORGOTTEN ? 2000 : 0) + p->what.hops;
}

typedef struct {
    HfOrder *order;
    HfCheck *check;
} Build;

static void add_pair(HfCritical *cr, const HfCritPair *pair, gpointer data)
{
    const Build *b = data;
    HfOrderEdge *e;
    guint i;

    /* Objects of a type share its function pointers: through them each type's
     * locks would be taken under each other's. */
    if (pair->what.kind != HF_CRIT_ACQUIRE ||
        (pair->what.wide && !hf_critical_is_single(cr, pair->what.cls)) ||
        hf_check_exempt(b->check, cr->s->flows[pair->sym])) {
        return;
    }
    e = edge_for(b->order, pair->cls, pair->what.cls);
    e->n++;
    for (i = e->pairs->len;
         i > 0 && weight(&g_array_index(e->pairs, HfCritPair, i - 1)) >
                      weight(pair);
         i--) {
    }
    g_array_insert_val(e->pairs, i, *pair);
    if (e->pairs->len > MAX_PAIRS) {
        g_array_set_size(e->pairs, MAX_PAIRS);
    }
}

HfOrder *hf_order_new(HfCritical *cr)
{
    HfOrder *o = g_new0(HfOrder, 1);
    Build b = { o, cr->check };

    o->edges = g_ptr_array_new_with_free_func(edge_free);
    o->index = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                     NULL);
    hf_critical_each_pair(cr, add_pair, &b);
    return o;
}

void hf_order_free(HfOrder *o)
{
    if (o) {
        g_hash_table_unref(o->index);
        g_ptr_array_unref(o->edges);
        g_free(o);
    }
}

/* ---- do two of them meet? ----------------------------------------------- */

static HfCritSet gates(HfCritical *cr, const HfCritPair *p)
{
    const HfFlow *flow = cr->s->flows[p->sym];
    const HfCall *call = hf_flow_call(flow, p->what.event);
    HfCritSet at = call ? hf_critical_all_at(cr, flow, call) : 0;

    at = hf_critical_update(cr, at, p->what.absent, 0);
    return hf_critical_update(cr, at, 0, p->what.held);
}

/* A lock held at both, other than those they quarrel about. */
static gboolean gated(HfCritical *cr, const HfCritPair *a,
                      const HfCritPair *b)
{
    HfCritSet x = gates(cr, a), y = gates(cr, b);
    HfX own[4] = { a->cls, a->what.cls, b->cls, b->what.cls };
    HfCritSet quarrel = hf_critical_set(cr, own, 4);
    guint n;
    const HfX *v = hf_critical_members(cr, x, &n);

    for (guint i = 0; i < n; i++) {
        if (hf_critical_has(cr, y, v[i]) &&
            hf_critical_is_lock(cr, v[i]) &&
            !hf_critical_has(cr, quarrel, v[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Who runs them, and when; what they hold is looked at with the way to the
 * event, on which it may be given up. */
static HfParallelVerdict parallel(HfCritical *cr, const HfCritPair *a,
                                  const HfContext *p, const HfCritPair *b,
                                  const HfContext *q)
{
    HfContext x = *p, y = *q;
    HfPoint one = { cr->s->flows[a->sym], &x, a->what.event, 0 };
    HfPoint two = { cr->s->flows[b->sym], &y, b->what.event, 0 };

    x.held = y.held = 0;
    x.caps = y.caps = 0;
    return hf_parallel(cr->phases, &one, &two).verdict;
}

/* Knowing who runs them is worth more than not. */
static guint known(const HfContext *a, const HfContext *b)
{
    return (a->role >= 0) + (b->role >= 0) + (a->role != b->role);
}

static HfParallelVerdict in_parallel(HfCritical *cr, const HfCritPair *a,
                                     const HfCritPair *b,
                                     const HfContext **ctx_a,
                                     const HfContext **ctx_b)
{
    const GArray *x = cr->s->flows[a->sym]->contexts;
    const GArray *y = cr->s->flows[b->sym]->contexts;
    HfParallelVerdict best = HF_PARALLEL_NO;
    guint most = 0;

    for (guint i = 0; i < x->len; i++) {
        const HfContext *p = &g_array_index(x, HfContext, i);

        for (guint k = 0; k < y->len; k++) {
            const HfContext *q = &g_array_index(y, HfContext, k);
            HfParallelVerdict v = parallel(cr, a, p, b, q);

            if (v > best || (v == best && v && known(p, q) > most)) {
                best = v;
                most = known(p, q);
                *ctx_a = p;
                *ctx_b = q;
            }
        }
    }
    return best;
}

gboolean hf_order_follows(HfCritical *cr, const HfCritPair *a,
                          const HfCritPair *b)
{
    return !(b->what.shared && a->hold.flags & HF_HOLD_SHARED) &&
           (!b->what.object ||
            hf_critical_may_alias(cr, b->what.object, a->lock));
}

gboolean hf_order_apart(HfCritical *cr, const HfCritPair *a,
                        const HfCritPair *b, const HfContext **ctx_a,
                        const HfContext **ctx_b)
{
    return in_parallel(cr, a, b, ctx_a, ctx_b) && !gated(cr, a, b);
}

gboolean hf_order_clash(HfCritical *cr, const HfCritPair *a,
                        const HfCritPair *b, const HfContext **ctx_a,
                        const HfContext **ctx_b)
{
    return hf_order_follows(cr, a, b) && hf_order_follows(cr, b, a) &&
           hf_order_apart(cr, a, b, ctx_a, ctx_b);
}
