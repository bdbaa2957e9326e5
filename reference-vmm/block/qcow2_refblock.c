/* SPDX-License-Identifier: MIT */
/*
 * qcow2_refblock.c - new refcount blocks, and a larger refcount table.
 *
 * A missing block means that none of its clusters is used, so the block goes
 * into the first of them and counts itself.  A larger table goes to the first
 * cluster that the old one does not reach, behind the blocks that count it:
 *
 *     | all that the old table counts | blocks | new table |
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <string.h>

/* A block at `at` in the cache, all zeros. */
static int coroutine_fn GRAPH_RDLOCK zero_block(BDRVQcow2State *s, int64_t at)
    REQUIRES(&s->lock)
{
    int64_t piece = qcow2_cache_entry_bytes(s->refcount_cache);
    int ret = qcow2_overlap_check(s, QCOW2_META_REFCOUNT_BLOCK, at,
                                  s->cluster_size);

    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFBLOCK_ALLOC);
    for (int64_t i = 0; ret >= 0 && i < s->cluster_size; i += piece) {
        Qcow2CacheEntry *e;

        ret = qcow2_cache_get_zeroed(s, s->refcount_cache, at + i, &e);
        if (ret >= 0) {
            qcow2_cache_put(s->refcount_cache, e);
        }
    }
    if (ret < 0) {
        qcow2_cache_discard(s->refcount_cache, at, s->cluster_size);
    }
    return ret;
}

/* Blocks, and the table behind them, from cluster `first` on. */
typedef struct TableLayout {
    int64_t first, blocks, table_clusters;
} TableLayout;

static bool plan_table(BDRVQcow2State *s, int64_t index, TableLayout *plan)
    REQUIRES(&s->lock)
{
    int64_t old = s->reftable.n, entries = old + old / 2 + 1;
    int64_t per_cluster = s->cluster_size / 8;

    plan->first = old << s->refblock_bits;
    plan->blocks = 1;
    entries = MAX(entries, index + 1);
    for (;;) {
        int64_t needed = MAX(entries, old + plan->blocks);

        plan->table_clusters = (needed + per_cluster - 1) / per_cluster;
        if (plan->blocks << s->refblock_bits >=
            plan->blocks + plan->table_clusters) {
            break;
        }
        plan->blocks++;
    }
    return plan->table_clusters <=
           QCOW2_MAX_REFTABLE_BYTES >> s->cluster_bits;
}

/* Writes the new table and makes the header point to it. */
static int coroutine_fn GRAPH_RDLOCK activate_table(BDRVQcow2State *s,
                                                    const Qcow2Table *t)
    REQUIRES(&s->lock)
{
    int64_t bytes = (int64_t)t->n * 8;
    g_autofree uint8_t *buf = g_malloc((gsize)bytes);
    uint8_t field[12];
    int ret;

    for (uint32_t i = 0; i < t->n; i++) {
        qcow2_put_be64(buf + (size_t)i * 8, t->entries[i]);
    }
    ret = qcow2_overlap_check(s, QCOW2_META_REFCOUNT_TABLE, t->offset, bytes);
    if (ret >= 0) {
        BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFBLOCK_ALLOC_WRITE_TABLE);
        ret = bdrv_co_pwrite(s->bs->file, t->offset, bytes, buf, 0);
    }
    if (ret >= 0) {
        ret = qcow2_flush_file(s);
    }
    if (ret < 0) {
        return ret;
    }
    qcow2_put_be64(field, (uint64_t)t->offset);
    qcow2_put_be32(field + 8, (uint32_t)(bytes >> s->cluster_bits));
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFBLOCK_ALLOC_SWITCH_TABLE);
    ret = qcow2_write_header_field(s, QCOW2_OFF_REFCOUNT_TABLE, field,
                                   sizeof field);
    return ret < 0 ? ret : qcow2_flush_file(s);
}

