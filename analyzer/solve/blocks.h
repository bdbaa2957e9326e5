/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - which events may come before which: the control-flow graph of one
 * body, with nothing said of values.
 *
 * Blocks are numbered from 0, the entry; 1 is the exit.  Events are relative
 * to their function, as in HfFlow.  Nothing is kept: a question costs a walk
 * over the body's blocks.
 */
#ifndef HOLDFAST_BLOCKS_H
#define HOLDFAST_BLOCKS_H

#include "solve/solve.h"

G_BEGIN_DECLS

#define HF_NO_BLOCK UINT32_MAX

static inline const HfBlock *hf_block(const HfFlow *flow, uint32_t block)
{
    return &flow->unit->facts->blocks[flow->fn->first_block + block];
}

/* The block that an edge of this one leads to. */
static inline uint32_t hf_block_next(const HfFlow *flow, uint32_t block,
                                     uint32_t edge)
{
    return flow->unit->facts
               ->edges[hf_block(flow, block)->first_edge + edge].to -
           flow->fn->first_block;
}

/* Of an event that the function has. */
uint32_t hf_block_of(const HfFlow *flow, uint32_t event);

/* Is there a way from one block to another, by one edge at least, that does
 * not pass `without` (HF_NO_BLOCK: any way)? */
gboolean hf_block_leads_to(const HfFlow *flow, uint32_t from, uint32_t to,
                           uint32_t without);

/* in: by block; TRUE for those of the loop that the edge from `from` to
 * `header` closes. */
void hf_block_loop(const HfFlow *flow, uint32_t header, uint32_t from,
                   gboolean *in);
/* The same of the innermost loop that the block is part of; FALSE: none. */
gboolean hf_block_loop_around(const HfFlow *flow, uint32_t block,
                              gboolean *in);
/* Some edge of the block leads out of the loop. */
gboolean hf_block_leaves(const HfFlow *flow, const gboolean *in,
                         uint32_t block);

gboolean hf_event_in_loop(const HfFlow *flow, uint32_t event);
/* Code from `from` on may get to `to`; from != to. */
gboolean hf_event_before(const HfFlow *flow, uint32_t from, uint32_t to);
/* Every way through the body passes the event. */
gboolean hf_event_always(const HfFlow *flow, uint32_t event);

G_END_DECLS

#endif
