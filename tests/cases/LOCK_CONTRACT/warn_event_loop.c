/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The handler of a queue that a thread of its own may serve. */
#include <stdbool.h>
#include <stddef.h>

typedef struct AioContext AioContext;
typedef struct IOThread IOThread;
typedef struct VirtQueue VirtQueue;
typedef struct QEMUBH QEMUBH;
typedef struct DeviceState DeviceState;
typedef void (*VirtIOHandleOutput)(void *vdev, VirtQueue *vq);

AioContext *qemu_get_aio_context(void);
AioContext *iothread_get_aio_context(IOThread *iothread);
QEMUBH *qemu_bh_new_full(void (*cb)(void *), void *opaque, const char *name);
void qemu_bh_schedule(QEMUBH *bh);
VirtQueue *virtio_add_queue(void *vdev, int size, VirtIOHandleOutput handle);
void virtio_queue_aio_attach_host_notifier(VirtQueue *vq, AioContext *ctx);
void device_cold_reset(DeviceState *dev);

typedef struct VirtIODeviceClass {
    void (*realize)(void *dev);
    void (*start_ioeventfd)(void *dev);
} VirtIODeviceClass;

typedef struct Common {
    VirtQueue *ctrl;
    DeviceState *disk;
} Common;

typedef struct Fast {
    Common common;
    AioContext *ctx;
    QEMUBH *bh;
    IOThread *iothread;
    bool started;
} Fast;

static void common_realize(Common *c, VirtIOHandleOutput ctrl)
{
    c->ctrl = virtio_add_queue(c, 64, ctrl);
}

/* ---- a device whose queues a thread may serve ---- */

static void fast_do_reset(void *opaque)
{
    Fast *f = opaque;

    device_cold_reset(f->common.disk); // expect: LOCK_CONTRACT
}

static void fast_start(void *dev)
{
    Fast *f = dev;

    if (f->started) {
        return;
    }
    f->started = true;
    f->ctx = f->iothread ? iothread_get_aio_context(f->iothread)
                         : qemu_get_aio_context();
    device_cold_reset(f->common.disk);
    virtio_queue_aio_attach_host_notifier(f->common.ctrl, f->ctx);
}

static void fast_ctrl(void *dev, VirtQueue *vq)
{
    Fast *f = dev;

    if (vq) {
        fast_do_reset(f);
    }
}

static void fast_realize(void *dev)
{
    Fast *f = dev;

    f->bh = qemu_bh_new_full(fast_do_reset, f, "reset");
    common_realize(&f->common, fast_ctrl);
}

void fast_class_init(VirtIODeviceClass *k);
void fast_class_init(VirtIODeviceClass *k)
{
    k->realize = fast_realize;
    k->start_ioeventfd = fast_start;
}

/* ---- another one, which has the same base and no such thread ---- */

static void slow_ctrl(void *dev, VirtQueue *vq)
{
    Common *c = dev;

    if (vq) {
        device_cold_reset(c->disk);
    }
}

static void slow_realize(void *dev)
{
    common_realize(dev, slow_ctrl);
}

void slow_class_init(VirtIODeviceClass *k);
void slow_class_init(VirtIODeviceClass *k)
{
    k->realize = slow_realize;
}

/* ---- the core ---- */

void device_start(VirtIODeviceClass *k, void *dev);
void device_start(VirtIODeviceClass *k, void *dev)
{
    k->realize(dev);
    k->start_ioeventfd(dev);
}
