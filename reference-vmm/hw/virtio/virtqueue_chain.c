/* SPDX-License-Identifier: MIT */
/*
 * virtqueue_chain.c - walking a chain of descriptors (2.7.5), and mapping
 * what it describes.
 *
 * Thread context: the queue's thread.
 */
#include "hw/virtio/virtqueue_chain.h"

/* ---- buffers ------------------------------------------------------------ */

/* A thread walks one chain at a time, but for a table that lies in a device
 * whose registers lead it to another queue. */
Chain *chain_begin(VirtQueue *vq)
{
    static _Thread_local Chain of_thread;
    Chain *chain = of_thread.in_use ? g_new0(Chain, 1) : &of_thread;

    IO_CODE();
    chain->in_use = chain == &of_thread;
    chain->vq = vq;
    chain->out_num = chain->in_num = 0;
    return chain;
}

void chain_end(Chain *chain)
{
    IO_CODE();
    if (chain->in_use) {
        chain->in_use = false;
    } else {
        g_free(chain);
    }
}

void chain_unmap(Chain *chain)
{
    IO_CODE();
    virtio_dma_begin();
    for (unsigned i = 0; i < chain->out_num + chain->in_num; i++) {
        address_space_unmap(chain->vq->vdev->dma, chain->sg[i].iov_base,
                            chain->sg[i].iov_len, i >= chain->out_num, 0);
    }
    virtio_dma_end();
}

static bool chain_map_piece(Chain *chain, hwaddr addr, hwaddr *len,
                            bool is_write)
{
    VirtioDevice *vdev = chain->vq->vdev;
    unsigned n = chain->out_num + chain->in_num;
    void *base;

    if (n == VIRTQUEUE_MAX_SIZE) {
        virtio_error(vdev, "queue %u: a chain has more than %u buffers",
                     chain->vq->index, VIRTQUEUE_MAX_SIZE);
        return false;
    }
    virtio_dma_begin();
    base = address_space_map(vdev->dma, addr, len, is_write,
                             MEMTXATTRS_UNSPECIFIED);
    virtio_dma_end();
    if (!base) {
        virtio_error(vdev, "queue %u: no memory at %#" PRIx64 " of a buffer",
                     chain->vq->index, addr);
        return false;
    }
    chain->addr[n] = addr;
    chain->sg[n] = (struct iovec){ base, *len };
    if (is_write) {
        chain->in_num++;
    } else {
        chain->out_num++;
    }
    return true;
}

bool chain_add(Chain *chain, const VRingDesc *d)
{
    VirtioDevice *vdev = chain->vq->vdev;
    bool is_write = d->flags & VRING_DESC_F_WRITE;
    hwaddr addr = d->addr, left = d->len;

    IO_CODE();
    if (!is_write && chain->in_num) {
        virtio_error(vdev,
                     "queue %u: a readable descriptor follows a writable one",
                     chain->vq->index);
        return false;
    }
    if (!left) {
        virtio_error(vdev, "queue %u: a descriptor has length 0",
                     chain->vq->index);
        return false;
    }
    if (addr + (left - 1) < addr) {
        virtio_error(vdev, "queue %u: a buffer of %u bytes at %#" PRIx64
                     " wraps round the end of memory", chain->vq->index,
                     d->len, addr);
        return false;
    }
    /* It may fall into several pieces of memory. */
    while (left) {
        hwaddr piece = left;

        if (!chain_map_piece(chain, addr, &piece, is_write)) {
            return false;
        }
        addr += piece;
        left -= piece;
    }
    return true;
}

/* ---- walking ------------------------------------------------------------ */

static bool read_desc(Chain *chain, MemoryRegionCache *table, unsigned n,
                      unsigned i, VRingDesc *ret)
{
    VirtioDevice *vdev = chain->vq->vdev;

    if (i >= n) {
        virtio_error(vdev, "queue %u: descriptor %u of a table of %u",
                     chain->vq->index, i, n);
        return false;
    }
    if (!vring_read_desc(table, i, ret)) {
        virtio_error(vdev, "queue %u: descriptor %u is not in memory",
                     chain->vq->index, i);
        return false;
    }
    return true;
}

/* The table of an indirect descriptor: the rest of the chain, and no further
 * indirection in it. */
static bool walk_indirect_table(Chain *chain, MemoryRegionCache *table,
                                unsigned n)
{
    VirtioDevice *vdev = chain->vq->vdev;
    unsigned i = 0, seen = 0;
    VRingDesc d;

    do {
        if (seen++ == n) {
            virtio_error(vdev, "queue %u: a chain loops", chain->vq->index);
            return false;
        }
        if (!read_desc(chain, table, n, i, &d)) {
            return false;
        }
        if (d.flags & VRING_DESC_F_INDIRECT) {
            virtio_error(vdev, "queue %u: an indirect descriptor in an "
                         "indirect table", chain->vq->index);
            return false;
        }
        if (!chain_add(chain, &d)) {
            return false;
        }
        i = d.next;
    } while (d.flags & VRING_DESC_F_NEXT);
    return true;
}

/* Its own write flag means nothing (2.7.5.3.2). */
static bool walk_indirect(Chain *chain, const VRingDesc *d)
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
    if (address_space_cache_init(&table, vdev->dma, d->addr, d->len, false) <
        d->len) {
        virtio_error(vdev, "queue %u: no memory for the indirect table at %#"
                     PRIx64, chain->vq->index, d->addr);
    } else {
        ok = walk_indirect_table(chain, &table, d->len / VRING_DESC_SIZE);
    }
    address_space_cache_destroy(&table);
    return ok;
}

/* Any number of descriptors, the last of which may be an indirect one; a
 * chain longer than its table has a loop. */
bool chain_walk(Chain *chain, VRingCaches *c, unsigned head)
{
    unsigned i = head, seen = 0;
    VRingDesc d;

    IO_CODE();
    do {
        if (seen++ == c->num) {
            virtio_error(chain->vq->vdev, "queue %u: a chain loops",
                         chain->vq->index);
            return false;
        }
        if (!read_desc(chain, &c->desc, c->num, i, &d)) {
            return false;
        }
        if (d.flags & VRING_DESC_F_INDIRECT) {
            return walk_indirect(chain, &d);
        }
        if (!chain_add(chain, &d)) {
            return false;
        }
        i = d.next;
    } while (d.flags & VRING_DESC_F_NEXT);
    return true;
}
