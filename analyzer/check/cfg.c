/* SPDX-License-Identifier: MIT */
/* Dominators after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
 * Algorithm" (2001). */
#include "check/cfg.h"

#include <string.h>

static uint32_t target(const HfCfg *cfg, const HfBlock *b, uint32_t i)
{
    return cfg->flow->unit->facts->edges[b->first_edge + i].to -
           cfg->flow->fn->first_block;
}

/* Reverse post-order, and each block's place in it. */
static void number(HfCfg *cfg, uint32_t *place)
{
    uint32_t *stack = g_new(uint32_t, cfg->n + 1);
    uint32_t *edge = g_new0(uint32_t, cfg->n);
    guint8 *seen = g_new0(guint8, cfg->n);
    uint32_t depth = 0, next = cfg->n;

    stack[depth++] = 0;
    seen[0] = TRUE;
    while (depth) {
        uint32_t b = stack[depth - 1];
        const HfBlock *block = hf_block(cfg->flow, b);

        if (edge[b] < block->n_edges) {
            uint32_t to = target(cfg, block, edge[b]++);

            if (!seen[to]) {
                seen[to] = TRUE;
                stack[depth++] = to;
            }
        } else {
            cfg->order[--next] = b;
            depth--;
        }
    }
    cfg->n_order = cfg->n - next;
    memmove(cfg->order, cfg->order + next,
            cfg->n_order * sizeof(*cfg->order));
    for (uint32_t i = 0; i < cfg->n_order; i++) {
        place[cfg->order[i]] = i;
    }
    g_free(stack);
    g_free(edge);
    g_free(seen);
}

static uint32_t common(const HfCfg *cfg, const uint32_t *place, uint32_t a,
                       uint32_t b)
{
    while (a != b) {
        while (place[a] > place[b]) {
            a = cfg->idom[a];
        }
        while (place[b] > place[a]) {
            b = cfg->idom[b];
        }
    }
    return a;
}

static void find_dominators(HfCfg *cfg, const uint32_t *place)
{
    gboolean changed = TRUE;

    memset(cfg->idom, 0xff, cfg->n * sizeof(*cfg->idom));
    cfg->idom[0] = 0;
    while (changed) {
        changed = FALSE;
        for (uint32_t i = 0; i < cfg->n_order; i++) {
            uint32_t from = cfg->order[i];
            const HfBlock *b = hf_block(cfg->flow, from);

            for (uint32_t k = 0; k < b->n_edges; k++) {
                uint32_t to = target(cfg, b, k), was = cfg->idom[to];

                if (to == 0) {
                    continue;
                }
                cfg->idom[to] = was == HF_NO_BLOCK
                                    ? from : common(cfg, place, was, from);
                changed |= cfg->idom[to] != was;
            }
        }
    }
}

static void find_only_ways(HfCfg *cfg)
{
    uint32_t *ways = g_new0(uint32_t, cfg->n);

    for (uint32_t i = 0; i < cfg->n_order; i++) {
        const HfBlock *b = hf_block(cfg->flow, cfg->order[i]);

        for (uint32_t k = 0; k < b->n_edges; k++) {
            uint32_t to = target(cfg, b, k);

            cfg->in_edge[to] = ways[to]++ ? 0 : b->first_edge + k;
            cfg->in_block[to] = cfg->order[i];
        }
    }
    g_free(ways);
}

HfCfg *hf_cfg_new(const HfFlow *flow)
{
    HfCfg *cfg = g_new0(HfCfg, 1);
    uint32_t *place;

    cfg->flow = flow;
    cfg->n = flow->fn->n_blocks;
    cfg->order = g_new0(uint32_t, cfg->n);
    cfg->idom = g_new(uint32_t, cfg->n);
    cfg->in_edge = g_new0(uint32_t, cfg->n);
    cfg->in_block = g_new0(uint32_t, cfg->n);
    place = g_new0(uint32_t, cfg->n);
    number(cfg, place);
    find_dominators(cfg, place);
    find_only_ways(cfg);
    g_free(place);
    return cfg;
}

void hf_cfg_free(HfCfg *cfg)
{
    g_free(cfg->order);
    g_free(cfg->idom);
    g_free(cfg->in_edge);
    g_free(cfg->in_block);
    g_free(cfg);
}

gboolean hf_cfg_dominates(const HfCfg *cfg, uint32_t a, uint32_t b)
{
    while (b != HF_NO_BLOCK && b != a) {
        if (b == 0) {
            return FALSE;
        }
        b = cfg->idom[b];
    }
    return b == a;
}

guint8 *hf_cfg_ways_around(const HfCfg *cfg, uint32_t block)
{
    guint8 *out = g_new0(guint8, cfg->n);
    gboolean changed = TRUE;

    out[1] = block != 1;
    while (changed) {
        changed = FALSE;
        for (uint32_t i = cfg->n_order; i > 0; i--) {
            uint32_t from = cfg->order[i - 1];
            const HfBlock *b = hf_block(cfg->flow, from);

            for (uint32_t k = 0; from != block && !out[from] &&
                                 k < b->n_edges; k++) {
                out[from] = out[target(cfg, b, k)];
                changed |= out[from];
            }
        }
    }
    return out;
}
