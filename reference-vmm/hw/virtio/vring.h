/* SPDX-License-Identifier: MIT */
/*
 * vring.h - the split ring in guest memory (2.7), as the device sees it.
 *
 *     descriptor table  16 bytes each: addr le64, len le32, flags le16, next
 *     available ring    flags le16, idx le16, ring[num] le16, used_event le16
 *     used ring         flags le16, idx le16, ring[num] {id le32, len le32},
 *                       avail_event le16
 *
 * The three parts are mapped once, as region caches, and published by RCU: a
 * commit of the memory topology replaces them while queues are served. Whoever
 * works on them holds a reference and no read section: a ring need not be RAM,
 * and an access to a device may wait for the BQL, whose holder may wait for
 * all read sections.
 *
 * Thread context: vring_caches_update() under the BQL; the rest in the queue's
 * thread.
 */
#ifndef REFVMM_HW_VIRTIO_VRING_H
#define REFVMM_HW_VIRTIO_VRING_H

#include "hw/virtio/virtio.h"

enum {
    VRING_DESC_F_NEXT = 1,
    VRING_DESC_F_WRITE = 2,
    VRING_DESC_F_INDIRECT = 4,
    VRING_AVAIL_F_NO_INTERRUPT = 1,
    VRING_USED_F_NO_NOTIFY = 1,
};

typedef struct VRingDesc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
} VRingDesc;

#define VRING_DESC_SIZE 16

struct VRingCaches {
    int refs;    /* atomic */
    bool mapped; /* false: the rings lie where nothing is */
    uint16_t num; /* of the queue when it was made ready */
    MemoryRegionCache desc, avail, used;
};

/* Maps the rings, of a queue that is ready. */
void vring_caches_update(VirtQueue *vq) EXCLUDES(memory_transaction) GS_FN;
/* Reads no view: also within a transaction. */
void vring_caches_clear(VirtQueue *vq) GS_FN;
/* Those of now, referenced.  NULL: the queue is not ready, or the device is
 * broken, which it becomes when the rings are not mapped. */
VRingCaches *vring_caches_get(VirtQueue *vq)
    PAIR_OPEN(vring_caches, ret) IO_FN;
/* NULL is fine. */
void vring_caches_put(VRingCaches *c) PAIR_CLOSE(vring_caches, c) IO_FN;

/* Round what reaches guest memory without them; they nest. */
void virtio_dma_begin(void) IO_FN;
void virtio_dma_end(void) IO_FN;

/* Of the table that cache maps: the queue's, or an indirect one. */
bool vring_read_desc(MemoryRegionCache *cache, unsigned i, VRingDesc *ret)
    IO_FN;
uint16_t vring_avail_flags(VRingCaches *c) IO_FN;
uint16_t vring_avail_idx(VRingCaches *c) IO_FN;
uint16_t vring_avail_ring(VRingCaches *c, unsigned i) IO_FN;
uint16_t vring_used_event(VRingCaches *c) IO_FN;
void vring_set_used_elem(VRingCaches *c, unsigned i, uint32_t id,
                         uint32_t len) IO_FN;
void vring_set_used_flags(VRingCaches *c, uint16_t flags) IO_FN;
void vring_set_used_idx(VRingCaches *c, uint16_t idx) IO_FN;
void vring_set_avail_event(VRingCaches *c, uint16_t idx) IO_FN;

/* Whether the other side, who asked to be told at event, has to be told that
 * the index went from old to now (2.7.10). */
static inline bool IO_FN vring_need_event(uint16_t event, uint16_t now,
                                          uint16_t old)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

#endif
