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
#include "hw/virtio/vring.h"

/* ---- what is there ------------------------------------------------------ */

/* How many heads the driver has made available; negative: nonsense. */
static int num_heads(VirtQueue *vq, VRingCaches *c)
{
    uint16_t n;

    vq->shadow_avail_idx = vring_avail_idx(c);
    n = vq->shadow_avail_idx - vq->last_avail_idx;
    if (n > vq->num) {
        virtio_error(vq->vdev,
                     "queue %u: the driver moved the index from %u to %u, "
                     "with a queue size of %u", vq->index, vq->last_avail_idx,
                     vq->shadow_avail_idx, vq->num);
        return -1;
    }
    if (n) {
        /* The entries were written before the index: the driver's write
         * barrier of 2.7.13.3. */
        vm_read_barrier();
    }
    return n;
}

bool virtqueue_is_empty(VirtQueue *vq)
{
    bool empty = true;
    VRingCaches *c;

    IO_CODE();
    if (!virtio_is_live(vq->vdev) || !vq->ready) {
        return true;
    }
    if (vq->shadow_avail_idx != vq->last_avail_idx) {
        return false;
    }
    c = vring_caches_get(vq);
    if (c) {
        empty = vring_avail_idx(c) == vq->last_avail_idx;
        vring_caches_put(c);
    }
    return empty;
}

/* ---- walking a chain ---------------------------------------------------- */

/* Buffers of a chain before it is an element; too big for the stack of a
 * coroutine, and each thread pops one at a time. */
typedef struct Chain {
    VirtQueue *vq;
    unsigned out_num, in_num;
    hwaddr addr[VIRTQUEUE_MAX_SIZE];
    struct iovec sg[VIRTQUEUE_MAX_SIZE];
} Chain;

static void chain_unmap(Chain *chain)
{
    for (unsigned i = 0; i < chain->out_num + chain->in_num; i++) {
        address_space_unmap(chain->vq->vdev->dma, chain->sg[i].iov_base,
                            chain->sg[i].iov_len, i >= chain->out_num, 0);
    }
}

/* Maps one buffer, which may fall into several pieces of memory. */
static bool chain_map(Chain *chain, hwaddr addr, hwaddr len, bool is_write)
{
    VirtioDevice *vdev = chain->vq->vdev;

    if (!len) {
        virtio_error(vdev, "queue %u: a descriptor has length 0",
                     chain->vq->index);
        return false;
    }
    while (len) {
        unsigned n = chain->out_num + chain->in_num;
        hwaddr piece = len;
        void *base;

        if (n == VIRTQUEUE_MAX_SIZE) {
            virtio_error(vdev, "queue %u: a chain has more than %u buffers",
                         chain->vq->index, VIRTQUEUE_MAX_SIZE);
            return false;
        }
        base = address_space_map(vdev->dma, addr, &piece, is_write,
                                 MEMTXATTRS_UNSPECIFIED);
        if (!base || !piece) {
            virtio_error(vdev,
                         "queue %u: no memory at %#" PRIx64 " of a buffer",
                         chain->vq->index, addr);
            return false;
        }
        chain->addr[n] = addr;
        chain->sg[n] = (struct iovec){ base, piece };
        if (is_write) {
            chain->in_num++;
        } else {
            chain->out_num++;
        }
        addr += piece;
        len -= piece;
    }
    return true;
}

static bool chain_add(Chain *chain, const VRingDesc *d)
{
    bool is_write = d->flags & VRING_DESC_F_WRITE;

    if (!is_write && chain->in_num) {
        virtio_error(chain->vq->vdev,
                     "queue %u: a readable descriptor follows a writable one",
                     chain->vq->index);
        return false;
    }
    if (d->addr + d->len < d->addr) {
        virtio_error(chain->vq->vdev,
                     "queue %u: a buffer of %u bytes at %#" PRIx64
                     " wraps round the end of memory", chain->vq->index,
                     d->len, d->addr);
        return false;
    }
    return chain_map(chain, d->addr, d->len, is_write);
}

/* From descriptor i on in a table of n; a chain longer than its table has a
 * loop. */
