/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Calls without the excluded lock. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct Bus {
    pthread_mutex_t lock;
    struct Bus *next;
    int n;
};

void bus_reset(struct Bus *b) HF_EXCLUDES(&b->lock);
void bus_reset(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    b->n = 0;
    pthread_mutex_unlock(&b->lock);
}

void bus_before(struct Bus *b)
{
    bus_reset(b);
    pthread_mutex_lock(&b->lock);
    b->n++;
    pthread_mutex_unlock(&b->lock);
    bus_reset(b);
}

void bus_next(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    b->n++;
    bus_reset(b->next);
    pthread_mutex_unlock(&b->lock);
}

/* Dropped for the call. */
static void HF_DROPS(&b->lock) bus_around(struct Bus *b)
{
    pthread_mutex_unlock(&b->lock);
    bus_reset(b);
    pthread_mutex_lock(&b->lock);
}

void bus_locked(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    bus_around(b);
    b->n++;
    pthread_mutex_unlock(&b->lock);
}

static void HF_EXCLUDES(&b->lock) bus_all(struct Bus *b)
{
    bus_reset(b);
}

void bus_every(struct Bus *b)
{
    for (; b; b = b->next) {
        bus_all(b);
    }
}
