/* SPDX-License-Identifier: MIT */
/*
 * qapi.c - nodes and backends as QMP and refvmm-img show them.
 *
 * Names and shapes are those of QEMU's ImageInfo, BlockDeviceInfo, BlockInfo
 * and BlockStats.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/qapi.h"
#include "block/block_backend.h"
#include "block/block_int.h"
#include "block/dirty_bitmap.h"

/* The backing node, with a reference, or NULL. */
static BlockDriverState *take_backing(BlockDriverState *bs)
{
    BlockDriverState *backing;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    backing = bs->backing ? bs->backing->bs : NULL;
    if (backing) {
        bdrv_ref(backing);
    }
    bdrv_graph_rdunlock_main_loop();
    return backing;
}

static JsonObject *specific_info(BlockDriverState *bs)
{
    JsonObject *o = NULL;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    if (bs->drv->bdrv_get_specific_info) {
        o = bs->drv->bdrv_get_specific_info(bs);
    }
    bdrv_graph_rdunlock_main_loop();
    return o;
}

static void add_backing_names(JsonObject *o, BlockDriverState *bs)
{
    g_autofree char *full = NULL;

    GLOBAL_STATE_CODE();
    if (!bs->backing_file || !*bs->backing_file) {
        return;
    }
    full = bdrv_full_backing_filename(bdrv_get_filename(bs),
                                      bs->backing_file);
    json_object_set_string_member(o, "backing-filename", bs->backing_file);
    json_object_set_string_member(o, "full-backing-filename", full);
    if (bs->backing_format && *bs->backing_format) {
        json_object_set_string_member(o, "backing-filename-format",
                                      bs->backing_format);
    }
}

/* Of one node, without the nodes below. */
static JsonObject *image_info(BlockDriverState *bs, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static JsonObject *image_info(BlockDriverState *bs, GError **error)
{
    int64_t length = bdrv_getlength(bs);
    int64_t allocated = bdrv_get_allocated_file_size(bs);
    BlockDriverInfo info;
    JsonObject *o, *specific;

    GLOBAL_STATE_CODE();
    if (length < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "'%s': its length is not "
                    "known: %s", bdrv_get_filename(bs),
                    g_strerror((int)-length));
        return NULL;
    }
    if (bdrv_get_info(bs, &info) < 0) {
        info = (BlockDriverInfo){ 0 };
    }
    o = json_object_new();
    json_object_set_int_member(o, "virtual-size", length);
    json_object_set_string_member(o, "filename", bdrv_get_filename(bs));
    if (info.cluster_size) {
        json_object_set_int_member(o, "cluster-size", info.cluster_size);
    }
    json_object_set_string_member(o, "format", bs->drv->format_name);
    if (allocated >= 0) {
        json_object_set_int_member(o, "actual-size", allocated);
    }
    specific = specific_info(bs);
    if (specific) {
        json_object_set_object_member(o, "format-specific", specific);
    }
    add_backing_names(o, bs);
    json_object_set_boolean_member(o, "dirty-flag", info.is_dirty);
    return o;
}

JsonObject *bdrv_query_image_info(BlockDriverState *bs, GError **error)
{
    JsonObject *top = NULL, *last = NULL;

    GLOBAL_STATE_CODE();
    bdrv_ref(bs);
    while (bs) {
        JsonObject *o = image_info(bs, error);
        BlockDriverState *next = o ? take_backing(bs) : NULL;

        bdrv_unref(bs);
        if (!o) {
            g_clear_pointer(&top, json_object_unref);
            bdrv_unref(next);
            return NULL;
        }
        if (last) {
            json_object_set_object_member(last, "backing-image", o);
        } else {
            top = o;
        }
        last = o;
        bs = next;
    }
    return top;
}

static const char *const detect_zeroes_names[] = { "off", "on", "unmap" };

static int backing_depth(BlockDriverState *bs)
{
    int depth = 0;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    while ((bs = bdrv_backing_bs(bs))) {
        depth++;
    }
    bdrv_graph_rdunlock_main_loop();
    return depth;
}

