/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A state is cleared as a whole, its lock with it. */
#include <pthread.h>
#include <string.h>

struct Cache {
    pthread_mutex_t lock;
    int size;
};

struct Disk {
    struct Cache cache;
    int fd;
};

int disk_open(struct Disk *d, int fd)
{
    pthread_mutex_init(&d->cache.lock, NULL);
    d->fd = fd;
    return 0;
}

int disk_reload(struct Disk *d)
{
    int fd = d->fd;

    memset(d, 0, sizeof(*d)); // expect: LOCK
    d->fd = fd;
    pthread_mutex_lock(&d->cache.lock);
    d->cache.size = 1;
    pthread_mutex_unlock(&d->cache.lock);
    return 0;
}

void disk_empty(struct Disk *d)
{
    pthread_mutex_lock(&d->cache.lock);
    d->cache.size = 0;
    pthread_mutex_unlock(&d->cache.lock);
    memset(&d->cache, 0, sizeof(d->cache)); // expect: LOCK
}

/* Nothing tells what comes before and after. */
void disk_forget(struct Disk *d)
{
    memset(d, 0, sizeof(struct Disk)); // expect-low: LOCK
}
