/* SPDX-License-Identifier: MIT */
/*
 * accounting.h - how many requests a device made, how long they took.
 *
 *     block_acct_start(blk_get_stats(blk), &req->acct, bytes,
 *                      BLOCK_ACCT_READ);
 *     ...
 *     block_acct_done(blk_get_stats(blk), &req->acct);    // or _failed()
 *
 * Thread context: any; a lock of the statistics' own.
 */
#ifndef REFVMM_BLOCK_ACCOUNTING_H
#define REFVMM_BLOCK_ACCOUNTING_H

#include "base/lock.h"
#include <json-glib/json-glib.h>

typedef enum BlockAcctType {
    BLOCK_ACCT_NONE,
    BLOCK_ACCT_READ,
    BLOCK_ACCT_WRITE,
    BLOCK_ACCT_FLUSH,
    BLOCK_ACCT_UNMAP,
    BLOCK_MAX_IOTYPE,
} BlockAcctType;

typedef struct BlockAcctStats {
    VmMutex lock LOCK_RANK(RANK_BLOCK_ACCT);
    uint64_t nr_bytes[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    uint64_t nr_ops[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    uint64_t invalid_ops[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    uint64_t failed_ops[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    uint64_t total_time_ns[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    uint64_t merged[BLOCK_MAX_IOTYPE] GUARDED_BY(&lock);
    int64_t last_access_time_ns GUARDED_BY(&lock);
} BlockAcctStats;

typedef struct BlockAcctCookie {
    int64_t bytes;
    int64_t start_time_ns;
    BlockAcctType type;
} BlockAcctCookie;

void block_acct_init(BlockAcctStats *stats) IO_FN;
void block_acct_destroy(BlockAcctStats *stats) IO_FN;
void block_acct_start(BlockAcctStats *stats, BlockAcctCookie *cookie,
                      int64_t bytes, BlockAcctType type) IO_FN;
void block_acct_done(BlockAcctStats *stats, BlockAcctCookie *cookie) IO_FN;
void block_acct_failed(BlockAcctStats *stats, BlockAcctCookie *cookie) IO_FN;
/* A request that was refused before it began. */
void block_acct_invalid(BlockAcctStats *stats, BlockAcctType type) IO_FN;
void block_acct_merge_done(BlockAcctStats *stats, BlockAcctType type, int n)
    IO_FN;
/* BlockDeviceStats of query-blockstats, without wr_highest_offset; owned. */
JsonObject *block_acct_to_json(BlockAcctStats *stats) IO_FN;

#endif
