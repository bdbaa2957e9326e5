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

void vring_caches_put(VRingCaches *c)
{
    IO_CODE();
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    address_space_cache_destroy(&c->desc);
    address_space_cache_destroy(&c->avail);
    address_space_cache_destroy(&c->used);
    g_free(c);
}

/* The queue's own reference, once nobody can be about to take another. */
static void caches_unpublished(void *opaque)
{
    vring_caches_put(opaque);
}

static VRingCaches *caches_new(const VirtQueue *vq)
{
    AddressSpace *as = vq->vdev->dma;
    hwaddr desc_size = (hwaddr)vq->num * VRING_DESC_SIZE;
    hwaddr avail_size = AVAIL_RING_OFFSET + 2 * (hwaddr)vq->num + 2;
    hwaddr used_size = USED_RING_OFFSET + USED_ELEM_SIZE * (hwaddr)vq->num + 2;
    VRingCaches *c = g_new0(VRingCaches, 1);

    c->refs = 1;
    if (address_space_cache_init(&c->desc, as, vq->desc, desc_size, false) <
            desc_size ||
        address_space_cache_init(&c->avail, as, vq->avail, avail_size,
                                 false) < avail_size ||
        address_space_cache_init(&c->used, as, vq->used, used_size, true) <
            used_size) {
        vring_caches_put(c);
        return NULL;
    }
    return c;
}

void vring_caches_update(VirtQueue *vq)
{
    VRingCaches *old, *c;

    GLOBAL_STATE_CODE();
    c = vq->ready ? caches_new(vq) : NULL;
    vm_rcu_read_lock();
    old = vm_rcu_dereference(&vq->caches);
    vm_rcu_assign(&vq->caches, c);
    vm_rcu_read_unlock();
    if (old) {
        vm_rcu_call(caches_unpublished, old);
    }
}

VRingCaches *vring_caches_get(VirtQueue *vq)
{
    VRingCaches *c;

    IO_CODE();
    vm_rcu_read_lock();
    c = vm_rcu_dereference(&vq->caches);
    if (c) {
        __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    }
    vm_rcu_read_unlock();
    if (!c) {
        virtio_error(vq->vdev, "the rings of queue %u are not all in memory",
                     vq->index);
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

uint16_t vring_used_event(VRingCaches *c, unsigned num)
{
    return vring_avail_ring(c, num);
}

uint16_t vring_used_idx(VRingCaches *c)
{
    return address_space_lduw_cached(&c->used, 2);
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

void vring_set_avail_event(VRingCaches *c, unsigned num, uint16_t idx)
{
    address_space_stw_cached(&c->used,
                             USED_RING_OFFSET + USED_ELEM_SIZE * (hwaddr)num,
                             idx);
}
