/* SPDX-License-Identifier: MIT */
#include "check/critical_poll.h"
#include "check/uses.h"
#include "solve/blocks.h"

/* Functions that a condition calls, one in the other. */
#define MAX_DEPTH 2

typedef struct {
    HfCritical *cr;
    const HfFlow *flow;
    const gboolean *in; /* blocks of the loop */
    GArray *out;        /* HfPolled */
} Poll;

static const HfPath *path_at(const HfFlow *flow, HfId path)
{
    return &flow->unit->facts->paths[path];
}

static gboolean in_loop(const Poll *p, uint32_t event)
{
    return p->in[hf_block_of(p->flow, event)];
}

static void add(Poll *p, HfX object, const HfFact *ends)
{
    HfPolled row = { .object = object, .known = ends != NULL };

    if (ends) {
        row.ends = *ends;
    }
    g_array_append_val(p->out, row);
}

/* ---- what a condition asks ---------------------------------------------- */

/* The member or variable that the path names, by a read of it. */
static HfX read_in(const Poll *p, HfId path)
{
    for (guint i = 0; i < p->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(p->flow->accesses, HfAccess, i);

        if ((a->kind == HF_EV_READ || a->kind == HF_EV_ATOMIC_READ) &&
            hf_flow_event(p->flow, a->event)->path == path &&
            in_loop(p, a->event)) {
            return a->path;
        }
    }
    return 0;
}

/* Everything that the function reads, which writes nothing. */
static gboolean add_reads(Poll *p, HfSymId sym, const HfX *args, guint n_args,
                          int depth)
{
    const HfFlow *f = p->cr->s->flows[sym];
    gboolean any = FALSE;

    if (!f || !depth || f->skip) {
        return FALSE;
    }
    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        HfX x;

        if (a->kind != HF_EV_READ && a->kind != HF_EV_ATOMIC_READ) {
            return FALSE;
        }
        x = hf_x_to_caller(p->cr->t, a->path, args, n_args);
        if (!x) {
            return FALSE;
        }
        add(p, x, NULL);
        any = TRUE;
    }
    for (guint i = 0; i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        const HfContract *k;
        HfX up[16];
        HfSymId callee =
            hf_flow_event(f, call->event)->kind == HF_EV_CALL
                ? f->unit->symbols[hf_flow_event(f, call->event)->sym] : 0;

        k = callee ? hf_contract_of(p->cr->s->contracts, callee) : NULL;
        if (k && k->kinds & HF_LOCK_EFFECTS) {
            continue; /* a lock around the question */
        }
        if (!callee || call->n_args > G_N_ELEMENTS(up)) {
            return FALSE;
        }
        for (guint n = 0; n < call->n_args; n++) {
            HfX x = g_array_index(f->args, HfX, call->first_arg + n);

            up[n] = x ? hf_x_to_caller(p->cr->t, x, args, n_args) : 0;
        }
        if (!add_reads(p, callee, up, call->n_args, depth - 1)) {
            return FALSE;
        }
        any = TRUE;
    }
    return any;
}

static gboolean add_call(Poll *p, uint32_t event)
{
    const HfEvent *e = hf_flow_event(p->flow, event);
    const HfCall *call = hf_flow_call(p->flow, event);

    return call && e->kind == HF_EV_CALL && in_loop(p, event) &&
           add_reads(p, p->flow->unit->symbols[e->sym],
                     &g_array_index(p->flow->args, HfX, call->first_arg),
                     call->n_args, MAX_DEPTH);
}

/* while ((v = s->x) == 0): what the loop puts into the local. */
static gboolean add_local(Poll *p, HfId path, const HfFact *ends)
{
    gboolean any = FALSE;

    for (uint32_t i = 0; i < p->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(p->flow, i);
        HfX x;

        if ((e->kind != HF_EV_WRITE && e->kind != HF_EV_RMW) ||
            e->path != path || !in_loop(p, i)) {
            continue;
        }
        if (any || e->kind == HF_EV_RMW || !e->value) {
            return FALSE; /* a counter, or one of several values */
        }
        any = TRUE;
        if (path_at(p->flow, e->value)->kind == HF_PATH_TEMP) {
            if (!add_call(p, path_at(p->flow, e->value)->ref -
                                 p->flow->fn->first_event)) {
                return FALSE;
            }
            continue;
        }
        x = read_in(p, e->value);
        if (!x) {
            return FALSE;
        }
        add(p, x, ends);
    }
    return any;
}

