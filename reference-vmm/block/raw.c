/* SPDX-License-Identifier: MIT */
/*
 * raw.c - the format without a format: the file's bytes are the disk's, or
 * those from an offset on are.
 *
 * Thread context: as block_int.h says of each slot.
 */
#include "block/block_backend.h"
#include "block/block_int.h"
#include <errno.h>

typedef struct RawState {
    int64_t offset; /* in the file; set when it is opened */
    int64_t size;
    bool has_size;
} RawState;

static const BlockOption raw_options[] = {
    { "offset", BLOCK_OPT_SIZE, "where in the file the disk begins" },
    { "size", BLOCK_OPT_SIZE, "how long it is; default: to the end" },
    { NULL },
};

static const BlockOption raw_create_options[] = {
    { "size", BLOCK_OPT_SIZE, "Virtual disk size" },
    { "preallocation", BLOCK_OPT_ENUM,
      "Preallocation mode (allowed values: off, falloc, full)",
      "off|falloc|full" },
    { NULL },
};

/* Anything may be raw, if it is nothing else. */
static int GS_FN raw_probe(const uint8_t *buf, int bytes,
                           const char *filename)
{
    return 1;
}

static int64_t raw_file_room(BlockDriverState *bs)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static int64_t raw_file_room(BlockDriverState *bs)
{
    const RawState *s = bs->opaque;
    BlockDriverState *file;
    int64_t length;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    file = bs->file->bs;
    bdrv_graph_rdunlock_main_loop();
    length = bdrv_getlength(file);
    return length < 0 ? length : length - s->offset;
}

static DROPS(bql) bool raw_open(BlockDriverState *bs, JsonObject *options, int flags,
                     GError **error)
{
    RawState *s = bs->opaque;
    int64_t room;

    GLOBAL_STATE_CODE();
    s->has_size = json_object_has_member(options, "size");
    if (!block_opt_size(options, "offset", 0, &s->offset, error) ||
        !block_opt_size(options, "size", 0, &s->size, error) ||
        !bdrv_open_file_child(bs, options, error)) {
        return false;
    }
    room = raw_file_room(bs);
    if (room < 0 || (s->has_size && s->size > room)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'raw': offset %" PRId64 " and size %" PRId64
                    " do not lie within the file", s->offset, s->size);
        return false;
    }
    bdrv_graph_rdlock_main_loop();
    bs->supported_write_flags = BDRV_REQ_WRITE_UNCHANGED |
        (BDRV_REQ_FUA & bs->file->bs->supported_write_flags);
    bs->supported_zero_flags = BDRV_REQ_WRITE_UNCHANGED |
        ((BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK) &
         bs->file->bs->supported_zero_flags);
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags &
                                   BDRV_REQ_ZERO_WRITE;
    bs->has_variable_length = bs->file->bs->has_variable_length &&
                              !s->has_size;
    bdrv_graph_rdunlock_main_loop();
    return true;
}

/* Whether a write stays within the size that was given. */
static bool in_size(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    const RawState *s = bs->opaque;

    return !s->has_size || (offset <= s->size && bytes <= s->size - offset);
}

static int coroutine_fn GRAPH_RDLOCK raw_co_preadv_part(BlockDriverState *bs,
                                                        int64_t offset,
                                                        int64_t bytes,
                                                        IoVector *qiov,
                                                        size_t qiov_offset,
                                                        BdrvRequestFlags flags)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    BLKDBG_CO_EVENT(bs->file, BLKDBG_READ_AIO);
    return bdrv_co_preadv_part(bs->file, s->offset + offset, bytes, qiov,
                               qiov_offset, flags);
}

static int coroutine_fn GRAPH_RDLOCK
raw_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                    IoVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    if (!in_size(bs, offset, bytes)) {
        return -ENOSPC;
    }
    BLKDBG_CO_EVENT(bs->file, BLKDBG_WRITE_AIO);
    return bdrv_co_pwritev_part(bs->file, s->offset + offset, bytes, qiov,
                                qiov_offset, flags);
}

static int coroutine_fn GRAPH_RDLOCK
raw_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                     BdrvRequestFlags flags)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    if (!in_size(bs, offset, bytes)) {
        return -ENOSPC;
    }
    return bdrv_co_pwrite_zeroes(bs->file, s->offset + offset, bytes, flags);
}

