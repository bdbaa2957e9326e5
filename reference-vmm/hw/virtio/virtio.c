/* SPDX-License-Identifier: MIT */
/*
 * virtio.c - the life of a virtio device: features, status, configuration,
 * interrupts (2.1 to 2.5, 3.1).
 *
 * Thread context: under the BQL; interrupts and virtio_error() from any
 * thread that serves a queue.
 */
#include "hw/virtio/vring.h"
#include <stdio.h>

#define DEFAULT_FEATURES (VIRTIO_FEATURE(VIRTIO_F_VERSION_1))

/* ---- errors ------------------------------------------------------------- */

static VmMutex last_error_lock LOCK_RANK(RANK_VIRTIO_ERROR) =
    VM_MUTEX_INIT("virtio-error", RANK_VIRTIO_ERROR);
static char last_error[256] GUARDED_BY(&last_error_lock);

void virtio_error(VirtioDevice *vdev, const char *format, ...)
{
    va_list args;

    IO_CODE();
    vm_mutex_lock(&last_error_lock);
    va_start(args, format);
    vsnprintf(last_error, sizeof(last_error), format, args);
    va_end(args);
    vm_mutex_unlock(&last_error_lock);

    if (__atomic_exchange_n(&vdev->broken, true, __ATOMIC_ACQ_REL)) {
        return;
    }
    if (__atomic_or_fetch(&vdev->status, VIRTIO_STATUS_NEEDS_RESET,
                          __ATOMIC_RELAXED) & VIRTIO_STATUS_DRIVER_OK) {
        virtio_raise_isr(vdev, VIRTIO_ISR_CONFIG);
    }
}

char *virtio_last_error(void)
{
    char *text;

    IO_CODE();
    vm_mutex_lock(&last_error_lock);
    text = g_strdup(last_error);
    vm_mutex_unlock(&last_error_lock);
    return text;
}

bool virtio_is_live(VirtioDevice *vdev)
{
    IO_CODE();
    return !__atomic_load_n(&vdev->broken, __ATOMIC_ACQUIRE);
}

/* ---- interrupts --------------------------------------------------------- */

/* The line follows the bits, under one lock: an acknowledge that runs beside
 * a new interrupt must not lower the line over it. */
static void isr_change(VirtioDevice *vdev, uint8_t set, uint8_t clear)
{
    vm_mutex_lock(&vdev->isr_lock);
    vdev->isr = (vdev->isr & ~clear) | set;
    if (vdev->attached) {
        vdev->transport->set_irq(vdev->proxy, vdev->isr != 0);
    }
    vm_mutex_unlock(&vdev->isr_lock);
}

void virtio_raise_isr(VirtioDevice *vdev, uint8_t bits)
{
    IO_CODE();
    isr_change(vdev, bits, 0);
}

void virtio_isr_ack(VirtioDevice *vdev, uint8_t bits)
{
    IO_CODE();
    isr_change(vdev, 0, bits);
}

uint8_t virtio_isr(VirtioDevice *vdev)
{
    uint8_t isr;

    IO_CODE();
    vm_mutex_lock(&vdev->isr_lock);
    isr = vdev->isr;
    vm_mutex_unlock(&vdev->isr_lock);
    return isr;
}

void virtio_notify_config(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    vdev->generation++;
    if (virtio_status(vdev) & VIRTIO_STATUS_DRIVER_OK) {
        /* Both, as under QEMU: a driver looks at its queues for nothing, and
         * programs that wait for any interrupt see one. */
        virtio_raise_isr(vdev, VIRTIO_ISR_CONFIG | VIRTIO_ISR_QUEUE);
    }
}

/* ---- features ----------------------------------------------------------- */

uint64_t virtio_features(VirtioDevice *vdev)
{
    uint64_t features = DEFAULT_FEATURES;

    GLOBAL_STATE_CODE();
    if (vdev->indirect_desc) {
        features |= VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC);
    }
    if (vdev->event_idx) {
        features |= VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX);
    }
    if (vdev->ops->get_features) {
        features |= vdev->ops->get_features(vdev);
    }
    return features;
}

