/* SPDX-License-Identifier: MIT */
// profile: qemu
/*
 * What QEMU's tables say of their members: registers are written under the big
 * lock, device state is loaded while the machine stands still, and an image is
 * opened and closed by whoever has it alone.
 */
#include <stddef.h>

typedef struct QemuMutex { int locked; } QemuMutex;
typedef struct QemuThread { int id; } QemuThread;
void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void qemu_thread_create(QemuThread *t, const char *name,
                        void *(*start)(void *), void *arg, int mode);

/* ---- a device: its thread waits until the guest is awake ---- */

typedef struct Device {
    QemuMutex lock;
    int blocked;
    int n_pending;
    QemuThread thread;
} Device;

typedef struct MemoryRegionOps {
    void (*write)(void *opaque, unsigned long addr, unsigned long data);
} MemoryRegionOps;

typedef struct VMStateDescription {
    int (*post_load)(void *opaque, int version);
} VMStateDescription;

/* Only written here, under both locks; read under the one or the other. */
static void device_write(void *opaque, unsigned long addr, unsigned long data)
{
    Device *d = opaque;

    if (d->blocked) {
        qemu_mutex_lock(&d->lock);
        d->blocked = 0;
        qemu_mutex_unlock(&d->lock);
    }
    if (data) {
        qemu_mutex_lock(&d->lock);
        d->blocked = 1;
        qemu_mutex_unlock(&d->lock);
    }
}

static void *device_thread(void *opaque)
{
    Device *d = opaque;

    qemu_mutex_lock(&d->lock);
    while (d->blocked) {
        d->n_pending++;
    }
    qemu_mutex_unlock(&d->lock);
    qemu_mutex_lock(&d->lock);
    d->n_pending = 0;
    qemu_mutex_unlock(&d->lock);
    return NULL;
}

static int device_post_load(void *opaque, int version)
{
    Device *d = opaque;

    return d->n_pending ? -1 : 0;
}

const MemoryRegionOps device_ops = { .write = device_write };
const VMStateDescription device_state = { .post_load = device_post_load };

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);

void guest_writes(const MemoryRegionOps *ops, Device *d, unsigned long data);
void guest_writes(const MemoryRegionOps *ops, Device *d, unsigned long data)
{
    bql_lock_impl(__FILE__, __LINE__);
    ops->write(d, 0, data);
    bql_unlock();
}

int load(const VMStateDescription *vmsd, Device *d);
int load(const VMStateDescription *vmsd, Device *d)
{
    int ret;

    bql_lock_impl(__FILE__, __LINE__);
    ret = vmsd->post_load(d, 1);
    bql_unlock();
    return ret;
}

void device_start(Device *d);
void device_start(Device *d)
{
    qemu_thread_create(&d->thread, "device", device_thread, d, 0);
}

/* ---- an image ---- */

typedef struct BlockDriverState {
    void *opaque;
} BlockDriverState;

typedef struct BlockDriver {
    int (*bdrv_open)(BlockDriverState *bs, int flags);
    void (*bdrv_close)(BlockDriverState *bs);
    int (*bdrv_flush)(BlockDriverState *bs);
} BlockDriver;

typedef struct Image {
    QemuMutex lock;
    long end;
} Image;

static int image_open(BlockDriverState *bs, int flags)
{
    Image *m = bs->opaque;

    m->end = flags;
    return 0;
}

static void image_close(BlockDriverState *bs)
{
    Image *m = bs->opaque;

    if (m->end) {
        m->end = 0;
    }
}

static int image_flush(BlockDriverState *bs)
{
    Image *m = bs->opaque;
    int ret;

    qemu_mutex_lock(&m->lock);
    ret = m->end != 0;
    qemu_mutex_unlock(&m->lock);
    return ret;
}

void image_grow(Image *m);
void image_grow(Image *m)
{
    qemu_mutex_lock(&m->lock);
    m->end++;
    qemu_mutex_unlock(&m->lock);
}

int image_use(const BlockDriver *drv, BlockDriverState *bs);
int image_use(const BlockDriver *drv, BlockDriverState *bs)
{
    drv->bdrv_open(bs, 0);
    drv->bdrv_flush(bs);
    drv->bdrv_close(bs);
    return 0;
}

const BlockDriver image_driver = {
    .bdrv_open = image_open,
    .bdrv_close = image_close,
    .bdrv_flush = image_flush,
};
