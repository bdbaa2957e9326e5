/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not believed: too little evidence, or of a kind that is not counted. */
#include <pthread.h>
#include <stdlib.h>

struct worker {
    pthread_mutex_t lock;
    int stop;
    int *items;
};

/* one access with the lock is no habit */
void worker_stop(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = 1;
    pthread_mutex_unlock(&w->lock);
}

int worker_stopped(struct worker *w)
{
    return w->stop; // known-limit: MISSING_LOCK
}

/* what a pointer points to has no guard of its own */
void worker_put(struct worker *w, int n)
{
    pthread_mutex_lock(&w->lock);
    w->items[0] = n;
    pthread_mutex_unlock(&w->lock);
}

void worker_clear(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->items[0] = 0;
    pthread_mutex_unlock(&w->lock);
}

int worker_first(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    int n = w->items[0];
    pthread_mutex_unlock(&w->lock);
    return n;
}

void worker_poke(int *items)
{
    items[0] = 7; // known-limit: MISSING_LOCK
}
