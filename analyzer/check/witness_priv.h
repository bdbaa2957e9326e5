/* SPDX-License-Identifier: MIT */
/* witness_priv.h - what the files of witness.h share. */
#ifndef HOLDFAST_WITNESS_PRIV_H
#define HOLDFAST_WITNESS_PRIV_H

#include "check/whatif.h"
#include "check/witness.h"

struct HfWitnesses {
    HfCheck *c;
    HfParties *parties;
    HfPhases *phases;
    HfWhatIfs *what_ifs; /* made at first use */
};

/* Borrowed. */
HfWhatIfs *hf_witness_what_ifs(HfWitnesses *w);

/* What was seen of all pairs of one access. */
typedef struct {
    GHashTable *among; /* HfAccess that count as the other side, where they hold
                          the lock `under`; NULL: all */
    const HfLockKey *under;
    guint n;           /* contexts of the access */
    guint conflicts;   /* pairs of which one writes */
    guint atomics;     /* both atomically */
    guint best;        /* weight of the witness */
    guint why;         /* bit per HfParallelWhy of pairs that cannot be */
    gboolean alone;    /* some cannot be as this thread is not there when the
                          other access comes */
    int role;          /* of one such pair, -1 none */
    HfX lock;
    gboolean own_writes; /* a read; its own role writes */
    const HfParty *gives; /* another role's write that does no harm */
} HfTally;

/* May the two run at the same time, whatever they do there? */
HfParallel hf_witness_judge(const HfWitnesses *w, const HfParty *a,
                            const HfParty *b);

/* witness_proof.c: nothing conflicts: fills code and reason. */
void hf_witness_prove(HfWitnesses *w, const HfTally *t, HfWitness *out);

/*
 * b may write while a reads a pointer, and takes nothing away from it: b
 * puts an object where there was none, or takes back what its function put
 * there.  Only where a's own role is the one that takes values away.
 */
gboolean hf_witness_harmless(const HfWitnesses *w, const HfParty *a,
                             const HfParty *b, const GArray *others);

/* witness_text.c: "main (bottom half)". */
char *hf_witness_who(const HfWitnesses *w, const HfParty *p);

#endif
