/* SPDX-License-Identifier: MIT */
/*
 * co_lock.c - see co_lock.h.
 *
 * Whoever lets go of a lock passes it on to the first in the queue, before
 * anybody else can take it; so nobody is overtaken, and who is woken has what
 * it waited for.
 *
 * Thread context: coroutines of any loop; the guard of each lock makes it
 * whole between threads.
 */
#include "base/co_lock.h"
#include "base/coroutine_int.h"
#include <stdio.h>
#include <stdlib.h>

struct CoWaiter { /* on the stack of the coroutine that waits */
    Coroutine *co;
    bool for_write; /* of a CoRwlock */
    CoWaiter *next;
};

/* ---- queues ------------------------------------------------------------- */

void co_queue_init(CoQueue *q)
{
    IO_CODE();
    q->first = NULL;
    q->last = &q->first;
}

bool co_queue_empty(const CoQueue *q)
{
    IO_CODE();
    return !q->first;
}

static void queue_add(CoQueue *q, CoWaiter *w)
{
    w->next = NULL;
    *q->last = w;
    q->last = &w->next;
}

static Coroutine *queue_pop(CoQueue *q)
{
    CoWaiter *w = q->first;

    if (!w) {
        return NULL;
    }
    q->first = w->next;
    if (!q->first) {
        q->last = &q->first;
    }
    return w->co;
}

/* Not at once: it would want the lock that the caller has. */
static void wake(Coroutine *co)
{
    aio_co_schedule(coroutine_context(co), co);
}

void coroutine_fn co_queue_wait(CoQueue *q, CoMutex *m)
{
    CoWaiter w = { .co = coroutine_self() };

    IO_CODE();
    queue_add(q, &w);
    co_mutex_unlock(m);
    coroutine_yield();
    co_mutex_lock(m);
}

void coroutine_fn co_queue_wait_mutex(CoQueue *q, VmMutex *m)
{
    CoWaiter w = { .co = coroutine_self() };

    IO_CODE();
    queue_add(q, &w);
    vm_mutex_unlock(m);
    coroutine_yield();
    vm_mutex_lock(m);
}

bool co_queue_next(CoQueue *q)
{
    Coroutine *co = queue_pop(q);

    IO_CODE();
    if (co) {
        wake(co);
    }
    return co != NULL;
}

void co_queue_restart_all(CoQueue *q)
{
    IO_CODE();
    while (co_queue_next(q)) {
    }
}

/* ---- mutexes ------------------------------------------------------------ */

void co_mutex_init(CoMutex *m)
{
    IO_CODE();
    vm_mutex_init(&m->guard, "CoMutex", RANK_CO_MUTEX);
    vm_mutex_lock(&m->guard);
    m->locked = false;
    m->holder = NULL;
    co_queue_init(&m->waiters);
    vm_mutex_unlock(&m->guard);
}

void co_mutex_destroy(CoMutex *m)
{
    IO_CODE();
    vm_mutex_lock(&m->guard);
    g_assert(!m->locked && co_queue_empty(&m->waiters));
    vm_mutex_unlock(&m->guard);
    vm_mutex_destroy(&m->guard);
}

static void check_not_holder(CoMutex *m, Coroutine *self)
    REQUIRES(&m->guard)
{
    if (m->holder == self) {
        fprintf(stderr, "coroutine \"%s\" takes a CoMutex twice\n",
                self->name);
        abort();
    }
}

static void check_holder(CoMutex *m, Coroutine *self) REQUIRES(&m->guard)
{
    if (!m->locked || m->holder != self) {
        fprintf(stderr, "coroutine \"%s\" releases a CoMutex that %s%s\n",
                self->name, m->locked ? "is held by " : "nobody holds",
                m->locked ? m->holder->name : "");
        abort();
    }
}

void NO_TSA coroutine_fn co_mutex_lock(CoMutex *m)
{
    Coroutine *self = coroutine_self();
    CoWaiter w = { .co = self };
    bool wait;

    IO_CODE();
    vm_mutex_lock(&m->guard);
    wait = m->locked;
    if (wait) {
        check_not_holder(m, self);
        queue_add(&m->waiters, &w);
    } else {
        m->locked = true;
        m->holder = self;
    }
    vm_mutex_unlock(&m->guard);
    if (wait) {
        /* co_mutex_unlock() makes us the holder. */
        coroutine_yield();
    }
    self->n_co_locks++;
}

