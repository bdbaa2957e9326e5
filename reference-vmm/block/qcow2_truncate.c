/* SPDX-License-Identifier: MIT */
/*
 * qcow2_truncate.c - another size for the disk, and clusters in advance.
 *
 * Thread context: coroutines, any thread.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>

static int coroutine_fn GRAPH_RDLOCK write_size(BDRVQcow2State *s,
                                                int64_t size)
    REQUIRES(&s->lock)
{
    uint8_t field[8];
    int ret;

    qcow2_put_be64(field, (uint64_t)size);
    ret = qcow2_write_header_field(s, QCOW2_OFF_SIZE, field, sizeof field);
    if (ret >= 0) {
        ret = qcow2_flush_file(s);
    }
    if (ret >= 0) {
        s->header.size = (uint64_t)size;
    }
    return ret;
}

/* What was hidden behind the end of the disk in its last cluster. */
static int coroutine_fn GRAPH_RDLOCK clear_tail(BlockDriverState *bs,
                                                int64_t size)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t bytes = -size & (s->cluster_size - 1);
    g_autofree uint8_t *zeros = NULL;
    Qcow2Mapping m;
    IoVector v;
    int ret;

    if (!bytes) {
        return 0;
    }
    co_mutex_lock(&s->lock);
    qcow2_alloc_wait(s, size, bytes);
    ret = qcow2_get_mapping(s, size, bytes, &m);
    co_mutex_unlock(&s->lock);
    if (ret < 0 || (m.type != QCOW2_CLUSTER_NORMAL &&
                    m.type != QCOW2_CLUSTER_COMPRESSED)) {
        return ret;
    }
    zeros = g_malloc0((gsize)bytes);
    io_vector_init_buf(&v, zeros, (size_t)bytes);
    ret = qcow2_co_pwritev(bs, size, bytes, &v, 0, 0);
    io_vector_destroy(&v);
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK shrink(BDRVQcow2State *s, int64_t size)
{
    int64_t end, start = (size + s->cluster_size - 1) &
                         ~(s->cluster_size - 1);
    int ret = clear_tail(s->bs, size);

    if (ret < 0) {
        return ret;
    }
    co_mutex_lock(&s->lock);
    end = (int64_t)s->header.size;
    ret = qcow2_begin_write(s);
    if (ret >= 0 && start < end) {
        ret = qcow2_unmap_range(s, start, end - start);
    }
    if (ret >= 0) {
        ret = qcow2_commit(s, true);
    }
    if (ret >= 0) {
        ret = write_size(s, size);
    }
    co_mutex_unlock(&s->lock);
    return ret;
}

/*
 * Zeros in what was gained, where the backing file would show.  The part in
 * the old last cluster has been seen to.
 */
static int coroutine_fn GRAPH_RDLOCK hide_backing(BDRVQcow2State *s,
                                                  int64_t old_size,
                                                  int64_t size)
    DROPS(&s->lock)
{
    int64_t start = (old_size + s->cluster_size - 1) & ~(s->cluster_size - 1);

    if (!s->bs->backing || start >= size) {
        return 0;
    }
    if (s->version < 3) {
        return -ENOTSUP;
    }
    return qcow2_zero_range(s, start, size - start);
}

/* A last cluster that the backing file shows in, becomes ours. */
static int coroutine_fn GRAPH_RDLOCK own_tail(BlockDriverState *bs,
                                              int64_t old_size)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t bytes = -old_size & (s->cluster_size - 1);
    uint8_t *zeros;
    IoVector v;
    int ret;

    if (!bytes || !bs->backing) {
        return 0;
    }
    zeros = g_malloc0((gsize)bytes);
    io_vector_init_buf(&v, zeros, (size_t)bytes);
    ret = qcow2_co_pwritev(bs, old_size, bytes, &v, 0, 0);
    io_vector_destroy(&v);
    g_free(zeros);
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK grow(BlockDriverState *bs,
                                          int64_t old_size, int64_t size,
                                          PreallocMode prealloc,
                                          BdrvRequestFlags flags,
                                          GError **error)
{
    BDRVQcow2State *s = bs->opaque;
    int ret = clear_tail(bs, old_size);

    if (ret >= 0 && (flags & BDRV_REQ_ZERO_WRITE)) {
        ret = own_tail(bs, old_size);
    }
    if (ret < 0) {
        return ret;
    }
    co_mutex_lock(&s->lock);
    ret = qcow2_begin_write(s);
    if (ret >= 0) {
        ret = qcow2_grow_l1(s, qcow2_l1_entries((uint64_t)size,
                                                s->cluster_bits), error);
    }
    if (ret >= 0 && (flags & BDRV_REQ_ZERO_WRITE)) {
        ret = hide_backing(s, old_size, size);
    }
    if (ret >= 0) {
        ret = qcow2_commit(s, true);
    }
    if (ret >= 0) {
        ret = write_size(s, size);
    }
    co_mutex_unlock(&s->lock);
    if (ret >= 0 && prealloc != PREALLOC_MODE_OFF) {
        ret = qcow2_preallocate(s, old_size, size, prealloc, error);
    }
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK check_resize(BDRVQcow2State *s,
                                                  int64_t size,
                                                  PreallocMode prealloc,
                                                  int64_t *old_size,
                                                  GError **error)
{
    const char *why = NULL;

    co_mutex_lock(&s->lock);
    *old_size = (int64_t)s->header.size;
    if (size & (BDRV_SECTOR_SIZE - 1)) {
        why = "the new size is not a multiple of 512";
    } else if (s->version < 3 && s->header.nb_snapshots) {
        why = "it is of version 2 and has snapshots";
    } else if (s->bitmaps) {
        why = "it has stored bitmaps";
    } else if (prealloc != PREALLOC_MODE_OFF && size < *old_size) {
        why = "preallocation is for growing";
    } else if (prealloc != PREALLOC_MODE_OFF && s->bs->backing) {
        why = "preallocation would hide its backing file";
    }
    co_mutex_unlock(&s->lock);
    if (why) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: cannot resize the image: %s", s->name, why);
        return -ENOTSUP;
    }
    return 0;
}

