/* SPDX-License-Identifier: MIT */
/*
 * dirty_bitmap.h - which parts of a node have been written since a bitmap was
 * made or cleared.
 *
 *     BdrvDirtyBitmap *b = bdrv_create_dirty_bitmap(bs, 65536, "b0", &error);
 *     int64_t at = 0, n;
 *     while (bdrv_dirty_bitmap_next_dirty_area(b, at, INT64_MAX, &at, &n)) {
 *         ...
 *         at += n;
 *     }
 *
 * One bit stands for granularity bytes; over the bits lie levels of words
 * that say which words below are not zero, so that finding the next bit takes
 * a few steps however large the disk is.
 *
 * Thread context: bitmaps come and go under the BQL; setting, clearing and
 * reading take the node's dirty_bitmap_lock, in any thread.
 */
#ifndef REFVMM_BLOCK_DIRTY_BITMAP_H
#define REFVMM_BLOCK_DIRTY_BITMAP_H

#include "block/block.h"

/* granularity: a power of two from 512 to 2 GiB, 0: the default.  name may be
 * NULL; else it is new to the node. */
BdrvDirtyBitmap *bdrv_create_dirty_bitmap(BlockDriverState *bs,
                                          int64_t granularity,
                                          const char *name, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void bdrv_release_dirty_bitmap(BdrvDirtyBitmap *bitmap) GS_FN;
BdrvDirtyBitmap *bdrv_find_dirty_bitmap(BlockDriverState *bs,
                                        const char *name) GS_FN;
/* Disabled ones are not touched by writes. */
void bdrv_dirty_bitmap_set_enabled(BdrvDirtyBitmap *bitmap, bool enabled)
    GS_FN;
bool bdrv_dirty_bitmap_enabled(BdrvDirtyBitmap *bitmap) IO_FN;
const char *bdrv_dirty_bitmap_name(const BdrvDirtyBitmap *bitmap) IO_FN;
int64_t bdrv_dirty_bitmap_granularity(const BdrvDirtyBitmap *bitmap) IO_FN;
int64_t bdrv_dirty_bitmap_size(BdrvDirtyBitmap *bitmap) IO_FN;

void bdrv_set_dirty_bitmap(BdrvDirtyBitmap *bitmap, int64_t offset,
                           int64_t bytes) IO_FN;
/* Whole granules only: those partly in the range stay dirty. */
void bdrv_reset_dirty_bitmap(BdrvDirtyBitmap *bitmap, int64_t offset,
                             int64_t bytes) IO_FN;
void bdrv_clear_dirty_bitmap(BdrvDirtyBitmap *bitmap) IO_FN;
bool bdrv_dirty_bitmap_get(BdrvDirtyBitmap *bitmap, int64_t offset) IO_FN;
/* Bytes, in whole granules up to the end of the node. */
int64_t bdrv_get_dirty_count(BdrvDirtyBitmap *bitmap) IO_FN;
/* -1: none from offset on. */
int64_t bdrv_dirty_bitmap_next_dirty(BdrvDirtyBitmap *bitmap, int64_t offset)
    IO_FN;
bool bdrv_dirty_bitmap_next_dirty_area(BdrvDirtyBitmap *bitmap,
                                       int64_t offset, int64_t max_bytes,
                                       int64_t *ret_offset,
                                       int64_t *ret_bytes) IO_FN;
/* "dirty-bitmaps" of query-block: BlockDirtyInfo each; NULL: none. */
JsonArray *bdrv_query_dirty_bitmaps(BlockDriverState *bs) GS_FN;

#endif
