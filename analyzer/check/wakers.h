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
    HF_NEEDS_START, /* its thread is started by callbacks that hold it */
    HF_NEEDS_SOME,  /* takes it first, on some of its ways */
    HF_NEEDS_FIRST, /* takes it on every way there */
    HF_NEEDS_HELD,  /* holds it */
} HfNeeds;

/* A place that ends waits. */
typedef struct {
    const HfFlow *flow;
    uint32_t event;   /* UINT32_MAX: the end of the thread that flow is */
    HfCritEvent what; /* WAKE, or the ACQUIRE that comes before the end */
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

G_END_DECLS

#endif
