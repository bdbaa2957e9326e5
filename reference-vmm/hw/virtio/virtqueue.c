/* SPDX-License-Identifier: MIT */
/*
 * virtqueue.c - taking elements off a split ring and giving them back (2.7).
 *
 * The driver writes the entries of the available ring, then its index; so the
 * index is read first and the entries after it.  We write the used entries,
 * then the index; so the driver may do the same.
 *
 * Thread context: the queue's thread.
 */
#include "base/barrier.h"
#include "hw/virtio/virtqueue_chain.h"

/* ---- what is there ------------------------------------------------------ */

/* Whether the driver has made heads available; more than the ring has is
 * nonsense. */
static bool more_heads(VirtQueue *vq, VRingCaches *c)
{
    uint16_t n;

    if (vq->shadow_avail_idx != vq->last_avail_idx) {
        return true;
    }
    vq->shadow_avail_idx = vring_avail_idx(c);
    n = vq->shadow_avail_idx - vq->last_avail_idx;
    if (n > c->num) {
        virtio_error(vq->vdev,
                     "queue %u: the driver moved the index from %u to %u, "
                     "with a queue size of %u", vq->index, vq->last_avail_idx,
                     vq->shadow_avail_idx, c->num);
        return false;
    }
    /* The entries were written before the index: pairs with the driver's
     * write barrier of 2.7.13.3. */
    vm_read_barrier();
    return n != 0;
}

bool virtqueue_is_empty(VirtQueue *vq)
{
    bool empty = true;
    VRingCaches *c = vring_caches_get(vq);

    IO_CODE();
    if (c) {
        empty = vq->shadow_avail_idx == vq->last_avail_idx &&
                vring_avail_idx(c) == vq->last_avail_idx;
        vring_caches_put(c);
    }
    return empty;
}

/* ---- taking and giving back --------------------------------------------- */

static VirtQueueElement *pop_chain(VirtQueue *vq, VRingCaches *c, size_t size,
                                   unsigned head)
{
    Chain *chain = chain_begin(vq);
    VirtQueueElement *e = NULL;

    if (chain_walk(chain, c, head)) {
        e = chain_to_element(chain, size, head);
    } else {
        chain_unmap(chain);
    }
    chain_end(chain);
    return e;
}

static void *pop_from(VirtQueue *vq, VRingCaches *c, size_t size)
{
    VirtQueueElement *e;
    unsigned head;

    if (!more_heads(vq, c)) {
        return NULL;
    }
    if (vq->inuse >= c->num) {
        virtio_error(vq->vdev, "queue %u: more than %u elements are in use",
                     vq->index, c->num);
        return NULL;
    }
    head = vring_avail_ring(c, vq->last_avail_idx % c->num);
    e = pop_chain(vq, c, size, head);
    if (!e) {
        return NULL;
    }
    e->epoch = vq->epoch;
    vq->last_avail_idx++;
    vq->inuse++;
    if (virtio_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX) && vq->notification) {
        vring_set_avail_event(c, vq->last_avail_idx);
    }
    return e;
}

void *virtqueue_pop(VirtQueue *vq, size_t size)
{
    void *e = NULL;
    VRingCaches *c = vring_caches_get(vq);

    IO_CODE();
    if (c) {
        e = pop_from(vq, c, size);
        vring_caches_put(c);
    }
    return e;
}

/* Of before a reset: the queue has forgotten it. */
static bool is_stale(const VirtQueue *vq, const VirtQueueElement *e)
{
    return e->epoch != vq->epoch;
}

void virtqueue_detach(VirtQueue *vq, VirtQueueElement *e)
{
    IO_CODE();
    element_unmap(e, 0);
    if (!is_stale(vq, e)) {
        g_assert(vq->inuse > 0);
        vq->inuse--;
    }
}

void virtqueue_unpop(VirtQueue *vq, VirtQueueElement *e)
{
    IO_CODE();
    if (!is_stale(vq, e)) {
        vq->last_avail_idx--;
    }
    virtqueue_detach(vq, e);
}

void virtqueue_fill(VirtQueue *vq, VirtQueueElement *e, size_t len, unsigned i)
{
    VRingCaches *c;

    IO_CODE();
    element_unmap(e, len);
    if (is_stale(vq, e)) {
        return;
    }
    c = vring_caches_get(vq);
    if (c) {
        vring_set_used_elem(c, (uint16_t)(vq->used_idx + i) % c->num,
                            e->index, len);
        vring_caches_put(c);
    }
}

void virtqueue_flush(VirtQueue *vq, unsigned count)
{
    uint16_t old = vq->used_idx, now;
    VRingCaches *c;

    IO_CODE();
    /* Fewer than the caller believes after a reset. */
    count = MIN(count, vq->inuse);
    now = old + count;
    vq->inuse -= count;
    /* Also when nobody can be told any more: what has been taken and not
     * been given back is what is in use. */
    vq->used_idx = now;
    if ((int16_t)(now - vq->signalled_used) < (uint16_t)(now - old)) {
        /* The index went all the way round since the last interrupt. */
        vq->signalled_used_valid = false;
    }
    c = vring_caches_get(vq);
    if (c) {
        /* Entries before the index; pairs with the driver's read barrier
         * after it reads the index (2.7.14). */
        vm_write_barrier();
        vring_set_used_idx(c, now);
        vring_caches_put(c);
    }
}

void virtqueue_push(VirtQueue *vq, VirtQueueElement *e, size_t len)
{
    bool stale = is_stale(vq, e);

    IO_CODE();
    virtqueue_fill(vq, e, len, 0);
    virtqueue_flush(vq, !stale);
}

/* ---- notifications ------------------------------------------------------ */

static bool should_interrupt(VirtQueue *vq, VRingCaches *c)
{
    uint16_t old = vq->signalled_used;
    bool valid = vq->signalled_used_valid;

    /* The index is written, then the driver's wish is read; the driver writes
     * its wish, then reads the index: with full barriers one of the two sees
     * the other. */
    vm_full_barrier();
    if (!virtio_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX)) {
        return !(vring_avail_flags(c) & VRING_AVAIL_F_NO_INTERRUPT);
    }
    vq->signalled_used = vq->used_idx;
    vq->signalled_used_valid = true;
    return !valid ||
           vring_need_event(vring_used_event(c), vq->used_idx, old);
}

void virtio_notify(VirtioDevice *vdev, VirtQueue *vq)
{
    bool interrupt = false;
    VRingCaches *c = vring_caches_get(vq);

    IO_CODE();
    if (c) {
        interrupt = should_interrupt(vq, c);
        vring_caches_put(c);
    }
    if (interrupt) {
        virtio_raise_isr(vdev, VIRTIO_ISR_QUEUE);
    }
}

static void set_notification(VirtQueue *vq, VRingCaches *c, bool enable)
{
    if (!virtio_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX)) {
        vring_set_used_flags(c, enable ? 0 : VRING_USED_F_NO_NOTIFY);
    } else if (enable) {
        vring_set_avail_event(c, vring_avail_idx(c));
    } /* else the event stays behind, at an index that is not reached soon */
    if (enable) {
        /* Our wish before the caller's next look at the index; pairs with
         * the driver's barrier between its index and our wish. */
        vm_full_barrier();
    }
}

void virtqueue_set_notification(VirtQueue *vq, bool enable)
{
    VRingCaches *c = vring_caches_get(vq);

    IO_CODE();
    vq->notification = enable;
    if (c) {
        set_notification(vq, c, enable);
        vring_caches_put(c);
    }
}
