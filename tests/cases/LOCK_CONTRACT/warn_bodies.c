/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Bodies that do not do what is declared of them. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

struct Door {
    pthread_mutex_t lock;
    bool open;
    int uses;
};

int HF_ACQUIRE(&d->lock) door_enter(struct Door *d)
{
    pthread_mutex_lock(&d->lock);
    if (!d->open) {
        pthread_mutex_unlock(&d->lock);
        return -1; // expect: LOCK_CONTRACT
    }
    return 0;
}

void HF_ACQUIRE(&d->lock) door_maybe(struct Door *d, bool really)
{
    if (really) {
        pthread_mutex_lock(&d->lock);
    }
} // expect: LOCK_CONTRACT

void HF_RELEASE(&d->lock) door_leave(struct Door *d)
{
    if (--d->uses == 0) {
        return; // expect: LOCK_CONTRACT
    }
    pthread_mutex_unlock(&d->lock);
}

bool HF_TRY_ACQUIRE(1, &d->lock) door_try(struct Door *d)
{
    if (pthread_mutex_trylock(&d->lock) != 0) {
        return true; // expect: LOCK_CONTRACT
    }
    if (!d->open) {
        return false; // expect: LOCK_CONTRACT
    }
    return true;
}

void HF_REQUIRES(&d->lock) door_use(struct Door *d)
{
    d->uses++;
    if (d->uses > 10) {
        pthread_mutex_unlock(&d->lock);
        return; // expect: LOCK_CONTRACT
    }
    d->open = true;
}

/* Nothing at all. */
void HF_ACQUIRE(&d->lock) door_empty(struct Door *d)
{
    (void)d;
} // expect: LOCK_CONTRACT
