/* SPDX-License-Identifier: MIT */
/*
 * block_backend_int.h - what the files block_backend*.c share.
 *
 * Thread context: each field says its own.
 */
#ifndef REFVMM_BLOCK_BLOCK_BACKEND_INT_H
#define REFVMM_BLOCK_BLOCK_BACKEND_INT_H

#include "block/block_backend.h"
#include "block/block_int.h"

/* An error that the main loop is to tell of. */
typedef struct BlkErrorEvent BlkErrorEvent;
struct BlkErrorEvent {
    BlockErrorAction action;
    bool is_read;
    int error;
    BlkErrorEvent *next;
};

struct BlockBackend {
    int refcnt;         /* BQL, as the next six */
    char *name;         /* never NULL */
    char *dev_id;       /* NULL: no device */
    uint64_t perm, shared_perm;
    const BlockDevOps *dev_ops;
    void *dev_opaque;
    bool allow_aio_context_change;

    /* Atomic.  Changed by the main loop while drained; requests read it in
     * the graph, which keeps the edge alive. */
    BdrvChild *root;
    AioContext *ctx;    /* atomic */

    int quiesce_counter;          /* atomic; written under the BQL */
    unsigned in_flight;           /* atomic */
    bool disable_request_queuing; /* atomic */
    bool write_cache;             /* atomic */
    int iostatus;                 /* atomic; BlockDeviceIoStatus */
    bool iostatus_enabled;        /* BQL; before there are requests */
    BlockdevOnError on_read_error, on_write_error; /* the same */

    VmMutex queue_lock LOCK_RANK(RANK_BLK);
    CoQueue queued_requests GUARDED_BY(&queue_lock);
    BlkErrorEvent *errors GUARDED_BY(&queue_lock); /* oldest first */

    AioBh *resize_bh; /* of the main loop */
    AioBh *error_bh;
    BlockAcctStats stats;
    BlockBackend *next; /* of all; BQL */
};

/* Of error_bh. */
void blk_report_errors(void *opaque) GS_FN;

#endif
