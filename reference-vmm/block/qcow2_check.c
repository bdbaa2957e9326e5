/* SPDX-License-Identifier: MIT */
/*
 * qcow2_check.c - counts all references to clusters: header, tables,
 * snapshots, bitmaps, guest data.
 *
 * Reads the file itself, past the caches, which are clean then.  Every table
 * is read once, however often it is referred to from one L1 table, so that
 * the time is bounded by the size of the file (and the number of snapshots).
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2_check.h"
#include <errno.h>
#include <inttypes.h>

/* Of counts; more cannot be meant seriously. */
#define MAX_COUNTS_BYTES ((int64_t)4 << 30)
#define MAX_MESSAGES 1000

void qcow2_check_say(Qcow2Check *c, const char *format, ...)
{
    GPtrArray *messages = c->result->messages;
    va_list args;

    if (messages && messages->len < MAX_MESSAGES) {
        va_start(args, format);
        g_ptr_array_add(messages, g_strdup_vprintf(format, args));
        va_end(args);
    }
}

int qcow2_check_reserve(Qcow2Check *c, int64_t n)
{
    BDRVQcow2State *s = c->s;
    int64_t blocks = (n + s->refblock_size - 1) >> s->refblock_bits;
    int64_t old = c->capacity >> s->refblock_bits;
    uint8_t *counts;

    if (blocks <= old) {
        return 0;
    }
    if (blocks > MAX_COUNTS_BYTES >> s->cluster_bits) {
        qcow2_check_say(c, "ERROR the file is too large to be checked");
        return -EFBIG;
    }
    counts = g_try_realloc(c->counts, (gsize)blocks << s->cluster_bits);
    if (!counts) {
        return -ENOMEM;
    }
    memset(counts + (old << s->cluster_bits), 0,
           (size_t)(blocks - old) << s->cluster_bits);
    c->counts = counts;
    c->capacity = blocks << s->refblock_bits;
    return 0;
}

bool qcow2_check_count(Qcow2Check *c, int64_t offset, int64_t bytes,
                       const char *what)
{
    BDRVQcow2State *s = c->s;
    int64_t first = offset >> s->cluster_bits;
    int64_t last = (offset + bytes - 1) >> s->cluster_bits;
    uint64_t max = qcow2_refcount_max(s->refcount_order);
    bool ok = true;

    if (!bytes) {
        return true;
    }
    if (last >= c->n) {
        qcow2_check_say(c,
                        "ERROR %s: 0x%" PRIx64 " with %" PRId64
                        " bytes lies beyond the end of the file",
                        what, (uint64_t)offset, bytes);
        c->result->corruptions++;
        last = c->n - 1;
        ok = false;
    }
    for (int64_t i = first; i <= last; i++) {
        uint64_t n = qcow2_refcount_get(c->counts, (uint64_t)i,
                                        s->refcount_order);

        if (n >= max) {
            qcow2_check_say(c,
                            "ERROR cluster %" PRId64 " is used more often "
                            "than its refcount can say",
                            i);
            c->result->corruptions++;
            continue;
        }
        qcow2_refcount_set(c->counts, (uint64_t)i, s->refcount_order, n + 1);
    }
    return ok;
}

/* ---- L1 and L2 ---------------------------------------------------------- */

static void check_data_entry(Qcow2Check *c, uint64_t entry, bool active)
{
    BDRVQcow2State *s = c->s;
    uint64_t host = entry & QCOW2_OFFSET_MASK;

    if (entry & QCOW2_L2E_RESERVED ||
        (s->version < 3 && (entry & QCOW2_OFLAG_ZERO))) {
        qcow2_check_say(c,
                        "ERROR L2 entry 0x%" PRIx64 ": reserved bits are "
                        "set",
                        entry);
        c->result->corruptions++;
    }
    if (host & (uint64_t)(s->cluster_size - 1)) {
        qcow2_check_say(c,
                        "ERROR L2 entry 0x%" PRIx64 ": the offset is not "
                        "aligned to a cluster",
                        entry);
        c->result->corruptions++;
        return;
    }
    if (!host) {
        return;
    }
    qcow2_check_count(c, (int64_t)host, s->cluster_size, "guest data");
    if (active) {
        c->result->allocated_clusters++;
        if (c->next_host && (int64_t)host != c->next_host) {
            c->result->fragmented_clusters++;
        }
        c->next_host = (int64_t)host + s->cluster_size;
    }
}

