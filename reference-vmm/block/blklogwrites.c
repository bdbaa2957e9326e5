/* SPDX-License-Identifier: MIT */
/*
 * blklogwrites.c - a filter that records all writes, in their order.
 *
 * The log has the layout of Linux's dm-log-writes (Documentation/
 * admin-guide/device-mapper/log-writes.rst), little endian, in sectors of
 * log-sector-size:
 *
 *     sector 0    magic 0x6a736677736872, version 1, entries, sector size
 *     then        sector, sectors, flags, length of data: 64 bits each, padded
 *                 to a sector; after a write its data
 *     flags       1 flush, 2 FUA, 4 discard, 8 mark
 *
 * A write is recorded before it is made, a flush after it has come back: the
 * writes that a flush covers stand before it.  Any prefix of the log is
 * something that a power cut could leave.
 *
 * Thread context: as block_int.h says of each slot.
 */
#include "block/block_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x6a736677736872ULL
#define MAX_ZERO_DATA (1 << 20)

enum {
    LOG_FLUSH = 1 << 0,
    LOG_FUA = 1 << 1,
    LOG_DISCARD = 1 << 2,
};

typedef struct LogState {
    BdrvChild *log; /* set while opened, cleared when it goes */
    int64_t sector; /* set when it is opened */
    CoMutex lock;
    int64_t used GUARDED_BY(&lock); /* sectors, beside the first */
    int64_t entries GUARDED_BY(&lock);
} LogState;

static const BlockOption log_options[] = {
    { "log", BLOCK_OPT_ANY, "the node that takes the log" },
    { "log-sector-size", BLOCK_OPT_SIZE, "512 to 65536; default 512" },
    { NULL },
};

static DROPS(bql) bool log_open(BlockDriverState *bs, JsonObject *options, int flags,
                     GError **error)
{
    LogState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (!block_opt_size(options, "log-sector-size", 512, &s->sector, error)) {
        return false;
    }
    if (s->sector < 512 || s->sector > 65536 || (s->sector & (s->sector - 1))) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'blklogwrites': log-sector-size is a power of two "
                    "from 512 to 65536");
        return false;
    }
    if (!bdrv_open_file_child(bs, options, error)) {
        return false;
    }
    s->log = bdrv_open_child(bs, options, "log", &child_of_bds,
                             BDRV_CHILD_METADATA, false, error);
    if (!s->log) {
        return false;
    }
    co_mutex_init(&s->lock);
    bs->supported_write_flags = BDRV_REQ_FUA;
    bs->supported_zero_flags = BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP;
    return true;
}

static void log_close(BlockDriverState *bs)
{
    LogState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    co_mutex_destroy(&s->lock);
}

static void GRAPH_RDLOCK log_refresh_limits(BlockDriverState *bs)
{
    const LogState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    bs->bl.request_alignment = MAX(bs->bl.request_alignment,
                                   (uint32_t)s->sector);
    bs->bl.max_pwrite_zeroes = MAX_ZERO_DATA;
}

static void GRAPH_RDLOCK log_child_perm(BlockDriverState *bs, BdrvChild *c,
                                        BdrvChildRole role,
                                        uint64_t parent_perm,
                                        uint64_t parent_shared,
                                        uint64_t *nperm, uint64_t *nshared)
{
    GLOBAL_STATE_CODE();
    if (role & BDRV_CHILD_FILTERED) {
        bdrv_default_perms(bs, c, role, parent_perm, parent_shared, nperm,
                           nshared);
        return;
    }
    *nperm = BLK_PERM_WRITE | BLK_PERM_RESIZE;
    *nshared = BLK_PERM_CONSISTENT_READ;
}

static void put_le64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static int coroutine_fn write_super(LogState *s) GRAPH_RDLOCK
    REQUIRES(&s->lock);
static int coroutine_fn write_super(LogState *s)
{
    uint8_t *block = g_malloc0((gsize)s->sector);
    int ret;

    put_le64(block, MAGIC);
    put_le64(block + 8, 1);
    put_le64(block + 16, (uint64_t)s->entries);
    put_le64(block + 24, (uint64_t)s->sector); /* 32 bits, then padding */
    ret = bdrv_co_pwrite(s->log, 0, s->sector, block, 0);
    g_free(block);
    return ret;
}

