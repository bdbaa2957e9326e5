/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - may two places run at the same time?
 *
 * Not when one role plays both and is there once, when the same lock or
 * capability is held at both, or when the one comes before the other's thread
 * is started or after it is joined (Vojdani et al., "Static Race Detection for
 * Device Drivers: The Goblint Approach", ASE 2016, has the idea).
 */
#ifndef HOLDFAST_PARALLEL_H
#define HOLDFAST_PARALLEL_H

#include "solve/phases.h"

G_BEGIN_DECLS

/* An event of a function, entered in one of its contexts. */
typedef struct {
    const HfFlow *flow;
    const HfContext *ctx;
    uint32_t event;
    HfHolds held; /* there, relative to entry: the access's or call's must */
} HfPoint;

typedef enum {
    HF_PARALLEL_NO,
    HF_PARALLEL_MAYBE, /* who runs one of them is not known */
    HF_PARALLEL_YES,
} HfParallelVerdict;

typedef enum {
    HF_PARALLEL_NONE,
    HF_PARALLEL_SAME_ROLE,    /* NO: `role` runs both, one after the other */
    HF_PARALLEL_LOCK,         /* NO: `lock`, of the program, is held at both */
    HF_PARALLEL_BEFORE_START, /* NO: no thread of `role` exists yet; -1: none
                                 but the first */
    HF_PARALLEL_AFTER_JOIN,   /* NO: all threads of `role` have ended */
    HF_PARALLEL_UNKNOWN_ROLE, /* MAYBE */
    HF_PARALLEL_EVENTS,       /* MAYBE: two callbacks, perhaps of one loop */
} HfParallelWhy;

typedef struct {
    HfParallelVerdict verdict;
    HfParallelWhy why;
    int role; /* -1 where it says nothing */
    HfX lock; /* 0 where it says nothing */
} HfParallel;

/* Locks of objects are the caller's to compare: they depend on whether the
 * objects are the same. */
HfParallel hf_parallel(HfPhases *phases, const HfPoint *a, const HfPoint *b);

G_END_DECLS

#endif
