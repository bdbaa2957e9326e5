/* SPDX-License-Identifier: MIT */
// profile: pthread
/* To lock in a wrapper, or to set up some other lock, is no set-up. */
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    pthread_mutex_t io;
    int waiting;
};

static int enter(pthread_mutex_t *lock)
{
    return pthread_mutex_lock(lock);
}

static int lock_new(pthread_mutex_t *lock)
{
    return pthread_mutex_init(lock, 0);
}

int queue_wait(struct queue *q)
{
    int n;

    enter(&q->lock);
    n = ++q->waiting;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_woken(struct queue *q)
{
    enter(&q->lock);
    q->waiting--;
    pthread_mutex_unlock(&q->lock);
}

int queue_reset(struct queue *q)
{
    q->waiting = 0; // expect: MISSING_LOCK
    return lock_new(&q->io);
}

int queue_waiting(struct queue *q)
{
    int n;

    enter(&q->lock);
    n = q->waiting;
    pthread_mutex_unlock(&q->lock);
    return n;
}
