/* SPDX-License-Identifier: MIT */
/*
 * cfg.h - which branch must have been taken to get to a block.  Private to
 * check.
 *
 * Blocks are numbered relative to their function: 0 is the entry, 1 the exit.
 */
#ifndef HOLDFAST_CFG_H
#define HOLDFAST_CFG_H

#include "check/check.h"
#include "solve/blocks.h"

G_BEGIN_DECLS

typedef struct {
    const HfFlow *flow;
    uint32_t n;
    uint32_t *order;    /* reachable blocks in reverse post-order */
    uint32_t n_order;
    uint32_t *idom;     /* immediate dominator; HF_NO_BLOCK: unreachable */
    uint32_t *in_edge;  /* HfEdge of the only way in, 0: several or none */
    uint32_t *in_block; /* block it comes from */
} HfCfg;

HfCfg *hf_cfg_new(const HfFlow *flow);
void hf_cfg_free(HfCfg *cfg);

gboolean hf_cfg_dominates(const HfCfg *cfg, uint32_t a, uint32_t b);
/* Blocks from which the function may be left without passing `block`: 1 each.
 * What branches there decides whether `block` is passed at all.  Free it. */
guint8 *hf_cfg_ways_around(const HfCfg *cfg, uint32_t block);

G_END_DECLS

#endif
