/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The handler of pthread_cleanup_push() where it does not do what is due. */
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    int n;
};

static void give_back(void *opaque)
{
    pthread_mutex_unlock(opaque);
}

void queue_twice(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    pthread_cleanup_push(give_back, &q->lock);
    q->n++;
    pthread_cleanup_pop(1);
    pthread_mutex_unlock(&q->lock); // expect: LOCK
}
