/* SPDX-License-Identifier: MIT */
/*
 * Events that every way from the entry to a return passes, and those after
 * which there is no return.  A block is one of the first when without it the
 * exit cannot be reached.
 */
#include "solve/flow.h"

#include <string.h>

/* Larger bodies: nothing is known to happen always. */
#define MAX_BLOCKS 400

/* Is there a way from a block to the exit that leaves another one out? */
static gboolean reaches_exit(const HfRun *r, uint32_t from, uint32_t without,
                             uint8_t *seen, uint32_t *stack)
{
    const HfFacts *f = r->body.u->facts;
    const HfFunction *fn = r->body.fn;
    uint32_t n = 0;

    memset(seen, 0, fn->n_blocks);
    stack[n++] = from;
    seen[from] = 1;
    while (n) {
        const HfBlock *b = &f->blocks[fn->first_block + stack[--n]];

        for (uint32_t i = 0; i < b->n_edges; i++) {
            uint32_t to = f->edges[b->first_edge + i].to - fn->first_block;

            if (to == 1) {
                return TRUE;
            }
            if (to != without && !seen[to]) {
                seen[to] = 1;
                stack[n++] = to;
            }
        }
    }
    return FALSE;
}

static gboolean has_call(const HfRun *r, const HfBlock *b)
{
    for (uint32_t i = 0; i < b->n_events; i++) {
        uint32_t kind = r->body.u->facts->events[b->first_event + i].kind;

        if (kind == HF_EV_CALL || kind == HF_EV_CALL_INDIRECT) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_run_find_always(HfRun *r)
{
    const HfFunction *fn = r->body.fn;
    uint8_t *seen;
    uint32_t *stack;

    r->always = g_new0(uint8_t, fn->n_events + 1);
    if (fn->n_blocks > MAX_BLOCKS) {
        return;
    }
    seen = g_new(uint8_t, fn->n_blocks);
    stack = g_new(uint32_t, fn->n_blocks);
    for (uint32_t k = 0; k < fn->n_blocks; k++) {
        const HfBlock *b = &r->body.u->facts->blocks[fn->first_block + k];

        HfAlways how = HF_ALWAYS;

        if (!has_call(r, b)) {
            continue;
        }
        if (!reaches_exit(r, k, UINT32_MAX, seen, stack)) {
            how = HF_NEVER;
        } else if (k && reaches_exit(r, 0, k, seen, stack)) {
            continue;
        }
        for (uint32_t i = 0; i < b->n_events; i++) {
            r->always[b->first_event - fn->first_event + i] = how;
        }
    }
    g_free(seen);
    g_free(stack);
}
