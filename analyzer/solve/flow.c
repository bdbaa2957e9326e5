/* SPDX-License-Identifier: MIT */
/*
 * Runs one body to a fixpoint over its blocks, then once more to record.
 *
 * Blocks are visited in reverse post-order; a block keeps up to
 * HF_MAX_STATES states that differ in the locks they hold.  Every merge only
 * forgets, so the loop ends; the bound on visits is for bodies so large that
 * waiting would not be worth it.
 */
#include "solve/flow.h"

#include <string.h>

#define ARENA_BLOCK (1u << 18)
#define MAX_VISITS 100
/* Cases of a switch that its default denies. */
#define MAX_CASES 8

typedef struct {
    HfStates in;
    uint32_t order; /* place in reverse post-order */
    uint32_t visits;
    gboolean queued;
    gboolean unjudged; /* never entered, see HF_EFF_UNJUDGED */
} Block;

/* ---- states ------------------------------------------------------------- */

static HfState *new_state(HfRun *r)
{
    gsize size = (hf_state_size(&r->body) + 15) & ~(gsize)15;
    char *block;

    if (!r->arena->len || r->arena_used + size > ARENA_BLOCK) {
        g_ptr_array_add(r->arena, g_malloc(MAX(size, ARENA_BLOCK)));
        r->arena_used = 0;
    }
    block = g_ptr_array_index(r->arena, r->arena->len - 1);
    r->arena_used += size;
    return (HfState *)(block + r->arena_used - size);
}

HfState *hf_run_copy(HfRun *r, const HfState *from)
{
    HfState *s = new_state(r);

    memcpy(s, from, hf_state_size(&r->body));
    return s;
}

HfHolds hf_run_holds(HfRun *r, const HfState *s)
{
    return hf_holds_intern(r->solved->priv, s->holds, s->n_holds);
}

/* What the declaration promises at entry. */
static void assume_contract(HfRun *r, HfState *s)
{
    const HfContract *c =
        hf_contract_of(r->solved->contracts, r->out->sym);

    for (guint i = 0; c && i < c->clauses->len; i++) {
        const HfClause *cl = &g_array_index(c->clauses, HfClause, i);
        gboolean shared = cl->kind == HF_EFF_REQUIRES_SHARED;

        if (cl->n_locks != 1) {
            continue; /* either of two: neither is known */
        }
        switch (cl->kind) {
        case HF_EFF_REQUIRES:
        case HF_EFF_REQUIRES_SHARED:
        case HF_EFF_ROLE: /* threads of that role start here */
        case HF_EFF_RELEASE:
        case HF_EFF_DROP_AND_RETAKE:
            hf_lock_assume(r, s, cl->locks[0], HF_HOLD_HELD, shared,
                           UINT32_MAX);
            break;
        case HF_EFF_EXCLUDES:
        case HF_EFF_ACQUIRE:
            hf_lock_assume(r, s, cl->locks[0], HF_HOLD_ABSENT, FALSE,
                           UINT32_MAX);
            break;
        default:
            break;
        }
    }
}

static HfState *entry_state(HfRun *r)
{
    HfState *s = new_state(r);
    int cap = hf_contract_cap(r->solved->contracts, "coroutine");

    hf_state_init(&r->body, s);
    for (guint i = 0; r->out->given && i < MIN(r->body.fn->n_params,
                                              HF_MAX_GIVEN); i++) {
        s->env[i] = r->out->given[i] ? r->out->given[i] : s->env[i];
    }
    hf_zeroed_apply(r, s, -1);
    assume_contract(r, s);
    if (cap >= 0 && (r->out->coroutine || r->out->no_coroutine)) {
        hf_lock_assume(r, s, hf_x_leaf(r->body.t, HF_X_CAP, cap),
                       r->out->coroutine ? HF_HOLD_HELD : HF_HOLD_ABSENT,
                       FALSE, UINT32_MAX);
    }
    return s;
}

/* ---- blocks ------------------------------------------------------------- */

static void run_block(HfRun *r, Block *blocks, uint32_t n, HfStates *out)
{
    const HfBlock *b = &hf_run_facts(r)->blocks[r->body.fn->first_block + n];
    uint32_t first = b->first_event - r->body.fn->first_event;

    out->n = 0;
    for (guint i = 0; i < blocks[n].in.n; i++) {
        out->v[out->n++] = hf_run_copy(r, blocks[n].in.v[i]);
    }
    for (uint32_t e = 0; e < b->n_events && out->n; e++) {
        hf_run_event(r, out, first + e);
        if (out->n > 1) {
            hf_states_limit(r, out);
        }
    }
}