static bool chain_walk_table(Chain *chain, MemoryRegionCache *table,
                             unsigned n, unsigned i)
{
    VirtioDevice *vdev = chain->vq->vdev;
    unsigned seen = 0;
    VRingDesc d;

    do {
        if (i >= n) {
            virtio_error(vdev, "queue %u: descriptor %u of a table of %u",
                         chain->vq->index, i, n);
            return false;
        }
        if (seen++ == n) {
            virtio_error(vdev, "queue %u: a chain loops", chain->vq->index);
            return false;
        }
        if (!vring_read_desc(table, i, &d)) {
            virtio_error(vdev, "queue %u: descriptor %u is not in memory",
                         chain->vq->index, i);
            return false;
        }
        if (d.flags & VRING_DESC_F_INDIRECT) {
            virtio_error(vdev,
                         "queue %u: an indirect descriptor within a chain",
                         chain->vq->index);
            return false;
        }
        if (!chain_add(chain, &d)) {
            return false;
        }
        i = d.next;
    } while (d.flags & VRING_DESC_F_NEXT);
    return true;
}

static bool chain_walk_indirect(Chain *chain, const VRingDesc *d)
{
    VirtioDevice *vdev = chain->vq->vdev;
    MemoryRegionCache table = MEMORY_REGION_CACHE_INVALID;
    bool ok = false;

    if (!virtio_has_feature(vdev, VIRTIO_F_INDIRECT_DESC)) {
        virtio_error(vdev, "queue %u: an indirect descriptor, which was not "
                     "negotiated", chain->vq->index);
        return false;
    }
    if (!d->len || d->len % VRING_DESC_SIZE ||
        (d->flags & VRING_DESC_F_NEXT)) {
        virtio_error(vdev, "queue %u: an indirect table of %u bytes%s",
                     chain->vq->index, d->len,
                     d->flags & VRING_DESC_F_NEXT ? " with a next" : "");
        return false;
    }
    if (d->len / VRING_DESC_SIZE > VIRTQUEUE_MAX_SIZE) {
        virtio_error(vdev, "queue %u: an indirect table of %u bytes, more "
                     "than %u entries", chain->vq->index, d->len,
                     VIRTQUEUE_MAX_SIZE);
        return false;
    }
    if (address_space_cache_init(&table, vdev->dma, d->addr, d->len, false) <
        d->len) {
        virtio_error(vdev, "queue %u: no memory for the indirect table at %#"
                     PRIx64, chain->vq->index, d->addr);
    } else {
        ok = chain_walk_table(chain, &table, d->len / VRING_DESC_SIZE, 0);
    }
    address_space_cache_destroy(&table);
    return ok;
}

static bool chain_walk(Chain *chain, VRingCaches *c, unsigned head)
{
    VRingDesc d;

    if (!vring_read_desc(&c->desc, head, &d)) {
        virtio_error(chain->vq->vdev,
                     "queue %u: descriptor %u is not in memory",
                     chain->vq->index, head);
        return false;
    }
    if (d.flags & VRING_DESC_F_INDIRECT) {
        return chain_walk_indirect(chain, &d);
    }
    return chain_walk_table(chain, &c->desc, chain->vq->num, head);
}

/* ---- elements ----------------------------------------------------------- */

/* One block: the caller's struct, then the four arrays. */
static VirtQueueElement *element_new(VirtQueue *vq, size_t size,
                                     unsigned index, unsigned out_num,
                                     unsigned in_num)
{
    unsigned n = out_num + in_num;
    size_t sg_at = (size + 15) & ~(size_t)15;
    size_t addr_at = sg_at + n * sizeof(struct iovec);
    uint8_t *block = g_malloc0(addr_at + n * sizeof(hwaddr));
    VirtQueueElement *e = (VirtQueueElement *)block;

    e->vq = vq;
    e->index = index;
    e->out_num = out_num;
    e->in_num = in_num;
    e->out_sg = (struct iovec *)(block + sg_at);
    e->in_sg = e->out_sg + out_num;
    e->out_addr = (hwaddr *)(block + addr_at);
    e->in_addr = e->out_addr + out_num;
    return e;
}

static VirtQueueElement *chain_to_element(const Chain *chain, size_t size,
                                          unsigned head)
{
    VirtQueueElement *e = element_new(chain->vq, size, head, chain->out_num,
                                      chain->in_num);
    unsigned n = chain->out_num + chain->in_num;

    memcpy(e->out_addr, chain->addr, n * sizeof(*chain->addr));
    memcpy(e->out_sg, chain->sg, n * sizeof(*chain->sg));
    return e;
}

