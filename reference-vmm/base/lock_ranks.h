/* SPDX-License-Identifier: MIT */
/*
 * lock_ranks.h - the order of all locks.  A lock is taken only while locks of
 * smaller rank are held; debug builds abort otherwise, and the checker reads
 * the same numbers from LOCK_RANK().
 *
 * Thread context: none.
 */
#ifndef REFVMM_BASE_LOCK_RANKS_H
#define REFVMM_BASE_LOCK_RANKS_H

#define RANK_BQL 10       /* bql */
#define RANK_MIGRATION 20 /* MigrationState.lock */
#define RANK_FILE 30      /* MigrationState.file_lock */
#define RANK_INCOMING 40  /* Incoming.lock */
#define RANK_BITMAP 50    /* RamSave.bitmap_lock */
#define RANK_MONITOR 60   /* MonitorRequest.lock */
#define RANK_AIO 70       /* AioContext.lock */

#endif
