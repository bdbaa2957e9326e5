/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Who sets the lock up has the object to itself until it starts a thread; what
 * is done before that, and after the thread was joined, says nothing about the
 * lock. */
#include <pthread.h>
#include <stdlib.h>

struct pump {
    pthread_mutex_t lock;
    pthread_t thread;
    int jobs, done;
};

struct cache {
    pthread_mutex_t lock;
    int hits;
};

static struct cache cache;

static void *pump_main(void *opaque)
{
    struct pump *p = opaque;

    pthread_mutex_lock(&p->lock);
    while (p->jobs) {
        p->jobs--;
        p->done++;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void pump_add(struct pump *p)
{
    pthread_mutex_lock(&p->lock);
    p->jobs++;
    pthread_mutex_unlock(&p->lock);
}

static int pump_done(struct pump *p)
{
    int done;

    pthread_mutex_lock(&p->lock);
    done = p->done;
    pthread_mutex_unlock(&p->lock);
    return done;
}

static struct pump *pump_new(void)
{
    struct pump *p = calloc(1, sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->jobs = 1;
    pthread_create(&p->thread, NULL, pump_main, p);
    p->done = 0; // expect: MISSING_LOCK
    return p;
}

static void *cache_main(void *opaque)
{
    pthread_mutex_lock(&cache.lock);
    cache.hits++;
    pthread_mutex_unlock(&cache.lock);
    return opaque;
}

static void cache_reset(void)
{
    cache.hits = 0; // expect: MISSING_LOCK
}

static int cache_hits(void)
{
    int hits;

    pthread_mutex_lock(&cache.lock);
    hits = cache.hits;
    pthread_mutex_unlock(&cache.lock);
    return hits;
}

int main(void)
{
    struct pump *p = pump_new();
    pthread_t threads[2];
    int sum;

    pthread_mutex_init(&cache.lock, NULL);
    cache.hits = 0;
    cache.hits += 1;
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, cache_main, NULL);
    }
    cache_reset();
    pump_add(p);
    sum = pump_done(p) + cache_hits();
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_join(p->thread, NULL);
    return sum + cache.hits;
}
