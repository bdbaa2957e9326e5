/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Looked at without the lock, and believed. */
#include <pthread.h>

struct cache {
    pthread_mutex_t lock;
    int dirty;
    int writes;
};

void cache_touch(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->dirty++;
    pthread_mutex_unlock(&c->lock);
}

void cache_more(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->dirty += 2;
    pthread_mutex_unlock(&c->lock);
}

/* not asked again */
void cache_flush(struct cache *c)
{
    if (!c->dirty) { // expect: MISSING_LOCK
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->dirty = 0;
    pthread_mutex_unlock(&c->lock);
}

/* the value itself goes elsewhere */
int cache_count(struct cache *c)
{
    int n = c->dirty; // expect: MISSING_LOCK

    pthread_mutex_lock(&c->lock);
    if (c->dirty) {
        c->dirty = 0;
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}
