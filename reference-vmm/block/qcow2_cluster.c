/* SPDX-License-Identifier: MIT */
/*
 * qcow2_cluster.c - L1 and L2: where a guest offset lies in the file, and
 * tables made ready for change.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

int qcow2_l2_piece(BDRVQcow2State *s)
{
    return (int)(qcow2_cache_entry_bytes(s->l2_cache) / 8);
}

/* The offset's entry in the L1 table: -1 where the table has none. */
static int64_t l1_index(BDRVQcow2State *s, int64_t offset) REQUIRES(&s->lock)
{
    int64_t i = offset >> (s->l2_bits + s->cluster_bits);

    return i < s->l1.n ? i : -1;
}

/* Where the piece of an L2 table for a guest offset lies. */
static int64_t piece_offset(BDRVQcow2State *s, int64_t table, int64_t offset,
                            int *index) REQUIRES(&s->lock)
{
    int piece = qcow2_l2_piece(s);
    int64_t in_table = offset >> s->cluster_bits & (s->l2_size - 1);

    *index = (int)(in_table & (piece - 1));
    return table + (in_table - *index) * 8;
}

static int coroutine_fn GRAPH_RDLOCK check_l1_entry(BDRVQcow2State *s,
                                                    int64_t i)
    REQUIRES(&s->lock)
{
    uint64_t offset = s->l1.entries[i] & QCOW2_OFFSET_MASK;

    if (offset & (uint64_t)(s->cluster_size - 1)) {
        qcow2_signal_corruption(s, true, "L2 table offset 0x%" PRIx64
                                " is not aligned (L1 index 0x%" PRIx64 ")",
                                offset, (uint64_t)i);
        return -EIO;
    }
    return 0;
}

int qcow2_l2_for_read(BDRVQcow2State *s, int64_t offset,
                      Qcow2CacheEntry **entry, int *index)
{
    int64_t i = l1_index(s, offset), table, at;
    int ret;

    *entry = NULL;
    at = piece_offset(s, 0, offset, index);
    if (i < 0 || !(s->l1.entries[i] & QCOW2_OFFSET_MASK)) {
        return 0;
    }
    ret = check_l1_entry(s, i);
    if (ret < 0) {
        return ret;
    }
    table = (int64_t)(s->l1.entries[i] & QCOW2_OFFSET_MASK);
    return qcow2_cache_get(s, s->l2_cache, table + at, entry);
}

