/* SPDX-License-Identifier: MIT */
// profile: qemu
/* What the functions ask for is what the slots promise. */
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct Device {
    pthread_mutex_t lock;
    int state HF_GUARDED_BY(&lock);
} Device;

typedef struct DeviceOps {
    void (*reset)(Device *d) HF_GS_FN;
    void (*kick)(Device *d) HF_IO_FN;
    int (*read)(Device *d) HF_COROUTINE_FN;
    int (*query)(Device *d) HF_COROUTINE_MIXED_FN;
    void (*set)(Device *d, int v) HF_SLOT(HF_REQUIRES(&d->lock));
    void (*stop)(Device *d) HF_SLOT(HF_EXCLUDES(&d->lock));
} DeviceOps;

static void device_reset(Device *d)
{
    HF_GLOBAL_STATE_CODE();
}

/* Global state code may call I/O code. */
static void device_reset_io(Device *d)
{
    HF_IO_CODE();
}

static void device_kick(Device *d)
{
    HF_IO_CODE();
}

static int HF_COROUTINE_FN device_read(Device *d)
{
    return 1;
}

/* Says nothing: may run anywhere. */
static int device_read_plain(Device *d)
{
    return 0;
}

static int HF_COROUTINE_MIXED_FN device_query(Device *d)
{
    return 2;
}

/* The parameter has another name than in the slot. */
static void device_set(Device *dev, int v) HF_REQUIRES(&dev->lock);
static void device_set(Device *dev, int v)
{
    dev->state = v;
}

static void device_stop(Device *d) HF_EXCLUDES(&d->lock);
static void device_stop(Device *d)
{
    pthread_mutex_lock(&d->lock);
    d->state = 0;
    pthread_mutex_unlock(&d->lock);
}

const DeviceOps first_ops = {
    .reset = device_reset,
    .kick = device_kick,
    .read = device_read,
    .query = device_query,
    .set = device_set,
    .stop = device_stop,
};

const DeviceOps second_ops = {
    .reset = device_reset_io,
    .read = device_read_plain,
};
