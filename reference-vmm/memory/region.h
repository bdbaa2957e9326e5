/* SPDX-License-Identifier: MIT */
/*
 * region.h - within the layer: checks of regions, and what to do about
 * mistakes of the program.
 *
 * Thread context: any.
 */
#ifndef REFVMM_MEMORY_REGION_H
#define REFVMM_MEMORY_REGION_H

#include "memory/memory.h"

#define MEMORY_REGION_ALIVE 0x4d52414cu
#define MEMORY_REGION_FINALIZED 0x4d524644u

/* Says so and aborts: the program, not the guest, is wrong. */
void memory_bug(const char *format, ...) IO_FN G_GNUC_PRINTF(1, 2)
    __attribute__((__noreturn__));

/* Debug builds: aborts when mr is not, or no longer, a region. */
#ifdef HOLDFAST_DEBUG_CHECKS
#define memory_region_check(mr) memory_region_check_at((mr), __func__)
#else
#define memory_region_check(mr) ((void)(mr))
#endif
void memory_region_check_at(const MemoryRegion *mr, const char *function)
    IO_FN;

static inline bool IO_FN memory_region_is_finalized(const MemoryRegion *mr)
{
    return __atomic_load_n(&mr->magic, __ATOMIC_RELAXED) ==
        MEMORY_REGION_FINALIZED;
}

#endif
