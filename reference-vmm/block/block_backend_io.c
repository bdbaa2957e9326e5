/* SPDX-License-Identifier: MIT */
/*
 * block_backend_io.c - requests through a backend.
 *
 * Each request is counted from the beginning to its end, except while it is
 * queued because the node is drained: the count is raised before the look at
 * the drained state, and whoever drains raises that state before it looks at
 * the count.
 *
 * Thread context: coroutines, any thread.
 */
#include "block/block_backend_int.h"
#include <errno.h>
#include <string.h>

void blk_inc_in_flight(BlockBackend *blk)
{
    IO_CODE();
    __atomic_add_fetch(&blk->in_flight, 1, __ATOMIC_SEQ_CST);
}

void blk_dec_in_flight(BlockBackend *blk)
{
    IO_CODE();
    if (__atomic_sub_fetch(&blk->in_flight, 1, __ATOMIC_SEQ_CST) == 0) {
        aio_wait_kick();
    }
}

static bool must_wait(BlockBackend *blk)
{
    return __atomic_load_n(&blk->quiesce_counter, __ATOMIC_SEQ_CST) > 0 &&
           !__atomic_load_n(&blk->disable_request_queuing, __ATOMIC_ACQUIRE);
}

/* Counts the request; NULL, and not counted or in the graph, without a
 * node. */
static BdrvChild *coroutine_fn request_begin(BlockBackend *blk)
    ACQUIRE_SHARED(&graph_lock);
static BdrvChild *coroutine_fn request_begin(BlockBackend *blk)
{
    blk_inc_in_flight(blk);
    while (must_wait(blk)) {
        blk_dec_in_flight(blk);
        vm_mutex_lock(&blk->queue_lock);
        while (must_wait(blk)) {
            co_queue_wait_mutex(&blk->queued_requests, &blk->queue_lock);
        }
        vm_mutex_unlock(&blk->queue_lock);
        blk_inc_in_flight(blk);
    }
    bdrv_graph_co_rdlock();
    return __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);
}

static void coroutine_fn request_end(BlockBackend *blk)
    RELEASE_SHARED(&graph_lock);
static void coroutine_fn request_end(BlockBackend *blk)
{
    bdrv_graph_co_rdunlock();
    blk_dec_in_flight(blk);
}

/* Guests are given an error that they know. */
static int coroutine_fn check_range(BdrvChild *root, int64_t offset,
                                    int64_t bytes) GRAPH_RDLOCK;
static int coroutine_fn check_range(BdrvChild *root, int64_t offset,
                                    int64_t bytes)
{
    int64_t length;

    if (!root) {
        return -ENOMEDIUM;
    }
    if (bdrv_check_request(offset, bytes) < 0) {
        return -EIO;
    }
    length = bdrv_co_getlength(root->bs);
    if (length < 0) {
        return (int)length;
    }
    return offset > length || bytes > length - offset ? -EIO : 0;
}

int coroutine_fn blk_co_preadv(BlockBackend *blk, int64_t offset,
                               int64_t bytes, IoVector *qiov,
                               BdrvRequestFlags flags)
{
    BdrvChild *root;
    int ret;

    IO_CODE();
    root = request_begin(blk);
    ret = check_range(root, offset, bytes);
    if (ret >= 0) {
        ret = bdrv_co_preadv(root, offset, bytes, qiov, flags);
    }
    request_end(blk);
    return ret;
}

int coroutine_fn blk_co_pwritev(BlockBackend *blk, int64_t offset,
                                int64_t bytes, IoVector *qiov,
                                BdrvRequestFlags flags)
{
    BdrvChild *root;
    int ret;

    IO_CODE();
    if (!blk_enable_write_cache(blk)) {
        flags |= BDRV_REQ_FUA;
    }
    root = request_begin(blk);
    ret = check_range(root, offset, bytes);
    if (ret >= 0) {
        ret = bdrv_co_pwritev(root, offset, bytes, qiov, flags);
    }
    request_end(blk);
    return ret;
}

int coroutine_fn blk_co_pread(BlockBackend *blk, int64_t offset,
                              int64_t bytes, void *buf,
                              BdrvRequestFlags flags)
{
    IoVector v;

    IO_CODE();
    io_vector_init_buf(&v, buf, (size_t)bytes);
    return blk_co_preadv(blk, offset, bytes, &v, flags);
}

