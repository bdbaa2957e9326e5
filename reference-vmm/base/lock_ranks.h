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

#define RANK_BQL           10 /* bql */
#define RANK_MIGRATION     20 /* MigrationState.lock */
#define RANK_FILE          30 /* MigrationState.file_lock */
#define RANK_INCOMING      40 /* Incoming.lock */
#define RANK_BITMAP        50 /* RamSave.bitmap_lock */
#define RANK_QMP_EVENT     60 /* throttled events in qmp_event.c */
#define RANK_QMP_LIST      70 /* sessions in qmp_session.c */
#define RANK_QMP_SESSION   80 /* QmpSession.lock */
#define RANK_MONITOR       90 /* MonitorRequest.lock */
#define RANK_GRAPH        100 /* readers that wait for the graph's writer */
#define RANK_BLK          110 /* BlockBackend.queue_lock */
#define RANK_THROTTLE     120 /* ThrottleGroup.lock */
#define RANK_VIRTIO_ISR   130 /* VirtioDevice.isr_lock */
#define RANK_RUN_STATE    140 /* request_lock of run_state.c */
#define RANK_ACLINT       150 /* RiscvClint.lock; takes a vCPU's and AIO */
#define RANK_PLIC         160 /* RiscvPlic.lock; takes a vCPU's */
#define RANK_BOUNCE       170 /* the bounce buffers of map.c */
#define RANK_QTEST_IRQ    180 /* tap_lock of qtest_irq.c; takes AIO */
#define RANK_CO_MUTEX     190 /* CoMutex.guard */
#define RANK_DIRTY_BITMAP 200 /* BlockDriverState.dirty_bitmap_lock */
#define RANK_CO_RWLOCK    210 /* CoRwlock.guard */
#define RANK_BLOCK_ACCT   220 /* BlockAcctStats.lock */
#define RANK_AIO_LIST     230 /* all_contexts_lock */
#define RANK_BLKDEBUG     240 /* rules of blkdebug nodes */
#define RANK_AIO          250 /* AioContext.lock */
#define RANK_AIO_WAIT     260 /* wait_lock */
#define RANK_THREAD_POOL  270 /* ThreadPool.lock */
#define RANK_YANK         280 /* the list of connections that can be cut */
#define RANK_CO_POOL      290 /* CoPool.lock */
#define RANK_RAM_LIST     300 /* the list of RAM blocks */
#define RANK_RCU          310 /* RcuThread.lock */
#define RANK_HART         320 /* Hart.lock */
#define RANK_VIRTIO_ERROR 330 /* last_error_lock in virtio.c */

#endif
