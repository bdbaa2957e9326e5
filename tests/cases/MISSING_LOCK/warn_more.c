/* SPDX-License-Identifier: MIT */
// profile: pthread
/* No guard is declared: readers and writers, locks elsewhere, ways out. */
#include <pthread.h>
#include <stddef.h>

/* ---- a lock for readers and writers ---- */

struct routes {
    pthread_rwlock_t lock;
    int count;
};

void routes_add(struct routes *r)
{
    pthread_rwlock_wrlock(&r->lock);
    r->count++;
    pthread_rwlock_unlock(&r->lock);
}

void routes_remove(struct routes *r)
{
    pthread_rwlock_wrlock(&r->lock);
    r->count--;
    pthread_rwlock_unlock(&r->lock);
}

int routes_count(struct routes *r)
{
    int n;

    pthread_rwlock_rdlock(&r->lock);
    n = r->count;
    pthread_rwlock_unlock(&r->lock);
    return n;
}

void routes_clear(struct routes *r)
{
    r->count = 0; // expect: MISSING_LOCK
}

/* ---- the lock of the object around it ---- */

struct pool {
    pthread_mutex_t lock;
    struct usage {
        int jobs;
    } usage;
};

void pool_begin(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->usage.jobs++;
    pthread_mutex_unlock(&p->lock);
}

void pool_end(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->usage.jobs--;
    pthread_mutex_unlock(&p->lock);
}

int pool_jobs(struct pool *p)
{
    int n;

    pthread_mutex_lock(&p->lock);
    n = p->usage.jobs;
    pthread_mutex_unlock(&p->lock);
    return n;
}

int pool_idle(struct pool *p)
{
    return p->usage.jobs == 0; // expect: MISSING_LOCK
}

/* ---- given back too early ---- */

static pthread_mutex_t score_lock = PTHREAD_MUTEX_INITIALIZER;
static int score;

void score_up(int by)
{
    pthread_mutex_lock(&score_lock);
    score += by;
    pthread_mutex_unlock(&score_lock);
}

void score_down(int by)
{
    pthread_mutex_lock(&score_lock);
    score -= by;
    pthread_mutex_unlock(&score_lock);
}

int score_halve(void)
{
    pthread_mutex_lock(&score_lock);
    score /= 2;
    pthread_mutex_unlock(&score_lock);
    return score; // expect: MISSING_LOCK
}
