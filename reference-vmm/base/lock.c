/* SPDX-License-Identifier: MIT */
/*
 * lock.c - see lock.h.
 *
 * Thread context: any thread; the list of held locks is the thread's own.
 */
#include "base/lock.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HOLDFAST_DEBUG_CHECKS
#define VM_DEBUG 1
#else
#define VM_DEBUG 0
#endif

#define MAX_HELD 16

typedef struct HeldLock {
    const VmMutex *mutex;
    const char *file;
    int line;
} HeldLock;

/* Its address doubles as the identity of the thread. */
static _Thread_local struct {
    HeldLock locks[MAX_HELD];
    int n;
} held;

static _Thread_local bool holds_bql;

VmMutex bql = VM_MUTEX_INIT("bql", RANK_BQL);

static const HeldLock *find_held(const VmMutex *m)
{
    for (int i = 0; i < held.n; i++) {
        if (held.locks[i].mutex == m) {
            return &held.locks[i];
        }
    }
    return NULL;
}

static void check_lock(const VmMutex *m, const char *file, int line)
{
    const HeldLock *first = find_held(m);

    if (first) {
        fprintf(stderr, "%s:%d: lock \"%s\" is taken twice; first at %s:%d\n",
                file, line, m->name, first->file, first->line);
        abort();
    }
    for (int i = 0; i < held.n; i++) {
        const HeldLock *h = &held.locks[i];

        if (h->mutex->rank >= m->rank) {
            fprintf(stderr, "%s:%d: lock \"%s\" (rank %d) is taken after "
                    "\"%s\" (rank %d), which was taken at %s:%d\n",
                    file, line, m->name, m->rank, h->mutex->name,
                    h->mutex->rank, h->file, h->line);
            abort();
        }
    }
    if (held.n == MAX_HELD) {
        fprintf(stderr, "%s:%d: lock \"%s\": %d locks are held already\n",
                file, line, m->name, held.n);
        abort();
    }
}

static void note_lock(VmMutex *m, const char *file, int line)
{
    held.locks[held.n++] = (HeldLock){ m, file, line };
    __atomic_store_n(&m->file, file, __ATOMIC_RELAXED);
    __atomic_store_n(&m->line, line, __ATOMIC_RELAXED);
    __atomic_store_n(&m->owner, &held, __ATOMIC_RELAXED);
}

static void check_unlock(const VmMutex *m, const char *file, int line)
{
    const char *taken = __atomic_load_n(&m->file, __ATOMIC_RELAXED);

    if (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) == &held) {
        return;
    }
    if (taken) {
        fprintf(stderr, "%s:%d: lock \"%s\" is released by a thread that does "
                "not hold it; last taken at %s:%d\n", file, line, m->name,
                taken, __atomic_load_n(&m->line, __ATOMIC_RELAXED));
    } else {
        fprintf(stderr, "%s:%d: lock \"%s\" is released, but was never taken\n",
                file, line, m->name);
    }
    abort();
}

static void note_unlock(VmMutex *m)
{
    int i = (int)(find_held(m) - held.locks);

    __atomic_store_n(&m->owner, NULL, __ATOMIC_RELAXED);
    held.n--;
    for (; i < held.n; i++) {
        held.locks[i] = held.locks[i + 1];
    }
}

/* A waiter that kept another lock would stop whoever needs it to wake him. */
static void check_wait(const VmMutex *m, const char *file, int line)
{
    check_unlock(m, file, line);
    for (int i = 0; i < held.n; i++) {
        const HeldLock *h = &held.locks[i];

        if (h->mutex != m) {
            fprintf(stderr, "%s:%d: a wait drops \"%s\" but keeps \"%s\", "
                    "taken at %s:%d\n", file, line, m->name, h->mutex->name,
                    h->file, h->line);
            abort();
        }
    }
}

static void note_bql(const VmMutex *m, bool taken)
{
    if (m == &bql) {
        holds_bql = taken;
    }
}

void vm_mutex_init(VmMutex *m, const char *name, int rank)
{
    *m = (VmMutex)VM_MUTEX_INIT(name, rank);
}

void vm_mutex_destroy(VmMutex *m)
{
    pthread_mutex_destroy(&m->handle);
}

void NO_ANALYSIS vm_mutex_lock_at(VmMutex *m, const char *file, int line)
{
    if (VM_DEBUG) {
        check_lock(m, file, line);
    }
    pthread_mutex_lock(&m->handle);
    note_bql(m, true);
    if (VM_DEBUG) {
        note_lock(m, file, line);
    }
}

void NO_ANALYSIS vm_mutex_unlock_at(VmMutex *m, const char *file, int line)
{
    if (VM_DEBUG) {
        check_unlock(m, file, line);
        note_unlock(m);
    }
    note_bql(m, false);
    pthread_mutex_unlock(&m->handle);
}

bool bql_locked(void)
{
    return holds_bql;
}

bool vm_mutex_held(const VmMutex *m)
{
    return !VM_DEBUG || find_held(m);
}

void vm_assert_none_held_at(const char *file, int line)
{
    if (VM_DEBUG && held.n) {
        const HeldLock *h = &held.locks[held.n - 1];

        fprintf(stderr, "%s:%d: goes to sleep with lock \"%s\", taken at "
                "%s:%d\n", file, line, h->mutex->name, h->file, h->line);
        abort();
    }
}

int vm_locks_held(void)
{
    return held.n;
}

void vm_assert_locks_held(int n, const char *what)
{
    if (VM_DEBUG && held.n > n) {
        const HeldLock *h = &held.locks[held.n - 1];

        fprintf(stderr, "coroutine \"%s\" yields or ends with lock \"%s\", "
                "taken at %s:%d\n", what, h->mutex->name, h->file, h->line);
        abort();
    }
}

void vm_cond_init(VmCond *c)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->handle, &attr);
    pthread_condattr_destroy(&attr);
}

void vm_cond_destroy(VmCond *c)
{
    pthread_cond_destroy(&c->handle);
}

void vm_cond_signal(VmCond *c)
{
    pthread_cond_signal(&c->handle);
}

void vm_cond_broadcast(VmCond *c)
{
    pthread_cond_broadcast(&c->handle);
}

void NO_ANALYSIS vm_cond_wait_at(VmCond *c, VmMutex *m, const char *file,
                                 int line)
{
    if (VM_DEBUG) {
        check_wait(m, file, line);
        note_unlock(m);
    }
    pthread_cond_wait(&c->handle, &m->handle);
    if (VM_DEBUG) {
        note_lock(m, file, line);
    }
}

bool NO_ANALYSIS vm_cond_wait_until_at(VmCond *c, VmMutex *m,
                                       int64_t deadline_ns, const char *file,
                                       int line)
{
    struct timespec deadline = {
        .tv_sec = deadline_ns / 1000000000,
        .tv_nsec = deadline_ns % 1000000000,
    };
    int ret;

    if (VM_DEBUG) {
        check_wait(m, file, line);
        note_unlock(m);
    }
    ret = pthread_cond_timedwait(&c->handle, &m->handle, &deadline);
    if (VM_DEBUG) {
        note_lock(m, file, line);
    }
    return ret == 0;
}

int64_t vm_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
