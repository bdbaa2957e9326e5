/* SPDX-License-Identifier: MIT */
/* lock.h - what the files of the checker LOCK share.  Private to check. */
#ifndef HOLDFAST_LOCK_H
#define HOLDFAST_LOCK_H

#include "check/check.h"

typedef struct {
    HfCheck *check;
    /* member (HfFieldId) or variable (HfSymId) of locks that some function
     * gives back without having taken them, or takes without giving back:
     * they are handed over where no call graph shows it */
    GHashTable *bare_releases;
    GHashTable *bare_acquires;
    GArray **members;  /* by HfRecId: HfFieldId, NULL when none */
    gboolean strict; /* what functions need of callers, they declare */
    GHashTable *leaky; /* HfSymId whose leak was reported: callers inherit it */
} HfLocks;

/* The lock is one object with a name that stays the same. */
gboolean hf_lock_nameable(const HfLocks *l, HfX lock);
/* Named capabilities that are no locks (roles, modes, tokens). */
gboolean hf_lock_is_token(const HfLocks *l, HfX lock);
/* A token that the function enters and leaves itself, and none of its callees
 * does: then what it leaves open is told like a lock. */
gboolean hf_lock_is_own_section(const HfLocks *l, const HfFlow *flow,
                                HfX lock);
/* Reached through something that was overwritten since. */
gboolean hf_lock_is_stale(const HfLocks *l, HfX lock);
/* The hold comes from a callee that leaves it held on some ways only, and was
 * told so. */
gboolean hf_lock_inherited_leak(const HfLocks *l, const HfFlow *flow,
                                const HfHold *h);
/* Member or variable a lock is, for the sets above; NULL: none. */
gpointer hf_lock_kind(const HfCheck *c, HfX lock);
/* A lock of the same kind is held in that set, under another name: it may
 * well be this one. */
gboolean hf_lock_alias_held(const HfCheck *c, HfHolds holds, HfX lock);


/* ---- lock_callers.c ----------------------------------------------------- */

/* The call sites of a function, by what is known of a lock there. */
typedef struct {
    guint n;
    HfTri entry;    /* what its contexts say: held in some, absent in all */
    guint held;     /* held, perhaps only on some paths */
    guint absent;   /* known not to be, up to a root */
    guint unheld;   /* nobody up to an unknown root is seen to hold it */
    guint open;     /* no telling; those below included */
    guint aliased;  /* one like it is held there under another name */
    guint callback; /* nobody up to something an unknown caller runs */
    const HfFlow *example; /* a site that holds it */
    uint32_t example_event;
    const HfFlow *missing; /* one that does not: absent, unheld, callback */
    uint32_t missing_event;
} HfCallerHolds;

void hf_lock_callers(const HfCheck *c, HfSymId sym, HfX lock,
                     HfCallerHolds *out);
GHashTable *hf_lock_callers_memo_new(void);

/* What callers do about a lock that the function leaves held. */
typedef struct {
    guint n;          /* call sites */
    guint released;   /* the caller gives it back somewhere, or may */
    guint passed_on;  /* the caller leaves it held as well */
    guint unnamed;    /* it has no name for it, and gives none of the kind
                         back */
} HfCallerRelease;

void hf_lock_caller_release(const HfCheck *c, HfSymId sym, HfX lock,
                            HfCallerRelease *out);

/* Every context of the function is a root (a thread, a callback of known
 * kind) where nothing it does not name is held. */
gboolean hf_lock_is_root(const HfFlow *flow);

/* How sure a hold is: MEDIUM, with the reason said, when it comes from some
 * ways through a callee only. */
HfTier hf_lock_doubt(HfFinding *f, const HfFlow *flow, const HfHold *h);

/* ---- lock_ops, lock_exits.c, lock_wiped.c ------------------------------- */

void hf_lock_check_takes(HfLocks *l, const HfFlow *flow);
void hf_lock_check_releases(HfLocks *l, const HfFlow *flow);
void hf_lock_check_exits(HfLocks *l, const HfFlow *flow);
void hf_lock_check_wiped(HfLocks *l, const HfFlow *flow);

/* Common to findings of LOCK: keys and the lowered tier of merged states. */
void hf_lock_finish(HfLocks *l, const HfFlow *flow, HfFinding *f, HfX lock,
                    const char *shape, HfTier tier);

#endif
