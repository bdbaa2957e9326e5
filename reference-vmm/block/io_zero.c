/* SPDX-License-Identifier: MIT */
/*
 * io_zero.c - zeroes without data, and discards, cut to what a driver takes.
 *
 * Thread context: coroutines with the graph lock, any thread.
 */
#include "block/block_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ZERO_BUFFER (1 << 20)

/* max, or what is natural, in multiples of align. */
static int64_t piece_limit(int64_t max, int64_t align)
{
    max = max ? MIN(max, BDRV_REQUEST_MAX_BYTES) : BDRV_REQUEST_MAX_BYTES;
    return MAX(max - max % align, align);
}

/* The length of the next piece: up to an aligned place when it starts or ends
 * off one, else as much as possible. */
static int64_t next_piece(int64_t offset, int64_t bytes, int64_t align,
                          int64_t max)
{
    int64_t head = offset % align;

    if (head) {
        return MIN(bytes, align - head);
    }
    bytes = MIN(bytes, max);
    return bytes > align ? bytes - bytes % align : bytes;
}

static int coroutine_fn write_zero_buffer(BdrvTrackedRequest *req,
                                          int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags)
    GRAPH_RDLOCK;
static int coroutine_fn write_zero_buffer(BdrvTrackedRequest *req,
                                          int64_t offset, int64_t bytes,
                                          BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    int64_t align = bs->bl.request_alignment;
    int64_t size = MIN(bytes, MAX(MAX_ZERO_BUFFER, align));
    IoVector v;
    void *buf;
    int ret = 0;

    flags &= ~(unsigned)(BDRV_REQ_ZERO_WRITE | BDRV_REQ_MAY_UNMAP);
    buf = bdrv_try_blockalign(bs, (size_t)size);
    if (!buf) {
        return -ENOMEM;
    }
    memset(buf, 0, (size_t)size);
    while (bytes > 0 && ret >= 0) {
        int64_t n = MIN(bytes, size);

        io_vector_init_buf(&v, buf, (size_t)n);
        if ((offset | n) & (align - 1)) {
            ret = bdrv_bounce_write(req, offset, n, &v, 0, flags);
        } else {
            ret = bdrv_driver_pwritev(bs, offset, n, &v, 0, flags);
        }
        offset += n;
        bytes -= n;
    }
    free(buf);
    return ret;
}

/* One piece: by the driver, or by writing. */
static int coroutine_fn zero_piece(BdrvTrackedRequest *req, int64_t offset,
                                   int64_t bytes, BdrvRequestFlags flags)
    GRAPH_RDLOCK;
static int coroutine_fn zero_piece(BdrvTrackedRequest *req, int64_t offset,
                                   int64_t bytes, BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    BdrvRequestFlags pass = flags & bs->supported_zero_flags;
    int ret = -ENOTSUP;

    if (bs->drv->bdrv_co_pwrite_zeroes &&
        !((offset | bytes) & (bs->bl.request_alignment - 1))) {
        ret = bs->drv->bdrv_co_pwrite_zeroes(bs, offset, bytes, pass);
        if (ret != -ENOTSUP && ret >= 0 && (flags & BDRV_REQ_FUA) &&
            !(bs->supported_zero_flags & BDRV_REQ_FUA)) {
            __atomic_add_fetch(&bs->write_gen, 1, __ATOMIC_SEQ_CST);
            ret = bdrv_co_flush(bs);
        }
    }
    if (ret == -ENOTSUP && !(flags & BDRV_REQ_NO_FALLBACK)) {
        ret = write_zero_buffer(req, offset, bytes, flags);
    }
    return ret;
}

int coroutine_fn bdrv_do_write_zeroes(BdrvTrackedRequest *req,
                                      int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    int64_t align = MAX(bs->bl.pwrite_zeroes_alignment,
                        bs->bl.request_alignment);
    int64_t max = piece_limit(bs->bl.max_pwrite_zeroes, align);
    int ret = 0;

    IO_CODE();
    BLKDBG_CO_EVENT(bs->file, BLKDBG_PWRITEV_ZERO);
    while (bytes > 0 && ret >= 0) {
        int64_t n = next_piece(offset, bytes, align, max);

        ret = zero_piece(req, offset, n, flags);
        offset += n;
        bytes -= n;
    }
    return MIN(ret, 0);
}

int coroutine_fn bdrv_co_pdiscard(BdrvChild *child, int64_t offset,
                                  int64_t bytes)
{
    BlockDriverState *bs = child->bs;
    int64_t align = MAX(bs->bl.pdiscard_alignment, bs->bl.request_alignment);
    int64_t max = piece_limit(bs->bl.max_pdiscard, align);
    BdrvTrackedRequest req;
    int ret = bdrv_write_begin(child, offset, bytes);
    int64_t at = offset, left = bytes;

    IO_CODE();
    if (ret < 0 || bytes == 0) {
        return ret;
    }
    if (!(bs->open_flags & BDRV_O_UNMAP) || !bs->drv->bdrv_co_pdiscard) {
        return 0;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, true);
    while (left > 0 && ret >= 0) {
        int64_t n = next_piece(at, left, align, max);

        /* Less than the least is of no use to the driver, except where the
         * image ends in the middle of it. */
        if (!((at | n) % bs->bl.request_alignment)) {
            ret = bs->drv->bdrv_co_pdiscard(bs, at, n);
            ret = ret == -ENOTSUP ? 0 : ret;
        }
        at += n;
        left -= n;
    }
    bdrv_write_done(bs, offset, bytes, false);
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return MIN(ret, 0);
}
