/* SPDX-License-Identifier: MIT */
/*
 * render.c - from a tree of regions to a flat view, in n log n.
 *
 * First a walk through the tree collects what is there, clipped to the
 * windows it is seen through, from the highest priority to the lowest: a
 * piece's index is its rank.  Then a line sweeps over the addresses, with the
 * ranks of all pieces at its place in a heap, and the smallest is visible.
 *
 * Addresses of regions are 128 bits wide: an alias with an offset may begin
 * below zero, and a region may end at 2^64.
 *
 * Thread context: the BQL.
 */
#include "memory/flatview.h"
#include "memory/region.h"
#include <stdlib.h>

/* Aliases of aliases nest no deeper than this; and no tree is larger. */
#define MAX_DEPTH 96
#define MAX_ALIASES 32
#define MAX_VISITS 1000000u

typedef __int128 Wide;

/* Where in the tree the walk is, up to the root. */
typedef struct Frame {
    const struct Frame *up;
    const MemoryRegion *mr;
    Wide base; /* address of the region's offset 0 */
    unsigned depth, aliases;
} Frame;

typedef struct Render {
    GArray *pieces; /* of FlatRange, by rank */
    unsigned visits;
} Render;

static Wide region_size(const MemoryRegion *mr)
{
    return mr->size == UINT64_MAX ? (Wide)1 << 64 : (Wide)mr->size;
}

/* Cuts [*first, *last] to the size bytes from base on; false: nothing left. */
static bool clip(hwaddr *first, hwaddr *last, Wide base, Wide size)
{
    if (size <= 0 || base > (Wide)*last || base + size <= (Wide)*first) {
        return false;
    }
    if (base > (Wide)*first) {
        *first = (hwaddr)base;
    }
    if (base + size <= (Wide)*last) {
        *last = (hwaddr)(base + size - 1);
    }
    return true;
}

/*
 * Where a region is met again at the same place, each of its addresses leads
 * back to itself and so nowhere.  At another place it is a legal, if odd,
 * window on itself, which ends where the clipping or the depth limit ends it.
 */
static bool leads_back(const Frame *up, const MemoryRegion *mr, Wide base)
{
    for (; up; up = up->up) {
        if (up->mr == mr && up->base == base) {
            return true;
        }
    }
    return false;
}

static void REQUIRES(bql)
add_piece(Render *r, MemoryRegion *mr, Wide base, hwaddr first, hwaddr last,
          bool readonly)
{
    RAMBlock *block = mr->ram_block;
    bool rom_device = mr->kind == MEMORY_REGION_ROM_DEVICE;
    FlatRange piece = { .mr = mr, .block = block, .readonly = readonly };

    if (block) {
        /* The region may have been made larger than its memory. */
        if (!clip(&first, &last, base, (Wide)block->size)) {
            return;
        }
        piece.read_direct = !rom_device || mr->romd_mode;
        piece.write_direct = !rom_device && !readonly;
        piece.host = block->host + (hwaddr)((Wide)first - base);
        piece.dirty_log_mask = mr->dirty_log_mask | memory_dirty_log_mask();
    }
    piece.addr = first;
    piece.last = last;
    piece.offset = (hwaddr)((Wide)first - base);
    g_array_append_val(r->pieces, piece);
}

static void REQUIRES(bql)
collect(Render *r, const Frame *up, MemoryRegion *mr, Wide base, hwaddr first,
        hwaddr last, bool readonly)
{
    const Frame frame = {
        .up = up,
        .mr = mr,
        .base = base,
        .depth = up ? up->depth + 1 : 0,
        .aliases = (up ? up->aliases : 0) + (mr->kind == MEMORY_REGION_ALIAS),
    };

    memory_region_check(mr);
    if (!mr->enabled || !clip(&first, &last, base, region_size(mr)) ||
        frame.depth > MAX_DEPTH || frame.aliases > MAX_ALIASES ||
        r->visits == MAX_VISITS) {
        return;
    }
    r->visits++;
    readonly |= mr->readonly;
    if (mr->kind == MEMORY_REGION_ALIAS) {
        base -= (Wide)mr->alias_offset;
        if (!leads_back(up, mr->alias, base)) {
            collect(r, &frame, mr->alias, base, first, last, readonly);
        }
        return;
    }
    for (unsigned i = 0; mr->subregions && i < mr->subregions->len; i++) {
        MemoryRegion *sub = g_ptr_array_index(mr->subregions, i);

        collect(r, &frame, sub, base + (Wide)sub->addr, first, last, readonly);
    }
    if (mr->kind != MEMORY_REGION_CONTAINER) {
        add_piece(r, mr, base, first, last, readonly);
    }
}

/* ---- a heap of ranks ---------------------------------------------------- */

typedef struct Heap {
    unsigned *ranks;
    unsigned n;
} Heap;

static void heap_push(Heap *h, unsigned rank)
{
    unsigned i = h->n++;

    for (; i && h->ranks[(i - 1) / 2] > rank; i = (i - 1) / 2) {
        h->ranks[i] = h->ranks[(i - 1) / 2];
    }
    h->ranks[i] = rank;
}

static void heap_pop(Heap *h)
{
    unsigned rank = h->ranks[--h->n], i = 0, child;

    while ((child = 2 * i + 1) < h->n) {
        if (child + 1 < h->n && h->ranks[child + 1] < h->ranks[child]) {
            child++;
        }
        if (rank <= h->ranks[child]) {
            break;
        }
        h->ranks[i] = h->ranks[child];
        i = child;
    }
    h->ranks[i] = rank;
}

/* ---- the sweep ---------------------------------------------------------- */

typedef struct Start {
    hwaddr addr;
    unsigned rank;
} Start;

