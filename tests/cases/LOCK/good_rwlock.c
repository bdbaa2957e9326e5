/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Reader-writer locks used well. */
#include <pthread.h>

struct Map {
    pthread_rwlock_t lock;
    int size;
};

static int map_size(struct Map *m)
{
    int size;

    pthread_rwlock_rdlock(&m->lock);
    size = m->size;
    pthread_rwlock_unlock(&m->lock);
    return size;
}

/* Readers may be nested. */
int map_twice(struct Map *m)
{
    int size;

    pthread_rwlock_rdlock(&m->lock);
    size = map_size(m) + m->size;
    pthread_rwlock_unlock(&m->lock);
    return size;
}

/* Given back before it is taken for writing. */
void map_init(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    if (m->size == 0) {
        pthread_rwlock_unlock(&m->lock);
        pthread_rwlock_wrlock(&m->lock);
        if (m->size == 0) {
            m->size = 1;
        }
    }
    pthread_rwlock_unlock(&m->lock);
}

void map_write(struct Map *m, int size)
{
    pthread_rwlock_wrlock(&m->lock);
    m->size = size;
    pthread_rwlock_unlock(&m->lock);
}

int map_try(struct Map *m)
{
    if (pthread_rwlock_tryrdlock(&m->lock)) {
        return -1;
    }
    pthread_rwlock_unlock(&m->lock);
    if (pthread_rwlock_trywrlock(&m->lock)) {
        return -1;
    }
    m->size++;
    pthread_rwlock_unlock(&m->lock);
    return 0;
}
