/* SPDX-License-Identifier: MIT */
/* owned_walk.h - shared by owned.c and owned_*.c. */
#ifndef HOLDFAST_OWNED_WALK_H
#define HOLDFAST_OWNED_WALK_H

#include "check/owned.h"

#define HF_OWNED_KNOWN 8
#define HF_OWNED_NAMES 63

/* What is known of a value: low <= value <= high, and maybe not 0. */
typedef struct {
    HfId path;
    guint32 nonzero;
    gint64 low, high;
} HfKnown;

/* Everything in it decides what happens next; compared byte by byte. */
typedef struct {
    uint32_t block;
    guint32 fate;     /* HfFate */
    guint64 names;    /* bit per local that names the object, by slot */
    uint32_t result;  /* call + 1 whose result is the object */
    uint32_t through; /* call + 1 that kept it though it need not have */
    guint32 sign;     /* HfSign of what is returned */
    uint32_t left_at; /* RETURN + 1 */
    uint32_t n_known;
    guint32 reserved; /* no padding: compared byte by byte */
    HfKnown known[HF_OWNED_KNOWN]; /* sorted by path, the rest zero */
} HfOwnedKey;

typedef struct {
    HfOwnedKey k;
    uint32_t from; /* state */
    HfId cond;     /* of the edge taken, 0 none */
    gboolean negated;
} HfOwnedState;

typedef struct {
    HfOwned *o;
    const HfFlow *flow;
    const HfFacts *f;
    const char *pair;
    HfOpening opening; /* event UINT32_MAX: following a parameter */
    guint8 *slots;     /* by local: slot + 1 */
    guint n_slots;
    guint64 value_slots; /* locals that are the object, not pointers to it */
    GHashTable *asked; /* HfId -> number of conditions */
    HfId *results;     /* by event: path of the call's result, 0 unused */
    GArray *states;    /* HfOwnedState */
    GHashTable *seen;  /* HfOwnedKey* -> */
    guint next;
    HfOwnedSummary summary;
    GArray *losses;
    GHashTable *closers; /* events */
    gboolean returned;
    gboolean gave_up;
} HfOwnedWalk;

struct HfOwned {
    const HfCheck *c;
    GHashTable *summaries; /* "sym/param/pair" -> HfOwnedSummary */
    GHashTable *derived;   /* HfSymId -> pair name */
    guint depth;           /* of summaries being made */
    guint work;            /* states made so far */
};

/* owned.c */
gboolean hf_owned_is_object(const HfOwnedWalk *w, const HfOwnedKey *k,
                            HfId path);
void hf_owned_lost(HfOwnedWalk *w, const HfOwnedState *s, HfLostKind kind,
                   uint32_t event);

/* Where it was before the call that took it out, it still is. */
gboolean hf_owned_is_borrowed(const HfOwnedWalk *w);
HfOwnedWalk *hf_owned_walk_new(HfOwned *o, const HfOpening *opening);
void hf_owned_walk_free(HfOwnedWalk *w);
/* One more state to go on from, at the start of its block. */
void hf_owned_enter(HfOwnedWalk *w, const HfOwnedState *s);
/* Goes on from all of them until there are no new ones. */
void hf_owned_walk(HfOwnedWalk *w);

/* owned_calls.c: one call; states other than *s that it may lead to are
 * appended to more.  FALSE: it does not come back. */
gboolean hf_owned_call(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                       GArray *more);

/* owned_known.c */
const HfKnown *hf_known_find(const HfOwnedKey *k, HfId path);
void hf_known_set(HfOwnedKey *k, const HfKnown *known);
void hf_known_drop(HfOwnedKey *k, HfId path);
/* Whatever is said in terms of this local, or of this member. */
void hf_known_forget(const HfOwnedWalk *w, HfOwnedKey *k, HfId written);
/* FALSE: cannot be, given what is known. */
gboolean hf_known_branch(const HfOwnedWalk *w, HfOwnedKey *k,
                         const HfCond *cond, gboolean negated);
void hf_known_assign(const HfOwnedWalk *w, HfOwnedKey *k, HfId to,
                     HfId value);
HfSign hf_known_sign(const HfOwnedWalk *w, const HfOwnedKey *k, HfId path);
/* FALSE: no value has this sign and is as known. */
gboolean hf_known_assume_sign(HfOwnedKey *k, HfId path, HfSign sign);
/* What a call's result is known to be, given the ways out of the callee that
 * its arguments leave open. */
void hf_known_result(const HfOwnedWalk *w, HfOwnedKey *k, uint32_t event,
                     const HfFlow *callee, const HfContract *contract);
/* Fills asked and results. */
void hf_known_start(HfOwnedWalk *w);

#endif
