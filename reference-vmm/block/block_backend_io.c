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
#include <stdlib.h>

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

/* Enters the graph with a request that is counted already; NULL without a
 * node.  While it is queued it does not count. */
static BdrvChild *coroutine_fn ACQUIRE_SHARED(&graph_lock)
request_begin(BlockBackend *blk)
{
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

/* ---- one request, counted by the caller ---------------------------------- */

static int coroutine_fn do_preadv(BlockBackend *blk, int64_t offset,
                                  int64_t bytes, IoVector *qiov,
                                  BdrvRequestFlags flags)
{
    BdrvChild *root = request_begin(blk);
    int ret = check_range(root, offset, bytes);

    if (ret >= 0) {
        ret = bdrv_co_preadv(root, offset, bytes, qiov, flags);
    }
    bdrv_graph_co_rdunlock();
    return ret;
}

static int coroutine_fn do_pwritev(BlockBackend *blk, int64_t offset,
                                   int64_t bytes, IoVector *qiov,
                                   BdrvRequestFlags flags)
{
    BdrvChild *root = request_begin(blk);
    int ret = check_range(root, offset, bytes);

    if (!blk_enable_write_cache(blk)) {
        flags |= BDRV_REQ_FUA;
    }
    if (ret >= 0 && (flags & BDRV_REQ_ZERO_WRITE)) {
        ret = bdrv_co_pwrite_zeroes(root, offset, bytes, flags);
    } else if (ret >= 0) {
        ret = bdrv_co_pwritev(root, offset, bytes, qiov, flags);
    }
    bdrv_graph_co_rdunlock();
    return ret;
}

static int coroutine_fn do_pdiscard(BlockBackend *blk, int64_t offset,
                                    int64_t bytes)
{
    BdrvChild *root = request_begin(blk);
    int ret = check_range(root, offset, bytes);

    if (ret >= 0) {
        ret = bdrv_co_pdiscard(root, offset, bytes);
    }
    bdrv_graph_co_rdunlock();
    return ret;
}

static int coroutine_fn do_flush(BlockBackend *blk)
{
    BdrvChild *root = request_begin(blk);
    int ret = root ? bdrv_co_flush(root->bs) : -ENOMEDIUM;

    bdrv_graph_co_rdunlock();
    return ret;
}

/* ---- coroutines ---------------------------------------------------------- */

int coroutine_fn blk_co_preadv(BlockBackend *blk, int64_t offset,
                               int64_t bytes, IoVector *qiov,
                               BdrvRequestFlags flags)
{
    int ret;

    IO_CODE();
    blk_inc_in_flight(blk);
    ret = do_preadv(blk, offset, bytes, qiov, flags);
    blk_dec_in_flight(blk);
    return ret;
}

int coroutine_fn blk_co_pwritev(BlockBackend *blk, int64_t offset,
                                int64_t bytes, IoVector *qiov,
                                BdrvRequestFlags flags)
{
    int ret;

    IO_CODE();
    blk_inc_in_flight(blk);
    ret = do_pwritev(blk, offset, bytes, qiov, flags);
    blk_dec_in_flight(blk);
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
    IO_CODE();
    return blk_co_pwritev(blk, offset, bytes, NULL,
                          flags | BDRV_REQ_ZERO_WRITE);
}

int coroutine_fn blk_co_pdiscard(BlockBackend *blk, int64_t offset,
                                 int64_t bytes)
{
    int ret;

    IO_CODE();
    blk_inc_in_flight(blk);
    ret = do_pdiscard(blk, offset, bytes);
    blk_dec_in_flight(blk);
    return ret;
}

int coroutine_fn blk_co_flush(BlockBackend *blk)
{
    int ret;

    IO_CODE();
    blk_inc_in_flight(blk);
    ret = do_flush(blk);
    blk_dec_in_flight(blk);
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
    blk_inc_in_flight(blk);
    root = request_begin(blk);
    if (root) {
        ret = bdrv_co_truncate(root, offset, exact, prealloc, flags, error);
    } else {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "block device '%s' has no medium", blk->name);
    }
    bdrv_graph_co_rdunlock();
    blk_dec_in_flight(blk);
    return ret;
}

/* ---- callbacks ----------------------------------------------------------- */

