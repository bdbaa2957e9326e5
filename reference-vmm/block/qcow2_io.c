/* SPDX-License-Identifier: MIT */
/*
 * qcow2_io.c - reads, writes, block status and flush of the guest's disk.
 *
 * Each request is cut into parts that lie in one piece in the file; the lock
 * is held to look a part up, not while its data moves.
 *
 * Thread context: coroutines, any thread.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------ */

static int coroutine_fn GRAPH_RDLOCK
read_part(BDRVQcow2State *s, const Qcow2Mapping *m, int64_t offset,
          IoVector *qiov, size_t qiov_offset)
{
    BdrvChild *backing = s->bs->backing;

    switch (m->type) {
    case QCOW2_CLUSTER_UNALLOCATED:
        if (backing) {
            BLKDBG_CO_EVENT(s->bs->file, BLKDBG_READ_BACKING_AIO);
            return bdrv_co_preadv_part(backing, offset, m->bytes, qiov,
                                       qiov_offset, 0);
        }
        break;
    case QCOW2_CLUSTER_NORMAL:
        BLKDBG_CO_EVENT(s->bs->file, BLKDBG_READ_AIO);
        return bdrv_co_preadv_part(s->bs->file, m->host_offset, m->bytes,
                                   qiov, qiov_offset, 0);
    case QCOW2_CLUSTER_COMPRESSED:
        return qcow2_read_compressed(s, m->entry,
                                     qcow2_offset_in_cluster(s, offset),
                                     m->bytes, qiov, qiov_offset);
    default:
        break;
    }
    io_vector_memset(qiov, qiov_offset, 0, (size_t)m->bytes);
    return 0;
}

int qcow2_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                    IoVector *qiov, size_t qiov_offset,
                    BdrvRequestFlags flags)
{
    BDRVQcow2State *s = bs->opaque;

    IO_CODE();
    while (bytes > 0) {
        Qcow2Mapping m;
        int ret, epoch;

        if (qcow2_is_fatal(s)) {
            return -EIO;
        }
        co_mutex_lock(&s->lock);
        ret = qcow2_get_mapping(s, offset, bytes, &m);
        epoch = qcow2_data_begin(s);
        co_mutex_unlock(&s->lock);
        if (ret >= 0) {
            ret = read_part(s, &m, offset, qiov, qiov_offset);
        }
        qcow2_data_end(s, epoch);
        if (ret < 0) {
            return ret;
        }
        offset += m.bytes;
        qiov_offset += (size_t)m.bytes;
        bytes -= m.bytes;
    }
    return 0;
}

/* ---- writing ------------------------------------------------------------ */

/* Fills buf with what the guest sees in a region. */
static int coroutine_fn GRAPH_RDLOCK read_region(BDRVQcow2State *s,
                                                 const Qcow2CowRegion *region,
                                                 bool zero, uint8_t *buf)
{
    IoVector v;
    int ret;

    if (zero || !region->bytes) {
        memset(buf, 0, (size_t)region->bytes);
        return 0;
    }
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_COW_READ);
    io_vector_init_buf(&v, buf, (size_t)region->bytes);
    ret = qcow2_co_preadv(s->bs, region->offset, region->bytes, &v, 0, 0);
    io_vector_destroy(&v);
    return ret;
}

/* Writes into new clusters: what is copied and what is new, as one. */
static int coroutine_fn GRAPH_RDLOCK
write_alloc(BDRVQcow2State *s, const Qcow2Alloc *a, int64_t host_offset,
            int64_t bytes, IoVector *qiov, size_t qiov_offset)
{
    int64_t extra = a->head.bytes + a->tail.bytes;
    BdrvChild *file = s->bs->file;
    uint8_t *buf;
    IoVector v;
    int ret;

    if (!extra) {
        return bdrv_co_pwritev_part(file, host_offset, bytes, qiov,
                                    qiov_offset, 0);
    }
    buf = bdrv_try_blockalign(file->bs, (size_t)extra);
    if (!buf) {
        return -ENOMEM;
    }
    ret = read_region(s, &a->head, a->head_zero, buf);
    if (ret >= 0) {
        ret = read_region(s, &a->tail, a->tail_zero, buf + a->head.bytes);
    }
    io_vector_init(&v, qiov->niov + 2);
    io_vector_add(&v, buf, (size_t)a->head.bytes);
    io_vector_concat(&v, qiov, qiov_offset, (size_t)bytes);
    io_vector_add(&v, buf + a->head.bytes, (size_t)a->tail.bytes);
    if (ret >= 0) {
        BLKDBG_CO_EVENT(file, BLKDBG_COW_WRITE);
        ret = bdrv_co_pwritev(file, host_offset - a->head.bytes,
                              bytes + extra, &v, 0);
    }
    io_vector_destroy(&v);
    free(buf);
    return ret;
}

