/* SPDX-License-Identifier: MIT */
/*
 * Marks in bodies: GLOBAL_STATE_CODE() at the start speaks of the whole
 * function; in one branch of several, of that branch.
 *
 * A mark is in a branch when code that comes after it can be reached without
 * it as well.  A return before it makes no branch of what follows.
 */
#include "solve/blocks.h"
#include "solve/solve.h"

#include <string.h>

typedef struct {
    const HfFacts *f;
    const HfFunction *fn;
    uint8_t *seen;
    uint32_t *stack;
} Walk;

/* Blocks that can be reached from one, itself only by a loop. */
static void reach(const Walk *w, uint32_t from, uint32_t without,
                  gboolean itself)
{
    uint32_t n = 0;

    memset(w->seen, 0, w->fn->n_blocks);
    w->seen[from] = itself;
    w->stack[n++] = from;
    while (n) {
        const HfBlock *b =
            &w->f->blocks[w->fn->first_block + w->stack[--n]];

        for (uint32_t i = 0; i < b->n_edges; i++) {
            uint32_t to = w->f->edges[b->first_edge + i].to -
                          w->fn->first_block;

            if (to != without && !w->seen[to]) {
                w->seen[to] = 1;
                w->stack[n++] = to;
            }
        }
    }
}

/* More than leaving: scopes that end, and the return itself. */
static gboolean does_something(const Walk *w, uint32_t block)
{
    const HfBlock *b = &w->f->blocks[w->fn->first_block + block];

    for (uint32_t i = 0; i < b->n_events; i++) {
        const HfEvent *e = &w->f->events[b->first_event + i];

        if (e->kind != HF_EV_RETURN && e->kind != HF_EV_SCOPE_END &&
            !(e->flags & HF_EV_CLEANUP)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_mark_in_branch(const HfFlow *flow, uint32_t event)
{
    Walk w = { flow->unit->facts, flow->fn, NULL, NULL };
    uint32_t block = event < flow->fn->n_events ? hf_block_of(flow, event) : 0;
    gboolean branch = FALSE;
    uint8_t *after;

    if (block == 0) {
        return FALSE; /* the entry */
    }
    w.seen = g_new(uint8_t, w.fn->n_blocks);
    w.stack = g_new(uint32_t, w.fn->n_blocks);
    after = g_new(uint8_t, w.fn->n_blocks);
    reach(&w, block, UINT32_MAX, FALSE);
    memcpy(after, w.seen, w.fn->n_blocks);
    reach(&w, 0, block, TRUE);
    for (uint32_t i = 0; i < w.fn->n_blocks && !branch; i++) {
        branch = after[i] && w.seen[i] && does_something(&w, i);
    }
    g_free(w.seen);
    g_free(w.stack);
    g_free(after);
    return branch;
}

gboolean hf_mark_place_in_branch(const HfFlow *flow, const HfProgAnnot *a,
                                 const HfFacts *facts)
{
    int line = facts->locs[a->loc].line;
    uint32_t best = UINT32_MAX;
    int best_line = 0;

    /* the statement after the mark, or the call that it expands to */
    for (uint32_t i = 0; i < flow->fn->n_events; i++) {
        int at = hf_flow_loc(flow, i)->line;

        if (at >= line && (best == UINT32_MAX || at < best_line)) {
            best = i;
            best_line = at;
        }
    }
    return best != UINT32_MAX && hf_mark_in_branch(flow, best);
}
