// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>

/* Waiting gives a lock up and takes it back, by which time another one is
 * held.  Members of one object, and nobody is seen to start the threads. */

struct queue {
    pthread_mutex_t lock;
    pthread_mutex_t stats;
    pthread_cond_t more;
    int length, waits;
};

int queue_take(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    pthread_mutex_lock(&q->stats);
    while (!q->length) {
        q->waits++;
        pthread_cond_wait(&q->more, &q->lock); // expect: ORDER_REVERSAL
    }
    n = q->length--;
    pthread_mutex_unlock(&q->stats);
    pthread_mutex_unlock(&q->lock);
    return n;
}

void queue_add(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->length++;
    pthread_cond_signal(&q->more);
    pthread_mutex_unlock(&q->lock);
}

int queue_waits(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    pthread_mutex_lock(&q->stats);
    n = q->waits;
    pthread_mutex_unlock(&q->stats);
    pthread_mutex_unlock(&q->lock);
    return n;
}
