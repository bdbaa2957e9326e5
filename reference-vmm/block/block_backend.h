/* SPDX-License-Identifier: MIT */
/*
 * block_backend.h - a disk as devices and commands see it.
 *
 *     blk = blk_new(main_loop_context(), perm, shared);
 *     if (!blk_insert_bs(blk, bs, &error)) ...
 *     n = blk_co_preadv(blk, offset, bytes, &qiov, 0);   // any coroutine
 *     n = blk_pread(blk, offset, bytes, buf, 0);         // under the BQL
 *     blk_unref(blk);
 *
 * Between a device and the graph it checks bounds, queues requests while the
 * node is drained, counts them, decides what an error leads to, and keeps
 * statistics.
 *
 * Results are 0, or what they count, or -errno; -ENOMEDIUM without a node.
 * Requests beyond the end are refused with -EIO.
 *
 * Thread context: requests in coroutines of any thread, the rest as marked.
 */
#ifndef REFVMM_BLOCK_BLOCK_BACKEND_H
#define REFVMM_BLOCK_BLOCK_BACKEND_H

#include "block/accounting.h"
#include "block/block.h"

/* ---- life --------------------------------------------------------------- */

BlockBackend *blk_new(AioContext *ctx, uint64_t perm, uint64_t shared_perm)
    GS_FN;
/* With the node of bdrv_open(), and permissions to match flags: read, and
 * with BDRV_O_RDWR write and resize; others may do all that does not change
 * the image. */
BlockBackend *blk_new_open(const char *filename, const char *reference,
                           JsonObject *options, int flags, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void blk_ref(BlockBackend *blk) GS_FN;
/* NULL is fine. */
void blk_unref(BlockBackend *blk) GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* A name that the monitor knows it by; "" or NULL: none. */
bool blk_set_name(BlockBackend *blk, const char *name, GError **error) GS_FN;
const char *blk_name(const BlockBackend *blk) IO_FN; /* never NULL */
BlockBackend *blk_by_name(const char *name) GS_FN;   /* NULL: none */
/* By the id of the device that uses it. */
BlockBackend *blk_by_qdev_id(const char *id) GS_FN;
BlockBackend *blk_next(BlockBackend *blk) GS_FN; /* NULL: the first */

/* Takes a reference of its own. */
bool blk_insert_bs(BlockBackend *blk, BlockDriverState *bs, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void blk_remove_bs(BlockBackend *blk) GRAPH_UNLOCKED DROPS(bql) GS_FN;
BlockDriverState *blk_bs(const BlockBackend *blk) IO_OR_GS_FN;
bool blk_set_perm(BlockBackend *blk, uint64_t perm, uint64_t shared_perm,
                  GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* ---- the device --------------------------------------------------------- */

typedef struct BlockDevOps {
    /* The length has changed.  Main loop. */
    void (*resize)(void *opaque) SLOT(GS_FN);
    /* The device sends nothing between the two; poll: something of it is
     * still to come to its end.  May be NULL, as the backend queues. */
    void (*drained_begin)(void *opaque) SLOT(GS_FN);
    void (*drained_end)(void *opaque) SLOT(GS_FN);
    bool (*drained_poll)(void *opaque) SLOT(GS_FN);
} BlockDevOps;

/* One device at a time; id is copied, "" for none. */
bool blk_attach_dev(BlockBackend *blk, const char *id, GError **error) GS_FN;
void blk_detach_dev(BlockBackend *blk) GS_FN;
const char *blk_dev_id(const BlockBackend *blk) GS_FN; /* NULL: no device */
/* What blk_iostatus and query-block call it: QOM path or id. */
void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque)
    GS_FN;

AioContext *blk_get_aio_context(const BlockBackend *blk) IO_FN;
/* The backend and all nodes that are linked to it, drained. */
bool blk_set_aio_context(BlockBackend *blk, AioContext *ctx, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Whether it follows when another parent of its node moves. */
void blk_set_allow_aio_context_change(BlockBackend *blk, bool allow) GS_FN;
/* false: requests fail rather than wait while it is drained; for those whom
 * drained_poll() waits for. */
void blk_set_disable_request_queuing(BlockBackend *blk, bool disable) IO_FN;

/* ---- requests ----------------------------------------------------------- */

int coroutine_fn blk_co_preadv(BlockBackend *blk, int64_t offset,
                               int64_t bytes, IoVector *qiov,
                               BdrvRequestFlags flags) GRAPH_UNLOCKED IO_FN;
int coroutine_fn blk_co_pwritev(BlockBackend *blk, int64_t offset,
                                int64_t bytes, IoVector *qiov,
                                BdrvRequestFlags flags) GRAPH_UNLOCKED IO_FN;
int coroutine_fn blk_co_pread(BlockBackend *blk, int64_t offset,
                              int64_t bytes, void *buf,
                              BdrvRequestFlags flags) GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_pread(BlockBackend *blk, int64_t offset,
                               int64_t bytes, void *buf,
                               BdrvRequestFlags flags) IO_OR_GS_FN;
int coroutine_fn blk_co_pwrite(BlockBackend *blk, int64_t offset,
                               int64_t bytes, const void *buf,
                               BdrvRequestFlags flags) GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_pwrite(BlockBackend *blk, int64_t offset,
                                int64_t bytes, const void *buf,
                                BdrvRequestFlags flags) IO_OR_GS_FN;
int coroutine_fn blk_co_pwrite_zeroes(BlockBackend *blk, int64_t offset,
                                      int64_t bytes, BdrvRequestFlags flags)
    GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_pwrite_zeroes(BlockBackend *blk, int64_t offset,
                                       int64_t bytes, BdrvRequestFlags flags)
    IO_OR_GS_FN;
int coroutine_fn blk_co_pdiscard(BlockBackend *blk, int64_t offset,
                                 int64_t bytes) GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_pdiscard(BlockBackend *blk, int64_t offset,
                                  int64_t bytes) IO_OR_GS_FN;
int coroutine_fn blk_co_flush(BlockBackend *blk) GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_flush(BlockBackend *blk) IO_OR_GS_FN;

int64_t coroutine_fn blk_co_getlength(BlockBackend *blk)
    GRAPH_UNLOCKED IO_FN;
int64_t co_wrapper_mixed blk_getlength(BlockBackend *blk) IO_OR_GS_FN;
int coroutine_fn blk_co_truncate(BlockBackend *blk, int64_t offset,
                                 bool exact, PreallocMode prealloc,
                                 BdrvRequestFlags flags, GError **error)
    GRAPH_UNLOCKED IO_FN;
int co_wrapper_mixed blk_truncate(BlockBackend *blk, int64_t offset,
                                  bool exact, PreallocMode prealloc,
                                  BdrvRequestFlags flags, GError **error)
    IO_OR_GS_FN;

/*
 * The same with a callback, in the loop of the calling thread, never before
 * the call returns.  qiov stays valid until then.
 */
typedef void BlockCompletionFunc(void *opaque, int ret);
void blk_aio_preadv(BlockBackend *blk, int64_t offset, IoVector *qiov,
                    BdrvRequestFlags flags, BlockCompletionFunc *cb,
                    void *opaque) IO_FN;
void blk_aio_pwritev(BlockBackend *blk, int64_t offset, IoVector *qiov,
                     BdrvRequestFlags flags, BlockCompletionFunc *cb,
                     void *opaque) IO_FN;
void blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                           BdrvRequestFlags flags, BlockCompletionFunc *cb,
                           void *opaque) IO_FN;
void blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                      BlockCompletionFunc *cb, void *opaque) IO_FN;
void blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque)
    IO_FN;

