/* SPDX-License-Identifier: MIT */
/* What the order of events in one body says. */
#include "check/critical.h"
#include "solve/blocks.h"

#include <string.h>

/* Blocks from which control comes back, or goes round for ever: all but those
 * on the way to an abort. */
static guint8 *live_blocks(const HfFlow *flow)
{
    const HfFacts *f = flow->unit->facts;
    const HfFunction *fn = flow->fn;
    guint8 *live = g_new0(guint8, fn->n_blocks + 1);
    gboolean changed = TRUE;

    live[1] = TRUE;
    while (changed) {
        changed = FALSE;
        for (guint b = fn->n_blocks; b > 0; b--) {
            const HfBlock *block = &f->blocks[fn->first_block + b - 1];

            for (guint e = 0; !live[b - 1] && e < block->n_edges; e++) {
                const HfEdge *edge = &f->edges[block->first_edge + e];

                if (edge->flags & HF_EDGE_BACK ||
                    live[edge->to - fn->first_block]) {
                    live[b - 1] = changed = TRUE;
                }
            }
        }
    }
    return live;
}

gboolean hf_critical_dies(HfCritical *cr, const HfFlow *flow, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    gpointer key = GUINT_TO_POINTER(flow->sym), live;
    guint ends = 0;

    if (!g_hash_table_lookup_extended(cr->live, key, NULL, &live)) {
        for (guint b = 0; b < flow->fn->n_blocks; b++) {
            ends += f->blocks[flow->fn->first_block + b].n_edges == 0;
        }
        live = ends > 1 ? live_blocks(flow) : NULL;
        g_hash_table_insert(cr->live, key, live);
    }
    return live && !((guint8 *)live)[hf_block_of(flow, event)];
}

/* Can control get from behind `from` (NULL: from the entry) to `to`, without
 * passing `avoid`? */
static gboolean gets_to(const HfFlow *flow, const uint32_t *from, uint32_t to,
                        uint32_t avoid)
{
    const HfFacts *f = flow->unit->facts;
    const HfFunction *fn = flow->fn;
    guint target = hf_block_of(flow, to), barrier = hf_block_of(flow, avoid);
    guint start = from ? hf_block_of(flow, *from) : 0;
    g_autofree guint8 *seen = g_new0(guint8, fn->n_blocks + 1);
    g_autofree guint *work = g_new(guint, fn->n_blocks + 1);
    guint n = 0;

    if (from && start == barrier && avoid > *from) {
        return FALSE;
    }
    if (!from) {
        seen[0] = TRUE;
    }
    work[n++] = start;
    for (gboolean first = from != NULL; n; first = FALSE) {
        guint b = work[--n];
        const HfBlock *block = &f->blocks[fn->first_block + b];

        if (b == target && !first) {
            return b != barrier || to < avoid;
        }
        if (b == barrier && !first) {
            continue;
        }
        for (guint e = 0; e < block->n_edges; e++) {
            guint next = f->edges[block->first_edge + e].to - fn->first_block;

            if (!seen[next]) {
                seen[next] = TRUE;
                work[n++] = next;
            }
        }
    }
    return FALSE;
}

gboolean hf_critical_always_before(const HfFlow *flow, uint32_t first,
                                   uint32_t then)
{
    return !gets_to(flow, NULL, then, first) &&
           !gets_to(flow, &then, then, first);
}
