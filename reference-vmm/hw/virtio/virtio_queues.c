/* SPDX-License-Identifier: MIT */
/*
 * virtio_queues.c - setting queues up, and which thread serves them.
 *
 * A queue is served by a handler that its notifier calls from the loop of its
 * context.  It is started and stopped by that loop itself, so that the handler
 * never runs beside its own start or end.  Whoever stops waits for it and
 * polls the main loop meanwhile, so that anything may come in between that
 * holds the BQL: another stop waits as well, and a start is refused
 * (VirtioDevice.changing).
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

    if (!aio_set_event_notifier(vq->context, &vq->host_notifier,
                                host_notified, vq, NULL)) {
        virtio_error(vq->vdev, "queue %u: its event loop cannot watch it",
                     vq->index);
    }
}

static void IO_OR_GS_FN unwatch(void *opaque)
{
    VirtQueue *vq = opaque;

    aio_set_event_notifier(vq->context, &vq->host_notifier, NULL, NULL, NULL);
    __atomic_sub_fetch(&vq->vdev->stop_pending, 1, __ATOMIC_RELEASE);
}

/* ---- starting and stopping ---------------------------------------------- */

static bool has_handler(const VirtQueue *vq)
{
    return vq->handler || vq->main_handler;
}

static void IO_OR_GS_FN run_in(AioContext *ctx, AioFn *fn, VirtQueue *vq)
{
    if (ctx == main_loop_context()) {
        fn(vq);
    } else {
        aio_bh_schedule_oneshot(ctx, fn, vq);
    }
}

/* In a transaction of the caller's. */
static void GS_FN queue_start(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    vq->context = !vq->main_handler && vdev->ops->queue_context
                      ? vdev->ops->queue_context(vdev, vq->index)
                      : main_loop_context();
    if (!event_notifier_init(&vq->host_notifier, NULL)) {
        virtio_error(vdev, "queue %u: no notifier to be had", vq->index);
        return;
    }
    /* What was notified before, or kept back over a stop. */
    event_notifier_set(&vq->host_notifier);
    vq->started = true;
    run_in(vq->context, watch, vq);
    vdev->transport->set_ioeventfd(vdev->proxy, vq, true);
}

/* In a transaction of the caller's; stopped only after wait_stopped(). */
static void GS_FN queue_begin_stop(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    vdev->transport->set_ioeventfd(vdev->proxy, vq, false);
    vq->started = false;
    __atomic_add_fetch(&vdev->stop_pending, 1, __ATOMIC_RELAXED);
    run_in(vq->context, unwatch, vq);
}

static void GS_FN wait_stopped(VirtioDevice *vdev)
{
    AIO_WAIT_WHILE(NULL,
                   __atomic_load_n(&vdev->stop_pending, __ATOMIC_ACQUIRE));
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        if (!vdev->queues[i].started) {
            event_notifier_cleanup(&vdev->queues[i].host_notifier);
        }
    }
}

static bool GS_FN may_start(const VirtioDevice *vdev)
{
    return !vdev->queues_started && !vdev->changing &&
           (virtio_status(vdev) & VIRTIO_STATUS_DRIVER_OK) &&
           vdev->parent.machine->run_state == RUN_STATE_RUNNING;
}

void virtio_start_queues(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    if (!may_start(vdev) || !virtio_is_live(vdev)) {
        return;
    }
    vdev->queues_started = true;
    if (!vdev->use_ioeventfd) {
        for (unsigned i = 0; i < vdev->n_queues; i++) {
            virtio_queue_notify(&vdev->queues[i]); /* kept back over a stop */
        }
        return;
    }
    memory_region_transaction_begin();
    for (unsigned i = 0; i < vdev->n_queues; i++) {
        if (vdev->queues[i].ready && has_handler(&vdev->queues[i])) {
            queue_start(&vdev->queues[i]);
        }
    }
    memory_region_transaction_commit();
}

void virtio_stop_queues(VirtioDevice *vdev)
{
    GLOBAL_STATE_CODE();
    if (vdev->queues_started) {
        vdev->queues_started = false;
        memory_region_transaction_begin();
        for (unsigned i = 0; i < vdev->n_queues; i++) {
            if (vdev->queues[i].started) {
                queue_begin_stop(&vdev->queues[i]);
            }
        }
        memory_region_transaction_commit();
    }
    /* Also for whoever has come here while another waits. */
    wait_stopped(vdev);
}

void virtio_queue_notify(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    GLOBAL_STATE_CODE();
    if (vq->started) {
        event_notifier_set(&vq->host_notifier);
    } else if (vdev->queues_started && vq->ready && has_handler(vq) &&
               virtio_is_live(vdev) && !vdev->use_ioeventfd) {
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

static void GS_FN make_unready(VirtQueue *vq)
{
    VirtioDevice *vdev = vq->vdev;

    vdev->changing++;
    if (vq->started) {
        memory_region_transaction_begin();
        queue_begin_stop(vq);
        memory_region_transaction_commit();
        wait_stopped(vdev);
    }
    vq->ready = false;
    vring_caches_clear(vq);
    vdev->changing--;
    virtio_start_queues(vdev); /* what was refused meanwhile */
}

void virtio_queue_set_ready(VirtQueue *vq, bool ready)
{
    VirtioDevice *vdev = vq->vdev;

    GLOBAL_STATE_CODE();
    if (ready == vq->ready || !vq->num_default) {
        return;
    }
    if (!ready) {
        make_unready(vq);
        return;
    }
    if (!virtio_queue_valid(vq)) {
        virtio_error(vdev, "queue %u of size %u (at most %u) with rings at %#"
                     PRIx64 ", %#" PRIx64 " and %#" PRIx64, vq->index, vq->num,
                     vq->num_default, vq->desc, vq->avail, vq->used);
        return;
    }
    vq->ready = true;
    vring_caches_update(vq);
    if (vdev->queues_started && has_handler(vq) && vdev->use_ioeventfd) {
        memory_region_transaction_begin();
        queue_start(vq);
        memory_region_transaction_commit();
    }
}

unsigned virtqueue_index(const VirtQueue *vq)
{
    return vq->index;
}
