/* SPDX-License-Identifier: MIT */
/*
 * co_lock.h - locks that suspend the coroutine and not the thread.
 *
 * Fair: first come, first served; a reader waits behind a writer that waits.
 * Usable by coroutines of different loops at once.  They have no rank of their
 * own: no thread ever waits for one.  A coroutine that takes a CoMutex twice,
 * releases one that it does not hold, or ends with a lock aborts, by name.
 *
 * Thread context: coroutines; initialisation anywhere.
 */
#ifndef REFVMM_BASE_CO_LOCK_H
#define REFVMM_BASE_CO_LOCK_H

#include "base/coroutine.h"
#include "base/lock.h"

typedef struct CoWaiter CoWaiter;

typedef struct CoQueue {
    CoWaiter *first, **last;
} CoQueue;

typedef struct CAPABILITY(comutex) CoMutex {
    VmMutex guard LOCK_RANK(RANK_CO_MUTEX); /* for a few instructions */
    bool locked GUARDED_BY(&guard);
    CoQueue waiters GUARDED_BY(&guard);
    Coroutine *holder GUARDED_BY(&guard); /* who may release it */
} CoMutex;

typedef struct CAPABILITY(corwlock) CoRwlock {
    VmMutex guard LOCK_RANK(RANK_CO_RWLOCK);
    int owners GUARDED_BY(&guard); /* readers, or -1 for a writer */
    CoQueue waiters GUARDED_BY(&guard);
} CoRwlock;

void co_mutex_init(CoMutex *m) IO_FN;
void co_mutex_destroy(CoMutex *m) IO_FN;
void coroutine_fn co_mutex_lock(CoMutex *m) ACQUIRE(m) IO_FN;
void coroutine_fn co_mutex_unlock(CoMutex *m) RELEASE(m) IO_FN;

/* A queue of coroutines; whoever uses it guards it with the lock that it
 * passes to co_queue_wait(), which is dropped while waiting. */
void co_queue_init(CoQueue *q) IO_FN;
bool co_queue_empty(const CoQueue *q) IO_FN;
void coroutine_fn co_queue_wait(CoQueue *q, CoMutex *m) DROPS(m) IO_FN;
/* The same with a lock of threads. */
void coroutine_fn co_queue_wait_mutex(CoQueue *q, VmMutex *m)
    DROPS(m) IO_FN;
/* Wakes the first, or all; whether there was one.  Under the queue's lock. */
bool co_queue_next(CoQueue *q) IO_FN;
void co_queue_restart_all(CoQueue *q) IO_FN;

void co_rwlock_init(CoRwlock *l) IO_FN;
void co_rwlock_destroy(CoRwlock *l) IO_FN;
void coroutine_fn co_rwlock_rdlock(CoRwlock *l) ACQUIRE_SHARED(l) IO_FN;
void coroutine_fn co_rwlock_rdunlock(CoRwlock *l) RELEASE_SHARED(l) IO_FN;
void coroutine_fn co_rwlock_wrlock(CoRwlock *l) ACQUIRE(l) IO_FN;
void coroutine_fn co_rwlock_wrunlock(CoRwlock *l) RELEASE(l) IO_FN;
/* Writer to reader, without letting another writer in between. */
void coroutine_fn co_rwlock_downgrade(CoRwlock *l)
    RELEASE(l) ACQUIRE_SHARED(l) IO_FN;

#endif
