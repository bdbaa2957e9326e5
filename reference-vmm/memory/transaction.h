/* SPDX-License-Identifier: MIT */
/*
 * transaction.h - within the layer: what a change of the tree leads to.
 *
 * Thread context: the BQL, but for the check.
 */
#ifndef REFVMM_MEMORY_TRANSACTION_H
#define REFVMM_MEMORY_TRANSACTION_H

#include "memory/memory.h"

/* In a transaction: its commit has something to do.  visible: whether the
 * change can be seen at all. */
void memory_region_changed(bool visible) GS_FN;

/* Aborts when an address space begins at mr. */
void memory_region_check_no_root(const MemoryRegion *mr) GS_FN;

/* Debug builds: aborts when the calling thread is in a transaction. */
#ifdef HOLDFAST_DEBUG_CHECKS
void memory_transaction_check(const AddressSpace *as, const char *file,
                              int line) IO_FN;
/* Whether the calling thread holds the BQL and no transaction or commit is
 * under way: then the views are what the tree says. */
bool memory_views_are_current(void) IO_FN;
#else
static inline void IO_FN
memory_transaction_check(const AddressSpace *as, const char *file, int line)
{
}
#endif

/* One listener's part of a commit.  An empty view stands for none. */
typedef enum ListenerPass {
    LISTENER_DEL, /* region_del, log_stop, eventfd_del */
    LISTENER_ADD, /* region_add, region_nop, log_start, eventfd_add */
} ListenerPass;
void memory_listener_tell(MemoryListener *l, const FlatView *old,
                          const FlatView *now, ListenerPass pass) GS_FN;

#endif
