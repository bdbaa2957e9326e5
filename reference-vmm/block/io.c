/* SPDX-License-Identifier: MIT */
/*
 * io.c - reads and writes of nodes: bounds, alignment, limits.
 *
 * A request comes in at any offset and length.  What is not aligned to the
 * driver's request_alignment, or lies in memory it cannot use, goes through a
 * bounce buffer, piece by piece; a write then reads the blocks it covers in
 * part.  Drivers see aligned requests no longer than their limits.
 *
 * Thread context: coroutines with the graph lock, any thread.
 */
#include "block/block_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a bounce buffer: a guest chooses how much is not aligned. */
#define MAX_BOUNCE (1 << 20)

int bdrv_check_request(int64_t offset, int64_t bytes)
{
    IO_CODE();
    if (offset < 0 || bytes < 0) {
        return -EINVAL;
    }
    if (offset > BDRV_MAX_LENGTH || bytes > BDRV_MAX_LENGTH - offset) {
        return -EIO;
    }
    return 0;
}

size_t bdrv_min_mem_align(BlockDriverState *bs)
{
    IO_CODE();
    return MAX(bs->bl.min_mem_alignment, sizeof(void *));
}

void *bdrv_try_blockalign(BlockDriverState *bs, size_t bytes)
{
    void *p = NULL;
    /* A page is what the kernel likes best. */
    size_t align = MAX(bdrv_min_mem_align(bs), 4096);

    IO_CODE();
    return posix_memalign(&p, align, MAX(bytes, 1)) ? NULL : p;
}

void *bdrv_blockalign(BlockDriverState *bs, size_t bytes)
{
    void *p = bdrv_try_blockalign(bs, bytes);

    IO_CODE();
    if (!p) {
        g_error("no memory for a buffer of %zu bytes", bytes);
    }
    return p;
}

static bool is_aligned(BlockDriverState *bs, int64_t offset, int64_t bytes,
                       const IoVector *qiov, size_t qiov_offset)
{
    if ((offset | bytes) & (bs->bl.request_alignment - 1)) {
        return false;
    }
    return bs->bl.min_mem_alignment <= 1 || !qiov ||
           io_vector_is_aligned(qiov, qiov_offset, (size_t)bytes,
                                bs->bl.min_mem_alignment);
}

static int64_t max_transfer(BlockDriverState *bs)
{
    int64_t max = bs->bl.max_transfer ? bs->bl.max_transfer
                                      : BDRV_REQUEST_MAX_BYTES;

    return MAX(MIN(max, BDRV_REQUEST_MAX_BYTES) &
                   ~((int64_t)bs->bl.request_alignment - 1),
               bs->bl.request_alignment);
}

/* ---- reading ------------------------------------------------------------ */

/* Aligned; what lies beyond the end is zeroes. */
static int coroutine_fn aligned_preadv(BlockDriverState *bs, int64_t offset,
                                       int64_t bytes, IoVector *qiov,
                                       size_t qiov_offset) GRAPH_RDLOCK;
static int coroutine_fn aligned_preadv(BlockDriverState *bs, int64_t offset,
                                       int64_t bytes, IoVector *qiov,
                                       size_t qiov_offset)
{
    int64_t align = bs->bl.request_alignment;
    int64_t total = __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE);
    int64_t there = MAX(0, ((total + align - 1) & ~(align - 1)) - offset);
    int64_t max = max_transfer(bs);

    there = MIN(there, bytes);
    for (int64_t done = 0; done < there;) {
        int64_t n = MIN(there - done, max);
        int ret = bs->drv->bdrv_co_preadv_part(
            bs, offset + done, n, qiov, qiov_offset + (size_t)done, 0);

        if (ret < 0) {
            return ret;
        }
        done += n;
    }
    if (there < bytes) {
        io_vector_memset(qiov, qiov_offset + (size_t)there, 0,
                         (size_t)(bytes - there));
    }
    return 0;
}

static int coroutine_fn bounce_read(BlockDriverState *bs, int64_t offset,
                                    int64_t bytes, IoVector *qiov,
                                    size_t qiov_offset) GRAPH_RDLOCK;
