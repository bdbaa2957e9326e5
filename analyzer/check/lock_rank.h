/* SPDX-License-Identifier: MIT */
/* lock_rank.h - declared order of locks.  Private to check. */
#ifndef HOLDFAST_LOCK_RANK_H
#define HOLDFAST_LOCK_RANK_H

#include "check/check.h"

typedef struct HfRanks HfRanks;

HfRanks *hf_ranks_new(const HfCheck *c);
void hf_ranks_free(HfRanks *r);

/* Rank of a lock, 0 none. */
int hf_rank_of(const HfRanks *r, const HfCheck *c, HfX lock);

/* Something declared says which of the two comes first. */
gboolean hf_rank_declared(const HfRanks *r, const HfCheck *c, HfX a, HfX b);

/* Locks taken by flow, or by what it calls, out of order with those it holds
 * there. */
void hf_rank_check(HfCheck *c, const HfFlow *flow, const HfRanks *r);

#endif
