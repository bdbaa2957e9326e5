/* SPDX-License-Identifier: MIT */
/*
 * qcow2_zero.c - clusters that read as zeros, and clusters given back.
 *
 * Version 3 has a flag in L2 entries for it.  Version 2 can only unmap, which
 * reads as zeros where there is no backing file.
 *
 * Thread context: coroutines, any thread.
 */
#include "block/qcow2.h"
#include <errno.h>

typedef enum ZeroMode {
    ZERO_KEEP,    /* the clusters stay allocated */
    ZERO_UNMAP,   /* they need not */
    ZERO_DISCARD, /* the guest does not care for them */
    ZERO_TRUNCATE, /* nobody will see them */
} ZeroMode;

/* What becomes of an entry; the same where nothing is to be done. */
static uint64_t zeroed_entry(uint64_t old, ZeroMode mode, uint32_t version,
                             bool backing)
{
    uint64_t zero = version >= 3 ? QCOW2_OFLAG_ZERO : 0;

    switch (qcow2_l2_entry_type(old)) {
    case QCOW2_CLUSTER_UNALLOCATED:
        return mode == ZERO_TRUNCATE || (mode == ZERO_DISCARD && !backing)
                   ? old
                   : zero;
    case QCOW2_CLUSTER_ZERO_PLAIN:
        return mode == ZERO_TRUNCATE ? 0 : old;
    case QCOW2_CLUSTER_ZERO_ALLOC:
    case QCOW2_CLUSTER_NORMAL:
        if (mode == ZERO_KEEP && (old & QCOW2_OFLAG_COPIED) && zero) {
            return old | zero;
        }
        break;
    default:
        break;
    }
    return mode == ZERO_TRUNCATE ? 0 : zero;
}

/* The entries of one piece of L2; *n: at most, and how many. */
static int coroutine_fn GRAPH_RDLOCK zero_piece(BDRVQcow2State *s,
                                                int64_t offset, int64_t *n,
                                                ZeroMode mode)
    DROPS(&s->lock)
{
    bool discard = s->discard_request && mode != ZERO_KEEP;
    bool backing = s->bs->backing != NULL;
    Qcow2CacheEntry *e;
    int index, ret;

    if (mode == ZERO_TRUNCATE || (mode == ZERO_DISCARD && !backing)) {
        /* Where there is no table, there is nothing to do. */
        ret = qcow2_l2_for_read(s, offset, &e, &index);
        if (ret < 0) {
            return ret;
        }
        if (!e) {
            *n = MIN(*n, qcow2_l2_piece(s) - index);
            return 0;
        }
        qcow2_cache_put(s->l2_cache, e);
    }
    ret = qcow2_l2_for_write(s, offset, &e, &index);
    if (ret < 0) {
        return ret;
    }
    *n = MIN(*n, qcow2_l2_piece(s) - index);
    for (int i = 0; i < *n; i++) {
        uint64_t old = qcow2_l2_get(e, index + i);
        uint64_t entry = zeroed_entry(old, mode, s->version, backing);

        if (!qcow2_l2_entry_ok(s, offset + ((int64_t)i << s->cluster_bits),
                               old)) {
            ret = -EIO;
            break;
        }
        if (entry == old) {
            continue;
        }
        qcow2_l2_set(e, index + i, entry);
        qcow2_cache_mark_dirty(s->l2_cache, e);
        if (!(entry & QCOW2_OFFSET_MASK)) {
            qcow2_free_l2_entry(s, old, discard);
        }
    }
    qcow2_cache_put(s->l2_cache, e);
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK zero_range(BDRVQcow2State *s,
                                                int64_t offset, int64_t bytes,
                                                ZeroMode mode)
    DROPS(&s->lock)
{
    int ret = qcow2_begin_write(s);

    while (ret >= 0 && bytes > 0) {
        int64_t n = qcow2_size_to_clusters(s, bytes);

        qcow2_alloc_wait(s, offset, bytes);
        ret = zero_piece(s, offset, &n, mode);
        offset += n << s->cluster_bits;
        bytes -= n << s->cluster_bits;
        if (ret >= 0) {
            ret = qcow2_limit_frees(s);
        }
    }
    return ret;
}

int qcow2_unmap_range(BDRVQcow2State *s, int64_t offset, int64_t bytes)
{
    return zero_range(s, offset, bytes, ZERO_TRUNCATE);
}

int qcow2_zero_range(BDRVQcow2State *s, int64_t offset, int64_t bytes)
{
    return zero_range(s, offset, bytes, ZERO_KEEP);
}

/*
 * Part of a cluster can become zeros with all of it, if the rest of it reads
 * as zeros, too.
 */
static bool coroutine_fn GRAPH_RDLOCK rest_is_zero(BDRVQcow2State *s,
                                                   int64_t offset)
    DROPS(&s->lock)
{
    Qcow2Mapping m;
    int ret;

    qcow2_alloc_wait(s, offset, 1);
    ret = qcow2_get_mapping(s, offset, 1, &m);
    if (ret < 0) {
        return false;
    }
    return m.type == QCOW2_CLUSTER_ZERO_PLAIN ||
           m.type == QCOW2_CLUSTER_ZERO_ALLOC ||
           (m.type == QCOW2_CLUSTER_UNALLOCATED && !s->bs->backing);
}

int qcow2_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                           int64_t bytes, BdrvRequestFlags flags)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t start = qcow2_cluster_start(s, offset), end = offset + bytes;
    bool part;
    int ret = 0;

    IO_CODE();
    if (qcow2_is_fatal(s)) {
        return -EIO;
    }
    co_mutex_lock(&s->lock);
    part = offset != start ||
           (qcow2_offset_in_cluster(s, end) &&
            end < (int64_t)s->header.size);
    if (part && (end - start > s->cluster_size || !rest_is_zero(s, offset))) {
        ret = -ENOTSUP;
    } else if (part) {
        /* It reads as zeros already. */
    } else if (s->version < 3 && bs->backing) {
        ret = -ENOTSUP;
    } else {
        ret = zero_range(s, offset, bytes, flags & BDRV_REQ_MAY_UNMAP
                                               ? ZERO_UNMAP
                                               : ZERO_KEEP);
    }
    co_mutex_unlock(&s->lock);
    return ret;
}

int qcow2_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t start, end = offset + bytes;
    int ret = 0;

    IO_CODE();
    if (qcow2_is_fatal(s)) {
        return -EIO;
    }
    if (s->version < 3 && bs->backing) {
        return -ENOTSUP; /* the backing file would show */
    }
    co_mutex_lock(&s->lock);
    start = qcow2_cluster_start(s, offset + s->cluster_size - 1);
    if (end < (int64_t)s->header.size) {
        end = qcow2_cluster_start(s, end);
    }
    if (start < end) {
        ret = zero_range(s, start, end - start, ZERO_DISCARD);
    }
    co_mutex_unlock(&s->lock);
    return ret;
}