static int coroutine_fn bounce_read(BlockDriverState *bs, int64_t offset,
                                    int64_t bytes, IoVector *qiov,
                                    size_t qiov_offset)
{
    int64_t align = bs->bl.request_alignment, end = offset + bytes;
    int64_t chunk = MAX(MAX_BOUNCE, align);
    char *buf = bdrv_try_blockalign(
        bs, (size_t)MIN(chunk, bytes + 2 * align));
    int ret = buf ? 0 : -ENOMEM;

    while (ret >= 0 && offset < end) {
        int64_t start = offset & ~(align - 1);
        int64_t stop = MIN(start + chunk, (end + align - 1) & ~(align - 1));
        size_t n = (size_t)(MIN(stop, end) - offset);
        IoVector v;

        io_vector_init_buf(&v, buf, (size_t)(stop - start));
        ret = aligned_preadv(bs, start, stop - start, &v, 0);
        if (ret >= 0) {
            io_vector_from_buf(qiov, qiov_offset, buf + (offset - start), n);
        }
        qiov_offset += n;
        offset += (int64_t)n;
    }
    free(buf);
    return ret;
}

int coroutine_fn bdrv_co_preadv_part(BdrvChild *child, int64_t offset,
                                     int64_t bytes, IoVector *qiov,
                                     size_t qiov_offset,
                                     BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int ret = bdrv_check_request(offset, bytes);

    IO_CODE();
    if (ret < 0 || bytes == 0) {
        return ret;
    }
    if (!bs->drv->bdrv_co_preadv_part) {
        return -ENOTSUP;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, false);
    if (is_aligned(bs, offset, bytes, qiov, qiov_offset)) {
        ret = aligned_preadv(bs, offset, bytes, qiov, qiov_offset);
    } else {
        ret = bounce_read(bs, offset, bytes, qiov, qiov_offset);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

int coroutine_fn bdrv_co_preadv(BdrvChild *child, int64_t offset,
                                int64_t bytes, IoVector *qiov,
                                BdrvRequestFlags flags)
{
    IO_CODE();
    return bdrv_co_preadv_part(child, offset, bytes, qiov, 0, flags);
}

int coroutine_fn bdrv_co_pread(BdrvChild *child, int64_t offset,
                               int64_t bytes, void *buf,
                               BdrvRequestFlags flags)
{
    IoVector v;

    IO_CODE();
    io_vector_init_buf(&v, buf, (size_t)bytes);
    return bdrv_co_preadv(child, offset, bytes, &v, flags);
}

/* ---- writing ------------------------------------------------------------ */

int bdrv_write_begin(BdrvChild *child, int64_t offset, int64_t bytes)
{
    BlockDriverState *bs = child->bs;
    int ret = bdrv_check_request(offset, bytes);

    IO_CODE();
    if (ret < 0) {
        return ret;
    }
    if (bs->read_only ||
        !(child->perm & (BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED))) {
        return -EPERM;
    }
    if (offset + bytes > __atomic_load_n(&bs->total_bytes,
                                         __ATOMIC_ACQUIRE) &&
        !(child->perm & BLK_PERM_RESIZE)) {
        return -EIO;
    }
    return 0;
}

static void raise_to(int64_t *what, int64_t value)
{
    int64_t old = __atomic_load_n(what, __ATOMIC_RELAXED);

    while (old < value &&
           !__atomic_compare_exchange_n(what, &old, value, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

void bdrv_write_done(BlockDriverState *bs, int64_t offset, int64_t bytes,
                     bool may_grow)
{
    int64_t end = (offset + bytes + BDRV_SECTOR_SIZE - 1) &
                  ~(BDRV_SECTOR_SIZE - 1);
    int64_t total = __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE);

    IO_CODE();
    __atomic_add_fetch(&bs->write_gen, 1, __ATOMIC_SEQ_CST);
    while (may_grow && total < end) {
        if (__atomic_compare_exchange_n(&bs->total_bytes, &total, end, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            bdrv_dirty_bitmaps_truncate(bs, end);
            bdrv_parents_resized(bs);
            break;
        }
    }
    raise_to(&bs->wr_highest_offset, offset + bytes);
    bdrv_set_dirty(bs, offset, bytes);
}

/* One request of the driver; flags it does not know are done here. */
int coroutine_fn bdrv_driver_pwritev(BlockDriverState *bs, int64_t offset,
                                     int64_t bytes, IoVector *qiov,
                                     size_t qiov_offset,
                                     BdrvRequestFlags flags)
{
    BdrvRequestFlags pass = flags & bs->supported_write_flags;
    bool flush = (flags & BDRV_REQ_FUA) &&
                 !(bs->supported_write_flags & BDRV_REQ_FUA);
    int64_t max = max_transfer(bs);
    int ret = 0;

    IO_CODE();
    for (int64_t done = 0; done < bytes && ret >= 0;) {
        int64_t n = MIN(bytes - done, max);

        ret = bs->drv->bdrv_co_pwritev_part(bs, offset + done, n, qiov,
                                            qiov_offset + (size_t)done, pass);
        done += n;
    }
    if (ret >= 0 && flush) {
        /* Not counted as done yet, but flushed all the same. */
        __atomic_add_fetch(&bs->write_gen, 1, __ATOMIC_SEQ_CST);
        ret = bdrv_co_flush(bs);
    }
    return MIN(ret, 0);
}

/* Fills the blocks at the ends of a piece that are written in part. */
static int coroutine_fn read_ends(BlockDriverState *bs, int64_t start,
                                  int64_t stop, int64_t from, int64_t to,
                                  char *buf) GRAPH_RDLOCK;
static int coroutine_fn read_ends(BlockDriverState *bs, int64_t start,
                                  int64_t stop, int64_t from, int64_t to,
                                  char *buf)
{
    int64_t align = bs->bl.request_alignment;
    IoVector v;
    int ret = 0;

    if (from > start) {
        io_vector_init_buf(&v, buf, (size_t)align);
        ret = aligned_preadv(bs, start, align, &v, 0);
    }
    if (ret >= 0 && to < stop && (stop - start > align || from <= start)) {
        io_vector_init_buf(&v, buf + (stop - align - start), (size_t)align);
        ret = aligned_preadv(bs, stop - align, align, &v, 0);
    }
    return ret;
}

int coroutine_fn bdrv_bounce_write(BdrvTrackedRequest *req, int64_t offset,
                                   int64_t bytes, IoVector *qiov,
                                   size_t qiov_offset,
                                   BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    int64_t align = bs->bl.request_alignment, end = offset + bytes;
    int64_t chunk = MAX(MAX_BOUNCE, align);
    char *buf = bdrv_try_blockalign(
        bs, (size_t)MIN(chunk, bytes + 2 * align));
    int ret = buf ? 0 : -ENOMEM;

    IO_CODE();
    if ((offset | bytes) & (align - 1)) {
        tracked_request_serialise(req, align);
    }
    while (ret >= 0 && offset < end) {
        int64_t start = offset & ~(align - 1);
        int64_t stop = MIN(start + chunk, (end + align - 1) & ~(align - 1));
        size_t n = (size_t)(MIN(stop, end) - offset);
        IoVector v;

        ret = read_ends(bs, start, stop, offset, offset + (int64_t)n, buf);
        if (ret < 0) {
            break;
        }
        if (qiov) {
            io_vector_to_buf(qiov, qiov_offset, buf + (offset - start), n);
        } else {
            memset(buf + (offset - start), 0, n);
        }
        io_vector_init_buf(&v, buf, (size_t)(stop - start));
        ret = bdrv_driver_pwritev(bs, start, stop - start, &v, 0, flags);
        qiov_offset += n;
        offset += (int64_t)n;
    }
    free(buf);
    return ret;
}

/* BDRV_REQ_ZERO_WRITE, when the data is zeroes and the node wants to know. */
static BdrvRequestFlags detect_zeroes(BlockDriverState *bs, int64_t bytes,
                                      const IoVector *qiov,
                                      size_t qiov_offset) GRAPH_RDLOCK;
static BdrvRequestFlags detect_zeroes(BlockDriverState *bs, int64_t bytes,
                                      const IoVector *qiov,
                                      size_t qiov_offset)
{
    if (bs->detect_zeroes == BLOCKDEV_DETECT_ZEROES_OFF ||
        !bs->drv->bdrv_co_pwrite_zeroes ||
        !io_vector_is_zero(qiov, qiov_offset, (size_t)bytes)) {
        return 0;
    }
    return bs->detect_zeroes == BLOCKDEV_DETECT_ZEROES_UNMAP
               ? BDRV_REQ_ZERO_WRITE | BDRV_REQ_MAY_UNMAP
               : BDRV_REQ_ZERO_WRITE;
}

static int coroutine_fn write_tracked(BdrvTrackedRequest *req, int64_t offset,
                                      int64_t bytes, IoVector *qiov,
                                      size_t qiov_offset,
                                      BdrvRequestFlags flags) GRAPH_RDLOCK;
static int coroutine_fn write_tracked(BdrvTrackedRequest *req, int64_t offset,
                                      int64_t bytes, IoVector *qiov,
                                      size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    BlockDriverState *bs = req->bs;
    int ret;

    if (flags & BDRV_REQ_SERIALISING) {
        tracked_request_serialise(req, bs->bl.request_alignment);
    }
    if (!(flags & BDRV_REQ_ZERO_WRITE) &&
        !(flags & BDRV_REQ_WRITE_COMPRESSED)) {
        flags |= detect_zeroes(bs, bytes, qiov, qiov_offset);
    }
    if (flags & BDRV_REQ_ZERO_WRITE) {
        return bdrv_do_write_zeroes(req, offset, bytes, flags);
    }
    BLKDBG_CO_EVENT(bs->file, BLKDBG_PWRITEV);
    if (is_aligned(bs, offset, bytes, qiov, qiov_offset)) {
        ret = bdrv_driver_pwritev(bs, offset, bytes, qiov, qiov_offset,
                                  flags);
    } else {
        ret = bdrv_bounce_write(req, offset, bytes, qiov, qiov_offset, flags);
    }
    BLKDBG_CO_EVENT(bs->file, BLKDBG_PWRITEV_DONE);
    return ret;
}

int coroutine_fn bdrv_co_pwritev_part(BdrvChild *child, int64_t offset,
                                      int64_t bytes, IoVector *qiov,
                                      size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int ret = bdrv_write_begin(child, offset, bytes);

    IO_CODE();
    if (ret < 0 || bytes == 0) {
        return ret;
    }
    if (!bs->drv->bdrv_co_pwritev_part) {
        return -ENOTSUP;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset, bytes, true);
    ret = write_tracked(&req, offset, bytes, qiov, qiov_offset, flags);
    /* Also after an error: who knows how far it came. */
    bdrv_write_done(bs, offset, bytes, ret >= 0);
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return ret;
}

int coroutine_fn bdrv_co_pwritev(BdrvChild *child, int64_t offset,
                                 int64_t bytes, IoVector *qiov,
                                 BdrvRequestFlags flags)
{
    IO_CODE();
    return bdrv_co_pwritev_part(child, offset, bytes, qiov, 0, flags);
}

int coroutine_fn bdrv_co_pwrite(BdrvChild *child, int64_t offset,
                                int64_t bytes, const void *buf,
                                BdrvRequestFlags flags)
{
    IoVector v;

    IO_CODE();
    io_vector_init_buf(&v, (void *)buf, (size_t)bytes);
    return bdrv_co_pwritev(child, offset, bytes, &v, flags);
}

int coroutine_fn bdrv_co_pwrite_sync(BdrvChild *child, int64_t offset,
                                     int64_t bytes, const void *buf,
                                     BdrvRequestFlags flags)
{
    int ret = bdrv_co_pwrite(child, offset, bytes, buf, flags);

    IO_CODE();
    return ret < 0 ? ret : bdrv_co_flush(child->bs);
}

int coroutine_fn bdrv_co_pwrite_zeroes(BdrvChild *child, int64_t offset,
                                       int64_t bytes, BdrvRequestFlags flags)
{
    IO_CODE();
    if (!(child->bs->open_flags & BDRV_O_UNMAP)) {
        flags &= ~(unsigned)BDRV_REQ_MAY_UNMAP;
    }
    return bdrv_co_pwritev_part(child, offset, bytes, NULL, 0,
                                flags | BDRV_REQ_ZERO_WRITE);
}
