/* SPDX-License-Identifier: MIT */
/*
 * qcow2_open.c - opening and closing an image, fields of its header, and
 * what happens when it turns out to be corrupt.
 *
 * Thread context: coroutines; while the image is opened or closed, there are
 * no others.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIECE_BYTES 4096
#define DEFAULT_L2_CACHE_BYTES (32 << 20)
#define DEFAULT_REFCOUNT_CACHE_BYTES (1 << 20)
#define MIN_CACHE_PIECES 32

/* ---- tables that are whole in memory ------------------------------------ */

void qcow2_table_init(Qcow2Table *t, uint64_t *entries, int64_t offset,
                      uint32_t n)
{
    t->entries = entries;
    t->offset = offset;
    t->n = n;
    t->dirty = g_new0(bool, n / (QCOW2_TABLE_PIECE / 8) + 1);
    t->any_dirty = false;
}

void qcow2_table_clear(Qcow2Table *t)
{
    g_free(t->entries);
    g_free(t->dirty);
    memset(t, 0, sizeof *t);
}

void qcow2_table_set(Qcow2Table *t, uint32_t i, uint64_t entry)
{
    t->entries[i] = entry;
    t->dirty[i / (QCOW2_TABLE_PIECE / 8)] = true;
    t->any_dirty = true;
}

int qcow2_table_load(BDRVQcow2State *s, Qcow2Table *t, int64_t offset,
                     uint32_t n)
{
    int64_t bytes = (int64_t)n * 8;
    uint64_t *entries = g_try_malloc((gsize)bytes + 8);
    int ret = 0;

    if (!entries) {
        return -ENOMEM;
    }
    if (bytes) {
        ret = bdrv_co_pread(s->bs->file, offset, bytes, entries, 0);
    }
    if (ret < 0) {
        g_free(entries);
        return ret;
    }
    for (uint32_t i = 0; i < n; i++) {
        entries[i] = GUINT64_FROM_BE(entries[i]);
    }
    qcow2_table_init(t, entries, offset, n);
    return 0;
}

/* ---- fields of the header ----------------------------------------------- */

int qcow2_write_header_field(BDRVQcow2State *s, int64_t offset,
                             const void *buf, int64_t bytes)
{
    return bdrv_co_pwrite(s->bs->file, offset, bytes, buf, 0);
}

static int coroutine_fn GRAPH_RDLOCK write_header_u64(BDRVQcow2State *s,
                                                      int64_t offset,
                                                      uint64_t value)
    REQUIRES(&s->lock)
{
    uint8_t field[8];
    int ret;

    qcow2_put_be64(field, value);
    ret = qcow2_write_header_field(s, offset, field, sizeof field);
    return ret < 0 ? ret : qcow2_flush_file(s);
}

static void note_corrupt(BDRVQcow2State *s) REQUIRES(&s->lock)
{
    bool corrupt = s->header.incompatible_features & QCOW2_INCOMPAT_CORRUPT;

    __atomic_store_n(&s->corrupt, corrupt, __ATOMIC_RELAXED);
}

