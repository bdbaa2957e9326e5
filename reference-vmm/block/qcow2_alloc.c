/* SPDX-License-Identifier: MIT */
/*
 * qcow2_alloc.c - clusters for guest writes.
 *
 * A write into clusters of our own (refcount one) goes where they are.  Any
 * other gets new clusters, in a row if possible, and is an Qcow2Alloc on a
 * list until its data is written and L2 refers to them.  A second writer to
 * the same guest clusters, which would allocate them again, waits for the
 * first and looks again.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock, which is dropped
 * while waiting.
 */
#include "block/qcow2.h"
#include <errno.h>

/* The first one on its way that shares clusters with the range. */
static Qcow2Alloc *find_alloc(BDRVQcow2State *s, int64_t offset,
                              int64_t bytes) REQUIRES(&s->lock)
{
    int64_t start = qcow2_cluster_start(s, offset), end = offset + bytes;
    Qcow2Alloc *first = NULL;

    for (GList *l = s->allocs.head; l; l = l->next) {
        Qcow2Alloc *a = l->data;

        if (a->guest_offset < end &&
            start < a->guest_offset + (a->clusters << s->cluster_bits) &&
            (!first || a->guest_offset < first->guest_offset)) {
            first = a;
        }
    }
    return first;
}

void qcow2_alloc_wait(BDRVQcow2State *s, int64_t offset, int64_t bytes)
{
    Qcow2Alloc *a;

    while ((a = find_alloc(s, offset, bytes))) {
        co_queue_wait(&a->waiters, &s->lock);
    }
}

/* Whether a write can go to the entry's cluster itself. */
static bool is_ours(uint64_t entry, Qcow2ClusterType type)
{
    return (entry & QCOW2_OFLAG_COPIED) && qcow2_l2_entry_type(entry) == type;
}

/* How many clusters, at most n, have type and follow each other. */
static int64_t count_ours(BDRVQcow2State *s, const Qcow2CacheEntry *e,
                          int index, int64_t n, Qcow2ClusterType type)
{
    uint64_t host = qcow2_l2_get(e, index) & QCOW2_OFFSET_MASK;
    int64_t i = 1;

    while (i < n && is_ours(qcow2_l2_get(e, index + (int)i), type) &&
           (qcow2_l2_get(e, index + (int)i) & QCOW2_OFFSET_MASK) ==
               host + ((uint64_t)i << s->cluster_bits)) {
        i++;
    }
    return i;
}

/* How many clusters, at most n, need new ones. */
static int64_t count_foreign(const Qcow2CacheEntry *e, int index, int64_t n)
{
    int64_t i = 1;

    while (i < n) {
        uint64_t entry = qcow2_l2_get(e, index + (int)i);

        if (is_ours(entry, QCOW2_CLUSTER_NORMAL) ||
            is_ours(entry, QCOW2_CLUSTER_ZERO_ALLOC)) {
            break;
        }
        i++;
    }
    return i;
}

static bool coroutine_fn GRAPH_RDLOCK reads_zero(BDRVQcow2State *s,
                                                 uint64_t entry)
{
    switch (qcow2_l2_entry_type(entry)) {
    case QCOW2_CLUSTER_ZERO_PLAIN:
    case QCOW2_CLUSTER_ZERO_ALLOC:
        return true;
    case QCOW2_CLUSTER_UNALLOCATED:
        return !s->bs->backing;
    default:
        return false;
    }
}

/* The request's own part of alloc->clusters, and what is left out. */
static int64_t coroutine_fn GRAPH_RDLOCK
set_regions(BDRVQcow2State *s, Qcow2Alloc *a, const Qcow2CacheEntry *e,
            int index, int64_t offset, int64_t bytes)
{
    int64_t end = a->guest_offset + (a->clusters << s->cluster_bits);
    int64_t data_end = MIN(offset + bytes, end);

    a->head = (Qcow2CowRegion){ a->guest_offset, offset - a->guest_offset };
    a->tail = (Qcow2CowRegion){ data_end, end - data_end };
    a->head_zero = reads_zero(s, qcow2_l2_get(e, index));
    a->tail_zero =
        reads_zero(s, qcow2_l2_get(e, index + (int)a->clusters - 1));
    if (a->fresh && a->head_zero) {
        a->head.bytes = 0;
    }
    if (a->fresh && a->tail_zero) {
        a->tail.bytes = 0;
    }
    return data_end - offset;
}

