/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A callee gives the caller's lock back for a while. */
#include <pthread.h>
#include <stddef.h>

struct q {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    int len;
    int busy;
    int (*cb)(void *);
    void *opaque;
};

void block(void);

static void pause_for(struct q *q)
{
    pthread_mutex_unlock(&q->lock);
    block();
    pthread_mutex_lock(&q->lock);
}

static void pause_deep(struct q *q, int n)
{
    if (n > 3) {
        pause_for(q);
    }
}

void q_run(struct q *q)
{
    pthread_mutex_lock(&q->lock);
    q->len++;
    pause_for(q);
    q->len--;
    pause_deep(q, q->len);
    q->len = 0;
    pthread_mutex_unlock(&q->lock);
}

void q_loop(struct q *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->len) {
        q->busy = 1;
        pthread_mutex_unlock(&q->lock);
        q->cb(q->opaque);
        pthread_mutex_lock(&q->lock);
        q->busy = 0;
    }
    pthread_mutex_unlock(&q->lock);
}

/* the other order: take for a while what is not held, or is */
static void q_poke(struct q *q, int *held)
{
    if (*held) {
        pthread_mutex_unlock(&q->lock);
        *held = 0;
    }
}

void q_poke_all(struct q *q)
{
    int held = 1;

    pthread_mutex_lock(&q->lock);
    q->len++;
    q_poke(q, &held);
    if (held) {
        pthread_mutex_unlock(&q->lock);
    }
}
