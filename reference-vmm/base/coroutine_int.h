/* SPDX-License-Identifier: MIT */
/*
 * coroutine_int.h - a coroutine from the inside.
 *
 * Thread context: as each field says.
 */
#ifndef REFVMM_BASE_COROUTINE_INT_H
#define REFVMM_BASE_COROUTINE_INT_H

#include "base/aio_int.h"
#include "base/coroutine.h"
#include "base/coroutine_switch.h"

struct Coroutine {
    CoContext context;
    char *mapping; /* of the stack, guard page and this */
    CoroutineEntry *entry;
    void *opaque;
    const char *name; /* the entry's */

    /* Who runs it writes these; who enters it next reads them. */
    Coroutine *caller; /* NULL: a thread's own stack */
    AioContext *ctx;
    bool ended;
    int locks_at_entry;
    unsigned rcu_at_entry;
    int n_co_locks; /* CoMutexes it holds */

    bool active;    /* atomic: somebody has entered it */
    bool scheduled; /* atomic: it is in the list of a context */
    Coroutine *next; /* in that list, or in a pool */
};

/* At the end of the stack, which stays aligned. */
#define CO_STRUCT_SIZE ((sizeof(Coroutine) + 63) & ~(size_t)63)

#endif