static int coroutine_fn GRAPH_RDLOCK fill_new_table(BDRVQcow2State *s,
                                                    const TableLayout *plan,
                                                    Qcow2Table *t)
    REQUIRES(&s->lock)
{
    int64_t clusters = plan->blocks + plan->table_clusters;
    Qcow2Table old = s->reftable;
    int ret = 0;

    memcpy(t->entries, old.entries, (size_t)old.n * 8);
    for (int64_t i = 0; ret >= 0 && i < plan->blocks; i++) {
        int64_t at = (plan->first + i) << s->cluster_bits;

        ret = zero_block(s, at);
        t->entries[old.n + i] = (uint64_t)at;
    }
    if (ret < 0) {
        return ret;
    }
    /* With the new table, in memory, the new blocks can be changed. */
    s->reftable = *t;
    ret = qcow2_update_refcount(s, plan->first << s->cluster_bits,
                                clusters << s->cluster_bits, false, false);
    if (ret >= 0) {
        ret = qcow2_cache_write(s, s->refcount_cache);
    }
    if (ret >= 0) {
        ret = activate_table(s, t);
    }
    if (ret < 0) {
        s->reftable = old;
    }
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK grow_table(BDRVQcow2State *s,
                                                int64_t index)
    REQUIRES(&s->lock)
{
    Qcow2Table old = s->reftable, t;
    TableLayout plan;
    uint64_t *entries;
    int64_t n;
    int ret;

    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFTABLE_GROW);
    if (!plan_table(s, index, &plan)) {
        return -EFBIG;
    }
    n = plan.table_clusters << s->cluster_bits >> 3;
    entries = g_try_new0(uint64_t, (gsize)n);
    if (!entries) {
        return -ENOMEM;
    }
    qcow2_table_init(&t, entries,
                     (plan.first + plan.blocks) << s->cluster_bits,
                     (uint32_t)n);
    ret = fill_new_table(s, &plan, &t);
    if (ret < 0) {
        qcow2_cache_discard(s->refcount_cache, plan.first << s->cluster_bits,
                            plan.blocks << s->cluster_bits);
        qcow2_table_clear(&t);
        return ret;
    }
    s->header.refcount_table_offset = (uint64_t)t.offset;
    s->header.refcount_table_clusters = (uint32_t)plan.table_clusters;
    s->fresh_cluster_index = MAX(s->fresh_cluster_index,
                                 plan.first + plan.blocks +
                                     plan.table_clusters);
    qcow2_metadata_remove(s, QCOW2_META_REFCOUNT_TABLE, old.offset);
    qcow2_metadata_add(s, QCOW2_META_REFCOUNT_TABLE, t.offset, n * 8);
    for (int64_t i = 0; i < plan.blocks; i++) {
        qcow2_metadata_add(s, QCOW2_META_REFCOUNT_BLOCK,
                           (plan.first + i) << s->cluster_bits,
                           s->cluster_size);
    }
    qcow2_free_later(s, old.offset, (int64_t)old.n * 8, false);
    qcow2_table_clear(&old);
    return 0;
}

int qcow2_need_refblock(BDRVQcow2State *s, int64_t cluster)
{
    int64_t index = cluster >> s->refblock_bits;
    int64_t at = index << s->refblock_bits << s->cluster_bits;
    int ret;

    if (index >= s->reftable.n) {
        ret = grow_table(s, index);
        return ret < 0 ? ret : 1;
    }
    if (s->reftable.entries[index]) {
        return 0;
    }
    ret = zero_block(s, at);
    if (ret < 0) {
        return ret;
    }
    qcow2_table_set(&s->reftable, (uint32_t)index, (uint64_t)at);
    ret = qcow2_update_refcount(s, at, s->cluster_size, false, false);
    if (ret < 0) {
        s->reftable.entries[index] = 0;
        qcow2_cache_discard(s->refcount_cache, at, s->cluster_size);
        return ret;
    }
    qcow2_metadata_add(s, QCOW2_META_REFCOUNT_BLOCK, at, s->cluster_size);
    s->fresh_cluster_index =
        MAX(s->fresh_cluster_index, (at >> s->cluster_bits) + 1);
    return 1;
}
