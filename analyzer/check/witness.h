/* SPDX-License-Identifier: MIT */
/*
 * witness.h - with whom does an unlocked access race?  Private to check.
 *
 * Among all other accesses to the same member or variable, the one that
 * conflicts most tellingly: at least one of the two writes, no lock is held at
 * both, and the roles that run them may do so at the same time.  Where none
 * may, the reason why is a proof that the access is right as it is, and has a
 * code (Savage et al., "Eraser", TOCS 1997, for locksets; Pratikakis et al.,
 * "LOCKSMITH", PLDI 2006, for what is shared at all).
 */
#ifndef HOLDFAST_WITNESS_H
#define HOLDFAST_WITNESS_H

#include "check/parties.h"

G_BEGIN_DECLS

typedef struct HfWitnesses HfWitnesses;

/* Of the running checker; belongs to one thread. */
HfWitnesses *hf_witnesses_new(HfCheck *c);
void hf_witnesses_free(HfWitnesses *w);

/* Borrowed. */
const HfContainers *hf_witness_containers(const HfWitnesses *w);

typedef struct {
    HfParallelVerdict verdict; /* YES, MAYBE: of the pair; NO: none conflicts */
    HfParty self, other;       /* NO: flow NULL where there is none */
    HfParallel how;
    const char *code; /* NO, and proved: "sole_writer", ...; else NULL */
    char *reason;     /* NULL without a code */
} HfWitness;

/* For the access, in those of its contexts that do not hold lock (0: all).
 * Release out with hf_witness_clear(); its parties belong to it. */
void hf_witness_find(HfWitnesses *w, const HfFlow *flow, const HfAccess *a,
                     HfX lock, HfWitness *out);
void hf_witness_clear(HfWitness *w);
/* The same among these accesses only (HfAccess), where they hold that lock;
 * nothing is proved where none conflicts. */
void hf_witness_among(HfWitnesses *w, const HfFlow *flow, const HfAccess *a,
                      GHashTable *others, const HfLockKey *under,
                      HfWitness *out);

/*
 * What every finding about an unlocked access ends with, once its tier is
 * set: the two sides as trace events (witness_enter, witness_call,
 * witness_access; witness_self: does it race with itself; witness_other for
 * further roles), or the proof that there is no other side, as its suggested
 * classification.
 */
void hf_witness_tell(HfWitnesses *w, HfFinding *f, const HfWitness *found);

G_END_DECLS

#endif
