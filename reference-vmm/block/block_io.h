/* SPDX-License-Identifier: MIT */
/*
 * block_io.h - input and output on block nodes, as drivers do it on their
 * children.
 *
 * Results are 0, or what they count, or -errno.  Offsets and lengths are
 * bytes; any alignment will do.  A read beyond the end of a child gives
 * zeroes; a write there needs permission to resize.
 *
 * Functions with _co_ are for coroutines that hold the graph lock for
 * reading.  Those marked co_wrapper_... are the same for everybody else: they
 * run the coroutine in the loop of the calling thread, or else the main loop,
 * and poll until it is done.
 * block/co_wrappers.gen.c has their bodies, generated from this header.
 *
 * Thread context: coroutines, any thread; wrappers in a thread with an event
 * loop, or under the BQL.
 */
#ifndef REFVMM_BLOCK_BLOCK_IO_H
#define REFVMM_BLOCK_BLOCK_IO_H

#include "block/block.h"

/* ---- data --------------------------------------------------------------- */

int coroutine_fn bdrv_co_preadv(BdrvChild *child, int64_t offset,
                                int64_t bytes, IoVector *qiov,
                                BdrvRequestFlags flags) GRAPH_RDLOCK IO_FN;
/* With the data from qiov_offset on in qiov. */
int coroutine_fn bdrv_co_preadv_part(BdrvChild *child, int64_t offset,
                                     int64_t bytes, IoVector *qiov,
                                     size_t qiov_offset,
                                     BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn bdrv_co_pread(BdrvChild *child, int64_t offset,
                               int64_t bytes, void *buf,
                               BdrvRequestFlags flags) GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_pread(BdrvChild *child, int64_t offset,
                                            int64_t bytes, void *buf,
                                            BdrvRequestFlags flags)
    IO_OR_GS_FN;

int coroutine_fn bdrv_co_pwritev(BdrvChild *child, int64_t offset,
                                 int64_t bytes, IoVector *qiov,
                                 BdrvRequestFlags flags) GRAPH_RDLOCK IO_FN;
int coroutine_fn bdrv_co_pwritev_part(BdrvChild *child, int64_t offset,
                                      int64_t bytes, IoVector *qiov,
                                      size_t qiov_offset,
                                      BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn bdrv_co_pwrite(BdrvChild *child, int64_t offset,
                                int64_t bytes, const void *buf,
                                BdrvRequestFlags flags) GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_pwrite(BdrvChild *child, int64_t offset,
                                             int64_t bytes, const void *buf,
                                             BdrvRequestFlags flags)
    IO_OR_GS_FN;
/* And a flush. */
int coroutine_fn bdrv_co_pwrite_sync(BdrvChild *child, int64_t offset,
                                     int64_t bytes, const void *buf,
                                     BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock
bdrv_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes,
                 const void *buf, BdrvRequestFlags flags) IO_OR_GS_FN;

int coroutine_fn bdrv_co_pwrite_zeroes(BdrvChild *child, int64_t offset,
                                       int64_t bytes, BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock
bdrv_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes,
                   BdrvRequestFlags flags) IO_OR_GS_FN;
/* What is read there afterwards is anything.  A hint: 0 when ignored. */
int coroutine_fn bdrv_co_pdiscard(BdrvChild *child, int64_t offset,
                                  int64_t bytes) GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_pdiscard(BdrvChild *child,
                                               int64_t offset, int64_t bytes)
    IO_OR_GS_FN;
/* Everything written before, by this node and those below it. */
int coroutine_fn bdrv_co_flush(BlockDriverState *bs) GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_flush(BlockDriverState *bs)
    IO_OR_GS_FN;

/* ---- size --------------------------------------------------------------- */

int64_t coroutine_fn bdrv_co_getlength(BlockDriverState *bs)
    GRAPH_RDLOCK IO_FN;
int64_t co_wrapper_mixed_bdrv_rdlock bdrv_getlength(BlockDriverState *bs)
    IO_OR_GS_FN;
/* On the host's disk. */
int64_t coroutine_fn bdrv_co_get_allocated_file_size(BlockDriverState *bs)
    GRAPH_RDLOCK IO_FN;
int64_t co_wrapper_mixed_bdrv_rdlock
bdrv_get_allocated_file_size(BlockDriverState *bs) IO_OR_GS_FN;
/*
 * exact: fail rather than be larger.  What is gained reads as zeroes with
 * BDRV_REQ_ZERO_WRITE; without it, it may show the backing file.
 */
int coroutine_fn bdrv_co_truncate(BdrvChild *child, int64_t offset, bool exact,
                                  PreallocMode prealloc,
                                  BdrvRequestFlags flags, GError **error)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock
bdrv_truncate(BdrvChild *child, int64_t offset, bool exact,
              PreallocMode prealloc, BdrvRequestFlags flags, GError **error)
    IO_OR_GS_FN;

/* ---- what lies where ---------------------------------------------------- */

/*
 * BDRV_BLOCK_... of the range that starts at offset; *pnum of its bytes have
 * the same (0 only at the end of the image).  map and file may be NULL.
 */
int coroutine_fn bdrv_co_block_status(BlockDriverState *bs, int64_t offset,
                                      int64_t bytes, int64_t *pnum,
                                      int64_t *map, BlockDriverState **file)
    GRAPH_RDLOCK IO_FN;
/* Through backing files down to base, which is not asked; NULL: to the
 * bottom. */
int coroutine_fn bdrv_co_block_status_above(BlockDriverState *bs,
                                            BlockDriverState *base,
                                            int64_t offset, int64_t bytes,
                                            int64_t *pnum, int64_t *map,
                                            BlockDriverState **file)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock
bdrv_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                        int64_t offset, int64_t bytes, int64_t *pnum,
                        int64_t *map, BlockDriverState **file) IO_OR_GS_FN;
/* 1, 0 or -errno. */
int coroutine_fn bdrv_co_is_allocated(BlockDriverState *bs, int64_t offset,
                                      int64_t bytes, int64_t *pnum)
    GRAPH_RDLOCK IO_FN;

/* ---- the rest ----------------------------------------------------------- */

int coroutine_fn bdrv_co_get_info(BlockDriverState *bs, BlockDriverInfo *info)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_get_info(BlockDriverState *bs,
                                               BlockDriverInfo *info)
    IO_OR_GS_FN;
/* -ENOTSUP when the format has no check. */
int coroutine_fn bdrv_co_check(BlockDriverState *bs, BdrvCheckResult *result,
                               BdrvCheckMode fix) GRAPH_RDLOCK IO_FN;
int co_wrapper_bdrv_rdlock bdrv_check(BlockDriverState *bs,
                                      BdrvCheckResult *result,
                                      BdrvCheckMode fix) IO_OR_GS_FN;

/* A request that bdrv_drained_begin() is to wait for. */
void bdrv_inc_in_flight(BlockDriverState *bs) IO_FN;
void bdrv_dec_in_flight(BlockDriverState *bs) IO_FN;

/* 0, or -EINVAL or -EIO: negative, too long, or beyond BDRV_MAX_LENGTH. */
int bdrv_check_request(int64_t offset, int64_t bytes) IO_FN;

/* Memory that bs can read into and write from without a copy; free() it.
 * NULL when there is none. */
void *bdrv_try_blockalign(BlockDriverState *bs, size_t bytes) IO_FN;
void *bdrv_blockalign(BlockDriverState *bs, size_t bytes) IO_FN;
size_t bdrv_min_mem_align(BlockDriverState *bs) IO_FN;

#endif
