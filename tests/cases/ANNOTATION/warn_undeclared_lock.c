/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Guards and requirements that are missing where the others are declared. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    int head HF_GUARDED_BY(&lock);
    int tail HF_GUARDED_BY(&lock);
    int length; // expect: ANNOTATION
    int limit;  /* set before it is shared */
};

static void push_a(struct queue *q) HF_REQUIRES(&q->lock);
static void push_a(struct queue *q)
{
    q->head++;
    q->length++;
}

static void push_b(struct queue *q) HF_REQUIRES(&q->lock);
static void push_b(struct queue *q)
{
    q->tail++;
    q->length++;
}

static void drop_a(struct queue *q) HF_REQUIRES(&q->lock);
static void drop_a(struct queue *q)
{
    q->head--;
    q->length--;
}

static void drop_b(struct queue *q) HF_REQUIRES(&q->lock);
static void drop_b(struct queue *q)
{
    q->tail--;
    q->length--;
}

static void forgotten(struct queue *q) // expect: ANNOTATION
{
    q->tail = q->head;
    q->length = 0;
}

void queue_cycle(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    push_a(q);
    push_b(q);
    drop_a(q);
    drop_b(q);
    forgotten(q);
    pthread_mutex_unlock(&q->lock);
}

int queue_room(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = q->limit - q->length;
    pthread_mutex_unlock(&q->lock);
    return n;
}

int queue_limit(struct queue *q)
{
    return q->limit;
}
