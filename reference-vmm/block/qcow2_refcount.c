/* SPDX-License-Identifier: MIT */
/*
 * qcow2_refcount.c - how often clusters are used; allocating and freeing
 * them.  Changes are made in the cache, and reach the disk with
 * qcow2_commit.c.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>

/* Offsets in L1 and L2 have 56 bits. */
#define MAX_FILE_BYTES ((int64_t)1 << 56)
/* So much may wait to be freed for the next flush. */
#define MAX_FREES 1024

/* A refcount in the cache. */
typedef struct RefcountRef {
    Qcow2CacheEntry *entry; /* NULL: there is no block, so it is zero */
    uint64_t index;
} RefcountRef;

/* Reuses the piece that ref holds, if it is the same. */
static int coroutine_fn GRAPH_RDLOCK get_ref(BDRVQcow2State *s,
                                             int64_t cluster,
                                             RefcountRef *ref)
    REQUIRES(&s->lock)
{
    int64_t table_index = cluster >> s->refblock_bits;
    int64_t piece = qcow2_cache_entry_bytes(s->refcount_cache);
    uint64_t block, at, in_block = cluster & (s->refblock_size - 1);
    uint64_t per_piece = (uint64_t)piece << 3 >> s->refcount_order;

    block = table_index < s->reftable.n ? s->reftable.entries[table_index]
                                        : 0;
    if (block & (uint64_t)(s->cluster_size - 1) || block > INT64_MAX) {
        qcow2_signal_corruption(s, true, "refcount table entry %" PRId64
                                " is 0x%" PRIx64 ", not a cluster's offset",
                                table_index, block);
        return -EIO;
    }
    at = block + in_block / per_piece * (uint64_t)piece;
    ref->index = in_block & (per_piece - 1);
    if (ref->entry && block && ref->entry->offset == (int64_t)at) {
        return 0;
    }
    if (ref->entry) {
        qcow2_cache_put(s->refcount_cache, ref->entry);
        ref->entry = NULL;
    }
    return block ? qcow2_cache_get(s, s->refcount_cache, (int64_t)at,
                                   &ref->entry)
                 : 0;
}

static void put_ref(BDRVQcow2State *s, RefcountRef *ref) REQUIRES(&s->lock)
{
    if (ref->entry) {
        qcow2_cache_put(s->refcount_cache, ref->entry);
        ref->entry = NULL;
    }
}

static uint64_t ref_value(BDRVQcow2State *s, const RefcountRef *ref)
{
    return ref->entry ? qcow2_refcount_get(ref->entry->data, ref->index,
                                           s->refcount_order)
                      : 0;
}

int qcow2_get_refcount(BDRVQcow2State *s, int64_t cluster,
                       uint64_t *refcount)
{
    RefcountRef ref = { NULL, 0 };
    int ret = get_ref(s, cluster, &ref);

    if (ret >= 0) {
        *refcount = ref_value(s, &ref);
    }
    put_ref(s, &ref);
    return ret;
}

/* ---- changing ----------------------------------------------------------- */

/* A cluster is used by nobody any more. */
static void cluster_is_free(BDRVQcow2State *s, int64_t cluster)
    REQUIRES(&s->lock)
{
    int64_t offset = cluster << s->cluster_bits;

    qcow2_cache_discard(s->l2_cache, offset, s->cluster_size);
    qcow2_cache_discard(s->refcount_cache, offset, s->cluster_size);
    s->free_cluster_index = MIN(s->free_cluster_index, cluster);
}

static int coroutine_fn GRAPH_RDLOCK change_one(BDRVQcow2State *s,
                                                int64_t cluster,
                                                bool decrease,
                                                RefcountRef *ref,
                                                uint64_t *refcount)
    REQUIRES(&s->lock)
{
    int ret = get_ref(s, cluster, ref);

    if (ret < 0) {
        return ret;
    }
    *refcount = ref_value(s, ref);
    if (decrease && !*refcount) {
        qcow2_signal_corruption(s, false, "cluster 0x%" PRIx64
                                " is freed, but its refcount is zero",
                                (uint64_t)cluster << s->cluster_bits);
        return -EINVAL;
    }
    if (!decrease && *refcount >= qcow2_refcount_max(s->refcount_order)) {
        return -EINVAL; /* overflow */
    }
    if (!ref->entry) {
        return -EIO;
    }
    *refcount += decrease ? -UINT64_C(1) : 1;
    qcow2_refcount_set(ref->entry->data, ref->index, s->refcount_order,
                       *refcount);
    qcow2_cache_mark_dirty(s->refcount_cache, ref->entry);
    return 0;
}

/* Discards [first, end) of the file, and the beginning of a new range. */
static void coroutine_fn GRAPH_RDLOCK discard_run(BDRVQcow2State *s,
                                                  int64_t *first, int64_t end)
    REQUIRES(&s->lock)
{
    if (*first >= 0) {
        /* A hint: it does not matter whether the file can do it. */
        bdrv_co_pdiscard(s->bs->file, *first << s->cluster_bits,
                         (end - *first) << s->cluster_bits);
    }
    *first = -1;
}