static void add_limits(JsonObject *o)
{
    static const char *const names[] = { "bps", "bps_rd", "bps_wr", "iops",
                                         "iops_rd", "iops_wr" };

    /* Limits are throttle nodes here; this is the older way's place. */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        json_object_set_int_member(o, names[i], 0);
    }
}

/* BlockDeviceInfo. */
static JsonObject *device_info(BlockDriverState *bs, bool flat,
                               bool write_cache, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static JsonObject *device_info(BlockDriverState *bs, bool flat,
                               bool write_cache, GError **error)
{
    JsonObject *o = json_object_new(), *cache = json_object_new();
    JsonObject *image = flat ? image_info(bs, error)
                             : bdrv_query_image_info(bs, error);
    JsonArray *bitmaps = bdrv_query_dirty_bitmaps(bs);

    GLOBAL_STATE_CODE();
    json_object_set_string_member(o, "file", bdrv_get_filename(bs));
    json_object_set_string_member(o, "node-name", bs->node_name);
    json_object_set_boolean_member(o, "ro", bs->read_only);
    json_object_set_string_member(o, "drv", bs->drv->format_name);
    json_object_set_boolean_member(o, "encrypted", FALSE);
    if (bs->backing_file && *bs->backing_file) {
        json_object_set_string_member(o, "backing_file", bs->backing_file);
    }
    json_object_set_int_member(o, "backing_file_depth", backing_depth(bs));
    json_object_set_string_member(o, "detect_zeroes",
                                  detect_zeroes_names[bs->detect_zeroes]);
    add_limits(o);
    json_object_set_int_member(o, "write_threshold", 0);
    json_object_set_boolean_member(cache, "writeback", write_cache);
    json_object_set_boolean_member(cache, "direct",
                                   (bs->open_flags & BDRV_O_NOCACHE) != 0);
    json_object_set_boolean_member(cache, "no-flush",
                                   (bs->open_flags & BDRV_O_NO_FLUSH) != 0);
    json_object_set_object_member(o, "cache", cache);
    if (bitmaps) {
        json_object_set_array_member(o, "dirty-bitmaps", bitmaps);
    }
    if (!image) {
        json_object_unref(o);
        return NULL;
    }
    json_object_set_object_member(o, "image", image);
    return o;
}

JsonArray *qmp_query_named_block_nodes(bool flat, GError **error)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    JsonArray *array = json_array_new();
    bool ok = true;

    GLOBAL_STATE_CODE();
    /* Looking at one polls, and the list may change meanwhile. */
    for (BlockDriverState *bs = NULL; (bs = bdrv_next_any(bs));) {
        bdrv_ref(bs);
        g_ptr_array_add(nodes, bs);
    }
    /* The newest first, as QEMU has them. */
    for (guint i = nodes->len; i-- > 0;) {
        JsonObject *o = ok ? device_info(nodes->pdata[i], flat, true, error)
                           : NULL;

        ok = o != NULL;
        if (o) {
            json_array_add_object_element(array, o);
        }
        bdrv_unref(nodes->pdata[i]);
    }
    if (!ok) {
        json_array_unref(array);
        return NULL;
    }
    return array;
}

/* ---- devices ------------------------------------------------------------ */

static const char *const iostatus_names[] = { "ok", "failed", "nospace" };

static JsonObject *block_info(BlockBackend *blk, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static JsonObject *block_info(BlockBackend *blk, GError **error)
{
    BlockDriverState *bs = blk_bs(blk);
    JsonObject *o = json_object_new();

    GLOBAL_STATE_CODE();
    json_object_set_string_member(o, "device", blk_name(blk));
    if (blk_dev_id(blk) && *blk_dev_id(blk)) {
        json_object_set_string_member(o, "qdev", blk_dev_id(blk));
    }
    json_object_set_string_member(o, "type", "unknown");
    json_object_set_boolean_member(o, "locked", FALSE);
    json_object_set_boolean_member(o, "removable", FALSE);
    if (blk_iostatus_is_enabled(blk)) {
        json_object_set_string_member(o, "io-status",
                                      iostatus_names[blk_iostatus(blk)]);
    }
    if (bs) {
        JsonObject *inserted;

        bdrv_ref(bs);
        inserted = device_info(bs, false, blk_enable_write_cache(blk), error);
        bdrv_unref(bs);
        if (!inserted) {
            json_object_unref(o);
            return NULL;
        }
        json_object_set_object_member(o, "inserted", inserted);
    }
    return o;
}

/* Those with a name or a device, with a reference each. */
static GPtrArray *take_devices(void)
{
    GPtrArray *all = g_ptr_array_new();

    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = NULL; (blk = blk_next(blk));) {
        if (*blk_name(blk) || blk_dev_id(blk)) {
            blk_ref(blk);
            g_ptr_array_add(all, blk);
        }
    }
    return all;
}

