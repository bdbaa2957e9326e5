/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Written under both locks, so that either is enough to read. */
#include <pthread.h>

struct pool {
    pthread_mutex_t big;
    pthread_mutex_t small;
    int size;
    int spare;
};

void pool_grow(struct pool *p)
{
    pthread_mutex_lock(&p->big);
    pthread_mutex_lock(&p->small);
    p->size++;
    pthread_mutex_unlock(&p->small);
    pthread_mutex_unlock(&p->big);
}

void pool_shrink(struct pool *p)
{
    pthread_mutex_lock(&p->big);
    pthread_mutex_lock(&p->small);
    p->size--;
    pthread_mutex_unlock(&p->small);
    pthread_mutex_unlock(&p->big);
}

int pool_size_by_owner(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->big);
    n = p->size;
    pthread_mutex_unlock(&p->big);
    return n;
}

int pool_size_by_worker(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->small);
    n = p->size;
    pthread_mutex_unlock(&p->small);
    return n;
}

int pool_size_by_worker_again(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->small);
    n = p->size * 2;
    pthread_mutex_unlock(&p->small);
    return n;
}

/* Globals, and the writer is a helper of two callers. */
static pthread_mutex_t config_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t reload_lock = PTHREAD_MUTEX_INITIALIZER;
static int config_version;

static void set_version(int n)
{
    config_version = n;
}

void config_reload(int n)
{
    pthread_mutex_lock(&reload_lock);
    if (config_version == n) {
        pthread_mutex_unlock(&reload_lock);
        return;
    }
    pthread_mutex_lock(&config_lock);
    set_version(n);
    pthread_mutex_unlock(&config_lock);
    pthread_mutex_unlock(&reload_lock);
}

void config_reset(void)
{
    pthread_mutex_lock(&reload_lock);
    pthread_mutex_lock(&config_lock);
    set_version(0);
    pthread_mutex_unlock(&config_lock);
    pthread_mutex_unlock(&reload_lock);
}

int config_get(void)
{
    int n;

    pthread_mutex_lock(&config_lock);
    n = config_version;
    pthread_mutex_unlock(&config_lock);
    return n;
}

int config_peek(void)
{
    int n;

    pthread_mutex_lock(&config_lock);
    n = config_version + 1;
    pthread_mutex_unlock(&config_lock);
    return n;
}
