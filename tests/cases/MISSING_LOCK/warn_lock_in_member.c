/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock is in a member of the object, or a member points to it. */
#include <pthread.h>

struct guard {
    pthread_mutex_t mutex;
    int depth;
};

struct ring {
    struct guard guard;
    unsigned head, tail;
    char data[256];
};

static void guard_enter(struct guard *g)
{
    pthread_mutex_lock(&g->mutex);
}

static void guard_leave(struct guard *g)
{
    pthread_mutex_unlock(&g->mutex);
}

void ring_put(struct ring *r, char c)
{
    guard_enter(&r->guard);
    r->data[r->head++ % 256] = c;
    guard_leave(&r->guard);
}

void ring_reset(struct ring *r)
{
    guard_enter(&r->guard);
    r->head = 0;
    r->tail = 0;
    guard_leave(&r->guard);
}

int ring_get(struct ring *r)
{
    int c = -1;

    guard_enter(&r->guard);
    if (r->head != r->tail) {
        c = r->data[r->tail++ % 256];
    }
    guard_leave(&r->guard);
    return c;
}

unsigned ring_length(struct ring *r)
{
    return r->head - r->tail; // expect: MISSING_LOCK
}

struct counter {
    pthread_mutex_t *lock;
    long n;
};

void counter_add(struct counter *c, long n)
{
    pthread_mutex_lock(c->lock);
    c->n += n;
    pthread_mutex_unlock(c->lock);
}

void counter_clear(struct counter *c)
{
    pthread_mutex_lock(c->lock);
    c->n = 0;
    pthread_mutex_unlock(c->lock);
}

long counter_read(struct counter *c)
{
    return c->n; // expect: MISSING_LOCK
}
