/* SPDX-License-Identifier: MIT */
/*
 * rcu.h - read-copy-update, on liburcu (memb flavour).
 *
 *     vm_rcu_read_lock();
 *     FlatView *view = vm_rcu_dereference(&as->current_map);
 *     ...
 *     vm_rcu_read_unlock();
 *
 * Sections nest.  Threads made by vm_thread_create() are registered; any other
 * registers itself with its first section, or, the initial one, with
 * vm_rcu_init().  A thread in a section must not sleep for long: memory waits
 * for it.  A coroutine must not yield within a section that it began.
 *
 * A reader may wait for a lock (a device access takes the BQL within its
 * section).  So whoever waits for readers must hold none; debug builds abort.
 * Under the BQL use vm_rcu_call(), or main_loop_rcu_barrier().
 *
 * Thread context: any registered thread.
 */
#ifndef REFVMM_BASE_RCU_H
#define REFVMM_BASE_RCU_H

#include "base/annotate.h"
#include <stdbool.h>

void vm_rcu_init(void) IO_FN; /* once, in the initial thread */
void vm_rcu_register_thread(void) IO_FN;
void vm_rcu_unregister_thread(void) IO_FN;

void vm_rcu_read_lock(void) ACQUIRE_SHARED(hf_rcu_read) IO_FN;
void vm_rcu_read_unlock(void) RELEASE_SHARED(hf_rcu_read) IO_FN;
/* Of the calling thread; for debug assertions. */
bool vm_rcu_read_held(void) IO_FN;
unsigned vm_rcu_depth(void) IO_FN; /* of nesting */

/* Waits until every section that runs now has ended.  Not within one, and
 * without locks. */
void vm_rcu_synchronize(void) IO_FN;
/* Calls fn(opaque) in the RCU thread after a grace period; that thread holds
 * no lock. */
void vm_rcu_call(void (*fn)(void *opaque), void *opaque) IO_FN;
/* Waits for all vm_rcu_call() so far. */
void vm_rcu_barrier(void) IO_FN;
/* Runs what is left and ends the RCU thread; it comes back when needed.  At
 * the end of a program, without locks. */
void vm_rcu_finish(void) IO_FN;

/* Load and publish a pointer to data that readers reach without a lock. */
#define vm_rcu_dereference(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define vm_rcu_assign(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#endif