void virtio_set_guest_features(VirtioDevice *vdev, uint64_t features)
{
    GLOBAL_STATE_CODE();
    /* Too late, or too early, to choose (3.1.1). */
    if (!(virtio_status(vdev) & VIRTIO_STATUS_FEATURES_OK)) {
        vdev->guest_features = features;
    }
}

/* What the driver chose makes sense: a subset, and not the legacy interface. */
static bool GS_FN features_ok(VirtioDevice *vdev)
{
    uint64_t chosen = vdev->guest_features;

    return !(chosen & ~virtio_features(vdev)) &&
           (chosen & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)) &&
           (!vdev->ops->set_features || vdev->ops->set_features(vdev, chosen));
}

/* ---- status ------------------------------------------------------------- */

static void GS_FN queue_reset(VirtQueue *vq)
{
    /* The device has given up its elements; what a handler of this thread
     * still holds, which polled the main loop, is stale from here on. */
    vq->epoch++;
    vq->inuse = 0;
    vq->num = vq->num_default;
    vq->ready = false;
    vq->desc = vq->avail = vq->used = 0;
    vq->last_avail_idx = vq->shadow_avail_idx = vq->used_idx = 0;
    vq->signalled_used = 0;
    vq->signalled_used_valid = false;
    vq->notification = true;
    vring_caches_clear(vq);
}

/* May come again while it waits: from a request of the monitor's, say. Every
 * step of it can be done twice. */
void virtio_reset(DeviceState *dev)
{
    VirtioDevice *vdev = (VirtioDevice *)dev;

    GLOBAL_STATE_CODE();
    vdev->changing++;
    virtio_stop_queues(vdev);
    if (vdev->ops->reset) {
        vdev->ops->reset(vdev);
    }
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        queue_reset(&vdev->queues[i]);
    }
    vdev->guest_features = 0;
    vdev->generation = 0;
    __atomic_store_n(&vdev->status, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&vdev->broken, false, __ATOMIC_RELEASE);
    virtio_isr_ack(vdev, 0xff);
    vdev->changing--;
}

void virtio_set_status(VirtioDevice *vdev, uint8_t status)
{
    uint8_t added;

    GLOBAL_STATE_CODE();
    if (!status) {
        virtio_reset(&vdev->parent);
        if (vdev->ops->set_status) {
            vdev->ops->set_status(vdev, 0);
        }
        return;
    }
    added = status & ~virtio_status(vdev);
    if ((added & VIRTIO_STATUS_FEATURES_OK) && !features_ok(vdev)) {
        status &= ~VIRTIO_STATUS_FEATURES_OK;
    }
    /* Only a reset clears bits; NEEDS_RESET is ours (2.1.1, 2.1.2). */
    status = __atomic_or_fetch(&vdev->status,
                               status & ~VIRTIO_STATUS_NEEDS_RESET,
                               __ATOMIC_RELAXED);
    if ((added & VIRTIO_STATUS_DRIVER_OK) &&
        !(status & VIRTIO_STATUS_FEATURES_OK)) {
        virtio_error(vdev, "DRIVER_OK without FEATURES_OK");
    }
    if (vdev->ops->set_status) {
        vdev->ops->set_status(vdev, status);
    }
    if (added & VIRTIO_STATUS_DRIVER_OK) {
        virtio_start_queues(vdev);
    }
}

/* ---- configuration space ------------------------------------------------ */

uint64_t virtio_config_read(VirtioDevice *vdev, hwaddr offset, unsigned size)
{
    uint64_t value = 0;
    uint32_t config_size = vdev->ops->config_size;

    GLOBAL_STATE_CODE();
    if (offset > config_size || size > config_size - offset) {
        return 0;
    }
    vdev->ops->get_config(vdev, vdev->config);
    memcpy(&value, vdev->config + offset, size);
    return GUINT64_FROM_LE(value);
}