int qcow2_co_truncate(BlockDriverState *bs, int64_t size, bool exact,
                      PreallocMode prealloc, BdrvRequestFlags flags,
                      GError **error)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t old_size;
    int ret;

    IO_CODE();
    if (qcow2_is_fatal(s)) {
        ret = -EIO;
    } else {
        ret = check_resize(s, size, prealloc, &old_size, error);
    }
    if (ret >= 0 && size < old_size) {
        ret = shrink(s, size);
    } else if (ret >= 0 && size > old_size) {
        ret = grow(bs, old_size, size, prealloc, flags, error);
    }
    if (ret < 0 && error && !*error) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: cannot resize the "
                    "image: %s", s->name, g_strerror(-ret));
    }
    return ret;
}

/* ---- preallocation ------------------------------------------------------ */

/*
 * The clusters are zeros before L2 refers to them: they are new at the end of
 * the file (metadata: left as a hole), or written here.
 */
static int coroutine_fn GRAPH_RDLOCK fill_part(BDRVQcow2State *s,
                                               int64_t host, int64_t bytes,
                                               PreallocMode mode,
                                               GError **error)
{
    BdrvChild *file = s->bs->file;
    int64_t length = bdrv_co_getlength(file->bs);
    int ret = length < 0 ? (int)length : 0;

    if (ret >= 0 && host + bytes > length && mode != PREALLOC_MODE_FULL) {
        ret = bdrv_co_truncate(file, host + bytes, false,
                               mode == PREALLOC_MODE_FALLOC
                                   ? PREALLOC_MODE_FALLOC
                                   : PREALLOC_MODE_OFF, 0, error);
    }
    if (ret >= 0 && mode == PREALLOC_MODE_FULL) {
        int64_t step = MIN(bytes, 1 << 20);
        g_autofree uint8_t *zeros = g_malloc0((gsize)step);

        for (int64_t i = 0; ret >= 0 && i < bytes; i += step) {
            ret = bdrv_co_pwrite(file, host + i, MIN(step, bytes - i), zeros,
                                 0);
        }
    } else if (ret >= 0 && host < length) {
        ret = bdrv_co_pwrite_zeroes(file, host, MIN(bytes, length - host),
                                    0);
    }
    return ret;
}

/* Clusters for the beginning of the range; *n: bytes of the guest's. */
static int coroutine_fn GRAPH_RDLOCK preallocate_part(BDRVQcow2State *s,
                                                      int64_t offset,
                                                      int64_t *n,
                                                      PreallocMode mode,
                                                      GError **error)
{
    Qcow2Alloc *alloc = NULL;
    int64_t host;
    int ret;

    co_mutex_lock(&s->lock);
    ret = qcow2_get_write(s, offset, n, &host, &alloc);
    co_mutex_unlock(&s->lock);
    if (!alloc) {
        return ret; /* is there already, or an error */
    }
    ret = fill_part(s, alloc->host_offset,
                    alloc->clusters << s->cluster_bits, mode, error);
    co_mutex_lock(&s->lock);
    ret = qcow2_alloc_end(s, alloc, ret);
    co_mutex_unlock(&s->lock);
    return ret;
}

int qcow2_preallocate(BDRVQcow2State *s, int64_t offset, int64_t end,
                      PreallocMode mode, GError **error)
{
    int ret = 0;

    while (ret >= 0 && offset < end) {
        int64_t n = end - offset;

        ret = preallocate_part(s, offset, &n, mode, error);
        offset += n;
    }
    return ret;
}
