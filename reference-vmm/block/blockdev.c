/* SPDX-License-Identifier: MIT */
/*
 * blockdev.c - the QMP commands that add, change and remove block nodes.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/block_backend.h"
#include "block/block_int.h"
#include "block/dirty_bitmap.h"
#include "block/qapi.h"
#include <string.h>

bool qmp_blockdev_add(JsonObject *options, GError **error)
{
    BlockDriverState *bs;

    GLOBAL_STATE_CODE();
    if (!json_object_has_member(options, "node-name")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'node-name' must be specified for the root node");
        return false;
    }
    if (!json_object_has_member(options, "driver")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'driver' must be specified for a block node");
        return false;
    }
    bs = bdrv_open(NULL, NULL, options, BDRV_O_RDWR, error);
    if (bs) {
        /* Keeps the reference. */
        bs->monitor_owned = true;
    }
    return bs != NULL;
}

/* Who uses it, besides the monitor; NULL: nobody. */
static char *user_of(BlockDriverState *bs)
{
    char *desc = NULL;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    if (bs->parents) {
        desc = bs->parents->klass->get_parent_desc(bs->parents);
    }
    bdrv_graph_rdunlock_main_loop();
    return desc;
}

bool qmp_blockdev_del(const char *node_name, GError **error)
{
    BlockDriverState *bs = bdrv_find_node(node_name);
    g_autofree char *user = NULL;

    GLOBAL_STATE_CODE();
    if (!bs) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no block node '%s'", node_name);
        return false;
    }
    if (!bs->monitor_owned) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s' was not made by blockdev-add", node_name);
        return false;
    }
    user = user_of(bs);
    if (user || bs->refcnt > 1) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s' is in use by %s", node_name,
                    user ? user : "a command");
        return false;
    }
    bs->monitor_owned = false;
    bdrv_unref(bs);
    return true;
}

bool qmp_blockdev_reopen(JsonArray *options, GError **error)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < json_array_get_length(options); i++) {
        JsonNode *node = json_array_get_element(options, i);
        JsonObject *o = JSON_NODE_HOLDS_OBJECT(node)
                            ? json_node_get_object(node) : NULL;
        const char *name = o ? block_opt_string(o, "node-name") : NULL;
        BlockDriverState *bs = name ? bdrv_find_node(name) : NULL;

        if (!bs) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        name ? "there is no block node '%s'"
                             : "a node to be reopened is an object with "
                               "'node-name'%s", name ? name : "");
            return false;
        }
        if (!bdrv_reopen(bs, o, error)) {
            return false;
        }
    }
    return true;
}

bool qmp_block_resize(const char *device, const char *node_name, int64_t size,
                      GError **error)
{
    BlockDriverState *bs = bdrv_lookup_bs(device, node_name, error);
    BlockBackend *blk;
    bool ok;

    GLOBAL_STATE_CODE();
    if (!bs) {
        return false;
    }
    if (size < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'size' is negative");
        return false;
    }
    bdrv_ref(bs);
    bdrv_drained_begin(bs);
    blk = blk_new(bdrv_get_aio_context(bs), BLK_PERM_RESIZE, BLK_PERM_ALL);
    ok = blk_insert_bs(blk, bs, error);
    /* It has just come, and must not wait for the others' sake. */
    blk_set_disable_request_queuing(blk, true);
    ok = ok && blk_truncate(blk, size, false, PREALLOC_MODE_OFF, 0,
                            error) >= 0;
    blk_unref(blk);
    bdrv_drained_end(bs);
    bdrv_unref(bs);
    return ok;
}

void bdrv_close_all(void)
{
    BlockDriverState *bs = NULL;

    GLOBAL_STATE_CODE();
    bdrv_drain_all();
    for (BlockBackend *blk = NULL; (blk = blk_next(blk));) {
        blk_remove_bs(blk);
    }
    while ((bs = bdrv_next_any(bs))) {
        if (bs->monitor_owned) {
            bs->monitor_owned = false;
            bdrv_unref(bs);
            /* Others may have gone with it. */
            bs = NULL;
        }
    }
}

/* ---- dirty bitmaps ------------------------------------------------------ */

static BdrvDirtyBitmap *lookup_bitmap(const char *node, const char *name,
                                      GError **error) GS_FN;
static BdrvDirtyBitmap *lookup_bitmap(const char *node, const char *name,
                                      GError **error)
{
    BlockDriverState *bs = bdrv_lookup_bs(node, node, error);
    BdrvDirtyBitmap *b = bs ? bdrv_find_dirty_bitmap(bs, name) : NULL;

    GLOBAL_STATE_CODE();
    if (bs && !b) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "node '%s' has no dirty bitmap '%s'", node, name);
    }
    return b;
}

bool qmp_block_dirty_bitmap_add(const char *node, const char *name,
                                int64_t granularity, bool disabled,
                                GError **error)
{
    BlockDriverState *bs = bdrv_lookup_bs(node, node, error);
    BdrvDirtyBitmap *b;

    GLOBAL_STATE_CODE();
    if (!bs) {
        return false;
    }
    b = bdrv_create_dirty_bitmap(bs, granularity, name, error);
    if (b && disabled) {
        bdrv_dirty_bitmap_set_enabled(b, false);
    }
    return b != NULL;
}

bool qmp_block_dirty_bitmap_remove(const char *node, const char *name,
                                   GError **error)
{
    BdrvDirtyBitmap *b = lookup_bitmap(node, name, error);

    GLOBAL_STATE_CODE();
    if (b) {
        bdrv_release_dirty_bitmap(b);
    }
    return b != NULL;
}

bool qmp_block_dirty_bitmap_clear(const char *node, const char *name,
                                  GError **error)
{
    BdrvDirtyBitmap *b = lookup_bitmap(node, name, error);

    GLOBAL_STATE_CODE();
    if (b) {
        bdrv_clear_dirty_bitmap(b);
    }
    return b != NULL;
}

bool qmp_block_dirty_bitmap_enable(const char *node, const char *name,
                                   bool enable, GError **error)
{
    BdrvDirtyBitmap *b = lookup_bitmap(node, name, error);

    GLOBAL_STATE_CODE();
    if (b) {
        bdrv_dirty_bitmap_set_enabled(b, enable);
    }
    return b != NULL;
}
