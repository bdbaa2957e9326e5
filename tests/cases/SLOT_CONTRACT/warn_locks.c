/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Functions that need a lock, in slots that do not come with it. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct Queue {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lock);
} Queue;

typedef struct QueueOps {
    void (*push)(Queue *q, int v) HF_SLOT(HF_REQUIRES(&q->lock));
    void (*clear)(Queue *q) HF_SLOT(HF_EXCLUDES(&q->lock));
    int (*count)(Queue *q) HF_SLOT(HF_REQUIRES_SHARED(&q->lock));
    void (*tell)(Queue *q);
} QueueOps;

static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;

static void push(Queue *q, int v) HF_REQUIRES(&q->lock);
static void push(Queue *q, int v)
{
    q->n += v;
}

/* Takes what the slot is called with. */
static void push_locked(Queue *q, int v) HF_EXCLUDES(&q->lock);
static void push_locked(Queue *q, int v)
{
    pthread_mutex_lock(&q->lock);
    q->n += v;
    pthread_mutex_unlock(&q->lock);
}

/* Needs what the slot is called without. */
static void clear(Queue *q) HF_REQUIRES(&q->lock);
static void clear(Queue *q)
{
    q->n = 0;
}

/* Wants more than shared. */
static int count(Queue *q) HF_REQUIRES(&q->lock);
static int count(Queue *q)
{
    return q->n++;
}

/* Nothing is said about the lock here, as it is in the other slots. */
static void tell(Queue *q) HF_REQUIRES(&q->lock);
static void tell(Queue *q)
{
    q->n++;
}

/* Wants another lock as well. */
static void push_all(Queue *q, int v) HF_REQUIRES(&all);
static void push_all(Queue *q, int v)
{
    v++;
}

static QueueOps ops;

void choose(int which);
void choose(int which)
{
    ops.push = push;
    if (which == 1) {
        ops.push = push_locked; // expect: SLOT_CONTRACT
    } else if (which == 2) {
        ops.push = push_all; // expect: SLOT_CONTRACT
    }
    ops.clear = clear; // expect: SLOT_CONTRACT
    ops.count = count; // expect: SLOT_CONTRACT
    ops.tell = tell; // expect: SLOT_CONTRACT
}

static void *worker(void *opaque)
{
    Queue *q = opaque;

    ops.tell(q); // expect: LOCK_CONTRACT
    return NULL;
}

int main(void)
{
    static Queue q;
    pthread_t thread;

    choose(1);
    pthread_create(&thread, NULL, worker, &q);
    pthread_join(thread, NULL);
    return 0;
}
