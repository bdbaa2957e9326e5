/* SPDX-License-Identifier: MIT */
/*
 * uses.h - everything that is accessed anywhere, by what it is: a member of
 * some record, a variable, or what one of them points to.  Shared by
 * STALE_CHECK, MIXED_ATOMIC and TEARDOWN_RACE.  Private to check.
 */
#ifndef HOLDFAST_USES_H
#define HOLDFAST_USES_H

#include "check/guard.h"

G_BEGIN_DECLS

/* One number for "this member" or "this variable", 0 for none. */
typedef guint64 HfSubjectKey;

typedef struct {
    const HfFlow *flow;
    const HfAccess *access;
} HfSeen;

typedef struct {
    HfSubjectKey key;
    HfSubject subject; /* of its first use */
    GArray *seen;      /* HfSeen, those of one function contiguous */
    guint n_writes;    /* atomic ones too; of fresh objects not counted */
    guint n_atomic;
} HfThing;

typedef struct {
    GHashTable *by_key; /* HfThing */
    GPtrArray *things;  /* the same, in order of first use */
} HfUses;

/* fn-local objects and what is thread-local are left out. */
HfUses *hf_uses_new(HfCheck *c);
void hf_uses_free(HfUses *u);
const HfThing *hf_uses_of(const HfUses *u, HfSubjectKey key); /* or NULL */

HfSubjectKey hf_subject_key(const HfSubject *s);
HfSubjectKey hf_access_key(const HfCheck *c, const HfAccess *a);
HfSubjectKey hf_object_key(const HfCheck *c, HfX object);

/* The object is the caller's own in every context the function is entered
 * in, or the profile says that it is in that phase. */
gboolean hf_use_unshared(const HfCheck *c, const HfFlow *flow,
                         const HfAccess *a);

/* Is the lock held at a point, on every way the function is entered?  What
 * the function's own contract promises counts. */
gboolean hf_use_holds(const HfCheck *c, const HfFlow *flow, HfHolds local,
                      HfX lock);

G_END_DECLS

#endif
