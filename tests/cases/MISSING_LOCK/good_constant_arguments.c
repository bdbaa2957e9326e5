/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Constant arguments decide what a callee of a callee needs. */
#include <pthread.h>
#include <stdbool.h>

struct q {
    pthread_mutex_t lock;
    int len;
    int head;
    int err;
};

static void trim_locked(struct q *q)
{
    q->len--;
    q->head++;
}

static void reset(struct q *q, bool locked)
{
    q->err = 0;
    if (locked) {
        trim_locked(q);
    }
}

void q_pop(struct q *q)
{
    pthread_mutex_lock(&q->lock);
    q->len--;
    reset(q, true);
    pthread_mutex_unlock(&q->lock);
}

void q_push(struct q *q)
{
    pthread_mutex_lock(&q->lock);
    q->len++;
    q->head = 0;
    pthread_mutex_unlock(&q->lock);
}

void q_drop(struct q *q)
{
    pthread_mutex_lock(&q->lock);
    reset(q, true);
    pthread_mutex_unlock(&q->lock);
}

/* not the part that needs it */
void q_forgive(struct q *q)
{
    reset(q, false);
}

int q_len(struct q *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = q->len + q->head;
    pthread_mutex_unlock(&q->lock);
    return n;
}
