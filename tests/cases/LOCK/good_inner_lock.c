/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A lock that is made of a lock is one lock. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct HF_CAPABILITY(mutex) Mutex {
    pthread_mutex_t lock;
    const char *owner;
} Mutex;

typedef struct Cond {
    pthread_cond_t cond;
} Cond;

static void HF_ACQUIRE(m) mutex_lock(Mutex *m)
{
    pthread_mutex_lock(&m->lock);
    m->owner = "me";
}

static void HF_RELEASE(m) mutex_unlock(Mutex *m)
{
    m->owner = 0;
    pthread_mutex_unlock(&m->lock);
}

/* Knows what it is made of. */
static void HF_DROPS(m) cond_wait(Cond *c, Mutex *m)
{
    pthread_cond_wait(&c->cond, &m->lock);
}

struct Semaphore {
    Mutex mutex;
    Cond cond;
    int count;
};

void semaphore_wait(struct Semaphore *s)
{
    mutex_lock(&s->mutex);
    while (s->count == 0) {
        cond_wait(&s->cond, &s->mutex);
    }
    s->count--;
    mutex_unlock(&s->mutex);
}

void semaphore_wait_inside(struct Semaphore *s)
{
    mutex_lock(&s->mutex);
    while (s->count == 0) {
        pthread_cond_wait(&s->cond.cond, &s->mutex.lock);
    }
    s->count--;
    mutex_unlock(&s->mutex);
}
