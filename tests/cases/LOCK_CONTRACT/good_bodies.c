/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Bodies that keep what is declared of them. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct Door {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
    int uses;
};

void HF_ACQUIRE(&d->lock) door_enter(struct Door *d)
{
    pthread_mutex_lock(&d->lock);
    while (!d->open) {
        pthread_cond_wait(&d->opened, &d->lock);
    }
}

void HF_ACQUIRE(&d->lock) door_spin(struct Door *d)
{
    while (pthread_mutex_trylock(&d->lock) != 0) {
    }
    if (!d->open) {
        abort();
    }
}

int HF_RELEASE(&d->lock) door_leave(struct Door *d)
{
    int uses = d->uses;

    if (uses == 0) {
        pthread_mutex_unlock(&d->lock);
        return -1;
    }
    pthread_mutex_unlock(&d->lock);
    return uses;
}

bool HF_TRY_ACQUIRE(1, &d->lock) door_try(struct Door *d)
{
    if (pthread_mutex_trylock(&d->lock) != 0) {
        return false;
    }
    if (d->open) {
        return true;
    }
    pthread_mutex_unlock(&d->lock);
    return false;
}

int HF_TRY_ACQUIRE(0, &d->lock) door_try_errno(struct Door *d)
{
    int ret = pthread_mutex_trylock(&d->lock);

    if (ret) {
        return ret;
    }
    return 0;
}

void HF_DROPS(&d->lock) door_wait(struct Door *d)
{
    pthread_mutex_unlock(&d->lock);
    pthread_mutex_lock(&d->lock);
}

/* A lock of one's own making. */
struct HF_CAPABILITY(mutex) Latch {
    pthread_mutex_t inner;
    int depth;
    volatile int word;
};

void HF_ACQUIRE(l) latch_lock(struct Latch *l)
{
    pthread_mutex_lock(&l->inner);
    l->depth++;
}

void HF_RELEASE(l) latch_unlock(struct Latch *l)
{
    l->depth--;
    pthread_mutex_unlock(&l->inner);
}

void HF_ACQUIRE(l) latch_spin(struct Latch *l)
{
    while (__atomic_exchange_n(&l->word, 1, __ATOMIC_ACQUIRE)) {
    }
}

int latch_use(struct Latch *l)
{
    int depth;

    latch_lock(l);
    depth = l->depth;
    latch_unlock(l);
    return depth;
}
