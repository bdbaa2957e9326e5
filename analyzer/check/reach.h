/* SPDX-License-Identifier: MIT */
/*
 * reach.h - what can be reached from a call while capabilities stay as they
 * are there.  Shared by THREAD_CONTEXT, TRANSACTION, COROUTINE and queries.
 *
 * A breadth-first walk over functions, each with the named capabilities held
 * and absent on the way: what a body takes, drops or tests changes them, what
 * a slot's rule cuts off ends the walk there.  The first way found to a place
 * is a shortest one.
 */
#ifndef HOLDFAST_REACH_H
#define HOLDFAST_REACH_H

#include "check/check.h"

G_BEGIN_DECLS

/* One hop of the way: flow calls sym at event. */
typedef struct HfHop {
    const HfFlow *flow;
    uint32_t event;
    HfSymId callee;
    HfFieldId slot;            /* through a function pointer member */
    guint64 held, absent;      /* capabilities at the call, by index */
    guint n_slots;             /* function pointers up to here */
    const struct HfHop *from;  /* NULL at the first hop */
    guint length;
} HfHop;

/* Ways through more function pointers than this are not followed: every
 * object of a type shares its slots, so they are rarely feasible. */
#define HF_REACH_MAX_SLOTS 2

typedef enum { HF_REACH_ENTER, HF_REACH_STOP } HfReachVerdict;

/* Asked at every hop, before entering the callee. */
typedef HfReachVerdict (*HfReachFn)(HfCheck *check, const HfHop *hop,
                                    gpointer data);

/* The bit of the lock or token that is watched, below. */
#define HF_REACH_WATCHED (1ull << 63)

/* What is known where the walk starts. */
typedef struct {
    guint64 held, absent; /* on entry to the function */
    HfX watched;          /* one more lock or token to follow, an object of the
                             program that no capability names; 0: none */
    guint64 only;         /* the bits to follow, 0: all; the fewer, the fewer
                             ways differ */
} HfReachEntry;

/* From one call of flow, or from all of them: call NULL. */
void hf_reach(HfCheck *check, const HfFlow *flow, const HfCall *call,
              const HfReachEntry *entry, HfReachFn fn, gpointer data);

/* "call" events for the hops, first to last. Returns the depth of the last. */
int hf_reach_trace(const HfCheck *check, HfFinding *f, const HfHop *last,
                   int depth, gboolean skip_first, gboolean skip_last);

/* Bit that stands for a lock, given what is watched; 0 when none does. */
guint64 hf_reach_bit(const HfCheck *check, HfX lock, HfX watched);

/* Mask of a capability by name; 0 when the profile has none. */
guint64 hf_reach_mask(const HfCheck *check, const char *name);

G_END_DECLS

#endif