typedef struct BlkAio BlkAio;
struct BlkAio {
    int coroutine_fn (*run)(BlkAio *aio);
    BlockBackend *blk;
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
    /* Until here: a drained section waits for callbacks as well. */
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

static void aio_start(const BlkAio *request)
{
    BlkAio *aio = g_memdup2(request, sizeof(*request));
    AioContext *home = aio_context_home();

    aio->ctx = home ? home : blk_get_aio_context(aio->blk);
    /* A thread without a loop has the BQL, and what the main loop does for
     * it comes later. */
    aio->has_returned = !home;
    blk_inc_in_flight(aio->blk);
    aio_co_enter(aio->ctx, coroutine_create(aio_entry, aio));
    if (home) {
        aio->has_returned = true;
    }
}

static int coroutine_fn aio_run_preadv(BlkAio *a)
{
    return do_preadv(a->blk, a->offset, a->bytes, a->qiov, a->flags);
}

static int coroutine_fn aio_run_pwritev(BlkAio *a)
{
    return do_pwritev(a->blk, a->offset, a->bytes, a->qiov, a->flags);
}

static int coroutine_fn aio_run_pdiscard(BlkAio *a)
{
    return do_pdiscard(a->blk, a->offset, a->bytes);
}

static int coroutine_fn aio_run_flush(BlkAio *a)
{
    return do_flush(a->blk);
}

void blk_aio_preadv(BlockBackend *blk, int64_t offset, IoVector *qiov,
                    BdrvRequestFlags flags, BlockCompletionFunc *cb,
                    void *opaque)
{
    IO_CODE();
    aio_start(&(BlkAio){ aio_run_preadv, blk, offset, (int64_t)qiov->size,
                         qiov, flags, cb, opaque });
}

void blk_aio_pwritev(BlockBackend *blk, int64_t offset, IoVector *qiov,
                     BdrvRequestFlags flags, BlockCompletionFunc *cb,
                     void *opaque)
{
    IO_CODE();
    aio_start(&(BlkAio){ aio_run_pwritev, blk, offset, (int64_t)qiov->size,
                         qiov, flags, cb, opaque });
}

void blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                           BdrvRequestFlags flags, BlockCompletionFunc *cb,
                           void *opaque)
{
    IO_CODE();
    aio_start(&(BlkAio){ aio_run_pwritev, blk, offset, bytes, NULL,
                         flags | BDRV_REQ_ZERO_WRITE, cb, opaque });
}

void blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                      BlockCompletionFunc *cb, void *opaque)
{
    IO_CODE();
    aio_start(&(BlkAio){ aio_run_pdiscard, blk, offset, bytes, NULL, 0, cb,
                         opaque });
}

void blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque)
{
    IO_CODE();
    aio_start(&(BlkAio){ aio_run_flush, blk, 0, 0, NULL, 0, cb, opaque });
}

/* ---- properties ---------------------------------------------------------- */

bool blk_is_inserted(const BlockBackend *blk)
{
    IO_CODE();
    return __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE) != NULL;
}

bool blk_is_writable(const BlockBackend *blk)
{
    IO_CODE();
    return (blk->perm & BLK_PERM_WRITE) != 0;
}

bool blk_supports_write_perm(const BlockBackend *blk)
{
    const BdrvChild *root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);

    IO_CODE();
    return !root || !root->bs->read_only;
}

bool blk_enable_write_cache(const BlockBackend *blk)
{
    IO_CODE();
    return __atomic_load_n(&blk->write_cache, __ATOMIC_ACQUIRE);
}

void blk_set_enable_write_cache(BlockBackend *blk, bool enable)
{
    IO_CODE();
    __atomic_store_n(&blk->write_cache, enable, __ATOMIC_RELEASE);
}

uint32_t blk_get_request_alignment(const BlockBackend *blk)
{
    const BdrvChild *root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);

    IO_CODE();
    return root ? root->bs->bl.request_alignment : BDRV_SECTOR_SIZE;
}

int64_t blk_get_max_transfer(const BlockBackend *blk)
{
    const BdrvChild *root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);

    IO_CODE();
    return root && root->bs->bl.max_transfer ? root->bs->bl.max_transfer
                                             : BDRV_REQUEST_MAX_BYTES;
}

void *blk_blockalign(const BlockBackend *blk, size_t bytes)
{
    const BdrvChild *root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);
    void *p = NULL;

    IO_CODE();
    if (root) {
        return bdrv_blockalign(root->bs, bytes);
    }
    return posix_memalign(&p, 4096, MAX(bytes, 1)) ? NULL : p;
}

BlockAcctStats *blk_get_stats(BlockBackend *blk)
{
    IO_CODE();
    return &blk->stats;
}
