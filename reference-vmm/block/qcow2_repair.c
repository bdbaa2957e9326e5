/* SPDX-License-Identifier: MIT */
/*
 * qcow2_repair.c - compares refcounts with the references that were found,
 * and puts right what is wrong.
 *
 * Damaged refcount blocks are not mended: all of them, and the table, are
 * written anew behind everything that is used, and the header then points
 * there.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2_check.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What refcount blocks and L2 tables are in memory, is old now. */
static void forget_cached(BDRVQcow2State *s) REQUIRES(&s->lock)
{
    qcow2_cache_clear(s->refcount_cache);
    qcow2_cache_clear(s->l2_cache);
    s->free_cluster_index = 0;
}

/* ---- comparing ---------------------------------------------------------- */

static uint64_t found_count(const Qcow2Check *c, int64_t cluster)
{
    return cluster < c->capacity
               ? qcow2_refcount_get(c->counts, (uint64_t)cluster,
                                    c->s->refcount_order)
               : 0;
}

/* One refcount; whether c->table (NULL: no block) was changed. */
static bool compare_one(Qcow2Check *c, uint8_t *block, int64_t index,
                        int64_t cluster)
{
    int order = c->s->refcount_order;
    uint64_t is = block ? qcow2_refcount_get(block, (uint64_t)index, order) : 0;
    uint64_t should = found_count(c, cluster);
    BdrvCheckResult *r = c->result;
    bool leak = is > should;
    bool fix = block && (c->fix & (leak ? BDRV_FIX_LEAKS : BDRV_FIX_ERRORS));

    if (should) {
        r->image_end_offset = (cluster + 1) << c->s->cluster_bits;
    }
    if (is == should) {
        return false;
    }
    qcow2_check_say(
        c, "%s cluster %" PRId64 " refcount=%" PRIu64 " reference=%" PRIu64,
        fix    ? "Repairing"
        : leak ? "Leaked"
               : "ERROR",
        cluster, is, should);
    if (fix) {
        qcow2_refcount_set(block, (uint64_t)index, order, should);
        *(leak ? &r->leaks_fixed : &r->corruptions_fixed) += 1;
    } else {
        *(leak ? &r->leaks : &r->corruptions) += 1;
    }
    return fix;
}

static bool block_usable(const Qcow2Check *c, uint64_t at)
{
    return at && !(at & (uint64_t)(c->s->cluster_size - 1)) &&
           at >> c->s->cluster_bits < (uint64_t)c->n;
}

/* All that one entry of the refcount table stands for. */
static int coroutine_fn GRAPH_RDLOCK compare_block(BDRVQcow2State *s,
                                                   Qcow2Check *c, int64_t i)
    REQUIRES(&s->lock)
{
    uint64_t at = i < s->reftable.n ? s->reftable.entries[i] : 0;
    uint8_t *block = block_usable(c, at) ? c->table : NULL;
    int64_t first = i << s->refblock_bits;
    bool changed = false;
    int ret = 0;

    if (block) {
        ret = bdrv_co_pread(s->bs->file, (int64_t)at, s->cluster_size, block,
                            0);
    } else if (first >= c->capacity) {
        return 0;
    }
    for (int64_t k = 0; ret >= 0 && k < s->refblock_size; k++) {
        changed |= compare_one(c, block, k, first + k);
    }
    if (ret >= 0 && changed) {
        ret = bdrv_co_pwrite(s->bs->file, (int64_t)at, s->cluster_size, block,
                             0);
    }
    if (ret < 0) {
        c->result->check_errors++;
    }
    return ret;
}

/* Whether a cluster is used whose refcount has no block to be in. */
static bool block_missing(BDRVQcow2State *s, Qcow2Check *c) REQUIRES(&s->lock)
{
    for (int64_t i = 0; i < c->capacity >> s->refblock_bits; i++) {
        if ((i >= s->reftable.n || !s->reftable.entries[i]) &&
            !buffer_is_zero(c->counts + (i << s->cluster_bits),
                            (size_t)s->cluster_size)) {
            return true;
        }
    }
    return false;
}

int qcow2_check_compare(BDRVQcow2State *s, Qcow2Check *c)
{
    int64_t blocks = MAX((int64_t)s->reftable.n,
                         c->capacity >> s->refblock_bits);
    int ret = 0;

    if ((c->fix & BDRV_FIX_ERRORS) && block_missing(s, c)) {
        return qcow2_check_rebuild(s, c);
    }
    for (int64_t i = 0; ret >= 0 && i < blocks; i++) {
        ret = compare_block(s, c, i);
    }
    c->result->corruptions += c->rebuild_causes;
    if (c->fix) {
        forget_cached(s);
    }
    return ret;
}

/* ---- the copied flag ---------------------------------------------------- */