static int compare_starts(const void *a, const void *b)
{
    const Start *x = a, *y = b;

    if (x->addr != y->addr) {
        return x->addr < y->addr ? -1 : 1;
    }
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static Start *sorted_starts(const GArray *pieces)
{
    Start *starts = g_new(Start, pieces->len);
    bool sorted = true;

    for (unsigned i = 0; i < pieces->len; i++) {
        starts[i].addr = g_array_index(pieces, FlatRange, i).addr;
        starts[i].rank = i;
        sorted = sorted && (!i || starts[i - 1].addr <= starts[i].addr);
    }
    if (!sorted) {
        qsort(starts, pieces->len, sizeof(Start), compare_starts);
    }
    return starts;
}

static bool mergeable(const FlatRange *a, const FlatRange *b)
{
    return a->last + 1 == b->addr && a->mr == b->mr &&
        a->offset + (a->last - a->addr) + 1 == b->offset &&
        a->readonly == b->readonly;
}

/* The part of piece from addr to last is visible. */
static void emit(GArray *out, const FlatRange *piece, hwaddr addr, hwaddr last)
{
    FlatRange r = *piece, *before;

    r.offset += addr - r.addr;
    r.host = r.host ? r.host + (addr - r.addr) : NULL;
    r.addr = addr;
    r.last = last;
    before = out->len ? &g_array_index(out, FlatRange, out->len - 1) : NULL;
    if (before && mergeable(before, &r)) {
        before->last = last;
    } else {
        g_array_append_val(out, r);
    }
}

static GArray *sweep(const GArray *pieces)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(FlatRange));
    Start *starts = sorted_starts(pieces);
    Heap heap = { .ranks = g_new(unsigned, pieces->len) };
    unsigned next = 0;
    hwaddr pos = 0;

    while (next < pieces->len || heap.n) {
        const FlatRange *top;
        hwaddr last;

        if (!heap.n) {
            pos = starts[next].addr;
        }
        while (next < pieces->len && starts[next].addr == pos) {
            heap_push(&heap, starts[next++].rank);
        }
        top = &g_array_index(pieces, FlatRange, heap.ranks[0]);
        if (top->last < pos) {
            heap_pop(&heap);
            continue;
        }
        /* What begins further on below the top waits until it ends. */
        last = top->last;
        while (next < pieces->len && starts[next].addr <= last) {
            if (starts[next].rank < heap.ranks[0]) {
                last = starts[next].addr - 1;
                break;
            }
            heap_push(&heap, starts[next++].rank);
        }
        emit(out, top, pos, last);
        if (last == UINT64_MAX) {
            break;
        }
        pos = last + 1;
    }
    g_free(heap.ranks);
    g_free(starts);
    return out;
}

/* ---- the view ----------------------------------------------------------- */

static void add_ioeventfds(GArray *out, const FlatRange *r, unsigned index)
{
    const GArray *all = r->mr->ioeventfds;

    for (unsigned i = 0; all && i < all->len; i++) {
        const RegionIoeventfd *of = &g_array_index(all, RegionIoeventfd, i);
        const MemoryRegionIoeventfd *e = &of->e;
        hwaddr room = r->last - r->addr, at = e->offset - r->offset;
        hwaddr more = e->size ? e->size - 1 : 0;

        if (e->offset >= r->offset && at <= room && more <= room - at) {
            FlatIoeventfd f = {
                r->addr + at, index, *e, ioeventfd_target_ref(of->target),
            };

            g_array_append_val(out, f);
        }
    }
}

FlatView *flatview_render(MemoryRegion *root)
{
    Render r = { .pieces = g_array_new(FALSE, FALSE, sizeof(FlatRange)) };
    GArray *ioeventfds = g_array_new(FALSE, FALSE, sizeof(FlatIoeventfd));
    FlatView *view = g_new0(FlatView, 1);
    GArray *ranges;

    GLOBAL_STATE_CODE();
    if (root) {
        collect(&r, NULL, root, 0, 0, UINT64_MAX, false);
    }
    ranges = sweep(r.pieces);
    g_array_free(r.pieces, TRUE);
    for (unsigned i = 0; i < ranges->len; i++) {
        const FlatRange *range = &g_array_index(ranges, FlatRange, i);

        if (range->block) {
            ram_block_ref(range->block);
        }
        add_ioeventfds(ioeventfds, range, i);
    }
    view->refs = 1;
    view->n = ranges->len;
    view->ranges = (FlatRange *)(void *)g_array_free(ranges, FALSE);
    view->n_ioeventfds = ioeventfds->len;
    view->ioeventfds = (FlatIoeventfd *)(void *)g_array_free(ioeventfds,
                                                             FALSE);
    return view;
}

/*
 * Follows windows that show all of something else: PCI devices have an
 * address space each, and all are aliases of the system's memory.
 */
MemoryRegion *flatview_root(MemoryRegion *mr)
{
    GLOBAL_STATE_CODE();
    for (unsigned depth = 0; mr && depth < MAX_ALIASES; depth++) {
        MemoryRegion *next = NULL;

        if (!mr->enabled) {
            return NULL;
        }
        if (mr->readonly) {
            return mr;
        }
        if (mr->kind == MEMORY_REGION_ALIAS && !mr->alias_offset) {
            next = mr->alias;
        } else if (mr->kind == MEMORY_REGION_CONTAINER && mr->subregions &&
                   mr->subregions->len == 1) {
            next = g_ptr_array_index(mr->subregions, 0);
            next = next->addr ? NULL : next;
        }
        if (!next || next->size > mr->size) {
            return mr;
        }
        mr = next;
    }
    return mr;
}
