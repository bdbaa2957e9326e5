/* SPDX-License-Identifier: MIT */
/*
 * lock.h - mutexes with a name and a rank, and condition variables.
 *
 *     vm_mutex_init(&s->lock, "stream", RANK_STREAM);
 *     vm_mutex_lock(&s->lock);
 *
 * In a debug build (HOLDFAST_DEBUG_CHECKS) a lock taken twice, taken out of
 * rank, or released by a thread that does not hold it aborts, and names both
 * places.  A wait aborts when another lock than the one it drops is held, and
 * so does a sleep in the event loop or a join when any is.
 *
 * Thread context: any.  A mutex is initialised before it is shared, and
 * destroyed when nobody can reach it.
 */
#ifndef REFVMM_BASE_LOCK_H
#define REFVMM_BASE_LOCK_H

#include "base/annotate.h"
#include "base/lock_ranks.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct CAPABILITY(mutex) VmMutex {
    pthread_mutex_t handle;
    const char *name;
    int rank;
    /* Debug builds: the holder and where it took the lock.  Atomic, because
     * whoever finds a mistake reads them without the lock. */
    const void *owner;
    const char *file;
    int line;
} VmMutex;

typedef struct VmCond {
    pthread_cond_t handle;
} VmCond;

#define VM_MUTEX_INIT(name, rank) \
    { PTHREAD_MUTEX_INITIALIZER, name, rank, NULL, NULL, 0 }

/* For static ones; vm_cond_wait_until() needs vm_cond_init(). */
#define VM_COND_INIT { PTHREAD_COND_INITIALIZER }

/* Global state.  Who holds it may use the machine; see main_loop.h. */
extern VmMutex bql LOCK_RANK(RANK_BQL);

#define bql_lock() vm_mutex_lock(&bql)
#define bql_unlock() vm_mutex_unlock(&bql)
/* Whether the calling thread holds it: the truth in every build. */
bool bql_locked(void) IO_FN;

/* name is kept, not copied. */
void vm_mutex_init(VmMutex *m, const char *name, int rank) IO_FN;
void vm_mutex_destroy(VmMutex *m) EXCLUDES(m) IO_FN;

#define vm_mutex_lock(m) vm_mutex_lock_at((m), __FILE__, __LINE__)
#define vm_mutex_unlock(m) vm_mutex_unlock_at((m), __FILE__, __LINE__)
void vm_mutex_lock_at(VmMutex *m, const char *file, int line)
    ACQUIRE(m) IO_FN;
void vm_mutex_unlock_at(VmMutex *m, const char *file, int line)
    RELEASE(m) IO_FN;

/* Whether the calling thread holds it; always true without debug checks. */
bool vm_mutex_held(const VmMutex *m) IO_FN;

/* Before the thread sleeps for somebody who may need any lock. */
#define vm_assert_none_held() vm_assert_none_held_at(__FILE__, __LINE__)
void vm_assert_none_held_at(const char *file, int line) IO_FN;

/*
 * For coroutines: how many locks the thread holds; and, before a switch back,
 * that it holds no more than it did (what says who switches).
 */
int vm_locks_held(void) IO_FN;
void vm_assert_locks_held(int n, const char *what) IO_FN;

/*
 * Teaches ASSERT_HELD() and ASSERT_HELD_SHARED() a capability that is not a
 * VmMutex or a role: a token, a lock of coroutines.  Without debug checks
 * nothing happens.  Before there are other threads.
 */
void vm_assert_register(const void *capability, const char *name,
                        bool (*held)(void)) IO_FN;

void vm_cond_init(VmCond *c) IO_FN;
void vm_cond_destroy(VmCond *c) IO_FN;
void vm_cond_signal(VmCond *c) IO_FN;
void vm_cond_broadcast(VmCond *c) IO_FN;

#define vm_cond_wait(c, m) vm_cond_wait_at((c), (m), __FILE__, __LINE__)
#define vm_cond_wait_until(c, m, ns) \
    vm_cond_wait_until_at((c), (m), (ns), __FILE__, __LINE__)
void vm_cond_wait_at(VmCond *c, VmMutex *m, const char *file, int line)
    DROPS(m) IO_FN;
/* deadline_ns is in the time of vm_clock_ns(); returns false when it passed. */
bool vm_cond_wait_until_at(VmCond *c, VmMutex *m, int64_t deadline_ns,
                           const char *file, int line) DROPS(m) IO_FN;

int64_t vm_clock_ns(void) IO_FN; /* monotonic */

#endif