/* By the refcount that stands in the image now, if that can be read. */
static bool coroutine_fn GRAPH_RDLOCK is_single(BDRVQcow2State *s,
                                                Qcow2Check *c, uint64_t offset)
    REQUIRES(&s->lock)
{
    int64_t cluster = (int64_t)(offset >> c->s->cluster_bits);
    uint64_t n;

    if (!offset) {
        return false;
    }
    if ((c->rebuild && !(c->fix & BDRV_FIX_ERRORS)) ||
        qcow2_get_refcount(s, cluster, &n) < 0) {
        n = found_count(c, cluster);
    }
    return n == 1;
}

/* Whether the entry was changed. */
static bool coroutine_fn GRAPH_RDLOCK copied_entry(BDRVQcow2State *s,
                                                   Qcow2Check *c,
                                                   uint64_t *entry,
                                                   const char *what)
    REQUIRES(&s->lock)
{
    bool is = *entry & QCOW2_OFLAG_COPIED;

    if ((*entry & QCOW2_OFLAG_COMPRESSED) ||
        is == is_single(s, c, *entry & QCOW2_OFFSET_MASK)) {
        return false;
    }
    qcow2_check_say(c, "%s %s entry 0x%" PRIx64 ": the copied flag is wrong",
                    c->fix & BDRV_FIX_ERRORS ? "Repairing" : "ERROR", what,
                    *entry);
    if (!(c->fix & BDRV_FIX_ERRORS)) {
        c->result->corruptions++;
        return false;
    }
    c->result->corruptions_fixed++;
    *entry ^= QCOW2_OFLAG_COPIED;
    return true;
}

