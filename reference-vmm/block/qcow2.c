/* SPDX-License-Identifier: MIT */
/*
 * qcow2.c - the qcow2 driver: its table, its options, and the slots that are
 * called by the main loop.
 *
 * Thread context: main loop, no coroutine, for open, close, reopen and info;
 * the rest are coroutines in any thread.
 */
#include "block/qcow2.h"
#include "block/qcow2_driver.h"
#include "base/main_loop.h"
#include <errno.h>
#include <inttypes.h>

static const BlockOption qcow2_options[] = {
    { "lazy-refcounts", BLOCK_OPT_BOOL, "postpone updates of refcounts",
      NULL },
    { "pass-discard-request", BLOCK_OPT_BOOL, "discards of the guest free "
      "space in the file (default: with discard=unmap)", NULL },
    { "pass-discard-snapshot", BLOCK_OPT_BOOL, "the same for deleted "
      "snapshots", NULL },
    { "pass-discard-other", BLOCK_OPT_BOOL, "the same for other clusters",
      NULL },
    { "overlap-check", BLOCK_OPT_ENUM, "look before writing metadata",
      "none|constant|cached|all" },
    { "cache-size", BLOCK_OPT_SIZE, "of both caches together", NULL },
    { "l2-cache-size", BLOCK_OPT_SIZE, "bytes of L2 tables in memory", NULL },
    { "refcount-cache-size", BLOCK_OPT_SIZE, "bytes of refcounts in memory",
      NULL },
    { NULL, 0, NULL, NULL },
};

static int GS_FN qcow2_probe(const uint8_t *buf, int bytes, const char *filename)
{
    return qcow2_format_probe(buf, (size_t)bytes) ? 100 : 0;
}

/* ---- coroutines for the main loop --------------------------------------- */

/* What the main loop has a coroutine do, and waits for. */
typedef struct MainJob {
    BlockDriverState *bs;
    JsonObject *options;
    int flags;
    int (*run)(struct MainJob *job) SLOT(coroutine_fn) GRAPH_RDLOCK_PTR;
    GError **error;
    int ret;
    bool done;
} MainJob;

static void coroutine_fn main_job_entry(void *opaque)
{
    MainJob *job = opaque;

    bdrv_graph_co_rdlock();
    job->ret = job->run(job);
    bdrv_graph_co_rdunlock();
    job->done = true;
    aio_wait_kick();
}

static int run_main_job(MainJob *job) GRAPH_UNLOCKED DROPS(bql) GS_FN;
static int run_main_job(MainJob *job)
{
    AioContext *ctx = bdrv_get_aio_context(job->bs);

    aio_co_enter(ctx, coroutine_create(main_job_entry, job));
    AIO_WAIT_WHILE(ctx, !job->done);
    return job->ret;
}

/* ---- open, close -------------------------------------------------------- */

static int coroutine_fn GRAPH_RDLOCK open_job(MainJob *job)
{
    return qcow2_co_open(job->bs, job->options, job->flags, job->error);
}

static bool GRAPH_UNLOCKED DROPS(bql) GS_FN
qcow2_open(BlockDriverState *bs, JsonObject *options, int flags,
           GError **error)
{
    BDRVQcow2State *s = bs->opaque;
    MainJob job = { .bs = bs, .options = options, .flags = flags,
                    .run = open_job, .error = error };

    GLOBAL_STATE_CODE();
    if (!bdrv_open_file_child(bs, options, error)) {
        return false;
    }
    qcow2_state_init(s, bs, flags);
    if (run_main_job(&job) < 0) {
        qcow2_state_free(s);
        return false;
    }
    return true;
}

static int coroutine_fn GRAPH_RDLOCK close_job(MainJob *job)
{
    qcow2_co_close(job->bs);
    return 0;
}

static void GRAPH_UNLOCKED DROPS(bql) GS_FN qcow2_close(BlockDriverState *bs)
{
    MainJob job = { .bs = bs, .run = close_job };

    GLOBAL_STATE_CODE();
    run_main_job(&job);
    qcow2_state_free(bs->opaque);
}

