/* SPDX-License-Identifier: MIT */
/*
 * ioeventfd.h - within the layer: writes that only set a notifier.
 *
 * Thread context: the BQL; references are for any thread.
 */
#ifndef REFVMM_MEMORY_IOEVENTFD_H
#define REFVMM_MEMORY_IOEVENTFD_H

#include "memory/memory.h"

/* What views set: a descriptor of their own for the same eventfd. */
typedef struct IoeventfdTarget {
    EventNotifier notifier; /* fd -1: out of descriptors; not matched */
    unsigned refs;          /* atomic */
} IoeventfdTarget;

IoeventfdTarget *ioeventfd_target_ref(IoeventfdTarget *t) IO_FN;
void ioeventfd_target_unref(IoeventfdTarget *t) IO_FN;

/* Element of MemoryRegion.ioeventfds. */
typedef struct RegionIoeventfd {
    MemoryRegionIoeventfd e;
    IoeventfdTarget *target;
} RegionIoeventfd;

void memory_region_free_ioeventfds(MemoryRegion *mr) GS_FN;

#endif