int qcow2_set_incompatible(BDRVQcow2State *s, uint64_t set, uint64_t clear)
{
    uint64_t value = (s->header.incompatible_features | set) & ~clear;
    int ret = 0;

    if (s->version < 3 || value == s->header.incompatible_features) {
        return 0;
    }
    /* What a cleared bit promises must be on disk before it. */
    if (clear) {
        ret = qcow2_flush_file(s);
    }
    if (ret >= 0) {
        ret = write_header_u64(s, QCOW2_OFF_INCOMPATIBLE, value);
    }
    if (ret >= 0) {
        s->header.incompatible_features = value;
        note_corrupt(s);
    }
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK clear_autoclear(BDRVQcow2State *s)
    REQUIRES(&s->lock)
{
    uint64_t kept = s->header.autoclear_features & QCOW2_AUTOCLEAR_BITMAPS;
    int ret = 0;

    if (!s->bitmaps) {
        kept = 0;
    }
    if (s->version >= 3 && kept != s->header.autoclear_features) {
        ret = write_header_u64(s, QCOW2_OFF_AUTOCLEAR, kept);
        if (ret >= 0) {
            s->header.autoclear_features = kept;
        }
    }
    return ret;
}

int qcow2_begin_write(BDRVQcow2State *s)
{
    int ret;

    if (s->write_begun) {
        return 0;
    }
    if (s->header.incompatible_features & QCOW2_INCOMPAT_CORRUPT) {
        return -EIO; /* may be repaired, and nothing else */
    }
    ret = clear_autoclear(s);
    if (ret >= 0) {
        ret = qcow2_bitmaps_begin_write(s);
    }
    if (ret >= 0 && s->lazy_refcounts) {
        ret = qcow2_set_incompatible(s, QCOW2_INCOMPAT_DIRTY, 0);
    }
    s->write_begun = ret >= 0;
    return ret;
}

bool qcow2_is_fatal(BDRVQcow2State *s)
{
    return __atomic_load_n(&s->fatal, __ATOMIC_RELAXED);
}

void qcow2_signal_corruption(BDRVQcow2State *s, bool fatal,
                             const char *format, ...)
{
    va_list args;

    if (!s->corruption) {
        va_start(args, format);
        s->corruption = g_strdup_vprintf(format, args);
        va_end(args);
    }
    if (!fatal || s->tolerate || qcow2_is_fatal(s)) {
        return;
    }
    __atomic_store_n(&s->fatal, true, __ATOMIC_RELAXED);
    if (!s->bs->read_only) {
        /* Nothing more can be done, should that fail. */
        qcow2_set_incompatible(s, QCOW2_INCOMPAT_CORRUPT, 0);
    }
}

/* ---- open --------------------------------------------------------------- */

static int GRAPH_RDLOCK fail(BDRVQcow2State *s, int ret, const char *what,
                             GError **error)
{
    g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: cannot read the %s: %s",
                s->name, what, g_strerror(-ret));
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK load_header(BDRVQcow2State *s,
                                                 GError **error)
    REQUIRES(&s->lock)
{
    uint8_t first[QCOW2_HEADER_LENGTH];
    g_autofree uint8_t *cluster = NULL;
    int bits, ret;

    ret = bdrv_co_pread(s->bs->file, 0, sizeof first, first, 0);
    if (ret < 0) {
        return fail(s, ret, "header", error);
    }
    bits = qcow2_format_cluster_bits(first, s->name, error);
    if (bits < 0) {
        return -EINVAL;
    }
    cluster = g_malloc((gsize)1 << bits);
    ret = bdrv_co_pread(s->bs->file, 0, (int64_t)1 << bits, cluster, 0);
    if (ret < 0) {
        return fail(s, ret, "header", error);
    }
    if (!qcow2_header_parse(&s->header, cluster, s->name, error)) {
        return -EINVAL;
    }
    note_corrupt(s);
    s->version = s->header.version;
    s->lazy_in_header =
        s->header.compatible_features & QCOW2_COMPAT_LAZY_REFCOUNTS;
    s->cluster_bits = s->header.cluster_bits;
    s->cluster_size = (int64_t)1 << s->cluster_bits;
    s->l2_bits = s->cluster_bits - 3;
    s->l2_size = (int64_t)1 << s->l2_bits;
    s->refcount_order = (int)s->header.refcount_order;
    s->refblock_bits = s->cluster_bits + 3 - s->header.refcount_order;
    s->refblock_size = (int64_t)1 << s->refblock_bits;
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK load_tables(BDRVQcow2State *s,
                                                 GError **error)
    REQUIRES(&s->lock)
{
    Qcow2Header *h = &s->header;
    int ret;

    if (!h->refcount_table_clusters && !s->tolerate) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: refcount_table_clusters is 0", s->name);
        return -EINVAL;
    }
    ret = qcow2_table_load(s, &s->l1, (int64_t)h->l1_table_offset,
                           h->l1_size);
    if (ret < 0) {
        return fail(s, ret, "L1 table", error);
    }
    BLKDBG_CO_EVENT(s->bs->file, BLKDBG_REFTABLE_LOAD);
    ret = qcow2_table_load(s, &s->reftable,
                           (int64_t)h->refcount_table_offset,
                           h->refcount_table_clusters
                               << (s->cluster_bits - 3));
    if (ret < 0) {
        return fail(s, ret, "refcount table", error);
    }
    ret = qcow2_snapshots_load(s, error);
    if (ret >= 0) {
        ret = qcow2_bitmaps_load(s, error);
    }
    return ret;
}

static bool make_caches(BDRVQcow2State *s, JsonObject *options,
                        GError **error) REQUIRES(&s->lock)
{
    int64_t piece = MIN(s->cluster_size, MAX_PIECE_BYTES);
    /* All L2 tables of the disk, up to a limit. */
    int64_t l2 = MIN(DEFAULT_L2_CACHE_BYTES,
                     MAX((int64_t)(s->header.size >> s->cluster_bits) * 8,
                         2 * s->cluster_size));
    int64_t refcount = DEFAULT_REFCOUNT_CACHE_BYTES, total = -1;

    if (!block_opt_size(options, "cache-size", -1, &total, error) ||
        !block_opt_size(options, "l2-cache-size",
                        total < 0 ? l2 : total - total / 5, &l2, error) ||
        !block_opt_size(options, "refcount-cache-size",
                        total < 0 ? refcount : MAX(total - l2, 0), &refcount,
                        error)) {
        return false;
    }
    s->l2_cache = qcow2_cache_new(QCOW2_META_L2, piece,
                                  MAX(l2 / piece + 1, MIN_CACHE_PIECES));
    s->refcount_cache =
        qcow2_cache_new(QCOW2_META_REFCOUNT_BLOCK, piece,
                        MAX(refcount / piece, MIN_CACHE_PIECES));
    return true;
}

static bool read_options(BDRVQcow2State *s, JsonObject *options, int flags,
                         GError **error) REQUIRES(&s->lock)
{
    bool lazy = s->lazy_in_header;
    const char *overlap = block_opt_string(options, "overlap-check");

    if (!block_opt_bool(options, "lazy-refcounts", lazy, &s->lazy_refcounts,
                        error) ||
        !block_opt_bool(options, "pass-discard-request",
                        (flags & BDRV_O_UNMAP) != 0, &s->discard_request,
                        error)) {
        return false;
    }
    if (s->lazy_refcounts && s->version < 3) {
        if (!lazy && options &&
            json_object_has_member(options, "lazy-refcounts")) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "%s: lazy-refcounts needs an image of version 3",
                        s->name);
            return false;
        }
        s->lazy_refcounts = false;
    }
    s->overlap_check = !overlap || strcmp(overlap, "none") != 0;
    return make_caches(s, options, error);
}

