/* SPDX-License-Identifier: MIT */
/*
 * io_status.c - which parts of a node have data, are zeroes, or come from the
 * node below.
 *
 * Thread context: coroutines with the graph lock, any thread.
 */
#include "block/block_int.h"
#include <errno.h>

/* What the driver says of an aligned range that begins inside the image. */
static int coroutine_fn driver_status(BlockDriverState *bs, bool want_zero,
                                      int64_t offset, int64_t bytes,
                                      int64_t *pnum, int64_t *map,
                                      BlockDriverState **file) GRAPH_RDLOCK;
static int coroutine_fn driver_status(BlockDriverState *bs, bool want_zero,
                                      int64_t offset, int64_t bytes,
                                      int64_t *pnum, int64_t *map,
                                      BlockDriverState **file)
{
    if (bs->drv->bdrv_co_block_status) {
        return bs->drv->bdrv_co_block_status(bs, want_zero, offset, bytes,
                                             pnum, map, file);
    }
    *pnum = bytes;
    *map = offset;
    if (bs->drv->is_filter && bs->file) {
        *file = bs->file->bs;
        return BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
    }
    *file = bs;
    return BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED |
           (bs->drv->is_protocol ? BDRV_BLOCK_OFFSET_VALID : 0);
}

/* What is in no layer here: zeroes, unless there is something below. */
static int coroutine_fn unallocated(BlockDriverState *bs, int64_t offset)
    GRAPH_RDLOCK;
static int coroutine_fn unallocated(BlockDriverState *bs, int64_t offset)
{
    int64_t length;

    if (!bs->drv->supports_backing) {
        return 0;
    }
    if (!bs->backing) {
        return bs->backing_file && (bs->open_flags & BDRV_O_NO_BACKING)
                   ? 0 : BDRV_BLOCK_ZERO;
    }
    length = bdrv_co_getlength(bs->backing->bs);
    return length >= 0 && offset >= length ? BDRV_BLOCK_ZERO : 0;
}

static int coroutine_fn node_status(BlockDriverState *bs, bool want_zero,
                                    int64_t offset, int64_t bytes,
                                    int64_t *pnum, int64_t *map,
                                    BlockDriverState **file) GRAPH_RDLOCK;

/* The file below may know that what is data for the format is a hole. */
static int coroutine_fn recurse(int status, int64_t *pnum,
                                int64_t map, BlockDriverState *file)
    GRAPH_RDLOCK;
static int coroutine_fn recurse(int status, int64_t *pnum,
                                int64_t map, BlockDriverState *file)
{
    BlockDriverState *file2;
    int64_t n, map2;
    int ret = node_status(file, true, map, *pnum, &n, &map2, &file2);

    /* Only a hint: an error or nonsense leaves things as they are. */
    if (ret < 0) {
        return status;
    }
    if ((ret & BDRV_BLOCK_EOF) && (!n || (ret & BDRV_BLOCK_ZERO))) {
        /* Beyond the end of the file: zeroes as far as the format says. */
        return status | BDRV_BLOCK_ZERO;
    }
    *pnum = n;
    return status | (ret & BDRV_BLOCK_ZERO);
}