static int coroutine_fn GRAPH_RDLOCK copied_in_l2(BDRVQcow2State *s,
                                                  Qcow2Check *c, int64_t offset)
    REQUIRES(&s->lock)
{
    bool changed = false;
    int ret = bdrv_co_pread(s->bs->file, offset, s->cluster_size, c->table, 0);

    for (int64_t i = 0; ret >= 0 && i < s->l2_size; i++) {
        uint64_t entry = qcow2_be64(c->table + i * 8);

        if (copied_entry(s, c, &entry, "L2")) {
            qcow2_put_be64(c->table + i * 8, entry);
            changed = true;
        }
    }
    if (ret >= 0 && changed) {
        ret = qcow2_overlap_check(s, QCOW2_META_L2, offset, s->cluster_size);
    }
    if (ret >= 0 && changed) {
        ret = bdrv_co_pwrite(s->bs->file, offset, s->cluster_size, c->table, 0);
    }
    if (ret < 0) {
        c->result->check_errors++;
    }
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK write_l1(BDRVQcow2State *s)
    REQUIRES(&s->lock)
{
    int64_t bytes = (int64_t)s->l1.n * 8;
    g_autofree uint8_t *buf = g_malloc((gsize)bytes);
    int ret = qcow2_overlap_check(s, QCOW2_META_L1, s->l1.offset, bytes);

    for (uint32_t i = 0; i < s->l1.n; i++) {
        qcow2_put_be64(buf + (size_t)i * 8, s->l1.entries[i]);
    }
    return ret < 0 ? ret
                   : bdrv_co_pwrite(s->bs->file, s->l1.offset, bytes, buf, 0);
}

int qcow2_check_copied(BDRVQcow2State *s, Qcow2Check *c)
{
    g_autoptr(GHashTable)
        seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    bool changed = false;
    int ret = 0;

    for (uint32_t i = 0; ret >= 0 && i < s->l1.n; i++) {
        int64_t at = (int64_t)(s->l1.entries[i] & QCOW2_OFFSET_MASK);

        if (!s->l1.entries[i] || at & (s->cluster_size - 1) ||
            at >> s->cluster_bits >= c->n) {
            continue;
        }
        changed |= copied_entry(s, c, &s->l1.entries[i], "L1");
        if (at && g_hash_table_add(seen, g_memdup2(&at, sizeof at))) {
            ret = copied_in_l2(s, c, at);
        }
    }
    if (ret >= 0 && changed) {
        ret = write_l1(s);
    }
    if (c->fix & BDRV_FIX_ERRORS) {
        forget_cached(s);
        if (ret >= 0) {
            ret = qcow2_flush_file(s);
        }
    }
    return ret;
}

/* ---- all refcounts anew ------------------------------------------------- */

typedef struct Rebuild {
    int64_t first;  /* cluster: blocks, then the table */
    int64_t blocks; /* that are not all zeros */
    int64_t table_clusters;
} Rebuild;

static bool block_is_used(const Qcow2Check *c, int64_t i)
{
    return !buffer_is_zero(c->counts + (i << c->s->cluster_bits),
                           (size_t)c->s->cluster_size);
}

/* Where it goes, such that it counts itself. */
static int plan_rebuild(Qcow2Check *c, Rebuild *r)
{
    BDRVQcow2State *s = c->s;
    int64_t used = 0, all = c->capacity >> s->refblock_bits;

    for (int64_t i = 0; i < all; i++) {
        used += block_is_used(c, i);
    }
    r->first = c->n;
    r->blocks = used;
    r->table_clusters = 1;
    for (;;) {
        int64_t end = r->first + r->blocks + r->table_clusters;
        int64_t reach = (end + s->refblock_size - 1) >> s->refblock_bits;
        int64_t blocks = used;
        int64_t clusters = qcow2_size_to_clusters(s, reach * 8);

        for (int64_t i = r->first >> s->refblock_bits; i < reach; i++) {
            blocks += i >= all || !block_is_used(c, i);
        }
        if (clusters > QCOW2_MAX_REFTABLE_BYTES >> s->cluster_bits) {
            return -EFBIG;
        }
        if (blocks == r->blocks && clusters <= r->table_clusters) {
            return 0;
        }
        r->blocks = blocks;
        r->table_clusters = MAX(r->table_clusters, clusters);
    }
}

static int coroutine_fn GRAPH_RDLOCK write_rebuilt(BDRVQcow2State *s,
                                                   Qcow2Check *c,
                                                   const Rebuild *r,
                                                   uint64_t *entries)
    REQUIRES(&s->lock)
{
    int64_t at = r->first << s->cluster_bits;
    int64_t table = (r->first + r->blocks) << s->cluster_bits;
    int64_t bytes = r->table_clusters << s->cluster_bits;
    int ret = 0;

    for (int64_t i = 0; ret >= 0 && i < c->capacity >> s->refblock_bits; i++) {
        if (!block_is_used(c, i)) {
            continue;
        }
        ret = bdrv_co_pwrite(s->bs->file, at, s->cluster_size,
                             c->counts + (i << s->cluster_bits), 0);
        qcow2_put_be64(&entries[i], (uint64_t)at);
        at += s->cluster_size;
    }
    if (ret >= 0) {
        ret = bdrv_co_pwrite(s->bs->file, table, bytes, entries, 0);
    }
    if (ret >= 0) {
        ret = qcow2_flush_file(s);
    }
    if (ret >= 0) {
        uint8_t field[12];

        qcow2_put_be64(field, (uint64_t)table);
        qcow2_put_be32(field + 8, (uint32_t)r->table_clusters);
        ret = qcow2_write_header_field(s, QCOW2_OFF_REFCOUNT_TABLE, field,
                                       sizeof field);
    }
    return ret < 0 ? ret : qcow2_flush_file(s);
}

/* The old blocks and the old table are used no more. */
static void uncount_old(BDRVQcow2State *s, Qcow2Check *c) REQUIRES(&s->lock)
{
    int64_t table = s->reftable.offset >> s->cluster_bits;
    int64_t clusters = qcow2_size_to_clusters(s, (int64_t)s->reftable.n * 8);

    for (int64_t i = table; i < table + clusters && i < c->n; i++) {
        uint64_t n = found_count(c, i);

        qcow2_refcount_set(c->counts, (uint64_t)i, s->refcount_order,
                           n - (n > 0));
    }
    for (uint32_t i = 0; i < s->reftable.n; i++) {
        uint64_t at = s->reftable.entries[i];

        if (block_usable(c, at)) {
            uint64_t n = found_count(c, (int64_t)(at >> s->cluster_bits));

            qcow2_refcount_set(c->counts, at >> s->cluster_bits,
                               s->refcount_order, n - (n > 0));
        }
    }
}

int qcow2_check_rebuild(BDRVQcow2State *s, Qcow2Check *c)
{
    g_autofree uint64_t *entries = NULL;
    Rebuild r;
    int ret;

    qcow2_check_say(c, "Rebuilding the refcounts");
    uncount_old(s, c);
    ret = plan_rebuild(c, &r);
    if (ret >= 0) {
        ret = qcow2_check_reserve(c, r.first + r.blocks + r.table_clusters);
    }
    if (ret < 0) {
        return ret;
    }
    for (int64_t i = 0; i < r.blocks + r.table_clusters; i++) {
        qcow2_refcount_set(c->counts, (uint64_t)(r.first + i),
                           s->refcount_order, 1);
    }
    entries = g_malloc0((gsize)r.table_clusters << s->cluster_bits);
    ret = write_rebuilt(s, c, &r, entries);
    if (ret < 0) {
        return ret;
    }
    qcow2_table_clear(&s->reftable);
    s->header.refcount_table_offset = (uint64_t)(r.first + r.blocks)
                                      << s->cluster_bits;
    s->header.refcount_table_clusters = (uint32_t)r.table_clusters;
    ret = qcow2_table_load(
        s, &s->reftable, (int64_t)s->header.refcount_table_offset,
        (uint32_t)(r.table_clusters << (s->cluster_bits - 3)));
    c->n = r.first + r.blocks + r.table_clusters;
    c->result->corruptions_fixed += MAX(c->rebuild_causes, 1);
    c->result->image_end_offset = c->n << s->cluster_bits;
    s->fresh_cluster_index = MAX(s->fresh_cluster_index, c->n);
    qcow2_metadata_register(s);
    forget_cached(s);
    return ret;
}
