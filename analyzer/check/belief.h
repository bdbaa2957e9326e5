/* SPDX-License-Identifier: MIT */
/*
 * belief.h - which lock the program believes to guard what.  Private to
 * check.
 *
 * Beliefs are read off the code (Engler et al., "Bugs as Deviant Behavior",
 * SOSP 2001).  For each subject (record member or variable) and each lock
 * related to it (a member of the same object or of one around it, a lock its
 * object points to, a global lock) two statistics are kept: all accesses and
 * writes alone.  "Written with L held n of n times" makes an unlocked read
 * stand out even where most reads are unlocked, when some critical section
 * exists for this subject's sake; otherwise a clear majority of all accesses
 * decides.  A function that takes the lock for the subject and also touches
 * it without is believed to contradict itself even where the rest of the
 * program is undecided.
 */
#ifndef HOLDFAST_BELIEF_H
#define HOLDFAST_BELIEF_H

#include "check/guard.h"

/* A critical section that touches no more than this many different things is
 * there for their sake. */
#define HF_STRONG_SECTION 3

/* How the lock lies to the object that holds the member. */
typedef enum {
    HF_REL_SAME,    /* s->x and s->lock */
    HF_REL_AROUND,  /* s->sub.x and s->lock */
    HF_REL_BASE,    /* s->x and s->base.lock, base the first member */
    HF_REL_THROUGH, /* s->x and s->owner->lock */
    HF_REL_WITHIN,  /* s->x and s->guard.lock */
    HF_REL_POINTER, /* s->x and *s->lock; id: the pointer */
    HF_REL_GLOBAL,
} HfRelation;

typedef struct {
    guint32 id;       /* HfFieldId of the lock, or HfX of a global one */
    guint8 relation;
} HfLockKey;

typedef struct {
    const HfFlow *flow;
    const HfAccess *access;
    GArray *locks;      /* HfLockKey held in every context, NULL none */
    GArray *sometimes;  /* HfLockKey held in some context only */
    guint32 section;    /* accesses to other subjects under the same locks */
    gboolean alone;     /* nobody else is there yet, or any more, who touches
                           it: says nothing of the lock; the checker's to
                           set */
} HfUse;

typedef struct {
    HfSubject subject; /* of its first use */
    GArray *uses;      /* HfUse */
    GPtrArray *passed; /* HfAccess made for objects passed by address */
    guint n_writes;
    gboolean is_condition; /* something waits for it */
} HfStats;

typedef struct {
    HfLockKey key;
    guint n, n_with, writes, writes_with, strong;
    guint functions;      /* that access it with the lock */
    guint writers;        /* functions that write it at all */
    guint strong_writers; /* of these, in a section for its sake, or by ++ */
    double z;
} HfBelief;

typedef enum {
    HF_NOT_BELIEVED,
    HF_BY_FUNCTION,
    HF_BY_WRITES,
    HF_BY_MAJORITY,
} HfBelieved;

/* Everything that is accessed anywhere: HfStats* in order of first use, the
 * uses of one function contiguous.  (transfer full) */
GPtrArray *hf_belief_survey(HfCheck *c);
/* The same, with two more kinds of evidence: objects that are passed by their
 * address count as written there, and named locks that a function takes or
 * requires can guard as well. */
GPtrArray *hf_belief_survey_all(HfCheck *c);

/* The same of containers that library calls change and look into. */
struct HfContainers;
GPtrArray *hf_belief_survey_containers(HfCheck *c,
                                       const struct HfContainers *k);

/* The lock with the best claim, n 0 when there is none, and whether to
 * believe it. */
HfBelief hf_belief_strongest(const HfCheck *c, const HfStats *st);
/* Written by one function in passing, under a lock that is there for other
 * things: set once, then read by all. */
gboolean hf_belief_set_once(const HfBelief *b);
HfBelieved hf_belief_judge(const HfBelief *b);
/* Strong enough to hold callers to it who reach a helper without the lock. */
gboolean hf_belief_binds_callers(const HfBelief *b);

/* How lock lies to the subject; FALSE: not at all. */
gboolean hf_belief_relate(const HfCheck *c, const HfSubject *s, HfX lock,
                          HfLockKey *key);
/* The lock of that key that goes with this object; 0 when it cannot be
 * named. */
HfX hf_belief_lock_on(const HfCheck *c, const HfFlow *flow,
                      const HfSubject *s, const HfLockKey *key);
/* "Job.lock", or the variable's name; (transfer full) */
char *hf_belief_lock_name(const HfCheck *c, const HfLockKey *key);
gboolean hf_belief_same_lock(const HfLockKey *a, const HfLockKey *b);
/* The use belongs to setting the lock up or tearing it down: nobody else can
 * see the object then. */
gboolean hf_belief_unshared(const HfCheck *c, const HfUse *u,
                            const HfLockKey *key);
gboolean hf_belief_has(const GArray *list, const HfLockKey *key);
/* A struct that is the first member of another: what that one is derived
 * from. */
gboolean hf_belief_is_base(const HfCheck *c, HfFieldId field);

#endif
