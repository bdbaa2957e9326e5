/* SPDX-License-Identifier: MIT */
/*
 * no_lock.h - two threads at one object, with no lock in common.  Part of
 * MISSING_LOCK; private to check.
 */
#ifndef HOLDFAST_NO_LOCK_H
#define HOLDFAST_NO_LOCK_H

#include "check/witness.h"

G_BEGIN_DECLS

/*
 * Where no lock is believed to guard an object, since nobody takes one or
 * everybody another, there is still a race when two threads get to it at the
 * same time: told only where both are known, get there by plain calls, and it
 * is the same object without doubt.  told: subjects of which something was
 * said, by hf_no_lock_subject().
 */
void hf_no_lock_check(HfCheck *c, HfWitnesses *w, GHashTable *told);

gpointer hf_no_lock_subject(const HfSubject *s);

/* no_lock_doubts.c: the tier that a pair deserves, and why, as f's reasons
 * unless it is NULL. */
HfTier hf_no_lock_doubts(const HfWitnesses *w, HfFinding *f, const HfParty *a,
                         const HfParty *b);

/* Both only set it to zero. */
gboolean hf_no_lock_both_clear(const HfParty *a, const HfParty *b);

G_END_DECLS

#endif
