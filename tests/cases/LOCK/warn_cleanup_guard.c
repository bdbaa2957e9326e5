/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A guard, and what it does is done by hand as well. */
#include <pthread.h>
#include <stddef.h>

struct Counter {
    pthread_mutex_t lock;
    int value;
};

static inline void unlock_guard(pthread_mutex_t **m)
{
    pthread_mutex_unlock(*m);
}

static inline pthread_mutex_t *lock_guard(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
    return m;
}

#define GUARD(m) \
    __attribute__((cleanup(unlock_guard))) pthread_mutex_t *guard_ = \
        lock_guard(m)

int counter_twice(struct Counter *c)
{
    GUARD(&c->lock);

    pthread_mutex_lock(&c->lock); // expect: LOCK
    return ++c->value;
}

int counter_call(struct Counter *c)
{
    GUARD(&c->lock);

    return counter_twice(c); // expect: LOCK
}

void counter_by_hand(struct Counter *c)
{
    GUARD(&c->lock);

    c->value++;
    pthread_mutex_unlock(&c->lock);
} // expect: LOCK
