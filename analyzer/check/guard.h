/* SPDX-License-Identifier: MIT */
/*
 * guard.h - is this access made under that lock?  Shared by GUARDED_BY and
 * MISSING_LOCK.  Private to check.
 */
#ifndef HOLDFAST_GUARD_H
#define HOLDFAST_GUARD_H

#include "check/check.h"

/* What an access touches: a member of some object, or a variable. */
typedef struct {
    HfFieldId field; /* 0: the variable */
    HfSymId var;
    HfX object;    /* the access's own expression, indices stripped */
    HfX base;      /* object the member belongs to; 0 for variables */
    gboolean pointee; /* what the member or variable points to */
} HfSubject;

gboolean hf_guard_subject(const HfCheck *c, const HfAccess *a, HfSubject *s);
/* The same, but of the innermost object around it whose guard is declared: a
 * guarded array or structure guards what is in it.  The access's own when
 * there is none. */
gboolean hf_guard_declared_subject(const HfCheck *c, const HfAccess *a,
                                   HfSubject *s);
gboolean hf_guard_is_declared(const HfCheck *c, const HfSubject *s);

/* A guard written in terms of SELF, on this object; 0 when it cannot be
 * named. */
HfX hf_guard_on(const HfCheck *c, const HfSubject *s, HfX guard);

/* A variable's lock, in no object: that some object is being set up says
 * nothing of what it guards. */
gboolean hf_guard_is_global(const HfCheck *c, HfX lock);

/* At the event nobody else can have the object: afterwards the function sets
 * its lock up, or destroys it, or frees the object, of which it found itself
 * to be the last user. */
gboolean hf_guard_unshared(const HfCheck *c, const HfFlow *flow,
                           uint32_t event, HfX lock, const HfSubject *s);
/* The function initialises or destroys the lock, somewhere. */
gboolean hf_guard_sets_up(const HfCheck *c, const HfFlow *flow, HfX lock);

/* In that context the object is nobody else's yet. */
gboolean hf_guard_fresh(const HfCheck *c, const HfAccess *a,
                        const HfContext *ctx);

/* The pointer that x is reached through first may be any of several. */
gboolean hf_guard_from_nowhere(const HfXTable *t, HfX x);
/* Some such object's lock is held, by a name of which nobody knows whether it
 * is this lock: hand over hand down a list. */
gboolean hf_guard_other_name(const HfCheck *c, const HfAccess *a, HfX lock);

gboolean hf_guard_is_write(const HfAccess *a);
gboolean hf_guard_is_atomic(const HfAccess *a);

/* A use of something that a guard is, or may be, declared for. */
typedef struct {
    HfAccess access;   /* path: the object, whatever names it there */
    HfSubject subject; /* as hf_guard_declared_subject() */
    HfSymId callee;    /* it is passed to, which uses it; 0: an access */
    gboolean indirect; /* through a local pointer */
} HfGuardUse;

typedef void (*HfGuardUseFn)(HfCheck *c, const HfFlow *flow,
                             const HfGuardUse *u, gpointer data);
void hf_guard_each_use(HfCheck *c, const HfFlow *flow, HfGuardUseFn fn,
                       gpointer data);
/* What the source calls it, as far as can be said; (transfer full). */
char *hf_guard_use_text(const HfCheck *c, const HfFlow *flow,
                        const HfGuardUse *u);

/*
 * The verdict over all contexts of the function: HF_HELD when held in all,
 * HF_ABSENT when missing in one that is known to the root, HF_UNSURE when
 * missing in one that is not.  ctx: the first context that misses it.
 * n_held, n_contexts count.
 */
typedef struct {
    HfTri tri;
    const HfContext *ctx;
    guint n_held, n_contexts;
    gboolean shared; /* held, but only in shared mode */
} HfVerdict;

HfVerdict hf_guard_verdict(const HfCheck *c, const HfFlow *flow,
                           const HfAccess *a, HfX lock);

#endif