static gboolean add_side(Poll *p, HfId path, const HfFact *ends)
{
    const HfPath *side = path_at(p->flow, path);
    HfX x;

    switch (side->kind) {
    case HF_PATH_NONE:
    case HF_PATH_CONST:
        return TRUE;
    case HF_PATH_TEMP:
        return add_call(p, side->ref - p->flow->fn->first_event);
    case HF_PATH_LOCAL:
        return add_local(p, path, ends);
    case HF_PATH_COMPUTED:
        return add_side(p, side->parent, NULL);
    default:
        x = read_in(p, path);
        if (x) {
            add(p, x, ends);
        }
        return x != 0;
    }
}

/* Of the left side, where the edge is taken. */
static gboolean edge_fact(const HfFlow *flow, const HfEdge *edge,
                          HfFact *fact)
{
    const HfCond *c = &flow->unit->facts->conds[edge->cond];
    const HfPath *right = path_at(flow, c->rhs);
    gboolean negated = edge->flags & HF_EDGE_NEGATED;

    if (c->op == HF_COND_TRUE) {
        *fact = (HfFact){ .kind = negated ? HF_FACT_ZERO : HF_FACT_NONZERO };
        return TRUE;
    }
    if ((c->op != HF_COND_EQ && c->op != HF_COND_NE) ||
        right->kind != HF_PATH_CONST) {
        return FALSE;
    }
    negated ^= c->op == HF_COND_NE;
    *fact = (HfFact){ .kind = negated ? HF_FACT_NE : HF_FACT_EQ,
                      .value = right->value };
    return TRUE;
}

static gboolean add_exits(Poll *p, uint32_t block)
{
    const HfBlock *b = hf_block(p->flow, block);

    for (uint32_t k = 0; k < b->n_edges; k++) {
        const HfEdge *edge =
            &p->flow->unit->facts->edges[b->first_edge + k];
        const HfCond *c = &p->flow->unit->facts->conds[edge->cond];
        HfFact fact;
        gboolean known;

        if (p->in[hf_block_next(p->flow, block, k)]) {
            continue;
        }
        if (!edge->cond || edge->flags & (HF_EDGE_CASE | HF_EDGE_DEFAULT)) {
            return FALSE;
        }
        known = edge_fact(p->flow, edge, &fact);
        if (!add_side(p, c->lhs, known ? &fact : NULL) ||
            !add_side(p, c->rhs, NULL)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- the loop ----------------------------------------------------------- */

/* The loop ends itself. */
static gboolean changes_itself(const Poll *p)
{
    for (guint i = 0; i < p->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(p->flow->accesses, HfAccess, i);
        HfSubjectKey key;

        if (a->kind == HF_EV_READ || a->kind == HF_EV_ATOMIC_READ ||
            !in_loop(p, a->event)) {
            continue;
        }
        key = hf_access_key(p->cr->check, a);
        for (guint k = 0; key && k < p->out->len; k++) {
            if (key == hf_object_key(p->cr->check, g_array_index(
                                         p->out, HfPolled, k).object)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean all_named(const Poll *p)
{
    for (guint i = 0; i < p->out->len; i++) {
        HfX x = g_array_index(p->out, HfPolled, i).object;

        if (!hf_object_key(p->cr->check, x) || !hf_critical_path(p->cr, x)) {
            return FALSE;
        }
    }
    return p->out->len > 0;
}

static GArray *find(HfCritical *cr, const HfFlow *flow, uint32_t event)
{
    g_autofree gboolean *in = g_new0(gboolean, flow->fn->n_blocks);
    Poll p = { cr, flow, in, g_array_new(FALSE, FALSE, sizeof(HfPolled)) };
    gboolean ok = hf_block_loop_around(flow, hf_block_of(flow, event), in);

    for (uint32_t i = 0; ok && i < flow->fn->n_blocks; i++) {
        ok = !in[i] || !hf_block_leaves(flow, in, i) || add_exits(&p, i);
    }
    if (!ok || !all_named(&p) || changes_itself(&p)) {
        g_array_set_size(p.out, 0);
    }
    return p.out;
}

const GArray *hf_critical_polled(HfCritical *cr, const HfFlow *flow,
                                 uint32_t event)
{
    guint64 key = (guint64)flow->sym << 32 | event;
    GArray *have = g_hash_table_lookup(cr->polled, &key);

    if (!hf_event_in_loop(flow, event)) {
        return NULL;
    }
    if (!have) {
        have = find(cr, flow, event);
        g_hash_table_insert(cr->polled, g_memdup2(&key, sizeof(key)), have);
    }
    return have->len ? have : NULL;
}
