/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Held, but only for reading. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct Map {
    pthread_rwlock_t lock;
    int size;
};

static int HF_REQUIRES_SHARED(&m->lock) map_size(struct Map *m)
{
    return m->size;
}

static void HF_REQUIRES(&m->lock) map_set(struct Map *m, int size)
{
    m->size = size;
}

void map_clear(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    if (map_size(m)) {
        map_set(m, 0); // expect: LOCK_CONTRACT
    }
    pthread_rwlock_unlock(&m->lock);
}

static void HF_REQUIRES_SHARED(&m->lock) map_shrink(struct Map *m)
{
    map_set(m, map_size(m) / 2); // expect: LOCK_CONTRACT
}

void map_user(struct Map *m)
{
    pthread_rwlock_wrlock(&m->lock);
    map_shrink(m);
    pthread_rwlock_unlock(&m->lock);
    map_size(m); // expect: LOCK_CONTRACT
}
