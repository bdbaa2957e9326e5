/* SPDX-License-Identifier: MIT */
/*
 * contract_calls.h - declared lock contracts at calls.  Shared by
 * LOCK_CONTRACT and GRAPH_LOCK.  Private to check.
 */
#ifndef HOLDFAST_CONTRACT_CALLS_H
#define HOLDFAST_CONTRACT_CALLS_H

#include "check/check.h"

/* The capability that is GRAPH_LOCK's. */
gboolean hf_is_graph_lock(const HfCapRule *cap);
gboolean hf_is_graph_x(const HfCheck *c, HfX lock);

/*
 * Every call of flow against what the callee, or the slot it is called
 * through, requires and excludes.  graph: the block graph's lock alone, and
 * what is not known to be held counts as missing; otherwise every other lock.
 * strict: functions of this program declare what they need of their callers,
 * so that nobody far away is believed to hold what nobody is seen to.
 */
void hf_contract_check_calls(HfCheck *c, const HfFlow *flow, gboolean graph,
                             gboolean strict);

/* Where the clause is written: an event, and the finding's rule. */
void hf_contract_trace_clause(const HfCheck *c, HfFinding *f,
                              const HfClause *cl, int depth,
                              const char *message);

#endif