int qcow2_update_refcount(BDRVQcow2State *s, int64_t offset, int64_t bytes,
                          bool decrease, bool discard)
{
    int64_t first = offset >> s->cluster_bits, run = -1;
    int64_t end = (offset + bytes + s->cluster_size - 1) >> s->cluster_bits;
    RefcountRef ref = { NULL, 0 };
    uint64_t refcount;
    int64_t c;
    int ret = 0;

    for (c = first; c < end; c++) {
        ret = change_one(s, c, decrease, &ref, &refcount);
        if (ret < 0) {
            break;
        }
        if (decrease && !refcount) {
            cluster_is_free(s, c);
        }
        if (decrease && !refcount && discard) {
            run = run < 0 ? c : run;
        } else {
            discard_run(s, &run, c);
        }
    }
    discard_run(s, &run, c);
    while (ret < 0 && !decrease && --c >= first) {
        change_one(s, c, true, &ref, &refcount);
    }
    put_ref(s, &ref);
    return ret;
}

/* ---- allocating --------------------------------------------------------- */

/* The first free cluster from `from` on with want - 1 free ones behind it,
 * or, not exact, fewer. */
static int64_t coroutine_fn GRAPH_RDLOCK find_free(BDRVQcow2State *s,
                                                   int64_t from, int64_t want,
                                                   bool exact, int64_t *found)
    REQUIRES(&s->lock)
{
    RefcountRef ref = { NULL, 0 };
    int64_t run = 0, c = from;
    int ret = 0;

    while (run < want) {
        if (c >= MAX_FILE_BYTES >> s->cluster_bits) {
            ret = -EFBIG;
            break;
        }
        ret = get_ref(s, c, &ref);
        if (ret < 0) {
            break;
        }
        if (!ref_value(s, &ref)) {
            run++;
        } else if (run && !exact) {
            break;
        } else {
            run = 0;
        }
        c++;
    }
    put_ref(s, &ref);
    if (ret < 0 && !(run && !exact)) {
        return ret;
    }
    *found = run;
    return c - run;
}

int64_t qcow2_alloc_clusters(BDRVQcow2State *s, int64_t *n, bool exact,
                             bool *fresh)
{
    int64_t first, count, c;
    int ret;

    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_CLUSTER_ALLOC);
again:
    first = find_free(s, s->free_cluster_index, *n, exact, &count);
    if (first < 0) {
        return first;
    }
    if (first == 0) {
        qcow2_signal_corruption(s, true, "the header's refcount is zero");
        return -EIO;
    }
    for (c = first; c < first + count;
         c = ((c >> s->refblock_bits) + 1) << s->refblock_bits) {
        ret = qcow2_need_refblock(s, c);
        if (ret < 0) {
            return ret;
        }
        if (ret > 0) {
            goto again; /* it took a cluster of those found */
        }
    }
    ret = qcow2_update_refcount(s, first << s->cluster_bits,
                                count << s->cluster_bits, false, false);
    if (ret < 0) {
        return ret;
    }
    if (first == s->free_cluster_index || *n == 1 || !exact) {
        s->free_cluster_index = first + count;
    }
    if (fresh) {
        *fresh = first >= s->fresh_cluster_index;
    }
    s->fresh_cluster_index = MAX(s->fresh_cluster_index, first + count);
    *n = count;
    return first << s->cluster_bits;
}

void qcow2_free_unused(BDRVQcow2State *s, int64_t offset, int64_t bytes)
{
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_CLUSTER_FREE);
    qcow2_update_refcount(s, offset, bytes, true, false);
}

void qcow2_free_later(BDRVQcow2State *s, int64_t offset, int64_t bytes,
                      bool discard)
{
    Qcow2Free *last = g_queue_peek_tail(&s->frees);

    /* Joined where no cluster is touched by both. */
    if (last && last->offset + last->bytes == offset &&
        qcow2_offset_in_cluster(s, offset) == 0 &&
        last->io_sequence == s->io_sequence && last->discard == discard) {
        last->bytes += bytes;
        return;
    }
    last = g_new(Qcow2Free, 1);
    *last = (Qcow2Free){ offset, bytes, s->io_sequence, discard };
    g_queue_push_tail(&s->frees, last);
}

void qcow2_free_l2_entry(BDRVQcow2State *s, uint64_t entry, bool discard)
{
    uint64_t offset, bytes;

    switch (qcow2_l2_entry_type(entry)) {
    case QCOW2_CLUSTER_NORMAL:
    case QCOW2_CLUSTER_ZERO_ALLOC:
        offset = entry & QCOW2_OFFSET_MASK;
        if (offset & (uint64_t)(s->cluster_size - 1)) {
            return; /* nonsense: leak what it may have meant */
        }
        qcow2_free_later(s, (int64_t)offset, s->cluster_size, discard);
        break;
    case QCOW2_CLUSTER_COMPRESSED:
        qcow2_l2_entry_compressed(entry, s->cluster_bits, &offset, &bytes);
        /* Every cluster that a sector of it lies in counts it. */
        qcow2_free_later(s, (int64_t)offset, (int64_t)bytes, discard);
        break;
    default:
        break;
    }
}

int qcow2_limit_frees(BDRVQcow2State *s)
{
    return s->frees.length > MAX_FREES ? qcow2_commit(s, true) : 0;
}
