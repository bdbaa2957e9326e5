/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Helpers without a word about what they do to locks. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct Queue {
    pthread_mutex_t lock;
    struct Queue *other;
    int length;
    bool closed;
};

static void enter(struct Queue *q)
{
    pthread_mutex_lock(&q->lock);
}

static void leave(struct Queue *q)
{
    pthread_mutex_unlock(&q->lock);
}

/* Helpers of helpers. */
static void enter_both(struct Queue *q)
{
    enter(q);
    enter(q->other);
}

static void leave_both(struct Queue *q)
{
    leave(q->other);
    leave(q);
}

int queue_length(struct Queue *q)
{
    int n;

    enter_both(q);
    n = q->length + q->other->length;
    leave_both(q);
    return n;
}

/* The same on each branch, by different helpers. */
static void enter_and_count(struct Queue *q)
{
    enter(q);
    q->length++;
}

void queue_branch(struct Queue *q, bool count)
{
    if (count) {
        enter_and_count(q);
    } else {
        enter(q);
    }
    q->closed = false;
    leave(q);
}

/* Swapped for a moment. */
static void swap_locks(struct Queue *q)
{
    leave(q);
    enter(q->other);
}

void queue_swap(struct Queue *q)
{
    enter(q);
    q->length--;
    swap_locks(q);
    q->other->length++;
    leave(q->other);
}

/* Unlocks and returns, so that callers end with it. */
static int fail(struct Queue *q)
{
    q->closed = true;
    leave(q);
    return -1;
}

int queue_pop(struct Queue *q)
{
    int n;

    enter(q);
    if (q->length == 0) {
        return fail(q);
    }
    n = q->length--;
    leave(q);
    return n;
}

/* An interface for others: who locks here unlocks there. */
void queue_lock(struct Queue *q)
{
    pthread_mutex_lock(&q->lock);
}

void queue_unlock(struct Queue *q)
{
    pthread_mutex_unlock(&q->lock);
}

/* A lock in a local. */
int queue_local(int n)
{
    struct Queue q = { .length = n };

    pthread_mutex_init(&q.lock, NULL);
    enter(&q);
    n = queue_length(q.other);
    leave(&q);
    pthread_mutex_destroy(&q.lock);
    return n;
}

/* A pointer to a lock, in a local and as an argument. */
static void add(pthread_mutex_t *m, int *n)
{
    pthread_mutex_lock(m);
    ++*n;
    pthread_mutex_unlock(m);
}

void queue_add(struct Queue *q)
{
    pthread_mutex_t *m = &q->lock;

    add(m, &q->length);
    pthread_mutex_lock(m);
    q->length++;
    pthread_mutex_unlock(&q->lock);
    add(&q->lock, &q->length);
}
