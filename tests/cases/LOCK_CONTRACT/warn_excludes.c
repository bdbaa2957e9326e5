/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Calls with a lock held that the callee must be called without. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

struct Bus {
    pthread_mutex_t lock;
    int n;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

void bus_reset(struct Bus *b) HF_EXCLUDES(&b->lock);
void list_walk(void) HF_EXCLUDES(&list_lock);

void bus_reset(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    b->n = 0;
    pthread_mutex_unlock(&b->lock);
}

void bus_direct(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    bus_reset(b); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&b->lock);
}

void bus_one_path(struct Bus *b, bool locked)
{
    if (locked) {
        pthread_mutex_lock(&b->lock);
    }
    bus_reset(b); // expect: LOCK_CONTRACT
    if (locked) {
        pthread_mutex_unlock(&b->lock);
    }
}

static void walk_twice(void)
{
    list_walk(); // expect: LOCK_CONTRACT
    list_walk(); // expect: LOCK_CONTRACT
}

void walk_locked(void)
{
    pthread_mutex_lock(&list_lock);
    walk_twice();
    pthread_mutex_unlock(&list_lock);
}

/* Declared to need what the callee excludes. */
static void HF_REQUIRES(&b->lock) bus_inner(struct Bus *b)
{
    bus_reset(b); // expect: LOCK_CONTRACT
}

void bus_outer(struct Bus *b)
{
    pthread_mutex_lock(&b->lock);
    bus_inner(b);
    pthread_mutex_unlock(&b->lock);
}
