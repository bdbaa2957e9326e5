/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What looks like a missing lock and is none. */
#include <pthread.h>
#include <stdlib.h>

struct device {
    pthread_mutex_t lock;
    int pending;
    int cluster_size; /* set once, in passing */
    int mode;
    int speed;
    int hint;
};

/* sets the lock up: nobody else sees the object */
void device_start(struct device *d, int size)
{
    d->pending = 0;
    pthread_mutex_init(&d->lock, NULL);
    pthread_mutex_lock(&d->lock);
    d->pending = 1;
    d->cluster_size = size;
    d->mode = 1;
    d->speed = 2;
    pthread_mutex_unlock(&d->lock);
}

void device_add(struct device *d)
{
    pthread_mutex_lock(&d->lock);
    d->pending += d->cluster_size;
    pthread_mutex_unlock(&d->lock);
}

int device_take(struct device *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    n = d->pending * d->cluster_size;
    d->pending = 0;
    pthread_mutex_unlock(&d->lock);
    return n;
}

/* configuration, read by all */
int device_size(struct device *d)
{
    return d->cluster_size;
}

static int drain(struct device *d)
{
    int n = d->pending;

    d->pending = 0;
    return n;
}

/* every caller holds it */
int device_drain(struct device *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    n = drain(d);
    pthread_mutex_unlock(&d->lock);
    return n;
}

/* not published yet */
struct device *device_new(void)
{
    struct device *d = calloc(1, sizeof(*d));

    if (d) {
        d->pending = 3;
        device_start(d, 512);
    }
    return d;
}

/* atomics need no lock */
int device_hint(struct device *d)
{
    return __atomic_load_n(&d->hint, __ATOMIC_RELAXED);
}

void device_set_hint(struct device *d, int n)
{
    pthread_mutex_lock(&d->lock);
    __atomic_store_n(&d->hint, n, __ATOMIC_RELAXED);
    d->pending++;
    pthread_mutex_unlock(&d->lock);
}

/* torn down by the last owner */
void device_stop(struct device *d)
{
    pthread_mutex_destroy(&d->lock);
    d->pending = 0;
    free(d);
}
