/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Names that mean no lock, and annotations that contradict one another. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct Counter {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lokc); // expect: ANNOTATION
    int limit HF_GUARDED_BY(&lock);
} Counter;

static int add(Counter *c, int n) HF_REQUIRES(&c->lock);
static int add(Counter *c, int n)
{
    return c->limit += n;
}

static int HF_REQUIRES(&counter->lock) // expect: ANNOTATION
take(Counter *c, int n)
{
    return n;
}

static int HF_REQUIRES(&c->mutex) // expect: ANNOTATION
give(Counter *c, int n)
{
    return -n;
}

static int HF_REQUIRES(&c->lock)
both_ways(Counter *c) HF_EXCLUDES(&c->lock); // expect: ANNOTATION
static int both_ways(Counter *c)
{
    return 0;
}

static void HF_COROUTINE_FN HF_NO_COROUTINE_FN never(void) // expect: ANNOTATION
{
}

int total(Counter *c);
int total(Counter *c)
{
    int n;

    pthread_mutex_lock(&c->lock);
    n = add(c, 1);
    pthread_mutex_unlock(&c->lock);
    never();
    return n + take(c, 2) + give(c, 3) + both_ways(c); // expect: LOCK_CONTRACT
}
