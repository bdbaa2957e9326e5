/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * pthread_cleanup_push(): the handler runs at the pop, or when the thread is
 * cancelled between the two; never at the push.
 */
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int n;
};

static void give_back(void *opaque)
{
    pthread_mutex_unlock(opaque);
}

int queue_take(struct queue *q)
{
    int n;

    pthread_cleanup_push((void (*)(void *))(void *)pthread_mutex_unlock,
                         &q->lock);
    pthread_mutex_lock(&q->lock);
    while (q->n == 0) {
        pthread_cond_wait(&q->filled, &q->lock);
    }
    n = q->n--;
    pthread_cleanup_pop(1);
    return n;
}

void queue_put(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    pthread_cleanup_push(give_back, &q->lock);
    q->n++;
    pthread_cond_signal(&q->filled);
    pthread_cleanup_pop(1);
}

void queue_drop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    pthread_cleanup_push(give_back, &q->lock);
    q->n = 0;
    pthread_cleanup_pop(0);
    pthread_mutex_unlock(&q->lock);
}
