/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Held for writing where that is asked for; it does for reading, too. */
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

int map_read(struct Map *m)
{
    int n;

    pthread_rwlock_rdlock(&m->lock);
    n = map_size(m);
    pthread_rwlock_unlock(&m->lock);
    return n;
}

void map_double(struct Map *m)
{
    pthread_rwlock_wrlock(&m->lock);
    map_set(m, map_size(m) * 2);
    pthread_rwlock_unlock(&m->lock);
}

static void HF_REQUIRES_SHARED(&m->lock) map_log(struct Map *m)
{
    (void)map_size(m);
}

void map_log_both(struct Map *m)
{
    pthread_rwlock_wrlock(&m->lock);
    map_log(m);
    pthread_rwlock_unlock(&m->lock);
    pthread_rwlock_rdlock(&m->lock);
    map_log(m);
    pthread_rwlock_unlock(&m->lock);
}