/* ---- reopen ------------------------------------------------------------- */

static int coroutine_fn GRAPH_RDLOCK settle_job(MainJob *job)
{
    BDRVQcow2State *s = job->bs->opaque;
    int ret = 0;

    co_mutex_lock(&s->lock);
    if (!(job->flags & BDRV_O_RDWR)) {
        ret = qcow2_settle(s);
    } else if (s->bs->read_only && (s->header.incompatible_features &
                                    (QCOW2_INCOMPAT_CORRUPT |
                                     QCOW2_INCOMPAT_DIRTY))) {
        ret = -EACCES;
    }
    co_mutex_unlock(&s->lock);
    return ret;
}

static bool GRAPH_UNLOCKED DROPS(bql) GS_FN
qcow2_reopen_prepare(BDRVReopenState *state, GError **error)
{
    MainJob job = { .bs = state->bs, .flags = state->flags,
                    .run = settle_job };
    int ret;

    GLOBAL_STATE_CODE();
    ret = run_main_job(&job);
    if (ret == -EACCES) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE, "node '%s': the image "
                    "is corrupt or dirty, and cannot be made writable",
                    bdrv_get_node_name(state->bs));
    } else if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "node '%s': %s",
                    bdrv_get_node_name(state->bs), g_strerror(-ret));
    }
    return ret >= 0;
}

static void GRAPH_UNLOCKED DROPS(bql) GS_FN
qcow2_reopen_commit(BDRVReopenState *state)
{
    BDRVQcow2State *s = state->bs->opaque;

    /* Checked with the other options; drained, so nobody looks at it. */
    block_opt_bool(state->options, "pass-discard-request",
                   (state->flags & BDRV_O_UNMAP) != 0, &s->discard_request,
                   NULL);
}

static void GRAPH_UNLOCKED DROPS(bql) GS_FN
qcow2_reopen_abort(BDRVReopenState *state)
{
}

/* ---- what the node is like ---------------------------------------------- */

static void GRAPH_RDLOCK GS_FN qcow2_refresh_limits(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;

    bs->bl.pwrite_zeroes_alignment = (uint32_t)s->cluster_size;
    bs->bl.pdiscard_alignment = (uint32_t)s->cluster_size;
}

static int64_t coroutine_fn GRAPH_RDLOCK
qcow2_co_getlength(BlockDriverState *bs) IO_FN;
static int64_t coroutine_fn GRAPH_RDLOCK
qcow2_co_getlength(BlockDriverState *bs)
{
    BDRVQcow2State *s = bs->opaque;
    int64_t size;

    IO_CODE();
    co_mutex_lock(&s->lock);
    size = (int64_t)s->header.size;
    co_mutex_unlock(&s->lock);
    return size;
}

static int coroutine_fn GRAPH_RDLOCK
qcow2_co_get_info(BlockDriverState *bs, BlockDriverInfo *info) IO_FN;
static int coroutine_fn GRAPH_RDLOCK
qcow2_co_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BDRVQcow2State *s = bs->opaque;

    IO_CODE();
    info->cluster_size = s->cluster_size;
    co_mutex_lock(&s->lock);
    info->is_dirty =
        s->header.incompatible_features & QCOW2_INCOMPAT_DIRTY;
    co_mutex_unlock(&s->lock);
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK
qcow2_co_check(BlockDriverState *bs, BdrvCheckResult *result,
               BdrvCheckMode fix) IO_FN;
static int coroutine_fn GRAPH_RDLOCK
qcow2_co_check(BlockDriverState *bs, BdrvCheckResult *result,
               BdrvCheckMode fix)
{
    BDRVQcow2State *s = bs->opaque;
    int ret;

    IO_CODE();
    co_mutex_lock(&s->lock);
    ret = qcow2_check(s, result, fix);
    co_mutex_unlock(&s->lock);
    return ret;
}

