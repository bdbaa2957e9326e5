/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock is held: here, by every caller, on every way, or not needed yet. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock;
    int length HF_GUARDED_BY(&lock);
    int other;
};

struct owner {
    struct queue queue;
    struct queue *shared;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int table_used HF_GUARDED_BY(&table_lock);

int locked_here(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = q->length;
    pthread_mutex_unlock(&q->lock);
    return n;
}

static int locked_by_callers(struct queue *q)
{
    return q->length++;
}

static int two_levels_up(struct queue *q)
{
    return locked_by_callers(q);
}

int first_caller(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = two_levels_up(q);
    pthread_mutex_unlock(&q->lock);
    return n;
}

int second_caller(struct owner *o)
{
    int n;

    pthread_mutex_lock(&o->queue.lock);
    n = locked_by_callers(&o->queue);
    pthread_mutex_unlock(&o->queue.lock);
    return n;
}

int through_alias(struct owner *o)
{
    struct queue *q = o->shared;
    int n;

    pthread_mutex_lock(&o->shared->lock);
    n = q->length;
    pthread_mutex_unlock(&q->lock);
    return n;
}

int by_contract(struct queue *q) HF_REQUIRES(&q->lock);
int by_contract(struct queue *q)
{
    return q->length;
}

int both_branches(struct queue *q, int wait)
{
    int n = 0;

    if (wait) {
        pthread_mutex_lock(&q->lock);
    } else if (pthread_mutex_trylock(&q->lock) != 0) {
        return -1;
    }
    n = q->length;
    pthread_mutex_unlock(&q->lock);
    return n;
}

int only_when_locked(struct queue *q, int careful)
{
    int n = 0;

    if (careful) {
        pthread_mutex_lock(&q->lock);
    }
    n = q->other;
    if (careful) {
        n += q->length;
        pthread_mutex_unlock(&q->lock);
    }
    return n;
}

struct queue *not_shared_yet(void)
{
    struct queue *q = malloc(sizeof(*q));

    if (q) {
        pthread_mutex_init(&q->lock, NULL);
        q->length = 0;
    }
    return q;
}

int variable_locked(void)
{
    int n;

    pthread_mutex_lock(&table_lock);
    n = ++table_used;
    pthread_mutex_unlock(&table_lock);
    return n;
}