/* None of the cases; too many would push other facts out. */
static gboolean assume_default(HfRun *r, HfState *s, const HfBlock *b)
{
    const HfFacts *f = hf_run_facts(r);
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->n_edges && n < MAX_CASES; i++) {
        const HfEdge *edge = &f->edges[b->first_edge + i];

        if (edge->flags & HF_EDGE_CASE && edge->cond) {
            n++;
            if (!hf_state_branch(&r->body, s, &f->conds[edge->cond], TRUE)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* FALSE: the edge is not taken from that state. */
static gboolean follow(HfRun *r, HfState *s, const HfBlock *b,
                       const HfEdge *edge)
{
    const HfCond *cond = &hf_run_facts(r)->conds[edge->cond];

    if (edge->flags & HF_EDGE_DEFAULT) {
        return assume_default(r, s, b);
    }
    hf_watch_branch(r, s, cond);
    return hf_state_branch(&r->body, s, cond, edge->flags & HF_EDGE_NEGATED);
}

/* The states that take an edge. */
static void take_edge(HfRun *r, uint32_t n, const HfEdge *edge,
                      const HfStates *out, HfStates *taken)
{
    const HfBlock *b = &hf_run_facts(r)->blocks[r->body.fn->first_block + n];

    taken->n = 0;
    for (guint i = 0; i < out->n; i++) {
        HfState *s = out->v[i];

        if (edge->cond || edge->flags & (HF_EDGE_DEFAULT | HF_EDGE_BACK)) {
            s = hf_run_copy(r, s);
        }
        if (!(edge->cond || edge->flags & HF_EDGE_DEFAULT) ||
            follow(r, s, b, edge)) {
            taken->v[taken->n++] = s;
        }
    }
    if (edge->flags & HF_EDGE_BACK) {
        hf_meanwhile_round(r, taken, n, edge->to - r->body.fn->first_block);
    }
}

/* Hand the states on along the edges; queue what changed. */
static void leave_block(HfRun *r, Block *blocks, uint32_t n,
                        const HfStates *out)
{
    const HfFacts *f = hf_run_facts(r);
    const HfBlock *b = &f->blocks[r->body.fn->first_block + n];
    HfStates taken;

    for (uint32_t k = 0; k < b->n_edges; k++) {
        const HfEdge *edge = &f->edges[b->first_edge + k];
        Block *to = &blocks[edge->to - r->body.fn->first_block];

        if (to->unjudged) {
            continue;
        }
        take_edge(r, n, edge, out, &taken);
        for (guint i = 0; i < taken.n; i++) {
            if (hf_states_join(r, &to->in, taken.v[i], to == &blocks[1])) {
                to->queued = TRUE;
            }
        }
    }
}

static void number_blocks(HfRun *r, Block *blocks, uint32_t *by_order)
{
    const HfFacts *f = hf_run_facts(r);
    uint32_t n = r->body.fn->n_blocks, next = n;
    uint32_t *stack = g_new(uint32_t, n + 1), *edge = g_new0(uint32_t, n);
    gboolean *seen = g_new0(gboolean, n);
    guint depth = 0;

    memset(by_order, 0xff, n * sizeof(*by_order));
    stack[depth++] = 0;
    seen[0] = TRUE;
    while (depth) {
        uint32_t b = stack[depth - 1];
        const HfBlock *block = &f->blocks[r->body.fn->first_block + b];

        if (edge[b] < block->n_edges) {
            uint32_t to = f->edges[block->first_edge + edge[b]++].to -
                          r->body.fn->first_block;

            if (!seen[to]) {
                seen[to] = TRUE;
                stack[depth++] = to;
            }
        } else {
            blocks[b].order = --next;
            by_order[next] = b;
            depth--;
        }
    }
    g_free(stack);
    g_free(edge);
    g_free(seen);
}

static void find_unjudged(HfRun *r, Block *blocks)
{
    const HfFacts *f = hf_run_facts(r);
    const HfFunction *fn = r->body.fn;

    for (uint32_t n = 0; n < fn->n_blocks; n++) {
        const HfBlock *b = &f->blocks[fn->first_block + n];

        for (uint32_t i = 0; i < b->n_events && !blocks[n].unjudged; i++) {
            const HfEvent *e = &f->events[b->first_event + i];

            blocks[n].unjudged =
                e->kind == HF_EV_CALL &&
                HF_CONTRACT_HAS(hf_contract_of(r->solved->contracts,
                                               r->body.u->symbols[e->sym]),
                                HF_EFF_UNJUDGED);
        }
    }
}

static void fixpoint(HfRun *r, Block *blocks, const uint32_t *by_order)
{
    uint32_t n = r->body.fn->n_blocks;
    gboolean again = TRUE;
    HfStates out;

    while (again) {
        again = FALSE;
        for (uint32_t i = 0; i < n; i++) {
            Block *b;

            if (by_order[i] == UINT32_MAX) {
                continue;
            }
            b = &blocks[by_order[i]];
            if (!b->queued) {
                continue;
            }
            b->queued = FALSE;
            if (++b->visits > MAX_VISITS) {
                r->out->imprecise = TRUE;
                continue;
            }
            run_block(r, blocks, by_order[i], &out);
            leave_block(r, blocks, by_order[i], &out);
            again = TRUE;
        }
    }
}

/* ---- what is recorded --------------------------------------------------- */

static void count_return(HfRun *r, const HfState *s)
{
    if (s->ret && hf_x(r->body.t, s->ret)->kind == HF_X_CONST) {
        return;
    }
    if (s->ret && hf_state_is_fresh(&r->body, s, s->ret)) {
        r->fresh_returns++;
    } else if (s->ret_result != HF_RESULT_ZERO) {
        r->other_returns++;
    }
}

/* Every way into the exit, as recorded by run_block(). */
static void record_leaves(HfRun *r, uint32_t n, const HfStates *out)
{
    const HfFacts *f = hf_run_facts(r);
    const HfBlock *b = &f->blocks[r->body.fn->first_block + n];

    for (uint32_t k = 0; k < b->n_edges; k++) {
        const HfEdge *edge = &f->edges[b->first_edge + k];

        if (edge->to != r->body.fn->first_block + 1) {
            continue;
        }
        for (guint i = 0; i < out->n; i++) {
            HfState *s = hf_run_copy(r, out->v[i]);
            HfLeave row;

            if ((edge->cond || edge->flags & HF_EDGE_DEFAULT) &&
                !follow(r, s, b, edge)) {
                continue;
            }
            row = (HfLeave){
                .event = s->ret_event, .result = s->ret_result,
                .value = s->ret, .holds = hf_run_holds(r, s),
            };
            g_array_append_val(r->out->leaves, row);
            count_return(r, s);
        }
    }
}

static void clear_exit(gpointer data)
{
    HfExit *ex = data;

    if (ex->facts) {
        g_array_unref(ex->facts);
    }
}

static void reset_tables(HfFlow *out)
{
    GArray **tables[] = { &out->diffs, &out->accesses, &out->addresses,
                          &out->calls, &out->lock_ops, &out->exits,
                          &out->args, &out->leaves, &out->takes,
                          &out->relocks };
    static const guint sizes[] = { sizeof(HfDiff), sizeof(HfAccess),
                                   sizeof(HfAccess), sizeof(HfCall),
                                   sizeof(HfLockOp),
                                   sizeof(HfExit), sizeof(HfX),
                                   sizeof(HfLeave), sizeof(HfTake),
                                   sizeof(HfLockOp) };

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (*tables[i]) {
            g_array_set_size(*tables[i], 0);
        } else {
            /* room for one, so that row 0 of an empty table has an address */
            *tables[i] = g_array_sized_new(FALSE, FALSE, sizes[i], 1);
        }
    }
    g_array_set_clear_func(out->exits, clear_exit);
    out->asserts = 0;
    out->asserts_itself = 0;
    out->returns = 0;
    out->imprecise = FALSE;
}

static gint by_event(gconstpointer a, gconstpointer b)
{
    /* event is the first member of every recorded row */
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

void hf_flow_run(HfSolved *solved, HfFlow *flow)
{
    HfRun r = {
        .body = { solved->exprs, solved->program, flow->unit, flow->fn },
        .solved = solved, .out = flow,
        .arena = g_ptr_array_new_with_free_func(g_free),
        .access_row = g_new0(uint32_t, flow->fn->n_events + 1),
        .call_row = g_new0(uint32_t, flow->fn->n_events + 1),
    };
    uint32_t n = flow->fn->n_blocks;
    Block *blocks = g_new0(Block, n);
    uint32_t *by_order = g_new(uint32_t, n);
    HfStates out;

    reset_tables(flow);
    number_blocks(&r, blocks, by_order);
    find_unjudged(&r, blocks);
    hf_watch_start(&r);
    hf_zeroed_start(&r);
    blocks[0].in.v[blocks[0].in.n++] = entry_state(&r);
    blocks[0].queued = TRUE;
    fixpoint(&r, blocks, by_order);

    r.recording = TRUE;
    if (r.watched) { /* it uses locks */
        hf_run_find_always(&r);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (by_order[i] != UINT32_MAX && blocks[by_order[i]].in.n) {
            run_block(&r, blocks, by_order[i], &out);
            record_leaves(&r, by_order[i], &out);
        }
    }
    if (!flow->lock_ops->len) {
        g_array_set_size(flow->leaves, 0);
    }
    hf_run_make_exits(&r, &blocks[1].in);
    g_array_sort(flow->accesses, by_event);
    g_array_sort(flow->addresses, by_event);
    g_array_sort(flow->calls, by_event);
    g_array_sort(flow->lock_ops, by_event);
    g_array_sort(flow->leaves, by_event);
    g_array_sort(flow->takes, by_event);
    g_array_sort(flow->relocks, by_event);

    flow->leaks = r.leaks;
    flow->returns_fresh = r.fresh_returns && !r.other_returns;
    hf_watch_stop(&r);
    g_free(r.always);
    g_clear_pointer(&r.loops, g_ptr_array_unref);
    g_clear_pointer(&r.zeroed, g_array_unref);
    g_ptr_array_unref(r.arena);
    g_free(r.access_row);
    g_free(r.call_row);
    g_free(blocks);
    g_free(by_order);
}
