/* SPDX-License-Identifier: MIT */
/*
 * co_wrapper.h - what generated wrappers round coroutine functions use.
 *
 * Thread context: a thread with an event loop of its own, or with the BQL.
 */
#ifndef REFVMM_BLOCK_CO_WRAPPER_H
#define REFVMM_BLOCK_CO_WRAPPER_H

#include "base/coroutine.h"

/* Heads the arguments and the result of a call. */
typedef struct CoWrapper {
    bool in_progress; /* atomic: the coroutine may run in another thread */
} CoWrapper;

/* Runs entry(w) as a coroutine, in the caller's loop or else the main loop,
 * and polls until it calls co_wrapper_done(). */
void co_wrapper_run(CoroutineEntry *entry, CoWrapper *w) IO_OR_GS_FN;
void coroutine_fn co_wrapper_done(CoWrapper *w) IO_FN;

#endif
