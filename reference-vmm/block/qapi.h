/* SPDX-License-Identifier: MIT */
/*
 * qapi.h - block nodes and backends as QMP and refvmm-img show them, and the
 * QMP commands that change them.
 *
 * Results are owned by the caller.
 *
 * Thread context: under the BQL, no coroutine, without the graph lock.
 */
#ifndef REFVMM_BLOCK_QAPI_H
#define REFVMM_BLOCK_QAPI_H

#include "block/block.h"

/* ImageInfo of the node, with "backing-image" when it has a backing node. */
JsonObject *bdrv_query_image_info(BlockDriverState *bs, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
JsonArray *qmp_query_block(GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* flat: without "image" in it. */
JsonArray *qmp_query_named_block_nodes(bool flat, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* query_nodes: of all named nodes rather than of devices. */
JsonArray *qmp_query_blockstats(bool query_nodes)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* options: the command's arguments. */
bool qmp_blockdev_add(JsonObject *options, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
bool qmp_blockdev_del(const char *node_name, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Each with driver and node-name. */
bool qmp_blockdev_reopen(JsonArray *options, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* device or node_name; the other one is NULL. */
bool qmp_block_resize(const char *device, const char *node_name, int64_t size,
                      GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* granularity 0: the default; node is a node's or a device's name. */
bool qmp_block_dirty_bitmap_add(const char *node, const char *name,
                                int64_t granularity, bool disabled,
                                GError **error) DROPS(bql) GS_FN;
bool qmp_block_dirty_bitmap_remove(const char *node, const char *name,
                                   GError **error) GS_FN;
bool qmp_block_dirty_bitmap_clear(const char *node, const char *name,
                                  GError **error) GS_FN;
bool qmp_block_dirty_bitmap_enable(const char *node, const char *name,
                                   bool enable, GError **error) GS_FN;

#endif
