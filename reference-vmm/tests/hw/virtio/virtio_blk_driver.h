/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk_driver.h - requests of the block device, for its tests.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_TESTS_HW_VIRTIO_BLK_DRIVER_H
#define REFVMM_TESTS_HW_VIRTIO_BLK_DRIVER_H

#include "base/iothread.h"
#include "base/thread_pool.h"
#include "block/qapi.h"
#include "hw/drive.h"
#include "hw/virtio/virtio_blk.h"
#include "virtio/virtio_driver.h"

#define BLK_SIZE (1 << 20)
#define BLK_HEADER (VT_RAM + 0x10000)
#define BLK_DATA (VT_RAM + 0x20000)
#define BLK_STATUS (VT_RAM + 0x11800)

enum {
    VIRTIO_BLK_IN = 0,
    VIRTIO_BLK_OUT = 1,
    VIRTIO_BLK_FLUSH = 4,
    VIRTIO_BLK_GET_ID = 8,
    VIRTIO_BLK_DISCARD = 11,
    VIRTIO_BLK_WRITE_ZEROES = 13,
};

static inline int vt_block_group_setup(void **state) ACQUIRE(bql) NO_TSA;
static inline int vt_block_group_setup(void **state)
{
    hw_group_setup(state);
    bdrv_init();
    drive_report_errors();
    return 0;
}

static inline int vt_block_group_teardown(void **state) RELEASE(bql) NO_TSA;
static inline int vt_block_group_teardown(void **state)
{
    bdrv_close_all();
    iothread_free_all();
    thread_pool_finish();
    return hw_group_teardown(state);
}

static inline void blk_header(const VtDevice *v, uint32_t type,
                              uint64_t sector)
{
    hw_write(v->m, BLK_HEADER, 4, type);
    hw_write(v->m, BLK_HEADER + 4, 4, 0);
    hw_write(v->m, BLK_HEADER + 8, 8, sector);
}

/* Three descriptors from first on. */
static inline void blk_chain(VtQueue *q, unsigned first, hwaddr data,
                             uint32_t len, hwaddr status, bool is_read)
{
    vt_desc(q, first, BLK_HEADER, 16, VRING_DESC_F_NEXT, first + 1);
    vt_desc(q, first + 1, data, len,
            VRING_DESC_F_NEXT | (is_read ? VRING_DESC_F_WRITE : 0), first + 2);
    vt_desc(q, first + 2, status, 1, VRING_DESC_F_WRITE, 0);
    hw_write(q->v->m, status, 1, 0xff);
}

/* The chain of head 0; its status. */
static inline GS_FN uint8_t blk_submit_and_wait(VtQueue *q)
{
    uint16_t n = vt_used_idx(q) + 1;

    hw_write(q->v->m, BLK_STATUS, 1, 0xff);
    vt_avail(q, 0);
    vt_kick(q);
    vt_wait_used(q, n);
    return hw_read(q->v->m, BLK_STATUS, 1);
}

static inline GS_FN uint8_t blk_rw(VtQueue *q, uint32_t type, uint64_t sector,
                                   uint32_t len)
{
    blk_header(q->v, type, sector);
    blk_chain(q, 0, BLK_DATA, len, BLK_STATUS,
              type == VIRTIO_BLK_IN || type == VIRTIO_BLK_GET_ID);
    return blk_submit_and_wait(q);
}

static inline GS_FN uint8_t blk_no_data(VtQueue *q, uint32_t type)
{
    blk_header(q->v, type, 0);
    vt_desc(q, 0, BLK_HEADER, 16, VRING_DESC_F_NEXT, 1);
    vt_desc(q, 1, BLK_STATUS, 1, VRING_DESC_F_WRITE, 0);
    return blk_submit_and_wait(q);
}

static inline GS_FN uint8_t blk_zone(VtQueue *q, uint32_t type,
                                     uint64_t sector, uint32_t n,
                                     uint32_t flags)
{
    hw_write(q->v->m, BLK_DATA, 8, sector);
    hw_write(q->v->m, BLK_DATA + 8, 4, n);
    hw_write(q->v->m, BLK_DATA + 12, 4, flags);
    return blk_rw(q, type, 0, 16);
}

#endif
