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
#define RANK_QMP_EVENT 55   /* throttled events in qmp_event.c */
#define RANK_QMP_LIST 56    /* sessions in qmp_session.c */
#define RANK_QMP_SESSION 58 /* QmpSession.lock */
#define RANK_MONITOR 60   /* MonitorRequest.lock */
#define RANK_GRAPH 61        /* readers that wait for the graph's writer */
#define RANK_BLK 62          /* BlockBackend.queue_lock */
#define RANK_THROTTLE 63     /* ThrottleGroup.lock */
#define RANK_VIRTIO_ISR 64 /* VirtioDevice.isr_lock */
#define RANK_RUN_STATE 65 /* request_lock of run_state.c */
#define RANK_ACLINT 65    /* RiscvClint.lock; takes a vCPU's and AIO */
#define RANK_PLIC 65      /* RiscvPlic.lock; takes a vCPU's */
#define RANK_BOUNCE 66    /* the bounce buffers of map.c */
#define RANK_QTEST_IRQ 66  /* tap_lock of qtest_irq.c; takes AIO */
#define RANK_DIRTY_BITMAP 67 /* BlockDriverState.dirty_bitmap_lock */
#define RANK_BLOCK_ACCT 68   /* BlockAcctStats.lock */
#define RANK_BLKDEBUG 69     /* rules of blkdebug nodes */
#define RANK_CO_MUTEX 66  /* CoMutex.guard */
#define RANK_CO_RWLOCK 67 /* CoRwlock.guard */
#define RANK_AIO_LIST 68  /* all_contexts_lock */
#define RANK_AIO 70       /* AioContext.lock */
#define RANK_AIO_WAIT 74  /* wait_lock */
#define RANK_THREAD_POOL 76 /* ThreadPool.lock */
#define RANK_CO_POOL 78   /* CoPool.lock */
#define RANK_YANK 77   /* the list of connections that can be cut */
#define RANK_RAM_LIST 79  /* the list of RAM blocks */
#define RANK_RCU 80       /* RcuThread.lock */
#define RANK_VIRTIO_ERROR 90 /* last_error_lock in virtio.c */
#define RANK_HART 85      /* Hart.lock */

#endif
