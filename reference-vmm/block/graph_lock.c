/* SPDX-License-Identifier: MIT */
/*
 * graph_lock.c - see graph_lock.h.
 *
 * Readers count themselves and then look for a writer; the writer announces
 * itself and then looks at the count.  Both are sequentially consistent, so
 * that at least one of them sees the other.
 *
 * Thread context: readers in any thread, the writer under the BQL.
 */
#include "block/block.h"
#include "base/co_lock.h"
#include "base/main_loop.h"
#include <glib.h>

BdrvGraphLock graph_lock;

static unsigned readers; /* atomic: coroutines in the graph */
static bool has_writer;  /* atomic; written under the BQL */

/* Readers that wait for has_writer to become false. */
static VmMutex wait_lock LOCK_RANK(RANK_GRAPH) =
    VM_MUTEX_INIT("graph", RANK_GRAPH);
static CoQueue wait_queue GUARDED_BY(&wait_lock) =
    { NULL, &wait_queue.first };

static void leave(void)
{
    __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&has_writer, __ATOMIC_SEQ_CST)) {
        aio_wait_kick();
    }
}

static void coroutine_fn wait_for_writer(void)
{
    vm_mutex_lock(&wait_lock);
    /* Cleared under the lock, before the queue is woken. */
    while (__atomic_load_n(&has_writer, __ATOMIC_SEQ_CST)) {
        co_queue_wait_mutex(&wait_queue, &wait_lock);
    }
    vm_mutex_unlock(&wait_lock);
}

/* What stands behind the capability is the count, which TSA cannot see. */
void coroutine_fn NO_TSA bdrv_graph_co_rdlock(void)
{
    IO_CODE();
    for (;;) {
        __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&has_writer, __ATOMIC_SEQ_CST)) {
            return;
        }
        leave();
        wait_for_writer();
    }
}

void coroutine_fn NO_TSA bdrv_graph_co_rdunlock(void)
{
    IO_CODE();
    leave();
}

void NO_TSA bdrv_graph_rdlock_main_loop(void)
{
    GLOBAL_STATE_CODE();
    g_assert(!in_coroutine());
}

void NO_TSA bdrv_graph_rdunlock_main_loop(void)
{
    GLOBAL_STATE_CODE();
}

static void acquire_write(void) ACQUIRE(&graph_lock) DROPS(bql) GS_FN;
static void NO_TSA acquire_write(void)
{
    GLOBAL_STATE_CODE();
    /* Another thread's, which polls without the BQL: two would wait for
     * each other's readers without end. */
    AIO_WAIT_WHILE(main_loop_context(),
                   __atomic_load_n(&has_writer, __ATOMIC_SEQ_CST));
    __atomic_store_n(&has_writer, true, __ATOMIC_SEQ_CST);
    AIO_WAIT_WHILE(main_loop_context(),
                   __atomic_load_n(&readers, __ATOMIC_SEQ_CST) > 0);
}

static void release_write(void) RELEASE(&graph_lock) GS_FN;
static void NO_TSA release_write(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&wait_lock);
    __atomic_store_n(&has_writer, false, __ATOMIC_SEQ_CST);
    co_queue_restart_all(&wait_queue);
    vm_mutex_unlock(&wait_lock);
    aio_wait_kick();
}

void bdrv_graph_wrlock(void)
{
    GLOBAL_STATE_CODE();
    g_assert(!in_coroutine());
    /* A request that is held back, by a throttle node for instance, is in the
     * graph all the while. */
    bdrv_drain_all_begin();
    acquire_write();
}

void bdrv_graph_wrunlock(void)
{
    GLOBAL_STATE_CODE();
    release_write();
    bdrv_drain_all_end();
}

/* Who of the coroutines in the graph asks is not known; that there is one, or
 * the BQL, is. */
bool bdrv_graph_is_readable(void)
{
    IO_CODE();
    return vm_mutex_held(&bql) ||
           __atomic_load_n(&readers, __ATOMIC_SEQ_CST) > 0;
}

void bdrv_graph_lock_init(void)
{
    GLOBAL_STATE_CODE();
    vm_assert_register(&graph_lock, "graph", bdrv_graph_is_readable);
}

void assert_bdrv_graph_readable(void)
{
    IO_CODE();
    g_assert(bdrv_graph_is_readable());
}

void assert_bdrv_graph_writable(void)
{
    GLOBAL_STATE_CODE();
    g_assert(__atomic_load_n(&has_writer, __ATOMIC_SEQ_CST));
}
