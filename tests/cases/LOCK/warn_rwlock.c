/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Reader-writer locks: a reader that becomes a writer waits for itself. */
#include <pthread.h>

struct Map {
    pthread_rwlock_t lock;
    int size;
};

void map_upgrade(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    if (m->size == 0) {
        pthread_rwlock_wrlock(&m->lock); // expect: LOCK
        m->size = 1;
        pthread_rwlock_unlock(&m->lock);
        return;
    }
    pthread_rwlock_unlock(&m->lock);
}

void map_write_twice(struct Map *m)
{
    pthread_rwlock_wrlock(&m->lock);
    pthread_rwlock_wrlock(&m->lock); // expect: LOCK
    m->size++;
    pthread_rwlock_unlock(&m->lock);
}

void map_downgrade(struct Map *m)
{
    pthread_rwlock_wrlock(&m->lock);
    m->size++;
    pthread_rwlock_rdlock(&m->lock); // expect: LOCK
    pthread_rwlock_unlock(&m->lock);
}

static void map_set(struct Map *m, int size)
{
    pthread_rwlock_wrlock(&m->lock);
    m->size = size;
    pthread_rwlock_unlock(&m->lock);
}

void map_set_as_reader(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    map_set(m, 2); // expect: LOCK
    pthread_rwlock_unlock(&m->lock);
}

int map_leak(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    if (m->size < 0) {
        return -1; // expect: LOCK
    }
    pthread_rwlock_unlock(&m->lock);
    return 0;
}

void map_unlock_twice(struct Map *m)
{
    pthread_rwlock_rdlock(&m->lock);
    pthread_rwlock_unlock(&m->lock);
    pthread_rwlock_unlock(&m->lock); // expect: LOCK
}