void virtqueue_element_free(void *element)
{
    g_free(element);
}

static Chain *thread_chain(VirtQueue *vq)
{
    static _Thread_local Chain chain;

    chain.vq = vq;
    chain.out_num = chain.in_num = 0;
    return &chain;
}

static void *pop_from(VirtQueue *vq, VRingCaches *c, size_t size)
{
    VirtQueueElement *e;
    Chain *chain;
    unsigned head;

    if (vq->shadow_avail_idx == vq->last_avail_idx && num_heads(vq, c) <= 0) {
        return NULL;
    }
    if (vq->inuse >= vq->num) {
        virtio_error(vq->vdev, "queue %u: more than %u elements are in use",
                     vq->index, vq->num);
        return NULL;
    }
    head = vring_avail_ring(c, vq->last_avail_idx % vq->num);
    if (head >= vq->num) {
        virtio_error(vq->vdev, "queue %u: head %u of a table of %u",
                     vq->index, head, vq->num);
        return NULL;
    }
    chain = thread_chain(vq);
    if (!chain_walk(chain, c, head)) {
        chain_unmap(chain);
        return NULL;
    }
    e = chain_to_element(chain, size, head);
    vq->last_avail_idx++;
    vq->inuse++;
    if (virtio_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX) && vq->notification) {
        vring_set_avail_event(c, vq->num, vq->last_avail_idx);
    }
    return e;
}

void *virtqueue_pop(VirtQueue *vq, size_t size)
{
    void *e = NULL;
    VRingCaches *c;

    IO_CODE();
    if (!virtio_is_live(vq->vdev) || !vq->ready) {
        return NULL;
    }
    c = vring_caches_get(vq);
    if (c) {
        e = pop_from(vq, c, size);
        vring_caches_put(c);
    }
    return e;
}

/* The device wrote the first len bytes of the writable part. */
static void element_unmap(VirtQueueElement *e, size_t len)
{
    AddressSpace *as = e->vq->vdev->dma;

    for (unsigned i = 0; i < e->out_num; i++) {
        address_space_unmap(as, e->out_sg[i].iov_base, e->out_sg[i].iov_len,
                            false, e->out_sg[i].iov_len);
    }
    for (unsigned i = 0; i < e->in_num; i++) {
        size_t n = MIN(len, e->in_sg[i].iov_len);

        address_space_unmap(as, e->in_sg[i].iov_base, e->in_sg[i].iov_len,
                            true, n);
        len -= n;
    }
}

void virtqueue_detach(VirtQueue *vq, VirtQueueElement *e)
{
    IO_CODE();
    g_assert(vq->inuse > 0);
    vq->inuse--;
    element_unmap(e, 0);
}

void virtqueue_unpop(VirtQueue *vq, VirtQueueElement *e)
{
    IO_CODE();
    vq->last_avail_idx--;
    virtqueue_detach(vq, e);
}

void virtqueue_fill(VirtQueue *vq, VirtQueueElement *e, size_t len, unsigned i)
{
    VRingCaches *c;

    IO_CODE();
    element_unmap(e, len);
    if (!virtio_is_live(vq->vdev) || !vq->ready) {
        return;
    }
    c = vring_caches_get(vq);
    if (c) {
        vring_set_used_elem(c, (uint16_t)(vq->used_idx + i) % vq->num,
                            e->index, len);
        vring_caches_put(c);
    }
}

void virtqueue_flush(VirtQueue *vq, unsigned count)
{
    uint16_t old = vq->used_idx, now = old + count;
    VRingCaches *c;

    IO_CODE();
    g_assert(vq->inuse >= count);
    vq->inuse -= count;
    if (!virtio_is_live(vq->vdev) || !vq->ready) {
        return;
    }
    c = vring_caches_get(vq);
    if (c) {
        /* Entries before the index; pairs with the driver's read barrier
         * after it reads the index (2.7.14). */
        vm_write_barrier();
        vring_set_used_idx(c, now);
        vring_caches_put(c);
    }
    vq->used_idx = now;
    if ((int16_t)(now - vq->signalled_used) < (uint16_t)(now - old)) {
        /* The index went all the way round since the last interrupt. */
        vq->signalled_used_valid = false;
    }
}

