/* SPDX-License-Identifier: MIT */
/*
 * null_co.c - a disk that forgets: writes go nowhere, reads may be zeroes.
 *
 * Thread context: as block_int.h says of each slot.
 */
#include "block/block_int.h"

typedef struct NullState {
    int64_t length;     /* atomic */
    int64_t latency_ns; /* set when it is opened */
    bool read_zeroes;
} NullState;

static const BlockOption null_options[] = {
    { "size", BLOCK_OPT_SIZE, "default 1 GiB" },
    { "latency-ns", BLOCK_OPT_INT, "how long a request takes" },
    { "read-zeroes", BLOCK_OPT_BOOL, "reads give zeroes, not just anything" },
    { "filename", BLOCK_OPT_STRING, "null-co://" },
    { NULL },
};

static bool null_open(BlockDriverState *bs, JsonObject *options, int flags,
                      GError **error)
{
    NullState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (!block_opt_size(options, "size", (int64_t)1 << 30, &s->length,
                        error) ||
        !block_opt_int(options, "latency-ns", 0, &s->latency_ns, error) ||
        !block_opt_bool(options, "read-zeroes", false, &s->read_zeroes,
                        error)) {
        return false;
    }
    bs->supported_write_flags = BDRV_REQ_FUA;
    bs->supported_zero_flags = BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP;
    bs->filename = g_strdup("null-co://");
    return true;
}

static int coroutine_fn delay(BlockDriverState *bs)
{
    const NullState *s = bs->opaque;

    if (s->latency_ns) {
        co_sleep_ns(VM_CLOCK_REALTIME, s->latency_ns);
    }
    return 0;
}

static int coroutine_fn null_co_preadv_part(BlockDriverState *bs,
                                            int64_t offset, int64_t bytes,
                                            IoVector *qiov,
                                            size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    const NullState *s = bs->opaque;

    IO_CODE();
    if (s->read_zeroes) {
        io_vector_memset(qiov, qiov_offset, 0, (size_t)bytes);
    }
    return delay(bs);
}

static int coroutine_fn null_co_pwritev_part(BlockDriverState *bs,
                                             int64_t offset, int64_t bytes,
                                             IoVector *qiov,
                                             size_t qiov_offset,
                                             BdrvRequestFlags flags)
{
    IO_CODE();
    return delay(bs);
}

static int coroutine_fn null_co_pwrite_zeroes(BlockDriverState *bs,
                                              int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags)
{
    IO_CODE();
    return delay(bs);
}

static int coroutine_fn null_co_pdiscard(BlockDriverState *bs, int64_t offset,
                                         int64_t bytes)
{
    IO_CODE();
    return delay(bs);
}

static int coroutine_fn null_co_flush(BlockDriverState *bs)
{
    IO_CODE();
    return delay(bs);
}

static int64_t coroutine_fn null_co_getlength(BlockDriverState *bs)
{
    NullState *s = bs->opaque;

    IO_CODE();
    return __atomic_load_n(&s->length, __ATOMIC_ACQUIRE);
}

static int coroutine_fn null_co_truncate(BlockDriverState *bs, int64_t offset,
                                         bool exact, PreallocMode prealloc,
                                         BdrvRequestFlags flags,
                                         GError **error)
{
    NullState *s = bs->opaque;

    IO_CODE();
    __atomic_store_n(&s->length, offset, __ATOMIC_RELEASE);
    return 0;
}

static int64_t coroutine_fn
null_co_get_allocated_file_size(BlockDriverState *bs)
{
    IO_CODE();
    return 0;
}

static int coroutine_fn null_co_block_status(BlockDriverState *bs,
                                             bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum,
                                             int64_t *map,
                                             BlockDriverState **file)
{
    const NullState *s = bs->opaque;

    IO_CODE();
    *pnum = bytes;
    *map = offset;
    *file = bs;
    return BDRV_BLOCK_OFFSET_VALID |
           (s->read_zeroes ? BDRV_BLOCK_ZERO : BDRV_BLOCK_DATA);
}

const BlockDriver bdrv_null_co = {
    .format_name = "null-co",
    .instance_size = sizeof(NullState),
    .is_protocol = true,
    .options = null_options,
    .bdrv_open = null_open,
    .bdrv_co_preadv_part = null_co_preadv_part,
    .bdrv_co_pwritev_part = null_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = null_co_pwrite_zeroes,
    .bdrv_co_pdiscard = null_co_pdiscard,
    .bdrv_co_flush_to_disk = null_co_flush,
    .bdrv_co_truncate = null_co_truncate,
    .bdrv_co_getlength = null_co_getlength,
    .bdrv_co_get_allocated_file_size = null_co_get_allocated_file_size,
    .bdrv_co_block_status = null_co_block_status,
};
