/* SPDX-License-Identifier: MIT */
#include "solve/blocks.h"

#include <string.h>

uint32_t hf_block_of(const HfFlow *f, uint32_t event)
{
    uint32_t at = f->fn->first_event + event;

    for (uint32_t i = 0; i < f->fn->n_blocks; i++) {
        const HfBlock *b = hf_block(f, i);

        if (at >= b->first_event && at - b->first_event < b->n_events) {
            return i;
        }
    }
    return 0;
}

gboolean hf_block_leads_to(const HfFlow *f, uint32_t from, uint32_t to,
                           uint32_t without)
{
    g_autofree guint8 *seen = g_new0(guint8, f->fn->n_blocks);
    g_autofree uint32_t *stack = g_new(uint32_t, f->fn->n_blocks + 1);
    uint32_t depth = 0;

    stack[depth++] = from;
    while (depth && !seen[to]) {
        uint32_t at = stack[--depth];

        for (uint32_t k = 0; k < hf_block(f, at)->n_edges; k++) {
            uint32_t next = hf_block_next(f, at, k);

            if (!seen[next] && next != without) {
                seen[next] = TRUE;
                stack[depth++] = next;
            }
        }
    }
    return seen[to];
}

void hf_block_loop(const HfFlow *flow, uint32_t header, uint32_t from,
                   gboolean *in)
{
    uint32_t n = flow->fn->n_blocks;
    gboolean again = header != from;

    memset(in, 0, n * sizeof(*in));
    in[header] = in[from] = TRUE;
    while (again) {
        again = FALSE;
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t k = 0; !in[i] && k < hf_block(flow, i)->n_edges;
                 k++) {
                uint32_t to = hf_block_next(flow, i, k);

                if (in[to] && to != header) {
                    in[i] = again = TRUE;
                }
            }
        }
    }
}

static guint size_of(const HfFlow *flow, const gboolean *in)
{
    guint n = 0;

    for (uint32_t i = 0; i < flow->fn->n_blocks; i++) {
        n += in[i];
    }
    return n;
}

gboolean hf_block_loop_around(const HfFlow *flow, uint32_t block,
                              gboolean *in)
{
    const HfEdge *edges = flow->unit->facts->edges;
    uint32_t n = flow->fn->n_blocks;
    gboolean *loop = g_new(gboolean, n);
    guint best = G_MAXUINT;

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < hf_block(flow, i)->n_edges; k++) {
            if (!(edges[hf_block(flow, i)->first_edge + k].flags &
                  HF_EDGE_BACK)) {
                continue;
            }
            hf_block_loop(flow, hf_block_next(flow, i, k), i, loop);
            if (loop[block] && size_of(flow, loop) < best) {
                best = size_of(flow, loop);
                memcpy(in, loop, n * sizeof(*in));
            }
        }
    }
    g_free(loop);
    return best != G_MAXUINT;
}

gboolean hf_block_leaves(const HfFlow *flow, const gboolean *in,
                         uint32_t block)
{
    for (uint32_t k = 0; k < hf_block(flow, block)->n_edges; k++) {
        if (!in[hf_block_next(flow, block, k)]) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_event_in_loop(const HfFlow *f, uint32_t event)
{
    uint32_t b = hf_block_of(f, event);

    return hf_block_leads_to(f, b, b, HF_NO_BLOCK);
}

gboolean hf_event_before(const HfFlow *f, uint32_t from, uint32_t to)
{
    uint32_t a = hf_block_of(f, from), b = hf_block_of(f, to);

    return (a == b && from < to) || hf_block_leads_to(f, a, b, HF_NO_BLOCK);
}

gboolean hf_event_always(const HfFlow *f, uint32_t event)
{
    uint32_t without = hf_block_of(f, event);

    return without == 0 || !hf_block_leads_to(f, 0, 1, without);
}
