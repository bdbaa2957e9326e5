/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A state is cleared as a whole where that harms no lock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct Disk {
    int sectors;
    pthread_mutex_t lock;
    int fd;
};

/* Before it is initialised. */
void disk_init(struct Disk *d)
{
    memset(d, 0, sizeof(*d));
    pthread_mutex_init(&d->lock, NULL);
}

/* The caller's object, the caller initialises. */
static void disk_clear(struct Disk *d)
{
    memset(d, 0, sizeof(*d));
}

void disk_setup(struct Disk *d, int fd)
{
    disk_clear(d);
    d->fd = fd;
    pthread_mutex_init(&d->lock, NULL);
}

/* By a function of its own. */
void disk_reset(struct Disk *d)
{
    pthread_mutex_lock(&d->lock);
    d->fd = -1;
    pthread_mutex_unlock(&d->lock);
    pthread_mutex_destroy(&d->lock);
    memset(d, 0, sizeof(*d));
    disk_init(d);
}

/* Nobody else's object. */
struct Disk *disk_new(void)
{
    struct Disk *d = malloc(sizeof(*d));

    if (d) {
        memset(d, 0, sizeof(*d));
    }
    return d;
}

int disk_probe(void)
{
    struct Disk d;

    memset(&d, 0, sizeof(d));
    return d.fd;
}

/* Not the whole. */
void disk_partly(struct Disk *d)
{
    pthread_mutex_lock(&d->lock);
    memset(&d->sectors, 0, sizeof(d->sectors));
    pthread_mutex_unlock(&d->lock);
}

struct Plain {
    int a, b;
    pthread_mutex_t *lock; /* only pointed to */
};

void plain_clear(struct Plain *p)
{
    pthread_mutex_t *lock = p->lock;

    memset(p, 0, sizeof(*p));
    p->lock = lock;
}