/* What may not be written as it is. */
static int coroutine_fn GRAPH_RDLOCK check_writable(BDRVQcow2State *s,
                                                    bool tables_ok,
                                                    GError **error)
    REQUIRES(&s->lock)
{
    BdrvCheckResult result = { 0 };
    int ret;

    if (s->bs->read_only || s->tolerate) {
        return 0;
    }
    if (s->header.incompatible_features & QCOW2_INCOMPAT_CORRUPT) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE, "%s: the image is "
                    "corrupt; it can only be opened for reading, or "
                    "repaired", s->name);
        return -EACCES;
    }
    if (!tables_ok) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: refcount table: "
                    "a refcount block shares its cluster with another one "
                    "or with an L2 table", s->name);
        return -EINVAL;
    }
    if (!(s->header.incompatible_features & QCOW2_INCOMPAT_DIRTY)) {
        return 0;
    }
    ret = qcow2_check(s, &result, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS);
    if (ret >= 0 && (result.check_errors || result.corruptions)) {
        ret = -EIO;
    }
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: the image is dirty "
                    "and cannot be repaired: %s", s->name, g_strerror(-ret));
    }
    return ret;
}

static int coroutine_fn GRAPH_RDLOCK open_locked(BDRVQcow2State *s,
                                                 JsonObject *options,
                                                 int flags, GError **error)
    REQUIRES(&s->lock)
{
    BlockDriverState *bs = s->bs;
    int64_t length;
    bool tables_ok;
    int ret = load_header(s, error);

    if (ret >= 0) {
        ret = load_tables(s, error);
    }
    if (ret < 0) {
        return ret;
    }
    length = bdrv_co_getlength(bs->file->bs);
    if (length < 0) {
        return fail(s, (int)length, "file's length", error);
    }
    if (!read_options(s, options, flags, error)) {
        return -EINVAL;
    }
    s->commit_buffer = bdrv_try_blockalign(bs->file->bs, QCOW2_TABLE_PIECE);
    if (!s->commit_buffer) {
        return fail(s, -ENOMEM, "tables", error);
    }
    s->fresh_cluster_index = qcow2_size_to_clusters(s, length);
    tables_ok = qcow2_metadata_register(s);
    ret = check_writable(s, tables_ok, error);
    if (ret < 0) {
        return ret;
    }
    bs->backing_file = g_strdup(s->header.backing_file);
    bs->backing_format = g_strdup(s->header.backing_format);
    bs->supported_zero_flags = BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK;
    bs->supported_truncate_flags = BDRV_REQ_ZERO_WRITE;
    return 0;
}

