/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Comments that are right, that say it of some cases, or that say nothing of
 * a lock that is known. */
#include <pthread.h>
#include <stdlib.h>

struct Queue {
    pthread_mutex_t lock;
    pthread_mutex_t wake_lock;
    /* The following are protected by the lock. */
    int length;
    int dropped;
    int woken; /* protected by the wake lock */
    volatile int seen; /* written with lock held, read without */
    int plain; /* protected by some lock */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

struct Ops {
    /* This runs both outside and inside the table_lock. */
    int (*setup)(int n);
    /* Called with table_lock held in the load case. */
    int (*load)(int n);
};

static int store(int n)
{
    return n + 1;
}

static const struct Ops ops = { .setup = store, .load = store };

/* Called with q->lock held. */
static void push(struct Queue *q)
{
    q->length++;
    q->dropped--;
    q->seen = q->length;
}

/* May be called with the lock held.  Do not call this if table_lock is held
 * by others. */
static int peek(struct Queue *q)
{
    return q->seen;
}

/* Takes the lock. */
static void *worker(void *opaque)
{
    struct Queue *q = opaque;

    pthread_mutex_lock(&q->lock);
    push(q);
    q->length--;
    pthread_mutex_unlock(&q->lock);
    pthread_mutex_lock(&q->wake_lock);
    q->woken++;
    pthread_mutex_unlock(&q->wake_lock);
    q->plain = 1;
    return NULL;
}

static void *loader(void *opaque)
{
    pthread_mutex_lock(&table_lock);
    ops.setup(1);
    pthread_mutex_unlock(&table_lock);
    return (void *)(long)(ops.load(2) + ops.setup(2) + peek(opaque));
}

int main(void)
{
    struct Queue *q = calloc(1, sizeof(*q));
    pthread_t t[2];

    if (!q) {
        return 1;
    }
    pthread_mutex_init(&q->lock, NULL);
    pthread_mutex_init(&q->wake_lock, NULL);
    push(q); /* nobody else has it yet */
    pthread_create(&t[0], NULL, worker, q);
    pthread_create(&t[1], NULL, loader, q);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    return 0;
}
