/* SPDX-License-Identifier: MIT */
/*
 * vring.c - see vring.h.
 *
 * Thread context: caches are replaced under the BQL; rings are read and
 * written in the queue's thread.
 */
#include "hw/virtio/vring.h"

#define AVAIL_RING_OFFSET 4
#define USED_RING_OFFSET 4
#define USED_ELEM_SIZE 8

static _Thread_local unsigned dma_depth;

void virtio_dma_begin(void)
{
    dma_depth++;
}

void virtio_dma_end(void)
{
    dma_depth--;
}

bool virtio_in_dma(void)
{
    return dma_depth > 0;
}

static void caches_unref(VRingCaches *c)
{
    if (__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    address_space_cache_destroy(&c->desc);
    address_space_cache_destroy(&c->avail);
    address_space_cache_destroy(&c->used);
    g_free(c);
}

void vring_caches_put(VRingCaches *c)
{
    IO_CODE();
    if (c) {
        virtio_dma_end();
        caches_unref(c);
    }
}

/* The queue's own reference, once nobody can be about to take another. */
static void caches_unpublished(void *opaque)
{
    caches_unref(opaque);
}

static bool map_part(const VirtQueue *vq, MemoryRegionCache *cache, hwaddr at,
                     hwaddr size, bool is_write)
{
    return address_space_cache_init(cache, vq->vdev->dma, at, size,
                                    is_write) == size;
}

static VRingCaches *caches_new(const VirtQueue *vq)
{
    hwaddr n = vq->num;
    VRingCaches *c = g_new0(VRingCaches, 1);

    c->refs = 1;
    c->num = vq->num;
    c->mapped =
        map_part(vq, &c->desc, vq->desc, n * VRING_DESC_SIZE, false) &&
        map_part(vq, &c->avail, vq->avail, AVAIL_RING_OFFSET + 2 * n + 2,
                 false) &&
        map_part(vq, &c->used, vq->used,
                 USED_RING_OFFSET + USED_ELEM_SIZE * n + 2, true);
    return c;
}

static void GS_FN publish(VirtQueue *vq, VRingCaches *c)
{
    VRingCaches *old;

    vm_rcu_read_lock();
    old = vm_rcu_dereference(&vq->caches);
    vm_rcu_assign(&vq->caches, c);
    vm_rcu_read_unlock();
    if (old) {
        vm_rcu_call(caches_unpublished, old);
    }
}

void vring_caches_update(VirtQueue *vq)
{
    GLOBAL_STATE_CODE();
    publish(vq, caches_new(vq));
}

void vring_caches_clear(VirtQueue *vq)
{
    GLOBAL_STATE_CODE();
    publish(vq, NULL);
}

VRingCaches *vring_caches_get(VirtQueue *vq)
{
    VRingCaches *c;

    IO_CODE();
    if (!virtio_is_live(vq->vdev)) {
        return NULL;
    }
    vm_rcu_read_lock();
    c = vm_rcu_dereference(&vq->caches);
    if (c) {
        __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    }
    vm_rcu_read_unlock();
    if (c && !c->mapped) {
        virtio_error(vq->vdev, "the rings of queue %u are not all in memory",
                     vq->index);
        caches_unref(c);
        return NULL;
    }
    if (c) {
        virtio_dma_begin();
    }
    return c;
}

bool vring_read_desc(MemoryRegionCache *cache, unsigned i, VRingDesc *ret)
{
    uint8_t raw[VRING_DESC_SIZE];
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;

    if (address_space_read_cached(cache, (hwaddr)i * VRING_DESC_SIZE, raw,
                                  sizeof(raw)) != MEMTX_OK) {
        return false;
    }
    memcpy(&addr, raw, 8);
    memcpy(&len, raw + 8, 4);
    memcpy(&flags, raw + 12, 2);
    memcpy(&next, raw + 14, 2);
    ret->addr = GUINT64_FROM_LE(addr);
    ret->len = GUINT32_FROM_LE(len);
    ret->flags = GUINT16_FROM_LE(flags);
    ret->next = GUINT16_FROM_LE(next);
    return true;
}

uint16_t vring_avail_flags(VRingCaches *c)
{
    return address_space_lduw_cached(&c->avail, 0);
}

uint16_t vring_avail_idx(VRingCaches *c)
{
    return address_space_lduw_cached(&c->avail, 2);
}

uint16_t vring_avail_ring(VRingCaches *c, unsigned i)
{
    return address_space_lduw_cached(&c->avail, AVAIL_RING_OFFSET + 2 * i);
}

uint16_t vring_used_event(VRingCaches *c)
{
    return vring_avail_ring(c, c->num);
}

void vring_set_used_elem(VRingCaches *c, unsigned i, uint32_t id, uint32_t len)
{
    hwaddr at = USED_RING_OFFSET + USED_ELEM_SIZE * (hwaddr)i;

    address_space_stl_cached(&c->used, at, id);
    address_space_stl_cached(&c->used, at + 4, len);
}

void vring_set_used_flags(VRingCaches *c, uint16_t flags)
{
    address_space_stw_cached(&c->used, 0, flags);
}

void vring_set_used_idx(VRingCaches *c, uint16_t idx)
{
    address_space_stw_cached(&c->used, 2, idx);
}

void vring_set_avail_event(VRingCaches *c, uint16_t idx)
{
    address_space_stw_cached(&c->used,
                             USED_RING_OFFSET +
                                 USED_ELEM_SIZE * (hwaddr)c->num,
                             idx);
}
