/* SPDX-License-Identifier: MIT */
/*
 * mmio.h - within the layer: one access, wherever it leads.
 *
 * Thread context: any.
 */
#ifndef REFVMM_MEMORY_MMIO_H
#define REFVMM_MEMORY_MMIO_H

#include "memory/flatview.h"

/* How much of len bytes at an offset is one access of that region, by what its
 * ops accept. */
unsigned mmio_access_size(const MemoryRegion *mr, hwaddr offset, uint64_t len)
    IO_FN;

/* size: 1, 2, 4 or 8; *value is read, or written. */
MemTxResult mmio_access(AddressSpace *as, hwaddr addr, unsigned size,
                        MemTxAttrs attrs, uint64_t *value, bool is_write)
    IO_FN;

#endif
