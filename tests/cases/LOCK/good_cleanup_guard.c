/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Guards that give the lock back when their scope ends. */
#include <pthread.h>
#include <stddef.h>

struct Counter {
    pthread_mutex_t lock;
    int value;
};

static inline void unlock_guard(pthread_mutex_t **m)
{
    if (*m) {
        pthread_mutex_unlock(*m);
    }
}

static inline pthread_mutex_t *lock_guard(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
    return m;
}

#define GUARD(m) \
    __attribute__((cleanup(unlock_guard))) pthread_mutex_t *guard_ = \
        lock_guard(m)

int counter_next(struct Counter *c)
{
    GUARD(&c->lock);

    if (c->value < 0) {
        return -1;
    }
    return ++c->value;
}

void counter_loop(struct Counter *c, int n)
{
    for (int i = 0; i < n; i++) {
        GUARD(&c->lock);

        if (c->value == i) {
            continue;
        }
        if (c->value > 100) {
            break;
        }
        c->value += i;
    }
}

/* Given back early: the guard is told. */
int counter_early(struct Counter *c)
{
    int value;
    GUARD(&c->lock);

    value = c->value;
    if (value > 10) {
        unlock_guard(&guard_);
        guard_ = NULL;
        return value;
    }
    c->value++;
    return 0;
}

#define WITH_LOCK(m) \
    for (pthread_mutex_t *scoped_ \
             __attribute__((cleanup(unlock_guard))) = lock_guard(m); \
         scoped_; unlock_guard(&scoped_), scoped_ = NULL)

int counter_with(struct Counter *c)
{
    int value = 0;

    WITH_LOCK(&c->lock) {
        if (c->value > 5) {
            return 5;
        }
        value = c->value++;
    }
    return value;
}

int counter_with_break(struct Counter *c)
{
    int value = 0;

    WITH_LOCK(&c->lock) {
        if (c->value > 5) {
            break;
        }
        value = c->value++;
    }
    pthread_mutex_lock(&c->lock);
    value += c->value;
    pthread_mutex_unlock(&c->lock);
    return value;
}
