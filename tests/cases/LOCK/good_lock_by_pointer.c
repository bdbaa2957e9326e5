/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A queue and its workers point to one lock: who calls through a function
 * pointer holds it under the name that it has for it. */
#include <pthread.h>

struct pool {
    pthread_mutex_t *user_lock;
    int (*consume)(void *opaque);
    void *opaque;
};

struct queue {
    pthread_mutex_t *lock;
    struct pool *pool;
    int n, stop;
};

static int consume_some(void *opaque)
{
    struct queue *q = opaque;

    pthread_mutex_unlock(q->lock);
    if (q->stop) {
        pthread_mutex_lock(q->lock);
        return -1;
    }
    pthread_mutex_lock(q->lock);
    return q->n;
}

void queue_start(struct queue *q, struct pool *pool, pthread_mutex_t *lock)
{
    q->lock = lock;
    pool->user_lock = lock;
    pool->opaque = q;
    pool->consume = consume_some;
}

int pool_work(struct pool *pool)
{
    int n;

    pthread_mutex_lock(pool->user_lock);
    n = pool->consume(pool->opaque);
    pthread_mutex_unlock(pool->user_lock);
    return n;
}
