/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Looked at without the lock, and again with it before anything is done. */
#include <pthread.h>
#include <stdlib.h>

struct cache {
    pthread_mutex_t lock;
    int dirty;
    int ready;
    void *table;
    struct cache *next;
};

void cache_build(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->ready = 1;
    pthread_mutex_unlock(&c->lock);
}

void cache_touch(struct cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->dirty++;
    pthread_mutex_unlock(&c->lock);
}

/* a hint; the answer counts under the lock only */
void cache_flush(struct cache *c)
{
    if (!c->dirty) {
        return;
    }
    pthread_mutex_lock(&c->lock);
    if (c->dirty) {
        c->dirty = 0;
    }
    pthread_mutex_unlock(&c->lock);
}

void cache_flush_all(struct cache *c)
{
    if (c->dirty > 3) {
        pthread_mutex_lock(&c->lock);
        if (c->dirty > 3) {
            c->dirty = 0;
        }
        pthread_mutex_unlock(&c->lock);
    }
}

/* again until the answer holds */
void cache_wait(struct cache *c)
{
retry:
    if (c->ready) {
        pthread_mutex_lock(&c->lock);
        if (!c->ready) {
            pthread_mutex_unlock(&c->lock);
            goto retry;
        }
        c->ready = 0;
        pthread_mutex_unlock(&c->lock);
    }
}
