/* SPDX-License-Identifier: MIT */
/*
 * guest_memory.h - memory of the guest as a monitor reads it: physical, or as
 * a CPU sees it now.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_GUEST_MEMORY_H
#define REFVMM_MONITOR_GUEST_MEMORY_H

#include "cpu/vcpu.h"

typedef struct GuestMemory {
    AddressSpace *as;
    uint64_t satp; /* 0: addresses are physical */
} GuestMemory;

/* cpu NULL: physical. */
void guest_memory_init(GuestMemory *g, AddressSpace *as, Vcpu *cpu)
    DROPS(bql) GS_FN;
/* False: nothing is there, or no page is mapped. */
bool guest_memory_read(const GuestMemory *g, uint64_t addr, void *buf,
                       size_t len) GS_FN;
bool guest_memory_save(const GuestMemory *g, uint64_t addr, uint64_t size,
                       const char *filename, GError **error) GS_FN;

#endif