/* Waits for all requests of the backend. */
void blk_drain(BlockBackend *blk) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* What blk_drain() and drained sections are to wait for beside requests. */
void blk_inc_in_flight(BlockBackend *blk) IO_FN;
void blk_dec_in_flight(BlockBackend *blk) IO_FN;

/* ---- properties --------------------------------------------------------- */

bool blk_is_inserted(const BlockBackend *blk) IO_FN;
bool blk_is_writable(const BlockBackend *blk) IO_FN; /* by permission */
bool blk_supports_write_perm(const BlockBackend *blk) IO_FN; /* the node */
/* Guests see a volatile cache; off: every write is flushed. */
bool blk_enable_write_cache(const BlockBackend *blk) IO_FN;
void blk_set_enable_write_cache(BlockBackend *blk, bool enable) IO_FN;
uint32_t blk_get_request_alignment(const BlockBackend *blk) IO_FN;
int64_t blk_get_max_transfer(const BlockBackend *blk) IO_FN;
void *blk_blockalign(const BlockBackend *blk, size_t bytes) IO_FN;

/* ---- errors ------------------------------------------------------------- */

typedef enum BlockdevOnError {
    BLOCKDEV_ON_ERROR_REPORT,
    BLOCKDEV_ON_ERROR_IGNORE,
    BLOCKDEV_ON_ERROR_ENOSPC, /* stop when the disk is full, else report */
    BLOCKDEV_ON_ERROR_STOP,
    BLOCKDEV_ON_ERROR_AUTO,   /* enospc for writes, report for reads */
} BlockdevOnError;

typedef enum BlockErrorAction {
    BLOCK_ERROR_ACTION_IGNORE, /* as if it had worked */
    BLOCK_ERROR_ACTION_REPORT, /* to the guest */
    BLOCK_ERROR_ACTION_STOP,   /* keep the request, stop the machine */
} BlockErrorAction;

typedef enum BlockDeviceIoStatus {
    BLOCK_DEVICE_IO_STATUS_OK,
    BLOCK_DEVICE_IO_STATUS_FAILED,
    BLOCK_DEVICE_IO_STATUS_NOSPACE,
} BlockDeviceIoStatus;

/* What the program above does about errors; once, before there are any. */
typedef struct BlockEventOps {
    /* BLOCK_IO_ERROR.  device: name or "", qdev_id or NULL.  Main loop. */
    void (*io_error)(const char *qdev_id, const char *device,
                     const char *node_name, bool is_read,
                     BlockErrorAction action, bool nospace,
                     const char *reason) SLOT(GS_FN);
    /* The machine is to stop with the state "io-error".  Main loop. */
    void (*vm_stop)(void) SLOT(GS_FN);
} BlockEventOps;
void blk_set_event_ops(const BlockEventOps *ops) GS_FN;

bool blk_parse_on_error(const char *text, bool is_read, BlockdevOnError *ret,
                        GError **error) IO_FN;
const char *blk_on_error_name(BlockdevOnError on_error) IO_FN;
void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error) GS_FN;
BlockdevOnError blk_get_on_error(const BlockBackend *blk, bool is_read)
    IO_FN;
/* error is positive. */
BlockErrorAction blk_get_error_action(const BlockBackend *blk, bool is_read,
                                      int error) IO_FN;
/* Does it: the status, then from the main loop the event and the stop. */
void blk_error_action(BlockBackend *blk, BlockErrorAction action,
                      bool is_read, int error) IO_FN;
void blk_iostatus_enable(BlockBackend *blk) GS_FN;
bool blk_iostatus_is_enabled(const BlockBackend *blk) IO_FN;
BlockDeviceIoStatus blk_iostatus(const BlockBackend *blk) IO_FN;
void blk_iostatus_reset(BlockBackend *blk) GS_FN;

BlockAcctStats *blk_get_stats(BlockBackend *blk) IO_FN;

#endif
