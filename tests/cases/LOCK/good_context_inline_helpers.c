/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Helpers that lock and unlock, without a contract in words. */
#include <pthread.h>

struct Queue {
    pthread_mutex_t lock;
    int length;
};

static struct Queue queue = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline void queue_lock(struct Queue *q)
{
    pthread_mutex_lock(&q->lock);
}

static inline void queue_unlock(struct Queue *q)
{
    pthread_mutex_unlock(&q->lock);
}

static void *inline_helpers(void *arg)
{
    queue_lock(&queue);
    queue.length++;
    queue_unlock(&queue);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, inline_helpers, NULL);
    pthread_join(thread, NULL);
    return 0;
}