void NO_TSA coroutine_fn co_mutex_unlock(CoMutex *m)
{
    Coroutine *self = coroutine_self(), *next;

    IO_CODE();
    vm_mutex_lock(&m->guard);
    check_holder(m, self);
    next = queue_pop(&m->waiters);
    m->holder = next;
    m->locked = next != NULL;
    vm_mutex_unlock(&m->guard);
    self->n_co_locks--;
    if (next) {
        wake(next);
    }
}

/* ---- readers and writers ------------------------------------------------ */

void co_rwlock_init(CoRwlock *l)
{
    IO_CODE();
    vm_mutex_init(&l->guard, "CoRwlock", RANK_CO_RWLOCK);
    vm_mutex_lock(&l->guard);
    l->owners = 0;
    co_queue_init(&l->waiters);
    vm_mutex_unlock(&l->guard);
}

void co_rwlock_destroy(CoRwlock *l)
{
    IO_CODE();
    vm_mutex_lock(&l->guard);
    g_assert(!l->owners && co_queue_empty(&l->waiters));
    vm_mutex_unlock(&l->guard);
    vm_mutex_destroy(&l->guard);
}

static bool can_have(const CoRwlock *l, bool for_write) REQUIRES(&l->guard)
{
    return for_write ? l->owners == 0 : l->owners >= 0;
}

static void give(CoRwlock *l, bool for_write) REQUIRES(&l->guard)
{
    l->owners = for_write ? -1 : l->owners + 1;
}

/* A reader behind a waiting writer waits as well. */
static void NO_TSA coroutine_fn rwlock_lock(CoRwlock *l, bool for_write)
{
    Coroutine *self = coroutine_self();
    CoWaiter w = { .co = self, .for_write = for_write };
    bool wait;

    vm_mutex_lock(&l->guard);
    wait = l->waiters.first || !can_have(l, for_write);
    if (wait) {
        queue_add(&l->waiters, &w);
    } else {
        give(l, for_write);
    }
    vm_mutex_unlock(&l->guard);
    if (wait) {
        coroutine_yield();
    }
    self->n_co_locks++;
}

/* Under the guard: a writer, or readers up to the next writer. */
static void pass_on(CoRwlock *l) REQUIRES(&l->guard)
{
    CoWaiter *w;

    while ((w = l->waiters.first) && can_have(l, w->for_write)) {
        give(l, w->for_write);
        wake(queue_pop(&l->waiters));
    }
}

static void NO_TSA coroutine_fn rwlock_unlock(CoRwlock *l, int from, int to)
{
    Coroutine *self = coroutine_self();

    vm_mutex_lock(&l->guard);
    if (from < 0 ? l->owners != -1 : l->owners <= 0) {
        fprintf(stderr, "coroutine \"%s\" releases a CoRwlock that is not "
                "locked for %s\n", self->name,
                from < 0 ? "writing" : "reading");
        abort();
    }
    l->owners += to - from;
    pass_on(l);
    vm_mutex_unlock(&l->guard);
    self->n_co_locks -= to ? 0 : 1;
}

void NO_TSA coroutine_fn co_rwlock_rdlock(CoRwlock *l)
{
    IO_CODE();
    rwlock_lock(l, false);
}

void NO_TSA coroutine_fn co_rwlock_rdunlock(CoRwlock *l)
{
    IO_CODE();
    rwlock_unlock(l, 1, 0);
}

void NO_TSA coroutine_fn co_rwlock_wrlock(CoRwlock *l)
{
    IO_CODE();
    rwlock_lock(l, true);
}

void NO_TSA coroutine_fn co_rwlock_wrunlock(CoRwlock *l)
{
    IO_CODE();
    rwlock_unlock(l, -1, 0);
}

void NO_TSA coroutine_fn co_rwlock_downgrade(CoRwlock *l)
{
    IO_CODE();
    rwlock_unlock(l, -1, 1);
}
