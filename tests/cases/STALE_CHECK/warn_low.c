/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Likely fine: another flag keeps the others off. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct table {
    pthread_mutex_t lock;
    int *rows;
    bool growing;
};

void table_grow(struct table *t, size_t n)
{
    int *rows;

    pthread_mutex_lock(&t->lock);
    if (t->rows || t->growing) {
        pthread_mutex_unlock(&t->lock);
        return;
    }
    t->growing = true;
    pthread_mutex_unlock(&t->lock);
    rows = calloc(n, sizeof(*rows));
    pthread_mutex_lock(&t->lock);
    t->rows = rows; // expect-low: STALE_CHECK
    t->growing = false;
    pthread_mutex_unlock(&t->lock);
}

void table_clear(struct table *t)
{
    pthread_mutex_lock(&t->lock);
    if (!t->growing) {
        t->rows = NULL;
    }
    pthread_mutex_unlock(&t->lock);
}
