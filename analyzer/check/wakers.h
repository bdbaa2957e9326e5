/* SPDX-License-Identifier: MIT */
/*
 * wakers.h - who ends a wait, and what that takes.  Shared by WAIT_UNDER_LOCK
 * and what-if.  Private to check.
 */
#ifndef HOLDFAST_WAKERS_H
#define HOLDFAST_WAKERS_H

#include "check/critical.h"

G_BEGIN_DECLS

/* How a waker depends on a lock. */
typedef enum {
    HF_NEEDS_NOT,
    HF_NEEDS_START, /* its thread is started by a callback that needs it */
    HF_NEEDS_SOME,  /* takes it first, on some of its ways */
    HF_NEEDS_FIRST, /* takes it on every way there */
    HF_NEEDS_HELD,  /* holds it */
} HfNeeds;

/* A place that ends waits. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;   /* UINT32_MAX: the end of the thread that flow is */
    HfCritEvent what; /* WAKE, or the ACQUIRE that comes before the end */
    const HfAccess *write; /* that changes what a loop waits for, or NULL */
    HfNeeds needs;
} HfWaker;

typedef struct HfWakers HfWakers;

HfWakers *hf_wakers_new(HfCritical *cr);
void hf_wakers_free(HfWakers *w);

/* HfWaker for a wait (in terms of waiter), each with how it depends on the
 * lock; empty when nobody is known.  (transfer full) */
GArray *hf_wakers_of(HfWakers *w, const HfFlow *waiter, const HfCritEvent *e,
                     HfX lock);
/* "\"f\" wakes it with ... held", an event of f. */
void hf_waker_trace(HfWakers *w, HfFinding *f, const HfWaker *waker, HfX lock);

/* ---- private to wakers*.c ----------------------------------------------- */

struct HfWakers {
    HfCritical *cr;
    GArray *all; /* HfWaker: every call that wakes something known */
    GHashTable *writes; /* wakers_writes.c; NULL until asked for */
    GHashTable *askers; /* HfSymId of a callback -> GArray of HfCallSite: who
                           has it called, by a relative event */
    GHashTable *above; /* HfSymId -> guint8 by HfSymId: who gets there */
};

/* wakers_writes.c: whoever writes what a loop waits for. */
void hf_wakers_add_writes(HfWakers *w, GArray *out, const HfFlow *waiter,
                          const HfCritEvent *e, HfX lock);
/* wakers.c: the lock is taken in flow on every way to the event. */
gboolean hf_waker_takes_first(const HfCritical *cr, const HfFlow *flow,
                              uint32_t event, HfX lock);

/* wakers_later.c: the waker's thread is started by a callback that needs the
 * lock, and that was asked for on the way to the wait: it may not have been
 * started yet. */
gboolean hf_waker_starts_later(HfWakers *w, const HfWaker *waker, HfX lock,
                               const HfFlow *waiter, const HfCritEvent *wait);

G_END_DECLS

#endif
