/* SPDX-License-Identifier: MIT */
/*
 * virtio_queues.c - setting queues up, and which thread serves them.
 *
 * A queue is served by a handler that its notifier calls from the loop of its
 * context.  Started and stopped by the loop itself, while the caller waits,
 * so that the handler never runs beside its own start or end.
 *
 * Thread context: under the BQL, except what runs in a queue's loop.
 */
#include "hw/virtio/vring.h"

/* ---- in the queue's loop ------------------------------------------------ */

static void GS_FN serve_in_main(VirtQueue *vq)
{
    if (vq->main_handler) {
        vq->main_handler(vq->vdev, vq);
    } else {
        vq->handler(vq->vdev, vq);
    }
}

static void IO_OR_GS_FN host_notified(void *opaque)
{
    VirtQueue *vq = opaque;

    if (!event_notifier_test_and_clear(&vq->host_notifier) ||
        !virtio_is_live(vq->vdev)) {
        return;
    }
    if (vq->context == main_loop_context()) {
        GLOBAL_STATE_CODE();
        serve_in_main(vq);
    } else {
        vq->handler(vq->vdev, vq);
    }
}

static void IO_OR_GS_FN watch(void *opaque)
{
    VirtQueue *vq = opaque;

    vq->started = aio_set_event_notifier(vq->context, &vq->host_notifier,
                                         host_notified, vq, NULL);
}

static void IO_OR_GS_FN unwatch(void *opaque)
{
    VirtQueue *vq = opaque;

    aio_set_event_notifier(vq->context, &vq->host_notifier, NULL, NULL, NULL);
    vq->started = false;
}

/* ---- starting and stopping ---------------------------------------------- */

static bool has_handler(const VirtQueue *vq)
{
    return vq->handler || vq->main_handler;
}

static void GS_FN queue_start(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    vq->context = !vq->main_handler && vdev->ops->queue_context
                      ? vdev->ops->queue_context(vdev, vq->index)
                      : main_loop_context();
    if (!event_notifier_init(&vq->host_notifier, NULL)) {
        return; /* the vCPU's thread serves it */
    }
    /* What was notified before, or kept back over a stop. */
    event_notifier_set(&vq->host_notifier);
    if (vq->context == main_loop_context()) {
        watch(vq);
    } else {
        aio_wait_bh_oneshot(vq->context, watch, vq);
    }
    if (!vq->started) {
        event_notifier_cleanup(&vq->host_notifier);
    }
}

static void GS_FN queue_stop(VirtQueue *vq)
{
    if (!vq->started) {
        return;
    }
    if (vq->context == main_loop_context()) {
        unwatch(vq);
    } else {
        aio_wait_bh_oneshot(vq->context, unwatch, vq);
    }
    event_notifier_cleanup(&vq->host_notifier);
}

void virtio_start_queues(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    if (vdev->queues_started || !virtio_is_live(vdev)) {
        return;
    }
    vdev->queues_started = true;
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        VirtQueue *vq = &vdev->queues[i];

        if (vq->ready && has_handler(vq) && vdev->use_ioeventfd) {
            queue_start(vq);
        }
    }
    if (vdev->use_ioeventfd) {
        /* Only now may vCPUs reach the notifiers without the BQL. */
        vdev->transport->start_ioeventfd(vdev->proxy);
        return;
    }
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        virtio_queue_notify(&vdev->queues[i]); /* kept back over a stop */
    }
}

void virtio_stop_queues(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    if (!vdev->queues_started) {
        return;
    }
    vdev->queues_started = false;
    if (vdev->use_ioeventfd) {
        vdev->transport->stop_ioeventfd(vdev->proxy);
    }
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        queue_stop(&vdev->queues[i]);
    }
}

void virtio_queue_notify(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    GLOBAL_STATE_CODE();
    if (vq->started) {
        event_notifier_set(&vq->host_notifier);
    } else if (vdev->queues_started && vq->ready && has_handler(vq) &&
               virtio_is_live(vdev)) {
        serve_in_main(vq);
    }
}

/* ---- set-up by the driver ----------------------------------------------- */

void virtio_queue_set_num(VirtQueue *vq, uint32_t num)
{
    GLOBAL_STATE_CODE();
    if (vq->ready) {
        return;
    }
    /* Not a power of two, or too big: found when it is made ready. */
    vq->num = MIN(num, UINT16_MAX);
}

bool virtio_queue_valid(const VirtQueue *vq)
{
    return vq->num && vq->num <= vq->num_default &&
           !(vq->num & (vq->num - 1)) && !(vq->desc % 16) &&
           !(vq->avail % 2) && !(vq->used % 4);
}

void virtio_queue_set_ready(VirtQueue *vq, bool ready)
{
    VirtioDevice *vdev = vq->vdev;

    GLOBAL_STATE_CODE();
    if (ready == vq->ready) {
        return;
    }
    if (!ready) {
        queue_stop(vq);
        vq->ready = false;
        vring_caches_update(vq);
        return;
    }
    if (!virtio_queue_valid(vq)) {
        if (vq->num_default) {
            virtio_error(vdev, "queue %u of size %u (at most %u) with rings "
                         "at %#" PRIx64 ", %#" PRIx64 " and %#" PRIx64,
                         vq->index, vq->num, vq->num_default, vq->desc,
                         vq->avail, vq->used);
        }
        return;
    }
    vq->ready = true;
    vring_caches_update(vq);
    if (vdev->queues_started && has_handler(vq) && vdev->use_ioeventfd) {
        queue_start(vq);
    }
}

void virtio_del_queue(VirtQueue *vq)
{
    GLOBAL_STATE_CODE();
    virtio_queue_set_ready(vq, false);
    g_assert(vq->inuse == 0);
    vq->num = vq->num_default = 0;
    vq->handler = vq->main_handler = NULL;
}

unsigned virtqueue_index(const VirtQueue *vq)
{
    return vq->index;
}
