/* SPDX-License-Identifier: MIT */
/*
 * graph_lock.h - the lock of the graph of block nodes: who is whose child.
 *
 * Requests hold it for reading from the moment they enter the graph until
 * they leave it, also while their coroutine is suspended.  The main loop, or
 * who else has the BQL, holds it for writing while it changes edges.
 *
 *     bdrv_graph_co_rdlock();           // a coroutine, in any thread
 *     n = bdrv_co_preadv(bs->file, ...);
 *     bdrv_graph_co_rdunlock();
 *
 *     bdrv_graph_rdlock_main_loop();    // under the BQL, no coroutine
 *     bdrv_graph_wrlock();              // the same, to change something
 *
 * Reading under the BQL needs no counting, because nobody writes without the
 * BQL.  Not recursive: a function that needs it says GRAPH_RDLOCK.
 *
 * Thread context: as above.
 */
#ifndef REFVMM_BLOCK_GRAPH_LOCK_H
#define REFVMM_BLOCK_GRAPH_LOCK_H

#include "base/coroutine.h"
#include "base/lock.h"

typedef struct CAPABILITY(rwlock) BdrvGraphLock {
    char unused; /* its state is graph_lock.c's */
} BdrvGraphLock;

extern BdrvGraphLock graph_lock;

/* Suspends the coroutine while there is a writer. */
void coroutine_fn bdrv_graph_co_rdlock(void)
    ACQUIRE_SHARED(&graph_lock) IO_FN;
void coroutine_fn bdrv_graph_co_rdunlock(void)
    RELEASE_SHARED(&graph_lock) IO_FN;

void bdrv_graph_rdlock_main_loop(void) ACQUIRE_SHARED(&graph_lock) GS_FN;
void bdrv_graph_rdunlock_main_loop(void) RELEASE_SHARED(&graph_lock) GS_FN;

/* Drains all nodes until bdrv_graph_wrunlock(): polls until the requests in
 * the graph have left it; new ones wait. */
void bdrv_graph_wrlock(void) ACQUIRE(&graph_lock) DROPS(bql) GS_FN;
void bdrv_graph_wrunlock(void) RELEASE(&graph_lock) GS_FN;

/* Makes ASSERT_HELD(&graph_lock) work. */
void bdrv_graph_lock_init(void) GS_FN;
/* Whether somebody may read now; for assertions. */
bool bdrv_graph_is_readable(void) IO_FN;
/* Abort a debug build when that is not so. */
void assert_bdrv_graph_readable(void) ASSERTS_HELD_SHARED(&graph_lock) IO_FN;
void assert_bdrv_graph_writable(void) ASSERTS_HELD(&graph_lock) GS_FN;

#endif
