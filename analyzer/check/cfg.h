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

G_BEGIN_DECLS

#define HF_NO_BLOCK UINT32_MAX

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

const HfBlock *hf_cfg_block(const HfCfg *cfg, uint32_t block);
/* Block of an event; HF_NO_BLOCK: none. */
uint32_t hf_cfg_block_of(const HfCfg *cfg, uint32_t event);
gboolean hf_cfg_dominates(const HfCfg *cfg, uint32_t a, uint32_t b);
/* Is there a way from one block to another, by one edge at least, that does
 * not pass `without`? */
gboolean hf_cfg_gets_past(const HfCfg *cfg, uint32_t from, uint32_t to,
                          uint32_t without);
/* Blocks from which the function may be left without passing `block`: 1 each.
 * What branches there decides whether `block` is passed at all.  Free it. */
guint8 *hf_cfg_ways_around(const HfCfg *cfg, uint32_t block);

G_END_DECLS

#endif
