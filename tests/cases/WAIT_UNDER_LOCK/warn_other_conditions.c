/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Who signals the condition of some object does not end a wait for the
 * variable. */
#include <pthread.h>

static pthread_mutex_t outer, events;
static pthread_cond_t done;
static int pending;

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int n;
};

void queue_put(struct queue *q);
void queue_put(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->n++;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

static void *notify(void *opaque)
{
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&events);
    pending++;
    while (pending > 0) {
        pthread_cond_wait(&done, &events);  // expect: WAIT_UNDER_LOCK
    }
    pthread_mutex_unlock(&events);
    pthread_mutex_unlock(&outer);
    return opaque;
}

static void *handle(void *opaque)
{
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&events);
    pending--;
    pthread_cond_broadcast(&done);
    pthread_mutex_unlock(&events);
    pthread_mutex_unlock(&outer);
    return opaque;
}

void start(pthread_t *threads);
void start(pthread_t *threads)
{
    pthread_create(&threads[0], NULL, notify, NULL);
    pthread_create(&threads[1], NULL, handle, NULL);
}
