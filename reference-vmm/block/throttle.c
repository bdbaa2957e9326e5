/* SPDX-License-Identifier: MIT */
/*
 * throttle.c - a filter that holds requests back to the limits of a group.
 *
 * Thread context: as block_int.h says of each slot.
 */
#include "block/block_int.h"
#include "block/throttle_group.h"

typedef struct ThrottleState {
    ThrottleGroup *group; /* set when it is opened */
} ThrottleState;

static const BlockOption throttle_options[] = {
    { "throttle-group", BLOCK_OPT_STRING, "whose limits are to be kept" },
    { NULL },
};

static DROPS(bql) bool throttle_open(BlockDriverState *bs, JsonObject *options,
                          int flags, GError **error)
{
    ThrottleState *s = bs->opaque;
    const char *id = block_opt_string(options, "throttle-group");

    GLOBAL_STATE_CODE();
    if (!id) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'throttle' needs the option 'throttle-group'");
        return false;
    }
    s->group = throttle_group_get(id);
    if (!s->group) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no throttle group '%s'", id);
        return false;
    }
    if (!bdrv_open_file_child(bs, options, error)) {
        throttle_group_put(s->group);
        return false;
    }
    bdrv_graph_rdlock_main_loop();
    bs->supported_write_flags = bs->file->bs->supported_write_flags;
    bs->supported_zero_flags = bs->file->bs->supported_zero_flags;
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    bdrv_graph_rdunlock_main_loop();
    return true;
}

static void throttle_close(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    /* The end of the drained section that this happens in comes too late. */
    throttle_group_bypass_end(s->group);
    throttle_group_put(s->group);
    s->group = NULL;
}

static void throttle_drain_begin(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (s->group) {
        throttle_group_bypass_begin(s->group);
    }
}

static void throttle_drain_end(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (s->group) {
        throttle_group_bypass_end(s->group);
    }
}

static int coroutine_fn GRAPH_RDLOCK
throttle_co_preadv_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                        IoVector *qiov, size_t qiov_offset,
                        BdrvRequestFlags flags)
{
    const ThrottleState *s = bs->opaque;

    IO_CODE();
    throttle_group_co_wait(s->group, bytes, false);
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset,
                               flags);
}

static int coroutine_fn GRAPH_RDLOCK
throttle_co_pwritev_part(BlockDriverState *bs, int64_t offset, int64_t bytes,
                         IoVector *qiov, size_t qiov_offset,
                         BdrvRequestFlags flags)
{
    const ThrottleState *s = bs->opaque;

    IO_CODE();
    throttle_group_co_wait(s->group, bytes, true);
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset,
                                flags);
}

static int coroutine_fn GRAPH_RDLOCK
throttle_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                          BdrvRequestFlags flags)
{
    const ThrottleState *s = bs->opaque;

    IO_CODE();
    throttle_group_co_wait(s->group, bytes, true);
    return bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn GRAPH_RDLOCK throttle_co_pdiscard(BlockDriverState *bs,
                                                          int64_t offset,
                                                          int64_t bytes)
{
    const ThrottleState *s = bs->opaque;

    IO_CODE();
    throttle_group_co_wait(s->group, bytes, true);
    return bdrv_co_pdiscard(bs->file, offset, bytes);
}

static void coroutine_fn GRAPH_RDLOCK
throttle_co_debug_event(BlockDriverState *bs, BlkdebugEvent event)
{
    IO_CODE();
    bdrv_co_debug_event(bs->file, event);
}

const BlockDriver bdrv_throttle = {
    .format_name = "throttle",
    .instance_size = sizeof(ThrottleState),
    .is_filter = true,
    .options = throttle_options,
    .bdrv_open = throttle_open,
    .bdrv_close = throttle_close,
    .bdrv_drain_begin = throttle_drain_begin,
    .bdrv_drain_end = throttle_drain_end,
    .bdrv_co_preadv_part = throttle_co_preadv_part,
    .bdrv_co_pwritev_part = throttle_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = throttle_co_pwrite_zeroes,
    .bdrv_co_pdiscard = throttle_co_pdiscard,
    .bdrv_co_debug_event = throttle_co_debug_event,
};