static int coroutine_fn GRAPH_RDLOCK raw_co_pdiscard(BlockDriverState *bs,
                                                     int64_t offset,
                                                     int64_t bytes)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    return in_size(bs, offset, bytes)
               ? bdrv_co_pdiscard(bs->file, s->offset + offset, bytes) : 0;
}

static int64_t coroutine_fn GRAPH_RDLOCK raw_co_getlength(BlockDriverState *bs)
{
    const RawState *s = bs->opaque;
    int64_t length;

    IO_CODE();
    if (s->has_size) {
        return s->size;
    }
    length = bdrv_co_getlength(bs->file->bs);
    return length < 0 ? length : MAX(0, length - s->offset);
}

static int coroutine_fn GRAPH_RDLOCK raw_co_truncate(BlockDriverState *bs,
                                                     int64_t offset,
                                                     bool exact,
                                                     PreallocMode prealloc,
                                                     BdrvRequestFlags flags,
                                                     GError **error)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    if (s->has_size) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s' has a fixed size", bs->node_name);
        return -ENOTSUP;
    }
    if (offset > BDRV_MAX_LENGTH - s->offset) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "node '%s': too large for its offset", bs->node_name);
        return -EINVAL;
    }
    return bdrv_co_truncate(bs->file, s->offset + offset, exact, prealloc,
                            flags, error);
}

static int coroutine_fn GRAPH_RDLOCK
raw_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                    int64_t bytes, int64_t *pnum, int64_t *map,
                    BlockDriverState **file)
{
    const RawState *s = bs->opaque;

    IO_CODE();
    *pnum = bytes;
    *map = s->offset + offset;
    *file = bs->file->bs;
    return BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
}

static int coroutine_fn GRAPH_RDLOCK raw_co_get_info(BlockDriverState *bs,
                                                     BlockDriverInfo *info)
{
    IO_CODE();
    return bdrv_co_get_info(bs->file->bs, info);
}

static void GRAPH_RDLOCK raw_refresh_limits(BlockDriverState *bs)
{
    const RawState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    /* What comes in aligned goes out aligned, unless the offset is odd. */
    if (!(s->offset & (bs->file->bs->bl.request_alignment - 1))) {
        bs->bl = bs->file->bs->bl;
    }
}

/* Only its own: other parents of the file may do what they want with the
 * rest. */
static void GRAPH_RDLOCK raw_child_perm(BlockDriverState *bs, BdrvChild *c,
                                        BdrvChildRole role,
                                        uint64_t parent_perm,
                                        uint64_t parent_shared,
                                        uint64_t *nperm, uint64_t *nshared)
{
    GLOBAL_STATE_CODE();
    bdrv_default_perms(bs, c, BDRV_CHILD_FILTERED, parent_perm, parent_shared,
                       nperm, nshared);
}

static DROPS(bql) bool raw_create(const char *filename, JsonObject *opts, GError **error)
{
    GLOBAL_STATE_CODE();
    return bdrv_create(bdrv_find_format("file"), filename, opts, error);
}

static void coroutine_fn GRAPH_RDLOCK raw_co_debug_event(BlockDriverState *bs,
                                                         BlkdebugEvent event)
{
    IO_CODE();
    bdrv_co_debug_event(bs->file, event);
}

const BlockDriver bdrv_raw = {
    .format_name = "raw",
    .instance_size = sizeof(RawState),
    .is_format = true,
    .options = raw_options,
    .create_options = raw_create_options,
    .bdrv_probe = raw_probe,
    .bdrv_open = raw_open,
    .bdrv_refresh_limits = raw_refresh_limits,
    .bdrv_create = raw_create,
    .bdrv_co_preadv_part = raw_co_preadv_part,
    .bdrv_co_pwritev_part = raw_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = raw_co_pwrite_zeroes,
    .bdrv_co_pdiscard = raw_co_pdiscard,
    .bdrv_co_truncate = raw_co_truncate,
    .bdrv_co_getlength = raw_co_getlength,
    .bdrv_co_block_status = raw_co_block_status,
    .bdrv_co_get_info = raw_co_get_info,
    .bdrv_co_debug_event = raw_co_debug_event,
    .bdrv_child_perm = raw_child_perm,
};
