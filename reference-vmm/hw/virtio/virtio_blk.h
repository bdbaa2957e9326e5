/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk.h - the block device (5.2): what its two files share.
 *
 * virtio_blk.c is the device, virtio_blk_req.c the life of a request:
 *
 *     queue -> popped -> parsed -> block layer -> completed -> pushed
 *                                      |  failed, werror/rerror=stop
 *                                      v
 *                                  retry list -> submitted again when the
 *                                                machine runs again
 *
 * Requests on the retry list are in use as the queue counts it, and travel
 * with the saved state.
 *
 * Thread context: configured under the BQL; requests in the thread of the
 * queues' context, all queues of a device in the same.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTIO_BLK_H
#define REFVMM_HW_VIRTIO_VIRTIO_BLK_H

#include "base/iothread.h"
#include "block/block_backend.h"
#include "block/iov.h"
#include "hw/virtio/virtio.h"

#define VIRTIO_BLK_SECTOR_BITS 9
/* One discard or write-zeroes request, in sectors: 1 GiB. */
#define VIRTIO_BLK_MAX_ZONE_SECTORS (1u << 21)
/* One read or write: a guest can point all its buffers at the same memory. */
#define VIRTIO_BLK_MAX_BYTES ((uint64_t)INT32_MAX & ~(uint64_t)511)

enum { /* 5.2.3 */
    VIRTIO_BLK_F_SEG_MAX = 2,
    VIRTIO_BLK_F_RO = 5,
    VIRTIO_BLK_F_BLK_SIZE = 6,
    VIRTIO_BLK_F_FLUSH = 9,
    VIRTIO_BLK_F_TOPOLOGY = 10,
    VIRTIO_BLK_F_CONFIG_WCE = 11,
    VIRTIO_BLK_F_MQ = 12,
    VIRTIO_BLK_F_DISCARD = 13,
    VIRTIO_BLK_F_WRITE_ZEROES = 14,
};

typedef struct VirtioBlkRequest {
    VirtQueueElement element; /* first: virtqueue_pop() makes these */
    struct VirtioBlk *s;
    uint32_t type;
    uint64_t sector;
    uint64_t bytes;
    IoVector data;      /* without header and status */
    uint8_t *status;    /* in guest memory */
    size_t in_len;      /* of the writable part, with the status */
    BlockAcctCookie acct;
    struct VirtioBlkRequest *next; /* on the retry list */
} VirtioBlkRequest;

typedef struct VirtioBlk {
    VirtioDevice virtio;
    /* properties */
    BlockBackend *blk;
    IOThread *iothread;
    char *serial;
    uint16_t num_queues, queue_size;
    uint32_t logical_block_size, physical_block_size;
    bool config_wce, discard, write_zeroes;
    bool share_rw;
    int write_cache;    /* index in write_cache_choices */
    int werror, rerror; /* BlockdevOnError */
    bool cache_at_reset; /* whether there is a write cache */
    bool cache_loaded;   /* of a state */
    uint64_t sectors;    /* atomic: the disk's length */
    int retry_pending;   /* atomic: virtio_blk_retry() is to come */
    /* in the queues' thread */
    VirtioBlkRequest *retry, **retry_last;
    GPtrArray *loaded; /* VirtQueueElement* of a state, not mapped yet */
    AioContext *context;
    VmStateChangeEntry *state_change;
} VirtioBlk;

/* Serves all that a queue has. */
void virtio_blk_handle_queue(VirtioDevice *vdev, VirtQueue *vq) IO_OR_GS_FN;
/* Submits the retry list again, and clears retry_pending. */
void virtio_blk_retry(void *opaque) IO_OR_GS_FN;
/* Gives up the retry list. */
void virtio_blk_drop_retry(VirtioBlk *s) GS_FN;
unsigned virtio_blk_retry_count(const VirtioBlk *s, unsigned queue) IO_FN;
/* Makes requests of the elements that were loaded. */
bool virtio_blk_loaded(DeviceState *dev, GError **error) GS_FN;
/* The retry list, as a field of the vmstate. */
extern const VMStateInfo vmstate_info_virtio_blk_retry;

#endif
