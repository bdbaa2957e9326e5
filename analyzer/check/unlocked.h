/* SPDX-License-Identifier: MIT */
/*
 * unlocked.h - what findings about an access without its lock have in common,
 * whether the lock is declared or inferred.  Private to check.
 */
#ifndef HOLDFAST_UNLOCKED_H
#define HOLDFAST_UNLOCKED_H

#include "check/witness.h"

typedef enum {
    HF_GUARD_INFERRED,
    HF_GUARD_IN_PASSING, /* inferred, but no critical section is there for its
                            sake */
    HF_GUARD_DECLARED, /* a contract: breaking it is worth telling even where
                          nothing can race */
} HfGuardOrigin;

/*
 * The last step before f is added, its texts, keys and tier set: finds with
 * whom the access races and says so, or suggests a classification and lowers
 * the tier, and names the group.  lock: what is missing, as flow names it, 0
 * when it cannot.  FALSE: the lock cannot be taken there, which settles the
 * tier.
 */
gboolean hf_unlocked_finish(HfWitnesses *w, HfFinding *f, const HfFlow *flow,
                            const HfAccess *a, HfX lock,
                            HfGuardOrigin origin);

#endif
