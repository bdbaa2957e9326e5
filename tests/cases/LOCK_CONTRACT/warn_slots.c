/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Contracts of function pointers. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;

struct Device;

struct DeviceOps {
    void (*reset)(struct Device *d) HF_SLOT(HF_REQUIRES(&big_lock));
    void (*poll)(struct Device *d) HF_SLOT(HF_EXCLUDES(&big_lock));
};

struct Device {
    const struct DeviceOps *ops;
    int state;
};

void device_reset(struct Device *d)
{
    d->ops->reset(d); // expect: LOCK_CONTRACT
}

void device_poll(struct Device *d)
{
    pthread_mutex_lock(&big_lock);
    d->ops->poll(d); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&big_lock);
}

void device_both(struct Device *d)
{
    pthread_mutex_lock(&big_lock);
    d->ops->reset(d);
    pthread_mutex_unlock(&big_lock);
    d->ops->poll(d);
    d->ops->reset(d); // expect: LOCK_CONTRACT
}