/* Copies a table, or zeros where there is none, into a new one. */
static int coroutine_fn GRAPH_RDLOCK fill_l2_table(BDRVQcow2State *s,
                                                   int64_t old_table,
                                                   int64_t table)
    REQUIRES(&s->lock)
{
    int64_t piece = qcow2_cache_entry_bytes(s->l2_cache);

    for (int64_t i = 0; i < s->cluster_size; i += piece) {
        Qcow2CacheEntry *from = NULL, *to;
        int ret = 0;

        if (old_table) {
            ret = qcow2_cache_get(s, s->l2_cache, old_table + i, &from);
        }
        if (ret >= 0) {
            ret = qcow2_cache_get_zeroed(s, s->l2_cache, table + i, &to);
        }
        if (ret >= 0) {
            if (from) {
                memcpy(to->data, from->data, (size_t)piece);
            }
            qcow2_cache_put(s->l2_cache, to);
        }
        if (from) {
            qcow2_cache_put(s->l2_cache, from);
        }
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK new_l2_table(BDRVQcow2State *s,
                                                  int64_t i)
    REQUIRES(&s->lock)
{
    int64_t old = (int64_t)(s->l1.entries[i] & QCOW2_OFFSET_MASK), n = 1;
    int64_t table = qcow2_alloc_clusters(s, &n, true, NULL);
    int ret;

    if (table < 0) {
        return (int)table;
    }
    ret = qcow2_overlap_check(s, QCOW2_META_L2, table, s->cluster_size);
    if (ret >= 0) {
        BLKDBG_CO_EVENT(s->bs->file, BLKDBG_L2_ALLOC_WRITE);
        ret = fill_l2_table(s, old, table);
    }
    if (ret < 0) {
        qcow2_free_unused(s, table, s->cluster_size);
        return ret;
    }
    s->l2_needs_refcounts |= !s->lazy_refcounts;
    qcow2_table_set(&s->l1, (uint32_t)i,
                    (uint64_t)table | QCOW2_OFLAG_COPIED);
    qcow2_metadata_add(s, QCOW2_META_L2, table, s->cluster_size);
    if (old) {
        qcow2_metadata_remove(s, QCOW2_META_L2, old);
        qcow2_free_later(s, old, s->cluster_size, false);
    }
    return 0;
}

int qcow2_l2_for_write(BDRVQcow2State *s, int64_t offset,
                       Qcow2CacheEntry **entry, int *index)
{
    int64_t i = l1_index(s, offset), table;
    int ret;

    if (i < 0) {
        return -EIO; /* beyond the end of the disk */
    }
    ret = check_l1_entry(s, i);
    if (ret >= 0 && !(s->l1.entries[i] & QCOW2_OFLAG_COPIED)) {
        ret = new_l2_table(s, i);
    }
    if (ret < 0) {
        return ret;
    }
    table = (int64_t)(s->l1.entries[i] & QCOW2_OFFSET_MASK);
    if (!table) {
        qcow2_signal_corruption(s, true, "L1 index 0x%" PRIx64 " is marked "
                                "as copied, without an L2 table",
                                (uint64_t)i);
        return -EIO;
    }
    return qcow2_cache_get(s, s->l2_cache,
                           piece_offset(s, table, offset, index), entry);
}

bool qcow2_l2_entry_ok(BDRVQcow2State *s, int64_t offset, uint64_t entry)
{
    Qcow2ClusterType type = qcow2_l2_entry_type(entry);
    uint64_t host = entry & QCOW2_OFFSET_MASK;

    if (type == QCOW2_CLUSTER_COMPRESSED) {
        return true;
    }
    if (host & (uint64_t)(s->cluster_size - 1)) {
        qcow2_signal_corruption(s, true, "cluster offset 0x%" PRIx64
                                " is not aligned (guest offset 0x%" PRIx64
                                ")", host, (uint64_t)offset);
        return false;
    }
    if (s->version < 3 && (entry & QCOW2_OFLAG_ZERO)) {
        qcow2_signal_corruption(s, true, "zero cluster in a version 2 image "
                                "(guest offset 0x%" PRIx64 ")",
                                (uint64_t)offset);
        return false;
    }
    return true;
}

/* How many entries from index on, at most n, continue the first one. */
static int64_t count_run(BDRVQcow2State *s, const Qcow2CacheEntry *e,
                         int index, int64_t n, Qcow2ClusterType type)
{
    uint64_t host = qcow2_l2_get(e, index) & QCOW2_OFFSET_MASK;
    bool has_host = type == QCOW2_CLUSTER_NORMAL ||
                    type == QCOW2_CLUSTER_ZERO_ALLOC;
    int64_t i;

    if (type == QCOW2_CLUSTER_COMPRESSED) {
        return 1;
    }
    for (i = 1; i < n; i++) {
        uint64_t entry = qcow2_l2_get(e, index + (int)i);

        if (qcow2_l2_entry_type(entry) != type ||
            (has_host && (entry & QCOW2_OFFSET_MASK) !=
                             host + ((uint64_t)i << s->cluster_bits))) {
            break;
        }
    }
    return i;
}

int qcow2_get_mapping(BDRVQcow2State *s, int64_t offset, int64_t bytes,
                      Qcow2Mapping *m)
{
    int64_t in_cluster = qcow2_offset_in_cluster(s, offset), n;
    Qcow2CacheEntry *e;
    int index, ret = qcow2_l2_for_read(s, offset, &e, &index);

    if (ret < 0) {
        return ret;
    }
    m->entry = 0;
    m->host_offset = 0;
    if (!e) {
        /* Nothing up to the end of what the L1 entry stands for. */
        int64_t span = s->l2_size << s->cluster_bits;

        m->type = QCOW2_CLUSTER_UNALLOCATED;
        m->bytes = MIN(bytes, span - (offset & (span - 1)));
        return 0;
    }
    n = MIN(qcow2_size_to_clusters(s, in_cluster + bytes),
            qcow2_l2_piece(s) - index);
    m->entry = qcow2_l2_get(e, index);
    m->type = qcow2_l2_entry_type(m->entry);
    if (!qcow2_l2_entry_ok(s, offset, m->entry)) {
        qcow2_cache_put(s->l2_cache, e);
        return -EIO;
    }
    m->host_offset = (int64_t)(m->entry & QCOW2_OFFSET_MASK) + in_cluster;
    n = count_run(s, e, index, n, m->type);
    m->bytes = MIN(bytes, (n << s->cluster_bits) - in_cluster);
    qcow2_cache_put(s->l2_cache, e);
    return 0;
}

/* ---- a larger L1 table -------------------------------------------------- */

/* Writes the table and makes the header point to it. */
static int coroutine_fn GRAPH_RDLOCK activate_l1(BDRVQcow2State *s,
                                                 const Qcow2Table *t)
    REQUIRES(&s->lock)
{
    int64_t bytes = (int64_t)t->n * 8;
    g_autofree uint8_t *buf = g_try_malloc((gsize)bytes);
    uint8_t field[12];
    int ret;

    if (!buf) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        qcow2_put_be64(buf + (size_t)i * 8, t->entries[i]);
    }
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_L1_GROW_WRITE_TABLE);
    ret = qcow2_overlap_check(s, QCOW2_META_L1, t->offset, bytes);
    if (ret >= 0) {
        ret = bdrv_co_pwrite(s->bs->file, t->offset, bytes, buf, 0);
    }
    /* Refcounts, L2 tables and, at its end, a flush. */
    if (ret >= 0) {
        ret = qcow2_commit_refcounts(s);
    }
    if (ret >= 0) {
        ret = qcow2_commit(s, true);
    }
    if (ret < 0) {
        return ret;
    }
    qcow2_put_be32(field, t->n);
    qcow2_put_be64(field + 4, (uint64_t)t->offset);
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_L1_GROW_ACTIVATE_TABLE);
    ret = qcow2_write_header_field(s, QCOW2_OFF_L1_SIZE, field, sizeof field);
    return ret < 0 ? ret : qcow2_flush_file(s);
}