JsonArray *qmp_query_block(GError **error)
{
    g_autoptr(GPtrArray) all = take_devices();
    JsonArray *array = json_array_new();
    bool ok = true;

    GLOBAL_STATE_CODE();
    for (guint i = 0; i < all->len; i++) {
        JsonObject *o = ok ? block_info(all->pdata[i], error) : NULL;

        ok = o != NULL;
        if (o) {
            json_array_add_object_element(array, o);
        }
        blk_unref(all->pdata[i]);
    }
    if (!ok) {
        json_array_unref(array);
        return NULL;
    }
    return array;
}

/* ---- statistics --------------------------------------------------------- */

static BlockDriverState *take_file(BlockDriverState *bs)
{
    BlockDriverState *file;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    file = bs->file ? bs->file->bs : NULL;
    if (file) {
        bdrv_ref(file);
    }
    bdrv_graph_rdunlock_main_loop();
    return file;
}

/* BlockStats of a node: requests are counted by backends only. */
static JsonObject *node_stats(BlockDriverState *bs, BlockAcctStats *stats)
{
    JsonObject *o = json_object_new(), *counts;
    BlockDriverState *parent = take_file(bs), *backing = take_backing(bs);
    BlockAcctStats none;

    GLOBAL_STATE_CODE();
    block_acct_init(&none);
    counts = block_acct_to_json(stats ? stats : &none);
    block_acct_destroy(&none);
    json_object_set_int_member(counts, "wr_highest_offset",
        __atomic_load_n(&bs->wr_highest_offset, __ATOMIC_RELAXED));
    json_object_set_string_member(o, "node-name", bs->node_name);
    json_object_set_object_member(o, "stats", counts);
    if (parent) {
        json_object_set_object_member(o, "parent", node_stats(parent, NULL));
        bdrv_unref(parent);
    }
    if (backing) {
        json_object_set_object_member(o, "backing", node_stats(backing,
                                                               NULL));
        bdrv_unref(backing);
    }
    return o;
}

static JsonArray *all_node_stats(void)
{
    JsonArray *array = json_array_new();

    GLOBAL_STATE_CODE();
    for (BlockDriverState *bs = NULL; (bs = bdrv_next_any(bs));) {
        json_array_add_object_element(array, node_stats(bs, NULL));
    }
    return array;
}

JsonArray *qmp_query_blockstats(bool query_nodes)
{
    g_autoptr(GPtrArray) all = NULL;
    JsonArray *array;

    GLOBAL_STATE_CODE();
    if (query_nodes) {
        return all_node_stats();
    }
    all = take_devices();
    array = json_array_new();
    for (guint i = 0; i < all->len; i++) {
        BlockBackend *blk = all->pdata[i];
        BlockDriverState *bs = blk_bs(blk);
        JsonObject *o;

        if (bs) {
            o = node_stats(bs, blk_get_stats(blk));
        } else {
            o = json_object_new();
            json_object_set_object_member(
                o, "stats", block_acct_to_json(blk_get_stats(blk)));
        }
        json_object_set_string_member(o, "device", blk_name(blk));
        if (blk_dev_id(blk) && *blk_dev_id(blk)) {
            json_object_set_string_member(o, "qdev", blk_dev_id(blk));
        }
        json_array_add_object_element(array, o);
        blk_unref(blk);
    }
    return array;
}
