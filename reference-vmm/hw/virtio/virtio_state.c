/* SPDX-License-Identifier: MIT */
/*
 * virtio_state.c - what of a virtio device is saved: the transport's view of
 * it, and the position in each queue.  Elements that the device holds are the
 * device's own part (virtqueue_put_element()).
 *
 * Thread context: under the BQL, with the machine stopped.
 */
#include "hw/virtio/vring.h"

bool virtio_pre_save(void *opaque, GError **error)
{
    VirtioDevice *vdev = opaque;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        unsigned declared = vdev->ops->outstanding ?
                                vdev->ops->outstanding(vdev, i) : 0;

        if (vdev->queues[i].inuse != declared) {
            g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                        "device '%s' has %u elements of queue %u in use but "
                        "saves %u: requests would be lost",
                        vdev->parent.id ? vdev->parent.id
                                        : vdev->parent.klass->name,
                        vdev->queues[i].inuse, i, declared);
            return false;
        }
    }
    return true;
}

static void GS_FN put_virtio(VMStateBuffer *b, const void *at,
                             const VMStateField *field)
{
    const VirtioDevice *vdev = at;

    vmstate_put_be(b, vdev->ops->device_id, 4);
    vmstate_put_be(b, virtio_status(vdev), 1);
    vmstate_put_be(b, virtio_isr((VirtioDevice *)vdev), 1);
    vmstate_put_be(b, !virtio_is_live((VirtioDevice *)vdev), 1);
    vmstate_put_be(b, vdev->guest_features, 8);
    vmstate_put_be(b, vdev->generation, 4);
    vmstate_put_be(b, vdev->n_queues, 2);
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        const VirtQueue *vq = &vdev->queues[i];

        vmstate_put_be(b, vq->num, 2);
        vmstate_put_be(b, vq->ready, 1);
        vmstate_put_be(b, vq->desc, 8);
        vmstate_put_be(b, vq->avail, 8);
        vmstate_put_be(b, vq->used, 8);
        vmstate_put_be(b, vq->last_avail_idx, 2);
        vmstate_put_be(b, vq->used_idx, 2);
    }
}

/* The driver may have written any values to a queue that is not ready. */
static bool GS_FN get_queue(VirtQueue *vq, VMStateBuffer *b, GError **error)
{
    vq->num = vmstate_get_be(b, 2);
    /* Mapped by virtio_loaded(): memory has its shape only then. */
    vq->ready = vmstate_get_be(b, 1);
    vq->desc = vmstate_get_be(b, 8);
    vq->avail = vmstate_get_be(b, 8);
    vq->used = vmstate_get_be(b, 8);
    vq->last_avail_idx = vmstate_get_be(b, 2);
    vq->used_idx = vmstate_get_be(b, 2);
    vq->shadow_avail_idx = vq->last_avail_idx;
    if (vq->ready && (!virtio_queue_valid(vq) ||
                      (uint16_t)(vq->last_avail_idx - vq->used_idx) >
                          vq->num)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "queue %u: size %u, rings at %#" PRIx64 ", %#" PRIx64
                    " and %#" PRIx64 ", %u taken, %u given back", vq->index,
                    vq->num, vq->desc, vq->avail, vq->used,
                    vq->last_avail_idx, vq->used_idx);
        vq->ready = false;
        return false;
    }
    return true;
}

static bool GS_FN was_reset(const VirtioDevice *vdev)
{
    bool fresh = !virtio_status(vdev) && !vdev->queues_started;

    for (unsigned i = 0; i < vdev->n_queues; i++) {
        fresh = fresh && !vdev->queues[i].ready;
    }
    return fresh;
}

static bool GS_FN check_device(VirtioDevice *vdev, uint32_t device_id,
                               unsigned n, uint8_t status, uint64_t features,
                               GError **error)
{
    uint64_t offer = virtio_features(vdev);

    if (!was_reset(vdev)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "a state is loaded into a device that is in use");
    } else if (device_id != vdev->ops->device_id || n != vdev->n_queues) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "virtio device %u with %u queues, where %u with %u is",
                    device_id, n, vdev->ops->device_id, vdev->n_queues);
    } else if ((status & VIRTIO_STATUS_FEATURES_OK) && (features & ~offer)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "virtio features %#" PRIx64 " are not all on offer (%#"
                    PRIx64 ")", features, offer);
    } else {
        return true;
    }
    return false;
}

static bool GS_FN get_virtio(VMStateBuffer *b, void *at,
                             const VMStateField *field, GError **error)
{
    VirtioDevice *vdev = at;
    uint32_t device_id = vmstate_get_be(b, 4);
    uint8_t status = vmstate_get_be(b, 1), isr = vmstate_get_be(b, 1);
    bool broken = vmstate_get_be(b, 1);
    uint64_t features = vmstate_get_be(b, 8);
    uint32_t generation = vmstate_get_be(b, 4);
    unsigned n = vmstate_get_be(b, 2);

    if (!check_device(vdev, device_id, n, status, features, error)) {
        return false;
    }
    vdev->guest_features = features;
    vdev->generation = generation;
    if ((status & VIRTIO_STATUS_FEATURES_OK) && vdev->ops->set_features) {
        vdev->ops->set_features(vdev, features);
    }
    for (unsigned i = 0; i < n; i++) {
        if (!get_queue(&vdev->queues[i], b, error)) {
            return false;
        }
    }
    __atomic_store_n(&vdev->status, status, __ATOMIC_RELAXED);
    __atomic_store_n(&vdev->broken, broken, __ATOMIC_RELEASE);
    virtio_raise_isr(vdev, isr);
    return true;
}

/* Those taken and not given back have all come with the state; but what broke
 * a device is given back to nobody. */
static bool GS_FN check_outstanding(const VirtQueue *vq, GError **error)
{
    uint16_t out = vq->last_avail_idx - vq->used_idx;

    if (vq->ready && out != vq->inuse && virtio_is_live(vq->vdev)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "queue %u of device '%s' has %u elements outstanding, but "
                    "the state holds %u", vq->index,
                    vq->vdev->parent.klass->name, out, vq->inuse);
        return false;
    }
    return true;
}

bool virtio_loaded(DeviceState *dev, GError **error)
{
    VirtioDevice *vdev = (VirtioDevice *)dev;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        if (!check_outstanding(&vdev->queues[i], error)) {
            return false;
        }
        if (vdev->queues[i].ready) {
            vring_caches_update(&vdev->queues[i]);
        }
    }
    return true;
}

const VMStateInfo vmstate_info_virtio = { .name = "virtio",
                                          .put = put_virtio,
                                          .get = get_virtio };
