/* SPDX-License-Identifier: MIT */
/*
 * co_wrappers.gen.c - made by block/gen/co_wrapper_gen.c; change that, or the
 * headers below, and build the target co_wrappers.
 *
 * Thread context: a thread with an event loop, or with the BQL; mixed ones
 * also in coroutines.
 */
#include "block/block_io.h"
#include "block/block_int.h"
#include "block/block_backend.h"
#include "block/co_wrapper.h"

/* ---- bdrv_pread ---- */

typedef struct BdrvPread {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    int64_t bytes;
    void *buf;
    BdrvRequestFlags flags;
} BdrvPread;

static void coroutine_fn bdrv_pread_entry(void *opaque)
{
    BdrvPread *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_pread(s->child, s->offset, s->bytes, s->buf, s->flags);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_pread(BdrvChild *child, int64_t offset, int64_t bytes,
                      void *buf, BdrvRequestFlags flags)
{
    BdrvPread s = {
        .child = child,
        .offset = offset,
        .bytes = bytes,
        .buf = buf,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_pread(child, offset, bytes, buf, flags);
    }
    co_wrapper_run(bdrv_pread_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_pwrite ---- */

typedef struct BdrvPwrite {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    int64_t bytes;
    const void *buf;
    BdrvRequestFlags flags;
} BdrvPwrite;

static void coroutine_fn bdrv_pwrite_entry(void *opaque)
{
    BdrvPwrite *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_pwrite(s->child, s->offset, s->bytes, s->buf, s->flags);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_pwrite(BdrvChild *child, int64_t offset, int64_t bytes,
                       const void *buf, BdrvRequestFlags flags)
{
    BdrvPwrite s = {
        .child = child,
        .offset = offset,
        .bytes = bytes,
        .buf = buf,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_pwrite(child, offset, bytes, buf, flags);
    }
    co_wrapper_run(bdrv_pwrite_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_pwrite_sync ---- */

typedef struct BdrvPwriteSync {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    int64_t bytes;
    const void *buf;
    BdrvRequestFlags flags;
} BdrvPwriteSync;

static void coroutine_fn bdrv_pwrite_sync_entry(void *opaque)
{
    BdrvPwriteSync *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_pwrite_sync(s->child, s->offset, s->bytes, s->buf,
                                 s->flags);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes,
                            const void *buf, BdrvRequestFlags flags)
{
    BdrvPwriteSync s = {
        .child = child,
        .offset = offset,
        .bytes = bytes,
        .buf = buf,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_pwrite_sync(child, offset, bytes, buf, flags);
    }
    co_wrapper_run(bdrv_pwrite_sync_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_pwrite_zeroes ---- */

typedef struct BdrvPwriteZeroes {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    int64_t bytes;
    BdrvRequestFlags flags;
} BdrvPwriteZeroes;

static void coroutine_fn bdrv_pwrite_zeroes_entry(void *opaque)
{
    BdrvPwriteZeroes *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_pwrite_zeroes(s->child, s->offset, s->bytes, s->flags);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes,
                              BdrvRequestFlags flags)
{
    BdrvPwriteZeroes s = {
        .child = child,
        .offset = offset,
        .bytes = bytes,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_pwrite_zeroes(child, offset, bytes, flags);
    }
    co_wrapper_run(bdrv_pwrite_zeroes_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_pdiscard ---- */

typedef struct BdrvPdiscard {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    int64_t bytes;
} BdrvPdiscard;

static void coroutine_fn bdrv_pdiscard_entry(void *opaque)
{
    BdrvPdiscard *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_pdiscard(s->child, s->offset, s->bytes);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_pdiscard(BdrvChild *child, int64_t offset, int64_t bytes)
{
    BdrvPdiscard s = {
        .child = child,
        .offset = offset,
        .bytes = bytes,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_pdiscard(child, offset, bytes);
    }
    co_wrapper_run(bdrv_pdiscard_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_flush ---- */

typedef struct BdrvFlush {
    CoWrapper poll;
    int ret;
    BlockDriverState *bs;
} BdrvFlush;

static void coroutine_fn bdrv_flush_entry(void *opaque)
{
    BdrvFlush *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_flush(s->bs);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_flush(BlockDriverState *bs)
{
    BdrvFlush s = {
        .bs = bs,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_flush(bs);
    }
    co_wrapper_run(bdrv_flush_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_getlength ---- */

typedef struct BdrvGetlength {
    CoWrapper poll;
    int64_t ret;
    BlockDriverState *bs;
} BdrvGetlength;

static void coroutine_fn bdrv_getlength_entry(void *opaque)
{
    BdrvGetlength *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_getlength(s->bs);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int64_t NO_TSA bdrv_getlength(BlockDriverState *bs)
{
    BdrvGetlength s = {
        .bs = bs,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_getlength(bs);
    }
    co_wrapper_run(bdrv_getlength_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_get_allocated_file_size ---- */

typedef struct BdrvGetAllocatedFileSize {
    CoWrapper poll;
    int64_t ret;
    BlockDriverState *bs;
} BdrvGetAllocatedFileSize;

static void coroutine_fn bdrv_get_allocated_file_size_entry(void *opaque)
{
    BdrvGetAllocatedFileSize *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_get_allocated_file_size(s->bs);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int64_t NO_TSA bdrv_get_allocated_file_size(BlockDriverState *bs)
{
    BdrvGetAllocatedFileSize s = {
        .bs = bs,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_get_allocated_file_size(bs);
    }
    co_wrapper_run(bdrv_get_allocated_file_size_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_truncate ---- */

typedef struct BdrvTruncate {
    CoWrapper poll;
    int ret;
    BdrvChild *child;
    int64_t offset;
    _Bool exact;
    PreallocMode prealloc;
    BdrvRequestFlags flags;
    GError **error;
} BdrvTruncate;

static void coroutine_fn bdrv_truncate_entry(void *opaque)
{
    BdrvTruncate *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_truncate(s->child, s->offset, s->exact, s->prealloc,
                              s->flags, s->error);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_truncate(BdrvChild *child, int64_t offset, _Bool exact,
                         PreallocMode prealloc, BdrvRequestFlags flags,
                         GError **error)
{
    BdrvTruncate s = {
        .child = child,
        .offset = offset,
        .exact = exact,
        .prealloc = prealloc,
        .flags = flags,
        .error = error,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_truncate(child, offset, exact, prealloc, flags, error);
    }
    co_wrapper_run(bdrv_truncate_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_block_status_above ---- */

typedef struct BdrvBlockStatusAbove {
    CoWrapper poll;
    int ret;
    BlockDriverState *bs;
    BlockDriverState *base;
    int64_t offset;
    int64_t bytes;
    int64_t *pnum;
    int64_t *map;
    BlockDriverState **file;
} BdrvBlockStatusAbove;

static void coroutine_fn bdrv_block_status_above_entry(void *opaque)
{
    BdrvBlockStatusAbove *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_block_status_above(s->bs, s->base, s->offset, s->bytes,
                                        s->pnum, s->map, s->file);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                                   int64_t offset, int64_t bytes, int64_t *pnum,
                                   int64_t *map, BlockDriverState **file)
{
    BdrvBlockStatusAbove s = {
        .bs = bs,
        .base = base,
        .offset = offset,
        .bytes = bytes,
        .pnum = pnum,
        .map = map,
        .file = file,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_block_status_above(bs, base, offset, bytes, pnum, map,
                                          file);
    }
    co_wrapper_run(bdrv_block_status_above_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_get_info ---- */

typedef struct BdrvGetInfo {
    CoWrapper poll;
    int ret;
    BlockDriverState *bs;
    BlockDriverInfo *info;
} BdrvGetInfo;

static void coroutine_fn bdrv_get_info_entry(void *opaque)
{
    BdrvGetInfo *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_get_info(s->bs, s->info);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    BdrvGetInfo s = {
        .bs = bs,
        .info = info,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_get_info(bs, info);
    }
    co_wrapper_run(bdrv_get_info_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_check ---- */

typedef struct BdrvCheck {
    CoWrapper poll;
    int ret;
    BlockDriverState *bs;
    BdrvCheckResult *result;
    BdrvCheckMode fix;
} BdrvCheck;

static void coroutine_fn bdrv_check_entry(void *opaque)
{
    BdrvCheck *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_check(s->bs, s->result, s->fix);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int bdrv_check(BlockDriverState *bs, BdrvCheckResult *result, BdrvCheckMode fix)
{
    BdrvCheck s = {
        .bs = bs,
        .result = result,
        .fix = fix,
    };

    IO_OR_GS_CODE();
    g_assert(!in_coroutine());
    co_wrapper_run(bdrv_check_entry, &s.poll);
    return s.ret;
}

/* ---- bdrv_refresh_total_bytes ---- */

typedef struct BdrvRefreshTotalBytes {
    CoWrapper poll;
    int ret;
    BlockDriverState *bs;
} BdrvRefreshTotalBytes;

static void coroutine_fn bdrv_refresh_total_bytes_entry(void *opaque)
{
    BdrvRefreshTotalBytes *s = opaque;

    bdrv_graph_co_rdlock();
    s->ret = bdrv_co_refresh_total_bytes(s->bs);
    bdrv_graph_co_rdunlock();
    co_wrapper_done(&s->poll);
}

int NO_TSA bdrv_refresh_total_bytes(BlockDriverState *bs)
{
    BdrvRefreshTotalBytes s = {
        .bs = bs,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        g_assert(bdrv_graph_is_readable());
        INTENTIONAL(GRAPH_LOCK, "caller_holds: who calls this in a "
                    "coroutine is in the graph");
        return bdrv_co_refresh_total_bytes(bs);
    }
    co_wrapper_run(bdrv_refresh_total_bytes_entry, &s.poll);
    return s.ret;
}

/* ---- blk_pread ---- */

typedef struct BlkPread {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
    int64_t offset;
    int64_t bytes;
    void *buf;
    BdrvRequestFlags flags;
} BlkPread;

static void coroutine_fn blk_pread_entry(void *opaque)
{
    BlkPread *s = opaque;

    s->ret = blk_co_pread(s->blk, s->offset, s->bytes, s->buf, s->flags);
    co_wrapper_done(&s->poll);
}

int blk_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf,
              BdrvRequestFlags flags)
{
    BlkPread s = {
        .blk = blk,
        .offset = offset,
        .bytes = bytes,
        .buf = buf,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_pread(blk, offset, bytes, buf, flags);
    }
    co_wrapper_run(blk_pread_entry, &s.poll);
    return s.ret;
}

/* ---- blk_pwrite ---- */

typedef struct BlkPwrite {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
    int64_t offset;
    int64_t bytes;
    const void *buf;
    BdrvRequestFlags flags;
} BlkPwrite;

static void coroutine_fn blk_pwrite_entry(void *opaque)
{
    BlkPwrite *s = opaque;

    s->ret = blk_co_pwrite(s->blk, s->offset, s->bytes, s->buf, s->flags);
    co_wrapper_done(&s->poll);
}

int blk_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes,
               const void *buf, BdrvRequestFlags flags)
{
    BlkPwrite s = {
        .blk = blk,
        .offset = offset,
        .bytes = bytes,
        .buf = buf,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_pwrite(blk, offset, bytes, buf, flags);
    }
    co_wrapper_run(blk_pwrite_entry, &s.poll);
    return s.ret;
}

/* ---- blk_pwrite_zeroes ---- */

typedef struct BlkPwriteZeroes {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
    int64_t offset;
    int64_t bytes;
    BdrvRequestFlags flags;
} BlkPwriteZeroes;

static void coroutine_fn blk_pwrite_zeroes_entry(void *opaque)
{
    BlkPwriteZeroes *s = opaque;

    s->ret = blk_co_pwrite_zeroes(s->blk, s->offset, s->bytes, s->flags);
    co_wrapper_done(&s->poll);
}

int blk_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                      BdrvRequestFlags flags)
{
    BlkPwriteZeroes s = {
        .blk = blk,
        .offset = offset,
        .bytes = bytes,
        .flags = flags,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_pwrite_zeroes(blk, offset, bytes, flags);
    }
    co_wrapper_run(blk_pwrite_zeroes_entry, &s.poll);
    return s.ret;
}

/* ---- blk_pdiscard ---- */

typedef struct BlkPdiscard {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
    int64_t offset;
    int64_t bytes;
} BlkPdiscard;

static void coroutine_fn blk_pdiscard_entry(void *opaque)
{
    BlkPdiscard *s = opaque;

    s->ret = blk_co_pdiscard(s->blk, s->offset, s->bytes);
    co_wrapper_done(&s->poll);
}

int blk_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes)
{
    BlkPdiscard s = {
        .blk = blk,
        .offset = offset,
        .bytes = bytes,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_pdiscard(blk, offset, bytes);
    }
    co_wrapper_run(blk_pdiscard_entry, &s.poll);
    return s.ret;
}

/* ---- blk_flush ---- */

typedef struct BlkFlush {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
} BlkFlush;

static void coroutine_fn blk_flush_entry(void *opaque)
{
    BlkFlush *s = opaque;

    s->ret = blk_co_flush(s->blk);
    co_wrapper_done(&s->poll);
}

int blk_flush(BlockBackend *blk)
{
    BlkFlush s = {
        .blk = blk,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_flush(blk);
    }
    co_wrapper_run(blk_flush_entry, &s.poll);
    return s.ret;
}

/* ---- blk_getlength ---- */

typedef struct BlkGetlength {
    CoWrapper poll;
    int64_t ret;
    BlockBackend *blk;
} BlkGetlength;

static void coroutine_fn blk_getlength_entry(void *opaque)
{
    BlkGetlength *s = opaque;

    s->ret = blk_co_getlength(s->blk);
    co_wrapper_done(&s->poll);
}

int64_t blk_getlength(BlockBackend *blk)
{
    BlkGetlength s = {
        .blk = blk,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_getlength(blk);
    }
    co_wrapper_run(blk_getlength_entry, &s.poll);
    return s.ret;
}

/* ---- blk_truncate ---- */

typedef struct BlkTruncate {
    CoWrapper poll;
    int ret;
    BlockBackend *blk;
    int64_t offset;
    _Bool exact;
    PreallocMode prealloc;
    BdrvRequestFlags flags;
    GError **error;
} BlkTruncate;

static void coroutine_fn blk_truncate_entry(void *opaque)
{
    BlkTruncate *s = opaque;

    s->ret = blk_co_truncate(s->blk, s->offset, s->exact, s->prealloc, s->flags,
                             s->error);
    co_wrapper_done(&s->poll);
}

int blk_truncate(BlockBackend *blk, int64_t offset, _Bool exact,
                 PreallocMode prealloc, BdrvRequestFlags flags, GError **error)
{
    BlkTruncate s = {
        .blk = blk,
        .offset = offset,
        .exact = exact,
        .prealloc = prealloc,
        .flags = flags,
        .error = error,
    };

    IO_OR_GS_CODE();
    if (in_coroutine()) {
        return blk_co_truncate(blk, offset, exact, prealloc, flags, error);
    }
    co_wrapper_run(blk_truncate_entry, &s.poll);
    return s.ret;
}
