/* SPDX-License-Identifier: MIT */
/* Lock sets, hash-consed: most program points share a handful of them. */
#include "solve/solver.h"

#include <string.h>

typedef struct {
    const HfHoldsPool *pool;
    guint first, n;
} Span;

static const HfHold *span_rows(const Span *s)
{
    return &g_array_index(s->pool->rows, HfHold, s->first);
}

static guint span_hash(gconstpointer key)
{
    const Span *s = key;
    const HfHold *h = span_rows(s);
    guint hash = s->n;

    for (guint i = 0; i < s->n; i++) {
        hash = hash * 31 + h[i].lock;
        hash = hash * 31 + (guint)(h[i].now + 1) * 64 + (guint)(h[i].delta + 8);
        hash = hash * 31 + h[i].flags * 8191 + h[i].event;
    }
    return hash;
}

static gboolean span_equal(gconstpointer a, gconstpointer b)
{
    const Span *x = a, *y = b;
    const HfHold *hx = span_rows(x), *hy = span_rows(y);

    if (x->n != y->n) {
        return FALSE;
    }
    for (guint i = 0; i < x->n; i++) {
        if (hx[i].lock != hy[i].lock || hx[i].now != hy[i].now ||
            hx[i].delta != hy[i].delta || hx[i].flags != hy[i].flags ||
            hx[i].event != hy[i].event) {
            return FALSE;
        }
    }
    return TRUE;
}

HfHoldsPool *hf_holds_pool_new(void)
{
    HfHoldsPool *pool = g_new0(HfHoldsPool, 1);

    pool->rows = g_array_sized_new(FALSE, FALSE, sizeof(HfHold), 64);
    pool->spans = g_array_new(FALSE, FALSE, sizeof(Span));
    pool->index = g_hash_table_new_full(span_hash, span_equal, g_free, NULL);
    hf_holds_intern(pool, NULL, 0);
    return pool;
}

void hf_holds_pool_free(HfHoldsPool *pool)
{
    if (pool) {
        g_hash_table_unref(pool->index);
        g_array_unref(pool->spans);
        g_array_unref(pool->rows);
        g_free(pool);
    }
}

HfHolds hf_holds_intern(HfHoldsPool *pool, const HfHold *holds, guint n)
{
    Span probe = { pool, pool->rows->len, n };
    gpointer found;

    if (n == 0 && pool->spans->len) {
        return 0;
    }
    g_array_append_vals(pool->rows, holds, n);
    if (g_hash_table_lookup_extended(pool->index, &probe, NULL, &found)) {
        g_array_set_size(pool->rows, probe.first);
        return GPOINTER_TO_UINT(found);
    }
    g_array_append_val(pool->spans, probe);
    g_hash_table_insert(pool->index, g_memdup2(&probe, sizeof(probe)),
                        GUINT_TO_POINTER(pool->spans->len - 1));
    return pool->spans->len - 1;
}

const HfHold *hf_holds_rows(const HfHoldsPool *pool, HfHolds id, guint *n)
{
    const Span *s = &g_array_index(pool->spans, Span, id);

    *n = s->n;
    return span_rows(s);
}

static HfHold weaker(const HfHold *a, const HfHold *b)
{
    HfHold h = a->now <= b->now ? *a : *b;

    h.flags = a->flags | b->flags;
    return h;
}

static HfHold stronger(const HfHold *a, const HfHold *b)
{
    HfHold h = a->now >= b->now ? *a : *b;

    h.flags = a->flags & b->flags;
    return h;
}

static HfHolds combine(HfHoldsPool *pool, HfHolds a, HfHolds b,
                       HfHold (*pick)(const HfHold *, const HfHold *))
{
    guint na, nb, i = 0, k = 0, n = 0;
    const HfHold *ra, *rb;
    HfHold out[64];

    if (a == b) {
        return a;
    }
    ra = hf_holds_rows(pool, a, &na);
    rb = hf_holds_rows(pool, b, &nb);
    while ((i < na || k < nb) && n < G_N_ELEMENTS(out)) {
        HfHold x, y;

        if (k == nb || (i < na && ra[i].lock < rb[k].lock)) {
            x = ra[i++];
            y = (HfHold){ .lock = x.lock, .flags = x.flags };
        } else if (i == na || rb[k].lock < ra[i].lock) {
            y = rb[k++];
            x = (HfHold){ .lock = y.lock, .flags = y.flags };
        } else {
            x = ra[i++];
            y = rb[k++];
        }
        x = pick(&x, &y);
        if (x.now != HF_HOLD_INHERITED || x.flags & HF_HOLD_DROPPED) {
            out[n++] = x;
        }
    }
    return hf_holds_intern(pool, out, n);
}

HfHolds hf_holds_weakest(HfHoldsPool *pool, HfHolds a, HfHolds b)
{
    return combine(pool, a, b, weaker);
}

HfHolds hf_holds_strongest(HfHoldsPool *pool, HfHolds a, HfHolds b)
{
    return combine(pool, a, b, stronger);
}