/* Writes the beginning of the range; *bytes: how much of it. */
static int coroutine_fn GRAPH_RDLOCK write_part(BDRVQcow2State *s,
                                                int64_t offset,
                                                int64_t *bytes,
                                                IoVector *qiov,
                                                size_t qiov_offset)
{
    Qcow2Alloc *alloc = NULL;
    int64_t host;
    int ret, epoch;

    co_mutex_lock(&s->lock);
    ret = qcow2_get_write(s, offset, bytes, &host, &alloc);
    epoch = qcow2_data_begin(s);
    co_mutex_unlock(&s->lock);
    if (ret >= 0) {
        BLKDBG_CO_EVENT(s->bs->file, BLKDBG_WRITE_AIO);
        ret = alloc ? write_alloc(s, alloc, host, *bytes, qiov, qiov_offset)
                    : bdrv_co_pwritev_part(s->bs->file, host, *bytes, qiov,
                                           qiov_offset, 0);
    }
    qcow2_data_end(s, epoch);
    if (alloc) {
        co_mutex_lock(&s->lock);
        ret = qcow2_alloc_end(s, alloc, ret);
        co_mutex_unlock(&s->lock);
    }
    return ret;
}

int qcow2_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                     IoVector *qiov, size_t qiov_offset,
                     BdrvRequestFlags flags)
{
    BDRVQcow2State *s = bs->opaque;

    IO_CODE();
    while (bytes > 0) {
        int64_t n = bytes;
        int ret;

        if (qcow2_is_fatal(s)) {
            return -EIO;
        }
        ret = write_part(s, offset, &n, qiov, qiov_offset);
        if (ret < 0) {
            return ret;
        }
        offset += n;
        qiov_offset += (size_t)n;
        bytes -= n;
    }
    return 0;
}

/* ---- the rest ----------------------------------------------------------- */

int qcow2_co_block_status(BlockDriverState *bs, bool want_zero,
                          int64_t offset, int64_t bytes, int64_t *pnum,
                          int64_t *map, BlockDriverState **file)
{
    BDRVQcow2State *s = bs->opaque;
    Qcow2Mapping m;
    int ret, status = 0;

    IO_CODE();
    if (qcow2_is_fatal(s)) {
        return -EIO;
    }
    co_mutex_lock(&s->lock);
    ret = qcow2_get_mapping(s, offset, bytes, &m);
    co_mutex_unlock(&s->lock);
    if (ret < 0) {
        return ret;
    }
    *pnum = m.bytes;
    if (m.type == QCOW2_CLUSTER_NORMAL || m.type == QCOW2_CLUSTER_ZERO_ALLOC) {
        *map = m.host_offset;
        *file = bs->file->bs;
        status |= BDRV_BLOCK_OFFSET_VALID;
    }
    switch (m.type) {
    case QCOW2_CLUSTER_ZERO_PLAIN:
    case QCOW2_CLUSTER_ZERO_ALLOC:
        return status | BDRV_BLOCK_ZERO;
    case QCOW2_CLUSTER_NORMAL:
        return status | BDRV_BLOCK_DATA;
    case QCOW2_CLUSTER_COMPRESSED:
        return status | BDRV_BLOCK_DATA | BDRV_BLOCK_COMPRESSED;
    default:
        return status;
    }
}

int qcow2_co_flush_to_os(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;
    int ret;

    IO_CODE();
    if (qcow2_is_fatal(s)) {
        return -EIO;
    }
    if (bs->read_only) {
        return 0;
    }
    BLKDBG_CO_EVENT(bs->file, BLKDBG_FLUSH_TO_OS);
    co_mutex_lock(&s->lock);
    ret = qcow2_commit(s, false);
    co_mutex_unlock(&s->lock);
    return ret;
}
