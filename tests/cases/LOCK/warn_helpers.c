/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The same helpers, used wrongly. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct Queue {
    pthread_mutex_t lock;
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

int queue_pop(struct Queue *q)
{
    int n;

    enter(q);
    if (q->length == 0) {
        return -1; // expect: LOCK
    }
    n = q->length--;
    leave(q);
    return n;
}

void queue_push(struct Queue *q, bool twice)
{
    enter(q);
    q->length++;
    leave(q);
    if (twice) {
        leave(q); // expect: LOCK
    }
}

void queue_drain(struct Queue *q)
{
    enter(q);
    while (q->length) {
        enter(q); // expect: LOCK
        q->length--;
        leave(q);
    }
    leave(q);
}

static int fail(struct Queue *q)
{
    q->closed = true;
    leave(q);
    return -1;
}

int queue_check(struct Queue *q)
{
    int ret = 0;

    enter(q);
    if (q->length < 0) {
        ret = fail(q);
    }
    leave(q); // expect: LOCK
    return ret;
}

void queue_wrong_object(struct Queue *a, struct Queue *b)
{
    enter(a);
    a->length++;
    leave(a);
    enter(b);
    b->length++;
    leave(a); // expect: LOCK
    leave(b);
}

/* A callback keeps what its way in took. */
static void *queue_thread(void *opaque)
{
    struct Queue *q = opaque;

    enter(q);
    while (!q->closed) {
        q->length = 0;
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    static struct Queue q = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t t;

    pthread_create(&t, NULL, queue_thread, &q);
    queue_check(&q);
    pthread_join(t, NULL);
    return 0;
}