static void clear_state(BDRVQcow2State *s) REQUIRES(&s->lock)
{
    qcow2_cache_free(s->l2_cache);
    qcow2_cache_free(s->refcount_cache);
    qcow2_table_clear(&s->l1);
    qcow2_table_clear(&s->reftable);
    qcow2_cluster_set_free(s->metadata);
    qcow2_snapshots_free(s->snapshots);
    qcow2_bitmaps_free(s->bitmaps);
    g_queue_clear_full(&s->frees, g_free);
    qcow2_header_clear(&s->header);
    free(s->commit_buffer);
    g_free(s->corruption);
}

int qcow2_co_open(BlockDriverState *bs, JsonObject *options, int flags,
                  GError **error)
{
    BDRVQcow2State *s = bs->opaque;
    int ret;

    co_mutex_lock(&s->lock);
    ret = open_locked(s, options, flags, error);
    if (ret < 0) {
        clear_state(s);
    }
    co_mutex_unlock(&s->lock);
    return ret;
}

/* ---- close -------------------------------------------------------------- */

/* Everything to disk; an image that was marked dirty is clean then. */
int qcow2_settle(BDRVQcow2State *s)
{
    int ret = 0;

    if (s->bs->read_only || s->tolerate || qcow2_is_fatal(s) ||
        !s->write_begun) {
        return 0;
    }
    /* What the first one frees, is in the refcounts of the second one. */
    for (int i = 0; i < 2 && ret >= 0; i++) {
        ret = qcow2_commit(s, true);
        if (ret >= 0) {
            ret = qcow2_commit_refcounts(s);
        }
    }
    if (ret >= 0) {
        ret = qcow2_set_incompatible(s, 0, QCOW2_INCOMPAT_DIRTY);
    }
    if (ret >= 0) {
        ret = qcow2_flush_file(s);
    }
    s->write_begun = ret < 0;
    return ret;
}

void qcow2_co_close(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;

    co_mutex_lock(&s->lock);
    /* Nobody is left to be told; a dirty or leaking image is what remains. */
    qcow2_settle(s);
    clear_state(s);
    co_mutex_unlock(&s->lock);
}

void qcow2_state_init(BDRVQcow2State *s, BlockDriverState *bs, int flags)
{
    s->bs = bs;
    s->name = g_strdup(bs->filename           ? bs->filename
                       : bs->file->bs->filename ? bs->file->bs->filename
                                                : bs->node_name);
    s->tolerate = flags & BDRV_O_CHECK;
    co_mutex_init(&s->lock);
    g_queue_init(&s->frees);
    g_queue_init(&s->allocs);
}

void qcow2_state_free(BDRVQcow2State *s)
{
    g_free(s->name);
    co_mutex_destroy(&s->lock);
}