int coroutine_fn blk_co_pwrite(BlockBackend *blk, int64_t offset,
                               int64_t bytes, const void *buf,
                               BdrvRequestFlags flags)
{
    IoVector v;

    IO_CODE();
    io_vector_init_buf(&v, (void *)buf, (size_t)bytes);
    return blk_co_pwritev(blk, offset, bytes, &v, flags);
}

int coroutine_fn blk_co_pwrite_zeroes(BlockBackend *blk, int64_t offset,
                                      int64_t bytes, BdrvRequestFlags flags)
{
    BdrvChild *root;
    int ret;

    IO_CODE();
    if (!blk_enable_write_cache(blk)) {
        flags |= BDRV_REQ_FUA;
    }
    root = request_begin(blk);
    ret = check_range(root, offset, bytes);
    if (ret >= 0) {
        ret = bdrv_co_pwrite_zeroes(root, offset, bytes, flags);
    }
    request_end(blk);
    return ret;
}

int coroutine_fn blk_co_pdiscard(BlockBackend *blk, int64_t offset,
                                 int64_t bytes)
{
    BdrvChild *root;
    int ret;

    IO_CODE();
    root = request_begin(blk);
    ret = check_range(root, offset, bytes);
    if (ret >= 0) {
        ret = bdrv_co_pdiscard(root, offset, bytes);
    }
    request_end(blk);
    return ret;
}

int coroutine_fn blk_co_flush(BlockBackend *blk)
{
    BdrvChild *root;
    int ret;

    IO_CODE();
    root = request_begin(blk);
    ret = root ? bdrv_co_flush(root->bs) : -ENOMEDIUM;
    request_end(blk);
    return ret;
}

int64_t coroutine_fn blk_co_getlength(BlockBackend *blk)
{
    BdrvChild *root;
    int64_t length;

    IO_CODE();
    /* Allowed while drained: it is a look, not a request. */
    bdrv_graph_co_rdlock();
    root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);
    length = root ? bdrv_co_getlength(root->bs) : -ENOMEDIUM;
    bdrv_graph_co_rdunlock();
    return length;
}

int coroutine_fn blk_co_truncate(BlockBackend *blk, int64_t offset,
                                 bool exact, PreallocMode prealloc,
                                 BdrvRequestFlags flags, GError **error)
{
    BdrvChild *root;
    int ret = -ENOMEDIUM;

    IO_CODE();
    root = request_begin(blk);
    if (root) {
        ret = bdrv_co_truncate(root, offset, exact, prealloc, flags, error);
    } else {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "block device '%s' has no medium", blk->name);
    }
    request_end(blk);
    return ret;
}

/* ---- callbacks ---------------------------------------------------------- */

typedef struct BlkAio BlkAio;
struct BlkAio {
    BlockBackend *blk;
    int coroutine_fn (*run)(BlkAio *aio);
    int64_t offset, bytes;
    IoVector *qiov;
    BdrvRequestFlags flags;
    BlockCompletionFunc *cb;
    void *opaque;
    AioContext *ctx;
    int ret;
    bool has_returned; /* only touched by the thread of ctx */
};

static void aio_complete(void *opaque)
{
    BlkAio *aio = opaque;
    BlockBackend *blk = aio->blk;

    aio->cb(aio->opaque, aio->ret);
    g_free(aio);
    blk_dec_in_flight(blk);
}

static void coroutine_fn aio_entry(void *opaque)
{
    BlkAio *aio = opaque;

    aio->ret = aio->run(aio);
    if (aio->has_returned) {
        aio_complete(aio);
    } else {
        aio_bh_schedule_oneshot(aio->ctx, aio_complete, aio);
    }
}

static void aio_start(BlockBackend *blk, BlkAio request)
{
    BlkAio *aio = g_new(BlkAio, 1);
    AioContext *home = aio_context_home();

    *aio = request;
    aio->blk = blk;
    aio->ctx = home ? home : blk_get_aio_context(blk);
    /* A thread without a loop has the BQL, and what the main loop does for
     * it comes later. */
    aio->has_returned = !home;
    blk_aio_inc(blk);
    aio_co_enter(aio->ctx, coroutine_create(aio_entry, aio));
    if (home) {
        aio->has_returned = true;
    }
}
