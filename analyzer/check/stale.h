/* SPDX-License-Identifier: MIT */
/*
 * stale.h - what a function believes of guarded data after it gave the lock
 * back for a while.  Private to STALE_CHECK.
 *
 * For every read of guarded data the locals that hold the value, or that were
 * set by a test of it, are followed forward.  When the lock is given back, in
 * this body or in a callee that takes it again, what was read becomes stale;
 * reading or asking again while it is held, or writing it oneself, ends that.
 */
#ifndef HOLDFAST_STALE_H
#define HOLDFAST_STALE_H

#include "check/belief.h"
#include "check/cfg.h"
#include "check/frees.h"
#include "check/uses.h"
#include "solve/parallel.h"

G_BEGIN_DECLS

/* Bits of a mask; reads past them are not looked at. */
#define HF_STALE_ITEMS 64

/* Who says that the lock guards the data. */
typedef struct {
    gboolean declared;
    guint with, without; /* writes under the lock and not */
    const HfSeen *writers[2]; /* in different functions, under the lock */
} HfStaleGuard;

/* One read of guarded data, by name or through a function that only asks. */
typedef struct {
    uint32_t event;
    HfId path;  /* of the facts; 0: read by the callee of event */
    HfX object;
    HfSubjectKey key;
    HfX lock;
    gboolean container; /* read only to be handed to a call */
    const HfStaleGuard *guard;
} HfStaleItem;

/* The lock is given back at an event. */
typedef struct {
    uint32_t event;
    HfX lock;
    HfSymId via;
    gboolean conditional;
    gboolean waits; /* a primitive that gives it back and takes it again */
} HfStaleDrop;

typedef struct {
    HfCheck *c;
    HfUses *uses;
    HfFrees frees;
    GHashTable *guards;  /* HfStaleGuard by member and lock */
    GHashTable *writers; /* answers about callees */
    GHashTable *changes; /* HfSubjectKey -> GArray of HfSeen: calls that
                            change the container */
    GPtrArray *made;     /* HfAccess made for them */
    HfPhases *phases;
} HfStale;

/* What is known at one point: masks of items. */
typedef struct {
    guint64 fresh;   /* read, the lock not given back since */
    guint64 stale;   /* ... given back since */
    guint64 claimed; /* another flag was set before it was given back */
    guint64 waited;  /* given back by a wait inside a test of it */
    guint64 touched; /* written by the function itself on some way here */
    guint16 gap[HF_STALE_ITEMS]; /* row + 1 in drops that made it stale */
    guint64 *value;  /* by local: it holds what was read */
    guint64 *told;   /* by local: it was set by a test of what was read */
} HfStaleState;

typedef struct HfStaleBody {
    HfStale *st;
    const HfFlow *flow;
    HfCfg *cfg;
    GArray *items; /* HfStaleItem */
    GArray *drops; /* HfStaleDrop */
    HfStaleState *at;   /* by block: at its entry */
    guint8 *reached;    /* by block */
    guint64 *decided;   /* by block: what its branch looks at */
    guint8 *choice;     /* by block: 0 not asked, 1 no, 2 a branch chose it */
    guint64 *results;   /* by event: what a call's result tells */
    guint32 *access_row; /* by event: row + 1 in flow->accesses */
    /* called at every event of the last round, before it takes effect */
    void (*look)(struct HfStaleBody *b, const HfStaleState *s, uint32_t block,
                 uint32_t event, gpointer data);
    gpointer data;
} HfStaleBody;

#define HF_STALE_ITEM(b, i) (&g_array_index((b)->items, HfStaleItem, i))
#define HF_STALE_DROP(b, i) (&g_array_index((b)->drops, HfStaleDrop, i))

void hf_stale_init(HfStale *st, HfCheck *c);
void hf_stale_clear(HfStale *st);

/* NULL: the function gives no lock back under which it read something. */
HfStaleBody *hf_stale_body_new(HfStale *st, const HfFlow *flow);
void hf_stale_body_free(HfStaleBody *b);
/* To a fixpoint, then once more with look(). */
void hf_stale_run(HfStaleBody *b);

/* Some other lock is held from the read to the event, and wherever the data
 * are written: nobody can have changed them. */
gboolean hf_stale_is_covered(const HfStaleBody *b, const HfStaleItem *item,
                             uint32_t event);

/* Every way from the place where the lock is given back to the event passes
 * a test of something in memory; choice: one that may lead elsewhere. */
gboolean hf_stale_is_retested(const HfStaleBody *b, const HfStaleDrop *drop,
                              uint32_t event, gboolean choice);

/* The access at an event, NULL when it is none. */
const HfAccess *hf_stale_access(const HfStaleBody *b, uint32_t event);
/* Items that a value is a copy of, or was chosen by. */
guint64 hf_stale_value(const HfStaleBody *b, const HfStaleState *s,
                       HfId path);
guint64 hf_stale_told(const HfStaleBody *b, const HfStaleState *s, HfId path);
/* Items that were looked at by branches that lead to the block alone. */
guint64 hf_stale_decisions(const HfStaleBody *b, uint32_t block);
/* Items among mask that are stale, with their lock held again. */
guint64 hf_stale_now(const HfStaleBody *b, const HfStaleState *s,
                     guint64 mask, HfHolds local);

/* Does a call of it, on some path, write the member or variable? */
gboolean hf_stale_callee_writes(HfStale *st, HfSymId callee,
                                HfSubjectKey key);
/* ... or read it? */
gboolean hf_stale_callee_reads(HfStale *st, HfSymId callee,
                               HfSubjectKey key);
/* It asks and changes nothing. */
gboolean hf_stale_is_getter(HfStale *st, HfSymId callee);
/* Does the call change what the argument points to?  By rules alone. */
gboolean hf_stale_changes_arg(HfStale *st, HfSymId callee, guint arg);

gboolean hf_stale_always_written_under(HfStale *st, const HfStaleItem *item,
                                       HfX lock);
/* What such an argument names. */
HfX hf_stale_container(const HfStale *st, HfX arg);

/* The lock's claim to guard the data; NULL: none. */
const HfStaleGuard *hf_stale_guard(HfStale *st, HfX object, HfX lock);

/* May the writer run while the function, at that event, goes without the
 * lock?  The surest pair of contexts is told. */
HfParallelVerdict hf_stale_meets(HfStale *st, const HfFlow *flow,
                                 uint32_t event, HfX lock,
                                 const HfSeen *writer);

G_END_DECLS

#endif