static void check_compressed_entry(Qcow2Check *c, uint64_t entry, bool active)
{
    uint64_t offset, bytes;

    qcow2_l2_entry_compressed(entry, c->s->cluster_bits, &offset, &bytes);
    if (entry & QCOW2_OFLAG_COPIED) {
        qcow2_check_say(
            c, "ERROR compressed cluster at 0x%" PRIx64 " is marked as copied",
            offset);
        c->result->corruptions++;
    }
    qcow2_check_count(c, (int64_t)offset, (int64_t)bytes, "compressed data");
    if (active) {
        c->result->allocated_clusters++;
        c->result->compressed_clusters++;
        c->result->fragmented_clusters++;
    }
}

static int coroutine_fn GRAPH_RDLOCK check_l2(BDRVQcow2State *s, Qcow2Check *c,
                                              int64_t offset, bool active)
    REQUIRES(&s->lock)
{
    int ret = bdrv_co_pread(s->bs->file, offset, s->cluster_size, c->table, 0);

    if (ret < 0) {
        qcow2_check_say(c, "ERROR cannot read the L2 table at 0x%" PRIx64,
                        (uint64_t)offset);
        c->result->check_errors++;
        return ret;
    }
    for (int64_t i = 0; i < s->l2_size; i++) {
        uint64_t entry = qcow2_be64(c->table + i * 8);

        if (entry & QCOW2_OFLAG_COMPRESSED) {
            check_compressed_entry(c, entry, active);
        } else if (entry) {
            check_data_entry(c, entry, active);
        }
    }
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK check_l1(BDRVQcow2State *s, Qcow2Check *c,
                                              const Qcow2Table *l1, bool active)
    REQUIRES(&s->lock)
{
    g_autoptr(GHashTable)
        seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    for (uint32_t i = 0; i < l1->n; i++) {
        int64_t offset = (int64_t)(l1->entries[i] & QCOW2_OFFSET_MASK);
        int ret;

        if (!l1->entries[i]) {
            continue;
        }
        if (l1->entries[i] & QCOW2_L1E_RESERVED ||
            offset & (s->cluster_size - 1)) {
            qcow2_check_say(c,
                            "ERROR L1 entry %" PRIu32 " is 0x%" PRIx64
                            ": reserved bits, or not aligned",
                            i, l1->entries[i]);
            c->result->corruptions++;
        }
        offset = qcow2_cluster_start(s, offset);
        if (!offset ||
            !qcow2_check_count(c, offset, s->cluster_size, "L2 table")) {
            continue;
        }
        if (!g_hash_table_add(seen, g_memdup2(&offset, sizeof offset))) {
            qcow2_check_say(c,
                            "ERROR L1 entry %" PRIu32 ": the L2 table at "
                            "0x%" PRIx64 " is used twice",
                            i, (uint64_t)offset);
            c->result->corruptions++;
            continue;
        }
        ret = check_l2(s, c, offset, active);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* ---- snapshots and bitmaps ---------------------------------------------- */

/* Counts a table.  false: it is not within the file, or shares a cluster with
 * something else, and is better not looked into: thousands might. */
static bool count_table(Qcow2Check *c, uint64_t offset, uint64_t entries,
                        const char *what)
{
    BDRVQcow2State *s = c->s;
    int64_t at = (int64_t)offset, bytes = (int64_t)entries * 8;
    int64_t found = c->result->corruptions;

    qcow2_check_count(c, at, bytes, what);
    for (int64_t i = at; c->result->corruptions == found && i < at + bytes;
         i += s->cluster_size) {
        if (qcow2_refcount_get(c->counts, (uint64_t)i >> s->cluster_bits,
                               s->refcount_order) != 1) {
            qcow2_check_say(c, "ERROR %s at 0x%" PRIx64 " shares a cluster "
                            "with something else", what, offset);
            c->result->corruptions++;
        }
    }
    return c->result->corruptions == found;
}

static int coroutine_fn GRAPH_RDLOCK check_snapshots(BDRVQcow2State *s,
                                                     Qcow2Check *c)
    REQUIRES(&s->lock)
{
    qcow2_check_count(c, (int64_t)s->header.snapshots_offset,
                      s->snapshot_table_bytes, "snapshot table");
    for (guint i = 0; s->snapshots && i < s->snapshots->len; i++) {
        Qcow2Snapshot *sn = &g_array_index(s->snapshots, Qcow2Snapshot, i);
        Qcow2Table l1;
        int ret;

        if (!count_table(c, sn->l1_table_offset, sn->l1_size,
                         "snapshot's L1 table")) {
            continue;
        }
        ret = qcow2_table_load(s, &l1, (int64_t)sn->l1_table_offset,
                               sn->l1_size);
        if (ret < 0) {
            c->result->check_errors++;
            return ret;
        }
        ret = check_l1(s, c, &l1, false);
        qcow2_table_clear(&l1);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK check_bitmap(BDRVQcow2State *s,
                                                  Qcow2Check *c,
                                                  const Qcow2Bitmap *b)
    REQUIRES(&s->lock)
{
    Qcow2Table t;
    int ret;

    if (!count_table(c, b->table_offset, b->table_size, "bitmap table")) {
        return 0;
    }
    ret = qcow2_table_load(s, &t, (int64_t)b->table_offset, b->table_size);
    if (ret < 0) {
        c->result->check_errors++;
        return ret;
    }
    for (uint32_t i = 0; i < t.n; i++) {
        uint64_t host = t.entries[i] & QCOW2_OFFSET_MASK;

        if (t.entries[i] & ~QCOW2_OFFSET_MASK & ~(host ? 0 : UINT64_C(1)) ||
            host & (uint64_t)(s->cluster_size - 1)) {
            qcow2_check_say(
                c, "ERROR bitmap table entry 0x%" PRIx64 " is not valid",
                t.entries[i]);
            c->result->corruptions++;
        } else if (host) {
            qcow2_check_count(c, (int64_t)host, s->cluster_size, "bitmap data");
        }
    }
    qcow2_table_clear(&t);
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK check_bitmaps(BDRVQcow2State *s,
                                                   Qcow2Check *c)
    REQUIRES(&s->lock)
{
    if (s->bitmaps_broken) {
        qcow2_check_say(c, "ERROR the bitmap directory is not valid");
        c->result->corruptions++;
    }
    if (!s->bitmaps) {
        return 0;
    }
    qcow2_check_count(c, (int64_t)s->header.bitmap_directory_offset,
                      (int64_t)s->header.bitmap_directory_size,
                      "bitmap directory");
    for (guint i = 0; i < s->bitmaps->len; i++) {
        int ret = check_bitmap(s, c,
                               &g_array_index(s->bitmaps, Qcow2Bitmap, i));

        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

/* ---- refcount blocks ---------------------------------------------------- */

static void refcounts_damaged(Qcow2Check *c)
{
    c->rebuild = true;
    c->rebuild_causes++;
}

static void check_reftable(BDRVQcow2State *s, Qcow2Check *c) REQUIRES(&s->lock)
{
    const Qcow2Table *t = &s->reftable;
    int64_t found = c->result->corruptions;

    qcow2_check_count(c, t->offset, (int64_t)t->n * 8, "refcount table");
    if (!t->n || c->result->corruptions != found) {
        refcounts_damaged(c);
    }
    for (uint32_t i = 0; i < t->n; i++) {
        uint64_t at = t->entries[i];

        if (!at) {
            continue;
        }
        if (at & (uint64_t)(s->cluster_size - 1) ||
            at >> s->cluster_bits >= (uint64_t)c->n) {
            qcow2_check_say(c,
                            "ERROR refcount table entry %" PRIu32
                            " is 0x%" PRIx64
                            ": not aligned, or beyond the end of the "
                            "file",
                            i, at);
            refcounts_damaged(c);
            continue;
        }
        qcow2_check_count(c, (int64_t)at, s->cluster_size, "refcount block");
        if (qcow2_refcount_get(c->counts, at >> s->cluster_bits,
                               s->refcount_order) != 1) {
            qcow2_check_say(c,
                            "ERROR refcount block %" PRIu32
                            " lies in a cluster that is used otherwise",
                            i);
            refcounts_damaged(c);
        }
    }
    /* Reported once: as found, or by the rebuild as fixed. */
    c->result->corruptions = found;
}

static int coroutine_fn GRAPH_RDLOCK count_all(BDRVQcow2State *s, Qcow2Check *c)
    REQUIRES(&s->lock)
{
    int ret;

    qcow2_check_count(c, 0, s->cluster_size, "header");
    qcow2_check_count(c, s->l1.offset, (int64_t)s->l1.n * 8, "L1 table");
    ret = check_l1(s, c, &s->l1, true);
    if (ret >= 0) {
        ret = check_snapshots(s, c);
    }
    if (ret >= 0) {
        ret = check_bitmaps(s, c);
    }
    if (ret >= 0) {
        check_reftable(s, c);
    }
    return ret;
}

/* ---- all of it ---------------------------------------------------------- */

static int coroutine_fn GRAPH_RDLOCK run_check(BDRVQcow2State *s, Qcow2Check *c)
    REQUIRES(&s->lock)
{
    int64_t length = bdrv_co_getlength(s->bs->file->bs);
    int ret = length < 0 ? (int)length : 0;

    if (ret >= 0) {
        c->n = qcow2_size_to_clusters(s, length);
        ret = qcow2_check_reserve(c, MAX(c->n, 1));
    }
    if (ret >= 0) {
        c->result->total_clusters = qcow2_size_to_clusters(
            s, (int64_t)s->header.size);
        ret = count_all(s, c);
    }
    if (ret >= 0) {
        ret = c->rebuild && (c->fix & BDRV_FIX_ERRORS)
                  ? qcow2_check_rebuild(s, c)
                  : qcow2_check_compare(s, c);
    }
    if (ret >= 0) {
        ret = qcow2_check_copied(s, c);
    }
    return ret;
}

/* After a repair that left nothing wrong. */
static int coroutine_fn GRAPH_RDLOCK mark_consistent(BDRVQcow2State *s,
                                                     Qcow2Check *c)
    REQUIRES(&s->lock)
{
    if (!(c->fix & BDRV_FIX_ERRORS) || c->result->corruptions ||
        c->result->check_errors) {
        return 0;
    }
    return qcow2_set_incompatible(
        s, 0, QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT);
}

int qcow2_check(BDRVQcow2State *s, BdrvCheckResult *result, BdrvCheckMode fix)
{
    Qcow2Check c = { .s = s, .result = result, .fix = fix };
    int ret = 0;

    if (s->bs->read_only && fix) {
        return -EACCES;
    }
    if (!s->bs->read_only && s->write_begun) {
        ret = qcow2_commit(s, true);
        if (ret >= 0) {
            ret = qcow2_commit_refcounts(s);
        }
    }
    c.table = g_try_malloc((gsize)s->cluster_size);
    if (!c.table) {
        ret = -ENOMEM;
    }
    if (ret >= 0) {
        ret = run_check(s, &c);
    }
    if (ret < 0) {
        result->check_errors += result->check_errors == 0;
    } else if (fix) {
        ret = mark_consistent(s, &c);
    }
    g_free(c.counts);
    g_free(c.table);
    return ret;
}
