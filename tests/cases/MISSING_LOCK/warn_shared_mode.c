/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Readers that write. */
#include <pthread.h>

struct table {
    pthread_rwlock_t lock;
    int values[16];
    int used;
    unsigned long lookups;
    _Atomic unsigned long hits;
};

void table_add(struct table *t, int value)
{
    pthread_rwlock_wrlock(&t->lock);
    t->values[t->used++] = value;
    pthread_rwlock_unlock(&t->lock);
}

void table_clear(struct table *t)
{
    pthread_rwlock_wrlock(&t->lock);
    t->used = 0;
    t->lookups = 0;
    pthread_rwlock_unlock(&t->lock);
}

int table_has(struct table *t, int value)
{
    int found = 0;

    pthread_rwlock_rdlock(&t->lock);
    t->lookups++; // expect: MISSING_LOCK
    for (int i = 0; i < t->used; i++) {
        found |= t->values[i] == value;
    }
    t->hits += found;
    pthread_rwlock_unlock(&t->lock);
    return found;
}

void table_drop_last(struct table *t)
{
    pthread_rwlock_rdlock(&t->lock);
    if (t->used) {
        t->used--; // expect: MISSING_LOCK
    }
    pthread_rwlock_unlock(&t->lock);
}
