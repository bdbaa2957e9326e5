/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Functions that may return with the lock held, and say so by their result:
 * their callers know. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct Pool {
    pthread_mutex_t lock;
    int used;
    int closed;
    bool threaded; /* never changes */
};

struct Pool *pool_find(int n);
void work(struct Pool *p);

/* Held when it succeeds. */
static int pool_begin(struct Pool *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->closed) {
        pthread_mutex_unlock(&p->lock);
        return -1;
    }
    return 0;
}

static void pool_end(struct Pool *p)
{
    pthread_mutex_unlock(&p->lock);
}

int pool_use(struct Pool *p)
{
    if (pool_begin(p) < 0) {
        return -1;
    }
    p->used++;
    pool_end(p);
    return 0;
}

int pool_use_variable(struct Pool *p)
{
    int ret = pool_begin(p);

    if (ret == 0) {
        p->used++;
        pool_end(p);
    }
    return ret;
}

/* The same, for users of the library. */
int pool_lock_open(struct Pool *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->closed) {
        pthread_mutex_unlock(&p->lock);
        return -1;
    }
    return 0;
}

/* Returned locked. */
static struct Pool *pool_find_locked(int n)
{
    struct Pool *p = pool_find(n);

    if (!p) {
        return NULL;
    }
    pthread_mutex_lock(&p->lock);
    if (p->closed) {
        pthread_mutex_unlock(&p->lock);
        return NULL;
    }
    return p;
}

int pool_count(int n)
{
    struct Pool *p = pool_find_locked(n);
    int used;

    if (!p) {
        return -1;
    }
    used = p->used;
    pool_end(p);
    return used;
}

/* Did I lock? */
static bool pool_lock_if_threaded(struct Pool *p)
{
    if (!p->threaded) {
        return false;
    }
    pthread_mutex_lock(&p->lock);
    return true;
}

void pool_try(struct Pool *p)
{
    bool locked = pool_lock_if_threaded(p);

    work(p);
    if (locked) {
        pool_end(p);
    }
}

/* A parameter says that it is to stay held. */
static void pool_reset(struct Pool *p, bool keep_locked)
{
    pthread_mutex_lock(&p->lock);
    p->used = 0;
    if (!keep_locked) {
        pthread_mutex_unlock(&p->lock);
    }
}

void pool_restart(struct Pool *p)
{
    pool_reset(p, false);
    pool_reset(p, true);
    p->closed = 0;
    pthread_mutex_unlock(&p->lock);
}

/* An answer by pointer. */
static void pool_maybe(struct Pool *p, bool *locked)
{
    *locked = false;
    if (p->threaded) {
        pthread_mutex_lock(&p->lock);
        *locked = true;
    }
}

void pool_by_pointer(struct Pool *p)
{
    bool locked;

    pool_maybe(p, &locked);
    work(p);
    if (locked) {
        pthread_mutex_unlock(&p->lock);
    }
}
