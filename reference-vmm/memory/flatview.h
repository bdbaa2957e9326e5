/* SPDX-License-Identifier: MIT */
/*
 * flatview.h - within the layer: what is visible where.
 *
 * A view never changes once it is published.  Its ranges are sorted and do not
 * overlap; `last` is inclusive, so that the end of the address space needs no
 * 65th bit.  It holds a reference to every RAM block it shows; regions are
 * kept by their owners (see memory.h).
 *
 * Thread context: any, in an RCU section or with a reference.
 */
#ifndef REFVMM_MEMORY_FLATVIEW_H
#define REFVMM_MEMORY_FLATVIEW_H

#include "memory/ioeventfd.h"
#include "memory/memory.h"
#include "memory/ram_block.h"

typedef struct FlatRange {
    hwaddr addr, last;
    hwaddr offset; /* in mr */
    MemoryRegion *mr;
    RAMBlock *block; /* or NULL */
    uint8_t *host;   /* of addr, or NULL */
    unsigned dirty_log_mask;
    bool readonly;     /* writes are dropped */
    bool read_direct;  /* reads are RAM */
    bool write_direct; /* writes too */
} FlatRange;

typedef struct FlatIoeventfd {
    hwaddr addr;
    unsigned range; /* index */
    MemoryRegionIoeventfd e;
    IoeventfdTarget *target; /* referenced */
} FlatIoeventfd;

struct FlatView {
    unsigned refs; /* atomic */
    unsigned n, n_ioeventfds;
    FlatRange *ranges;
    FlatIoeventfd *ioeventfds; /* ascending addresses */
};

/* The region that shows the same as mr, for address spaces to share a view;
 * NULL shows nothing. */
MemoryRegion *flatview_root(MemoryRegion *mr) GS_FN;
/* With one reference.  NULL: of nothing. */
FlatView *flatview_render(MemoryRegion *root) GS_FN;
FlatView *flatview_ref(FlatView *view) IO_FN;
/* Drops the reference after a grace period. */
void flatview_unref_rcu(FlatView *view) IO_FN;

bool flatview_ranges_equal(const FlatView *a, const FlatView *b) IO_FN;
bool flatview_ioeventfds_equal(const FlatView *a, const FlatView *b) IO_FN;
bool flat_range_same(const FlatRange *a, const FlatRange *b) IO_FN;
bool flat_ioeventfd_same(const FlatView *a, unsigned i, const FlatView *b,
                         unsigned j) IO_FN;

/* The range with addr, or NULL; then *ret_last is the end of the hole. */
const FlatRange *flatview_lookup(const FlatView *view, hwaddr addr,
                                 hwaddr *ret_last) IO_FN;
/* Whether a write is for an ioeventfd, which has then been set. */
bool flatview_signal_ioeventfd(const FlatView *view, hwaddr addr,
                               unsigned size, uint64_t value) RCU_READ IO_FN;

MemoryRegionSection flat_range_section(const FlatRange *r, AddressSpace *as)
    IO_FN;

#endif