/* data may be NULL: zeroes. */
static int coroutine_fn append(BlockDriverState *bs, int64_t offset,
                               int64_t bytes, unsigned flags, IoVector *data,
                               size_t data_offset) GRAPH_RDLOCK;
static int coroutine_fn append(BlockDriverState *bs, int64_t offset,
                               int64_t bytes, unsigned flags, IoVector *data,
                               size_t data_offset)
{
    LogState *s = bs->opaque;
    bool has_data = bytes && !(flags & LOG_DISCARD);
    uint8_t *head = g_malloc0((gsize)s->sector);
    uint8_t *zeroes = has_data && !data ? g_malloc0((gsize)bytes) : NULL;
    IoVector v;
    int ret;

    put_le64(head, (uint64_t)(offset / s->sector));
    put_le64(head + 8, (uint64_t)(bytes / s->sector));
    put_le64(head + 16, flags);
    io_vector_init(&v, 2);
    io_vector_add(&v, head, (size_t)s->sector);
    if (zeroes) {
        io_vector_add(&v, zeroes, (size_t)bytes);
    } else if (has_data) {
        io_vector_concat(&v, data, data_offset, (size_t)bytes);
    }
    co_mutex_lock(&s->lock);
    ret = bdrv_co_pwritev(s->log, (1 + s->used) * s->sector,
                          (int64_t)v.size, &v, 0);
    if (ret >= 0) {
        s->used += (int64_t)v.size / s->sector;
        s->entries++;
        ret = write_super(s);
    }
    co_mutex_unlock(&s->lock);
    io_vector_destroy(&v);
    g_free(zeroes);
    g_free(head);
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK log_co_preadv_part(BlockDriverState *bs,
                                                        int64_t offset,
                                                        int64_t bytes,
                                                        IoVector *qiov,
                                                        size_t qiov_offset,
                                                        BdrvRequestFlags flags)
{
    IO_CODE();
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset,
                               flags);
}

static int coroutine_fn GRAPH_RDLOCK
log_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                    IoVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    int ret = append(bs, offset, bytes, flags & BDRV_REQ_FUA ? LOG_FUA : 0,
                     qiov, qiov_offset);

    IO_CODE();
    return ret < 0 ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov,
                                                qiov_offset, flags);
}

static int coroutine_fn GRAPH_RDLOCK
log_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                     BdrvRequestFlags flags)
{
    int ret = append(bs, offset, bytes, flags & BDRV_REQ_FUA ? LOG_FUA : 0,
                     NULL, 0);

    IO_CODE();
    return ret < 0 ? ret
                   : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn GRAPH_RDLOCK log_co_pdiscard(BlockDriverState *bs,
                                                     int64_t offset,
                                                     int64_t bytes)
{
    int ret = append(bs, offset, bytes, LOG_DISCARD, NULL, 0);

    IO_CODE();
    return ret < 0 ? ret : bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn GRAPH_RDLOCK log_co_flush(BlockDriverState *bs)
{
    int ret = bdrv_co_flush(bs->file->bs);

    IO_CODE();
    return ret < 0 ? ret : append(bs, 0, 0, LOG_FLUSH, NULL, 0);
}

static void coroutine_fn GRAPH_RDLOCK log_co_debug_event(BlockDriverState *bs,
                                                         BlkdebugEvent event)
{
    IO_CODE();
    bdrv_co_debug_event(bs->file, event);
}

const BlockDriver bdrv_blklogwrites = {
    .format_name = "blklogwrites",
    .instance_size = sizeof(LogState),
    .is_filter = true,
    .options = log_options,
    .bdrv_open = log_open,
    .bdrv_close = log_close,
    .bdrv_refresh_limits = log_refresh_limits,
    .bdrv_child_perm = log_child_perm,
    .bdrv_co_preadv_part = log_co_preadv_part,
    .bdrv_co_pwritev_part = log_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = log_co_pwrite_zeroes,
    .bdrv_co_pdiscard = log_co_pdiscard,
    .bdrv_co_flush_to_os = log_co_flush,
    .bdrv_co_debug_event = log_co_debug_event,
};