void virtio_config_write(VirtioDevice *vdev, hwaddr offset, unsigned size,
                         uint64_t value)
{
    uint32_t config_size = vdev->ops->config_size;

    GLOBAL_STATE_CODE();
    if (offset > config_size || size > config_size - offset ||
        !vdev->ops->set_config) {
        return;
    }
    vdev->ops->get_config(vdev, vdev->config);
    value = GUINT64_TO_LE(value);
    memcpy(vdev->config + offset, &value, size);
    vdev->ops->set_config(vdev, vdev->config);
}

/* ---- life cycle --------------------------------------------------------- */

/* Memory has moved: the rings are mapped anew. */
static void GS_FN memory_commit(MemoryListener *l)
{
    VirtioDevice *vdev = (VirtioDevice *)((uint8_t *)l -
                                          offsetof(VirtioDevice, listener));

    for (unsigned i = 0; i < vdev->n_queues; i++) {
        if (vdev->queues[i].ready) {
            vring_caches_update(&vdev->queues[i]);
        }
    }
}

/* A stopped machine's queues are not served: nothing of its state changes. */
static void GS_FN run_state_changed(void *opaque, bool running,
                                    RunState state)
{
    VirtioDevice *vdev = opaque;

    /* Of several machines, ours; and not within a reset. */
    if (running) {
        virtio_start_queues(vdev);
    } else {
        virtio_stop_queues(vdev);
    }
}

bool virtio_init(VirtioDevice *vdev, GError **error)
{
    GLOBAL_STATE_CODE();
    vdev->ops = vdev->parent.klass->ops;
    g_assert(vdev->ops->config_size <= VIRTIO_CONFIG_MAX);
    vm_mutex_init(&vdev->isr_lock, "virtio-isr", RANK_VIRTIO_ISR);
    vm_mutex_lock(&vdev->isr_lock);
    vdev->attached = true;
    vm_mutex_unlock(&vdev->isr_lock);
    vdev->proxy = vdev->parent.bus->parent;
    vdev->transport = vdev->parent.bus->ops;
    vdev->dma = &vdev->parent.machine->as;
    vdev->listener = (MemoryListener){ .name = "virtio",
                                       .commit = memory_commit };
    memory_listener_register(&vdev->listener, vdev->dma);
    vdev->state_change = vm_state_change_add(run_state_changed, vdev);
    for (unsigned i = 0; i < VIRTIO_QUEUE_MAX; i++) {
        vdev->queues[i].vdev = vdev;
        vdev->queues[i].index = i;
        vdev->queues[i].host_notifier.fd = -1;
    }
    return true;
}

static VirtQueue *GS_FN add_queue(VirtioDevice *vdev, uint16_t size)
{
    VirtQueue *vq = &vdev->queues[vdev->n_queues];

    g_assert(vdev->n_queues < VIRTIO_QUEUE_MAX);
    g_assert(size <= VIRTQUEUE_MAX_SIZE && !(size & (size - 1)));
    vdev->n_queues++;
    vq->num = vq->num_default = size;
    vq->notification = true;
    return vq;
}

VirtQueue *virtio_add_queue(VirtioDevice *vdev, uint16_t size,
                            VirtQueueHandler *handler)
{
    VirtQueue *vq;

    GLOBAL_STATE_CODE();
    vq = add_queue(vdev, size);
    vq->handler = handler;
    return vq;
}

VirtQueue *virtio_add_main_queue(VirtioDevice *vdev, uint16_t size,
                                 VirtQueueHandler *handler)
{
    VirtQueue *vq;

    GLOBAL_STATE_CODE();
    vq = add_queue(vdev, size);
    vq->main_handler = handler;
    return vq;
}

void virtio_cleanup(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    vm_state_change_del(vdev->state_change);
    virtio_reset(&vdev->parent);
    memory_listener_unregister(&vdev->listener);
    /* The interrupt must not reach a proxy that forgets us. */
    vm_mutex_lock(&vdev->isr_lock);
    vdev->attached = false;
    vm_mutex_unlock(&vdev->isr_lock);
    vm_mutex_destroy(&vdev->isr_lock);
    vdev->n_queues = 0;
}
