/* SPDX-License-Identifier: MIT */
// profile: qemu
/* What a coroutine holds while it sleeps. */
#include <stdbool.h>
#include <stddef.h>

#define coroutine_fn __attribute__((annotate("coroutine_fn")))

typedef struct QemuMutex {
    int owner;
} QemuMutex;
typedef struct CoMutex {
    int locked;
} CoMutex;
typedef struct Coroutine Coroutine;

void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void coroutine_fn qemu_co_mutex_lock(CoMutex *m);
void coroutine_fn qemu_co_mutex_unlock(CoMutex *m);
Coroutine *qemu_coroutine_self(void);
void coroutine_fn qemu_coroutine_yield(void);
void aio_co_wake(Coroutine *co);

struct link {
    QemuMutex mutex;
    CoMutex lock;
    CoMutex free;
    Coroutine *reader;
    Coroutine *writer;
    int n;
};

/* a mutex of threads: the next coroutine of this thread hangs it */
void coroutine_fn link_pause(struct link *l)
{
    qemu_mutex_lock(&l->mutex);
    l->n++;
    qemu_coroutine_yield(); // expect: WAIT_UNDER_LOCK
    qemu_mutex_unlock(&l->mutex);
}

static void coroutine_fn link_sleep(struct link *l)
{
    (void)l;
    qemu_coroutine_yield();
}

void coroutine_fn link_pause_below(struct link *l)
{
    qemu_mutex_lock(&l->mutex);
    link_sleep(l); // expect: WAIT_UNDER_LOCK
    qemu_mutex_unlock(&l->mutex);
}

/* whoever wakes the reader needs its lock first */
void coroutine_fn link_read(struct link *l)
{
    qemu_co_mutex_lock(&l->lock);
    l->reader = qemu_coroutine_self();
    qemu_coroutine_yield(); // expect: WAIT_UNDER_LOCK
    l->reader = NULL;
    qemu_co_mutex_unlock(&l->lock);
}

void coroutine_fn link_feed(struct link *l)
{
    qemu_co_mutex_lock(&l->lock);
    aio_co_wake(l->reader);
    qemu_co_mutex_unlock(&l->lock);
}

/* the writer is woken without it */
void coroutine_fn link_write(struct link *l)
{
    qemu_co_mutex_lock(&l->free);
    l->writer = qemu_coroutine_self();
    qemu_coroutine_yield();
    l->writer = NULL;
    qemu_co_mutex_unlock(&l->free);
}

void link_drained(struct link *l)
{
    aio_co_wake(l->writer);
}

/* given back before */
void coroutine_fn link_rest(struct link *l)
{
    qemu_mutex_lock(&l->mutex);
    l->n++;
    qemu_mutex_unlock(&l->mutex);
    qemu_coroutine_yield();
}