/* Takes n clusters for the entries from index on, or those that they have. */
static int coroutine_fn GRAPH_RDLOCK begin_alloc(BDRVQcow2State *s,
                                                 int64_t offset,
                                                 const Qcow2CacheEntry *e,
                                                 int index, int64_t n,
                                                 Qcow2Alloc **alloc)
    REQUIRES(&s->lock)
{
    uint64_t entry = qcow2_l2_get(e, index);
    bool reused = is_ours(entry, QCOW2_CLUSTER_ZERO_ALLOC), fresh = false;
    int64_t host;
    Qcow2Alloc *a;

    if (reused) {
        host = (int64_t)(entry & QCOW2_OFFSET_MASK);
        n = count_ours(s, e, index, n, QCOW2_CLUSTER_ZERO_ALLOC);
    } else {
        n = count_foreign(e, index, n);
        host = qcow2_alloc_clusters(s, &n, false, &fresh);
        if (host < 0) {
            return (int)host;
        }
    }
    a = g_new0(Qcow2Alloc, 1);
    a->guest_offset = qcow2_cluster_start(s, offset);
    a->host_offset = host;
    a->clusters = n;
    a->reused = reused;
    a->fresh = fresh;
    co_queue_init(&a->waiters);
    a->link.data = a;
    g_queue_push_tail_link(&s->allocs, &a->link);
    *alloc = a;
    return 0;
}

static void end_alloc(BDRVQcow2State *s, Qcow2Alloc *a) REQUIRES(&s->lock)
{
    g_queue_unlink(&s->allocs, &a->link);
    co_queue_restart_all(&a->waiters);
    g_free(a);
}

/* With the piece of L2 in hand. */
static int coroutine_fn GRAPH_RDLOCK
get_write_in(BDRVQcow2State *s, const Qcow2CacheEntry *e, int index,
             int64_t offset, int64_t *bytes, int64_t *host_offset,
             Qcow2Alloc **alloc) REQUIRES(&s->lock)
{
    int64_t in_cluster = qcow2_offset_in_cluster(s, offset);
    int64_t n = MIN(qcow2_size_to_clusters(s, in_cluster + *bytes),
                    qcow2_l2_piece(s) - index);
    uint64_t entry = qcow2_l2_get(e, index);
    int ret;

    *alloc = NULL;
    if (!qcow2_l2_entry_ok(s, offset, entry)) {
        return -EIO;
    }
    if (is_ours(entry, QCOW2_CLUSTER_NORMAL)) {
        n = count_ours(s, e, index, n, QCOW2_CLUSTER_NORMAL);
        *bytes = MIN(*bytes, (n << s->cluster_bits) - in_cluster);
        *host_offset = (int64_t)(entry & QCOW2_OFFSET_MASK) + in_cluster;
    } else {
        ret = begin_alloc(s, offset, e, index, n, alloc);
        if (ret < 0) {
            return ret;
        }
        *bytes = set_regions(s, *alloc, e, index, offset, *bytes);
        *host_offset = (*alloc)->host_offset + in_cluster;
    }
    ret = qcow2_overlap_check(s, QCOW2_META_NONE, *host_offset, *bytes);
    if (ret < 0 && *alloc) {
        end_alloc(s, *alloc); /* the clusters leak: their refcounts lie */
        *alloc = NULL;
    }
    return ret;
}

int qcow2_get_write(BDRVQcow2State *s, int64_t offset, int64_t *bytes,
                    int64_t *host_offset, Qcow2Alloc **alloc)
{
    Qcow2CacheEntry *e;
    Qcow2Alloc *a;
    int index, ret;

    /* Up to where somebody else is at work, or after they are done. */
    while ((a = find_alloc(s, offset, *bytes))) {
        if (a->guest_offset > offset) {
            *bytes = a->guest_offset - offset;
        } else {
            co_queue_wait(&a->waiters, &s->lock);
        }
    }
    ret = qcow2_begin_write(s);
    if (ret >= 0) {
        ret = qcow2_l2_for_write(s, offset, &e, &index);
    }
    if (ret < 0) {
        return ret;
    }
    ret = get_write_in(s, e, index, offset, bytes, host_offset, alloc);
    qcow2_cache_put(s->l2_cache, e);
    return ret;
}

/* Enters the clusters into L2, and frees what was there. */
static int coroutine_fn GRAPH_RDLOCK link_l2(BDRVQcow2State *s,
                                             const Qcow2Alloc *a)
    REQUIRES(&s->lock)
{
    Qcow2CacheEntry *e;
    int index, ret = qcow2_l2_for_write(s, a->guest_offset, &e, &index);

    if (ret < 0) {
        return ret;
    }
    s->l2_needs_flush = true;
    s->l2_needs_refcounts |= !s->lazy_refcounts;
    for (int i = 0; i < a->clusters; i++) {
        uint64_t old = qcow2_l2_get(e, index + i);

        qcow2_l2_set(e, index + i,
                     ((uint64_t)a->host_offset +
                      ((uint64_t)i << s->cluster_bits)) |
                         QCOW2_OFLAG_COPIED);
        if (!a->reused) {
            qcow2_free_l2_entry(s, old, false);
        }
    }
    qcow2_cache_mark_dirty(s->l2_cache, e);
    qcow2_cache_put(s->l2_cache, e);
    return 0;
}

int qcow2_alloc_end(BDRVQcow2State *s, Qcow2Alloc *a, int ret)
{
    if (ret >= 0) {
        ret = link_l2(s, a);
    }
    if (ret < 0 && !a->reused) {
        qcow2_free_unused(s, a->host_offset,
                          a->clusters << s->cluster_bits);
    }
    end_alloc(s, a);
    /* Should that fail, the next flush will say so. */
    qcow2_limit_frees(s);
    return ret;
}
