/* SPDX-License-Identifier: MIT */
/*
 * qcow2_commit.c - in which order metadata reaches the disk.
 *
 *     refcount blocks  |  refcount table  |  L2 tables  |  L1 table  |  free
 *
 * A bar is a flush, left out where there is nothing on one side of it.  Guest
 * data is written before anything here; the flush before the L2 tables is
 * its, too.  Clusters are freed last, in memory: their refcounts go to disk
 * some time later, which leaks them in a crash and nothing worse.
 *
 * Freed clusters may still be read or written by requests that looked them up
 * before.  Requests count themselves in one of two counters, by the parity of
 * io_sequence; it goes one up when the other counter is zero.  What was freed
 * at k is out of use when the requests of k have ended, and those before k
 * had to for it to become k + 1.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <string.h>

int qcow2_flush_file(BDRVQcow2State *s)
{
    return bdrv_co_flush(s->bs->file->bs);
}

int qcow2_data_begin(BDRVQcow2State *s)
{
    int epoch = s->io_sequence & 1;

    __atomic_fetch_add(&s->io_in_flight[epoch], 1, __ATOMIC_RELAXED);
    return epoch;
}

void qcow2_data_end(BDRVQcow2State *s, int epoch)
{
    /* Pairs with the acquire in in_flight(). */
    __atomic_fetch_sub(&s->io_in_flight[epoch], 1, __ATOMIC_RELEASE);
}

static bool in_flight(BDRVQcow2State *s, uint64_t sequence)
{
    return __atomic_load_n(&s->io_in_flight[sequence & 1],
                           __ATOMIC_ACQUIRE) != 0;
}

/* Writes the changed pieces of a table. */
static int coroutine_fn GRAPH_RDLOCK write_table(BDRVQcow2State *s,
                                                 Qcow2Table *t,
                                                 Qcow2Metadata kind)
    REQUIRES(&s->lock)
{
    const uint32_t per_piece = QCOW2_TABLE_PIECE / 8;
    uint8_t *buf = s->commit_buffer;

    for (uint32_t first = 0; first < t->n; first += per_piece) {
        uint32_t n = MIN(per_piece, t->n - first);
        int64_t offset = t->offset + (int64_t)first * 8;
        int ret;

        if (!t->dirty[first / per_piece]) {
            continue;
        }
        for (uint32_t i = 0; i < n; i++) {
            qcow2_put_be64(buf + i * 8, t->entries[first + i]);
        }
        ret = qcow2_overlap_check(s, kind, offset, n * 8);
        if (ret >= 0) {
            ret = bdrv_co_pwrite(s->bs->file, offset, n * 8, buf, 0);
        }
        if (ret < 0) {
            return ret;
        }
        t->dirty[first / per_piece] = false;
    }
    t->any_dirty = false;
    return 0;
}

int qcow2_commit_refcounts(BDRVQcow2State *s)
{
    int ret = qcow2_cache_write(s, s->refcount_cache);

    if (ret < 0 || !s->reftable.any_dirty) {
        return ret;
    }
    ret = qcow2_flush_file(s);
    if (ret < 0) {
        return ret;
    }
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFTABLE_UPDATE);
    return write_table(s, &s->reftable, QCOW2_META_REFCOUNT_TABLE);
}

int qcow2_commit_before_l2(BDRVQcow2State *s)
{
    int ret = 0;

    if (s->l2_needs_refcounts) {
        ret = qcow2_commit_refcounts(s);
    }
    if (ret >= 0 && (s->l2_needs_refcounts || s->l2_needs_flush)) {
        ret = qcow2_flush_file(s);
    }
    if (ret >= 0) {
        s->l2_needs_refcounts = s->l2_needs_flush = false;
    }
    return ret;
}

/* What was freed is unmapped on disk now. */
static void coroutine_fn GRAPH_RDLOCK apply_frees(BDRVQcow2State *s)
    REQUIRES(&s->lock)
{
    GQueue rest = G_QUEUE_INIT;
    Qcow2Free *f;

    if (!in_flight(s, s->io_sequence + 1)) {
        s->io_sequence++;
    }
    while ((f = g_queue_pop_head(&s->frees))) {
        if (s->io_sequence == f->io_sequence ||
            (s->io_sequence == f->io_sequence + 1 &&
             in_flight(s, f->io_sequence))) {
            g_queue_push_tail(&rest, f);
            continue;
        }
        /* What fails leaks, and says so where it is corruption. */
        qcow2_update_refcount(s, f->offset, f->bytes, true, f->discard);
        g_free(f);
    }
    s->frees = rest;
}

int qcow2_commit(BDRVQcow2State *s, bool durable)
{
    int ret = 0;

    if (!s->lazy_refcounts) {
        ret = qcow2_commit_refcounts(s);
    }
    if (ret >= 0) {
        ret = qcow2_cache_write(s, s->l2_cache);
    }
    if (ret >= 0 && s->l1.any_dirty) {
        ret = qcow2_flush_file(s);
        if (ret >= 0) {
            BLKDBG_CO_EVENT(s->bs->file, BLKDBG_L1_UPDATE);
            ret = write_table(s, &s->l1, QCOW2_META_L1);
        }
    }
    if (ret >= 0 && (durable || s->frees.length)) {
        ret = qcow2_flush_file(s);
    }
    if (ret >= 0 && s->frees.length) {
        apply_frees(s);
    }
    return ret;
}
