/* SPDX-License-Identifier: MIT */
#include "solve/blocks.h"

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