static void add_bitmaps(const BDRVQcow2State *s, JsonObject *data)
{
    static const char *const names[] = { "in-use", "auto" };
    JsonArray *list = json_array_new();

    for (guint i = 0; i < s->bitmaps->len; i++) {
        Qcow2Bitmap *b = &g_array_index(s->bitmaps, Qcow2Bitmap, i);
        JsonObject *o = json_object_new();
        JsonArray *flags = json_array_new();
        uint32_t set = __atomic_load_n(&b->flags, __ATOMIC_RELAXED);

        for (int bit = 0; bit < 2; bit++) {
            if (set & 1u << bit) {
                json_array_add_string_element(flags, names[bit]);
            }
        }
        json_object_set_array_member(o, "flags", flags);
        json_object_set_string_member(o, "name", b->name);
        json_object_set_int_member(o, "granularity",
                                   (gint64)1 << MIN(b->granularity_bits, 62));
        json_array_add_object_element(list, o);
    }
    json_object_set_array_member(data, "bitmaps", list);
}

/* ImageInfoSpecificQCow2, of what does not change or is atomic. */
static JsonObject *qcow2_specific_info(BlockDriverState *bs)
    GRAPH_RDLOCK GS_FN;
static JsonObject *qcow2_specific_info(BlockDriverState *bs)
{
    const BDRVQcow2State *s = bs->opaque;
    JsonObject *info = json_object_new(), *data = json_object_new();

    GLOBAL_STATE_CODE();
    json_object_set_string_member(data, "compat",
                                  s->version < 3 ? "0.10" : "1.1");
    if (s->version >= 3) {
        json_object_set_string_member(data, "compression-type", "zlib");
        json_object_set_boolean_member(data, "lazy-refcounts",
                                       s->lazy_in_header);
    }
    json_object_set_int_member(data, "refcount-bits",
                               1 << s->refcount_order);
    if (s->version >= 3) {
        json_object_set_boolean_member(
            data, "corrupt", __atomic_load_n(&s->corrupt, __ATOMIC_RELAXED));
        json_object_set_boolean_member(data, "extended-l2", FALSE);
    }
    if (s->bitmaps) {
        add_bitmaps(s, data);
    }
    json_object_set_string_member(info, "type", "qcow2");
    json_object_set_object_member(info, "data", data);
    return info;
}

const BlockDriver bdrv_qcow2 = {
    .format_name = "qcow2",
    .instance_size = sizeof(BDRVQcow2State),
    .is_format = true,
    .supports_backing = true,
    .options = qcow2_options,
    .create_options = qcow2_create_options,
    .bdrv_probe = qcow2_probe,
    .bdrv_open = qcow2_open,
    .bdrv_close = qcow2_close,
    .bdrv_refresh_limits = qcow2_refresh_limits,
    .bdrv_create = qcow2_create,
    .bdrv_reopen_prepare = qcow2_reopen_prepare,
    .bdrv_reopen_commit = qcow2_reopen_commit,
    .bdrv_reopen_abort = qcow2_reopen_abort,
    .bdrv_co_preadv_part = qcow2_co_preadv,
    .bdrv_co_pwritev_part = qcow2_co_pwritev,
    .bdrv_co_pwrite_zeroes = qcow2_co_pwrite_zeroes,
    .bdrv_co_pdiscard = qcow2_co_pdiscard,
    .bdrv_co_flush_to_os = qcow2_co_flush_to_os,
    .bdrv_co_truncate = qcow2_co_truncate,
    .bdrv_co_getlength = qcow2_co_getlength,
    .bdrv_co_block_status = qcow2_co_block_status,
    .bdrv_co_get_info = qcow2_co_get_info,
    .bdrv_co_check = qcow2_co_check,
    .bdrv_get_specific_info = qcow2_specific_info,
    .bdrv_child_perm = bdrv_default_perms,
};