int qcow2_grow_l1(BDRVQcow2State *s, uint64_t entries, GError **error)
{
    int64_t n, at;
    Qcow2Table t;
    uint64_t *copy;
    int ret;

    if (entries <= s->l1.n) {
        return 0;
    }
    if (entries > QCOW2_MAX_L1_BYTES / 8) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: the L1 table "
                    "would be larger than %d bytes", s->name,
                    QCOW2_MAX_L1_BYTES);
        return -EFBIG;
    }
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_L1_GROW_ALLOC_TABLE);
    n = qcow2_size_to_clusters(s, (int64_t)entries * 8);
    at = qcow2_alloc_clusters(s, &n, true, NULL);
    copy = at < 0 ? NULL : g_try_new0(uint64_t, entries);
    if (!copy) {
        ret = at < 0 ? (int)at : -ENOMEM;
        goto fail;
    }
    memcpy(copy, s->l1.entries, (size_t)s->l1.n * 8);
    qcow2_table_init(&t, copy, at, (uint32_t)entries);
    ret = activate_l1(s, &t);
    if (ret < 0) {
        qcow2_table_clear(&t);
        goto fail;
    }
    qcow2_metadata_remove(s, QCOW2_META_L1, s->l1.offset);
    if (s->l1.offset && s->l1.n) {
        qcow2_free_later(s, s->l1.offset, (int64_t)s->l1.n * 8, false);
    }
    qcow2_table_clear(&s->l1);
    s->l1 = t;
    s->header.l1_size = t.n;
    s->header.l1_table_offset = (uint64_t)t.offset;
    qcow2_metadata_add(s, QCOW2_META_L1, t.offset, (int64_t)t.n * 8);
    return 0;
fail:
    if (at >= 0) {
        qcow2_free_unused(s, at, n << s->cluster_bits);
    }
    g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: cannot grow the L1 "
                "table: %s", s->name, g_strerror(-ret));
    return ret;
}