void virtqueue_push(VirtQueue *vq, VirtQueueElement *e, size_t len)
{
    IO_CODE();
    virtqueue_fill(vq, e, len, 0);
    virtqueue_flush(vq, 1);
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
           vring_need_event(vring_used_event(c, vq->num), vq->used_idx, old);
}

void virtio_notify(VirtioDevice *vdev, VirtQueue *vq)
{
    bool interrupt = false;
    VRingCaches *c;

    IO_CODE();
    if (!virtio_is_live(vdev) || !vq->ready) {
        return;
    }
    c = vring_caches_get(vq);
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
        vring_set_avail_event(c, vq->num, vring_avail_idx(c));
    } /* else the event stays behind, at an index that is not reached soon */
    if (enable) {
        /* Our wish before the caller's next look at the index; pairs with
         * the driver's barrier between its index and our wish. */
        vm_full_barrier();
    }
}

void virtqueue_set_notification(VirtQueue *vq, bool enable)
{
    VRingCaches *c;

    IO_CODE();
    vq->notification = enable;
    if (!virtio_is_live(vq->vdev) || !vq->ready) {
        return;
    }
    c = vring_caches_get(vq);
    if (c) {
        set_notification(vq, c, enable);
        vring_caches_put(c);
    }
}

/* ---- elements in a saved state ------------------------------------------ */

void virtqueue_put_element(VMStateBuffer *b, const VirtQueueElement *e)
{
    vmstate_put_be(b, e->vq->index, 2);
    vmstate_put_be(b, e->index, 2);
    vmstate_put_be(b, e->out_num, 2);
    vmstate_put_be(b, e->in_num, 2);
    for (unsigned i = 0; i < e->out_num + e->in_num; i++) {
        vmstate_put_be(b, e->out_addr[i], 8);
        vmstate_put_be(b, e->out_sg[i].iov_len, 4);
    }
}

VirtQueueElement *virtqueue_get_element(VirtioDevice *vdev, VMStateBuffer *b,
                                        GError **error)
{
    unsigned queue = vmstate_get_be(b, 2), head = vmstate_get_be(b, 2);
    unsigned out_num = vmstate_get_be(b, 2), in_num = vmstate_get_be(b, 2);
    VirtQueueElement *e;
    VirtQueue *vq;

    GLOBAL_STATE_CODE();
    if (b->overrun || queue >= vdev->n_queues ||
        head >= vdev->queues[queue].num || out_num > VIRTQUEUE_MAX_SIZE ||
        in_num > VIRTQUEUE_MAX_SIZE || !(out_num + in_num)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "element %u of queue %u with %u and %u buffers", head,
                    queue, out_num, in_num);
        return NULL;
    }
    vq = &vdev->queues[queue];
    if (vq->inuse >= vq->num) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "more than %u elements in use in queue %u", vq->num, queue);
        return NULL;
    }
    vq->inuse++;
    e = element_new(vq, sizeof(*e), head, out_num, in_num);
    for (unsigned i = 0; i < out_num + in_num; i++) {
        e->out_addr[i] = vmstate_get_be(b, 8);
        e->out_sg[i].iov_len = vmstate_get_be(b, 4);
    }
    return e;
}

void *virtqueue_map_element(VirtQueueElement *e, size_t size, GError **error)
{
    VirtQueue *vq = e->vq;
    Chain *chain = thread_chain(vq);
    void *mapped = NULL;
    bool ok = true;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; ok && i < e->out_num + e->in_num; i++) {
        VRingDesc d = { .addr = e->out_addr[i], .len = e->out_sg[i].iov_len,
                        .flags = i < e->out_num ? 0 : VRING_DESC_F_WRITE };

        ok = chain_add(chain, &d);
    }
    if (ok) {
        mapped = chain_to_element(chain, size, e->index);
    } else {
        chain_unmap(chain);
        vq->inuse--;
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "element %u of queue %u: a buffer is not in memory",
                    e->index, vq->index);
    }
    virtqueue_element_free(e);
    return mapped;
}

void virtqueue_drop_unmapped(VirtQueueElement *e)
{
    GLOBAL_STATE_CODE();
    e->vq->inuse--;
    virtqueue_element_free(e);
}