static int coroutine_fn node_status(BlockDriverState *bs, bool want_zero,
                                    int64_t offset, int64_t bytes,
                                    int64_t *pnum, int64_t *map,
                                    BlockDriverState **file)
{
    int64_t total = bdrv_co_getlength(bs);
    int64_t align = bs->bl.request_alignment;
    int64_t start = offset & ~(align - 1), n = 0;
    BlockDriverState *local_file = NULL;
    int64_t local_map = 0;
    int ret;

    *pnum = 0;
    *map = 0;
    *file = NULL;
    if (total < 0) {
        return (int)total;
    }
    if (offset >= total) {
        return BDRV_BLOCK_EOF;
    }
    bytes = MIN(bytes, total - offset);
    if (!bytes) {
        return 0;
    }
    ret = driver_status(bs, want_zero, start,
                        (offset + bytes - start + align - 1) & ~(align - 1),
                        &n, &local_map, &local_file);
    if (ret < 0) {
        return ret;
    }
    n = MIN(n - (offset - start), bytes);
    local_map += offset - start;
    if (n <= 0) {
        return -EIO;
    }
    *pnum = n;
    if (ret & BDRV_BLOCK_RAW) {
        ret = node_status(local_file, want_zero, local_map, n, pnum, map,
                          file);
        /* The node below ends before this one does, by a rounding. */
        if (ret >= 0 && !*pnum) {
            *pnum = n;
            ret |= BDRV_BLOCK_ZERO;
        }
        ret &= ~BDRV_BLOCK_EOF;
    } else {
        *map = local_map;
        *file = local_file;
        if (ret & (BDRV_BLOCK_DATA | BDRV_BLOCK_ZERO)) {
            ret |= BDRV_BLOCK_ALLOCATED;
        } else {
            ret |= unallocated(bs, offset);
        }
        if (want_zero && (ret & BDRV_BLOCK_RECURSE) &&
            (ret & BDRV_BLOCK_DATA) && !(ret & BDRV_BLOCK_ZERO) &&
            (ret & BDRV_BLOCK_OFFSET_VALID) && local_file != bs) {
            ret = recurse(ret, pnum, local_map, local_file);
        }
    }
    if (ret >= 0 && offset + *pnum == total) {
        ret |= BDRV_BLOCK_EOF;
    }
    return ret;
}

static int coroutine_fn status_counted(BlockDriverState *bs, bool want_zero,
                                       int64_t offset, int64_t bytes,
                                       int64_t *pnum, int64_t *map,
                                       BlockDriverState **file)
    GRAPH_RDLOCK;
static int coroutine_fn status_counted(BlockDriverState *bs, bool want_zero,
                                       int64_t offset, int64_t bytes,
                                       int64_t *pnum, int64_t *map,
                                       BlockDriverState **file)
{
    BlockDriverState *local_file;
    int64_t local_map;
    int ret = bdrv_check_request(offset, bytes);

    if (ret < 0) {
        return ret;
    }
    bdrv_inc_in_flight(bs);
    ret = node_status(bs, want_zero, offset, bytes, pnum, &local_map,
                      &local_file);
    bdrv_dec_in_flight(bs);
    if (map) {
        *map = local_map;
    }
    if (file) {
        *file = local_file;
    }
    return ret;
}

int coroutine_fn bdrv_co_block_status(BlockDriverState *bs, int64_t offset,
                                      int64_t bytes, int64_t *pnum,
                                      int64_t *map, BlockDriverState **file)
{
    IO_CODE();
    return status_counted(bs, true, offset, bytes, pnum, map, file);
}

int coroutine_fn bdrv_co_block_status_above(BlockDriverState *bs,
                                            BlockDriverState *base,
                                            int64_t offset, int64_t bytes,
                                            int64_t *pnum, int64_t *map,
                                            BlockDriverState **file)
{
    int64_t eof = -1;
    int ret = 0;

    IO_CODE();
    *pnum = 0;
    for (BlockDriverState *p = bs; p && p != base; p = bdrv_backing_bs(p)) {
        ret = status_counted(p, true, offset, bytes, pnum, map, file);
        if (ret < 0) {
            return ret;
        }
        if (!*pnum && p != bs) {
            /* The end of this one: zeroes show from here to the end of what
             * those above asked for. */
            *pnum = bytes;
            if (file) {
                *file = p;
            }
            ret = BDRV_BLOCK_ZERO | BDRV_BLOCK_ALLOCATED;
            break;
        }
        if (p == bs && (ret & BDRV_BLOCK_EOF)) {
            eof = offset + *pnum;
        }
        if (!*pnum || (ret & (BDRV_BLOCK_ALLOCATED | BDRV_BLOCK_ZERO))) {
            break;
        }
        bytes = *pnum;
    }
    ret &= ~BDRV_BLOCK_EOF;
    return eof >= 0 && offset + *pnum == eof ? ret | BDRV_BLOCK_EOF : ret;
}

int coroutine_fn bdrv_co_is_allocated(BlockDriverState *bs, int64_t offset,
                                      int64_t bytes, int64_t *pnum)
{
    int64_t n = 0;
    int ret = status_counted(bs, false, offset, bytes, &n, NULL, NULL);

    IO_CODE();
    if (pnum) {
        *pnum = n;
    }
    return ret < 0 ? ret : (ret & BDRV_BLOCK_ALLOCATED) != 0;
}
