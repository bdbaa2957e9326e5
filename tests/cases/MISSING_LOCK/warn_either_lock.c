/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Written under both locks, read under either: the rest is wrong. */
#include <pthread.h>

struct pool {
    pthread_mutex_t big;
    pthread_mutex_t small;
    int size;
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

int pool_by_owner(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->big);
    n = p->size;
    pthread_mutex_unlock(&p->big);
    return n;
}

int pool_by_worker(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->small);
    n = p->size;
    pthread_mutex_unlock(&p->small);
    return n;
}

/* neither */
int pool_by_nobody(struct pool *p)
{
    return p->size; // expect: MISSING_LOCK
}
