/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Comments that say what the code does not do. */
#include <pthread.h>
#include <stdlib.h>

struct Queue {
    pthread_mutex_t lock;
    int length; /* protected by lock */
    int dropped;
    int (*wake)(struct Queue *q);
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

struct Ops {
    // This runs outside the table_lock! // expect: ANNOTATION
    int (*setup)(int n);
    /* Called with table_lock held. */
    int (*load)(int n);
};

static int table[16];

static int store(int n)
{
    return n + 1;
}

static const struct Ops ops = { .setup = store, .load = store };

/* Called with q->lock held. */
static void push(struct Queue *q)
{
    q->length++;
}

// Callers must not hold table_lock. // expect: ANNOTATION
static int find(int n)
{
    return n & 15;
}

static void *worker(void *opaque)
{
    struct Queue *q = opaque;

    pthread_mutex_lock(&q->lock);
    push(q);
    q->length--;
    pthread_mutex_unlock(&q->lock);
    pthread_mutex_lock(&q->lock);
    push(q);
    pthread_mutex_unlock(&q->lock);
    push(q); // expect: ANNOTATION
    return NULL;
}

static void *loader(void *opaque)
{
    pthread_mutex_lock(&table_lock);
    table[find(ops.setup(1))] = ops.load(2);
    pthread_mutex_unlock(&table_lock);
    return NULL;
}

int main(void)
{
    struct Queue *q = calloc(1, sizeof(*q));
    pthread_t t[2];

    if (!q) {
        return 1;
    }
    pthread_mutex_init(&q->lock, NULL);
    pthread_create(&t[0], NULL, worker, q);
    pthread_create(&t[1], NULL, loader, NULL);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    return 0;
}
