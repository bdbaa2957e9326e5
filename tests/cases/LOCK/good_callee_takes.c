/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A callee takes a lock, and the caller does not hold it. */
#include <pthread.h>
#include <stdbool.h>

struct Table {
    pthread_mutex_t lock;
    struct Table *parent;
    int entries;
};

void work(struct Table *t);

static int table_count(struct Table *t)
{
    int n;

    pthread_mutex_lock(&t->lock);
    n = t->entries;
    pthread_mutex_unlock(&t->lock);
    return n;
}

/* Given back before. */
void table_before(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    t->entries++;
    pthread_mutex_unlock(&t->lock);
    table_count(t);
}

/* Another object's. */
void table_parent(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    t->entries = table_count(t->parent);
    pthread_mutex_unlock(&t->lock);
}

static void table_add(struct Table *t, bool locked)
{
    if (!locked) {
        pthread_mutex_lock(&t->lock);
    }
    work(t);
    if (!locked) {
        pthread_mutex_unlock(&t->lock);
    }
}

void table_flag(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    table_add(t, true);
    pthread_mutex_unlock(&t->lock);
    table_add(t, false);
}

/* Dropped around the call, by a helper. */
static void table_unlocked_call(struct Table *t)
{
    pthread_mutex_unlock(&t->lock);
    table_count(t);
    pthread_mutex_lock(&t->lock);
}

void table_around(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    table_unlocked_call(t);
    t->entries = 0;
    pthread_mutex_unlock(&t->lock);
}

static bool table_try(struct Table *t)
{
    if (pthread_mutex_trylock(&t->lock) != 0) {
        return false;
    }
    t->entries++;
    pthread_mutex_unlock(&t->lock);
    return true;
}

/* Trying is allowed: it fails. */
void table_tries(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    t->entries += table_try(t);
    pthread_mutex_unlock(&t->lock);
}

/* The held one is another by the time of the call. */
void table_next(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    while (t->parent) {
        struct Table *next = t->parent;

        pthread_mutex_unlock(&t->lock);
        t = next;
        table_count(t);
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
}
