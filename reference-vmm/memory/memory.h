/* SPDX-License-Identifier: MIT */
/*
 * memory.h - guest-physical memory: a tree of regions, rendered flat.
 *
 *     memory_region_init_ram(&s->ram, "virt.ram", size, &error);
 *     memory_region_add_subregion(system_memory, 0x80000000, &s->ram);
 *     address_space_init(&as, system_memory, "memory");
 *     address_space_read(&as, addr, MEMTXATTRS_UNSPECIFIED, buf, len);
 *
 * A MemoryRegion is a window: RAM, ROM, MMIO, an alias of a part of another
 * one, or a container of subregions.  Where subregions overlap, the higher
 * priority wins, then the later added.  An AddressSpace is a root region with
 * a FlatView: the sorted list of what is visible where.  Changes are made in
 * transactions; the outermost commit builds the views anew, tells listeners
 * the difference and publishes them by RCU.
 *
 * Thread context: the tree changes under the BQL.  Access (address_space_*)
 * is for any thread: it reads the view in an RCU section.  MMIO callbacks run
 * under the BQL, which an access takes if its thread lacks it, unless the
 * region says lockless: those run in an RCU section.  A caller that is in an
 * RCU section itself reaches RAM, ioeventfds and lockless regions; any other
 * callback is refused it (MEMTX_ACCESS_ERROR).  mmio.c says why.
 *
 * Ownership: a region is embedded in its device and must outlive its place in
 * the tree, the commit that takes it out of the views, and one grace period
 * after that: devices delete theirs with memory_region_del_subregion(),
 * finalize it, and are freed by vm_rcu_call() or after vm_rcu_synchronize(),
 * but not from one of the region's own callbacks.  The same holds for an
 * address space.  RAM needs no such care: views, caches and mappings hold
 * references to the block; nor do notifiers of ioeventfds, which may be
 * cleaned up as soon as memory_region_del_eventfd() has returned.
 */
#ifndef REFVMM_MEMORY_MEMORY_H
#define REFVMM_MEMORY_MEMORY_H

#include "base/event_notifier.h"
#include "base/lock.h"
#include "base/rcu.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t hwaddr;     /* guest-physical, or an offset in a region */
typedef uint64_t ram_addr_t; /* in the space of all RAM blocks, end to end */

#define RAM_ADDR_INVALID UINT64_MAX
#define TARGET_PAGE_BITS 12
#define TARGET_PAGE_SIZE ((hwaddr)1 << TARGET_PAGE_BITS)

/* Who asks; travels with every access, also through address_space_map(). */
typedef struct MemTxAttrs {
    unsigned unspecified : 1;
    unsigned secure : 1; /* M-mode */
    unsigned user : 1;   /* U-mode */
    unsigned requester_id : 16;
} MemTxAttrs;
#define MEMTXATTRS_UNSPECIFIED ((MemTxAttrs){ .unspecified = 1 })

/* Bits; an access in parts is the union of its parts. */
typedef enum MemTxResult {
    MEMTX_OK = 0,
    MEMTX_ERROR = 1,        /* the device refused */
    MEMTX_DECODE_ERROR = 2, /* nothing is there */
    MEMTX_ACCESS_ERROR = 4, /* the attributes do not allow it */
} MemTxResult;

typedef struct MemoryRegion MemoryRegion;
typedef struct AddressSpace AddressSpace;
typedef struct FlatView FlatView;
typedef struct RAMBlock RAMBlock;

/* Registers are little endian, as everything on this machine. */
typedef struct MemoryRegionOps {
    /* value is within size bytes.  A callback that leads back to its own
     * region (by DMA, say) finds it closed: MEMTX_ACCESS_ERROR. */
    MemTxResult (*read)(void *opaque, hwaddr offset, unsigned size,
                        uint64_t *ret_value, MemTxAttrs attrs);
    MemTxResult (*write)(void *opaque, hwaddr offset, unsigned size,
                         uint64_t value, MemTxAttrs attrs);
    /* Access sizes that the device accepts: others are MEMTX_ERROR; 0: 1 and
     * 8.  unaligned: offsets need not be a multiple of the size.
     * address_space_rw() and the like choose sizes that fit. */
    unsigned min_access_size, max_access_size;
    bool unaligned;
    /* Sizes of the callbacks: other accesses are split, lowest part first, or
     * widened to the aligned word round them; a widened write has zeros in
     * the other bytes.  0: 1 and 8. */
    unsigned min_impl_size, max_impl_size;
    bool lockless; /* the callbacks do their own locking: no BQL; they must
                      not block */
} MemoryRegionOps;

/* ---- regions ------------------------------------------------------------ */

typedef struct MemoryRegionIoeventfd {
    hwaddr offset;
    unsigned size; /* 0: any */
    bool match_data;
    uint64_t data;
    EventNotifier *notifier;
} MemoryRegionIoeventfd;

typedef enum MemoryRegionKind {
    MEMORY_REGION_CONTAINER,
    MEMORY_REGION_RAM,
    MEMORY_REGION_ROM,        /* RAM that the guest cannot write */
    MEMORY_REGION_ROM_DEVICE, /* reads are RAM, writes are MMIO */
    MEMORY_REGION_IO,
    MEMORY_REGION_ALIAS,
} MemoryRegionKind;

struct MemoryRegion {
    char *name;
    MemoryRegionKind kind;
    uint64_t size; /* UINT64_MAX: all of it */
    const MemoryRegionOps *ops;
    void *opaque;
    RAMBlock *ram_block;
    MemoryRegion *alias;
    hwaddr alias_offset;
    bool readonly;
    bool enabled;
    bool romd_mode; /* of a ROM device: false: reads are MMIO too */
    unsigned dirty_log_mask; /* clients, 1 << DirtyMemoryClient */
    hwaddr addr;             /* in the container */
    int priority;
    MemoryRegion *container;
    GPtrArray *subregions; /* of MemoryRegion*, highest priority first */
    GArray *ioeventfds;    /* of RegionIoeventfd, sorted */
    unsigned magic;        /* alive or finalized; debug builds look at it */
    unsigned busy;         /* callbacks that run under the BQL */
};

void memory_region_init(MemoryRegion *mr, const char *name, uint64_t size)
    GS_FN;
void memory_region_init_io(MemoryRegion *mr, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size)
    GS_FN;
/* Zeroed anonymous memory; names of RAM blocks are unique. */
bool memory_region_init_ram(MemoryRegion *mr, const char *name, uint64_t size,
                            GError **error) GS_FN;
/* In a memfd, which others can map: memory_region_ram_fd(). */
bool memory_region_init_ram_memfd(MemoryRegion *mr, const char *name,
                                  uint64_t size, GError **error) GS_FN;
bool memory_region_init_rom(MemoryRegion *mr, const char *name, uint64_t size,
                            GError **error) GS_FN;
bool memory_region_init_rom_device(MemoryRegion *mr,
                                   const MemoryRegionOps *ops, void *opaque,
                                   const char *name, uint64_t size,
                                   GError **error) GS_FN;
/*
 * Of a part of target, wherever that is itself.  An alias that leads back to
 * where it came from shows nothing there; nesting ends after 32 levels.
 */
void memory_region_init_alias(MemoryRegion *mr, const char *name,
                              MemoryRegion *target, hwaddr offset,
                              uint64_t size) GS_FN;
/* Out of the tree, without subregions; RAM is freed after a grace period and
 * when nobody maps it any more.  Fine for one that was never initialised
 * (zeroed). */
void memory_region_finalize(MemoryRegion *mr) GS_FN;

void memory_region_add_subregion(MemoryRegion *container, hwaddr addr,
                                 MemoryRegion *sub) GS_FN;
void memory_region_add_subregion_overlap(MemoryRegion *container, hwaddr addr,
                                         MemoryRegion *sub, int priority)
    GS_FN;
void memory_region_del_subregion(MemoryRegion *container, MemoryRegion *sub)
    GS_FN;
void memory_region_set_enabled(MemoryRegion *mr, bool enabled) GS_FN;
void memory_region_set_address(MemoryRegion *mr, hwaddr addr) GS_FN;
void memory_region_set_size(MemoryRegion *mr, uint64_t size) GS_FN;
void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset) GS_FN;
/* Writes are dropped (and MEMTX_OK, as for ROM), in all that lies below. */
void memory_region_set_readonly(MemoryRegion *mr, bool readonly) GS_FN;
/* Dirty logging of this RAM for a client, besides memory_global_dirty_log. */
void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client) GS_FN;
void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd) GS_FN;
void memory_region_add_eventfd(MemoryRegion *mr,
                               const MemoryRegionIoeventfd *e) GS_FN;
void memory_region_del_eventfd(MemoryRegion *mr,
                               const MemoryRegionIoeventfd *e) GS_FN;

/* Host memory of a RAM, ROM or ROM device region. */
void *memory_region_get_ram_ptr(const MemoryRegion *mr) IO_FN;
ram_addr_t memory_region_get_ram_addr(const MemoryRegion *mr) IO_FN;
int memory_region_ram_fd(const MemoryRegion *mr) IO_FN; /* -1: none */

/* ---- transactions ------------------------------------------------------- */

TOKEN_DECLARE(memory_transaction);

/*
 * They nest, and end in the thread that began them.  Within one,
 * address_space_to_flatview() aborts a debug build (in that thread: it would
 * see the view of before; others do so rightly), and so does whatever needs
 * the view.  What a listener changes during a commit is committed directly
 * after it.
 */
#define memory_region_transaction_begin() \
    memory_region_transaction_begin_at(__FILE__, __LINE__)
void memory_region_transaction_begin_at(const char *file, int line)
    ACQUIRE_SHARED(memory_transaction) GS_FN;
void memory_region_transaction_commit(void)
    RELEASE_SHARED(memory_transaction) GS_FN;
unsigned memory_region_transaction_depth(void) GS_FN;

/* ---- address spaces ----------------------------------------------------- */

/* A piece of a region as seen in an address space. */
typedef struct MemoryRegionSection {
    MemoryRegion *mr; /* never an alias or container */
    AddressSpace *as;
    hwaddr offset_within_region;
    hwaddr offset_within_address_space;
    uint64_t size; /* UINT64_MAX also when it is one more */
    hwaddr last;   /* in the address space: always exact */
    bool readonly; /* writes are dropped */
    bool is_ram;       /* reads are RAM: of mr's RAM block */
    bool is_ram_write; /* writes too */
    unsigned dirty_log_mask;
} MemoryRegionSection;

/*
 * Called at a commit, when the new views are published: in ascending order of
 * priority for what appears and in descending order for what goes.  Within
 * begin/commit each range is told once: region_del for what is gone,
 * region_add for what is new, region_nop for what stays.  All callbacks are
 * optional and run under the BQL; they may change the tree, but not register
 * or unregister listeners.
 */
typedef struct MemoryListener MemoryListener;
struct MemoryListener {
    const char *name;
    int priority;
    void (*begin)(MemoryListener *l);
    void (*commit)(MemoryListener *l);
    void (*region_add)(MemoryListener *l, const MemoryRegionSection *s);
    void (*region_del)(MemoryListener *l, const MemoryRegionSection *s);
    void (*region_nop)(MemoryListener *l, const MemoryRegionSection *s);
    void (*log_start)(MemoryListener *l, const MemoryRegionSection *s,
                      unsigned old, unsigned now);
    void (*log_stop)(MemoryListener *l, const MemoryRegionSection *s,
                     unsigned old, unsigned now);
    void (*eventfd_add)(MemoryListener *l, const MemoryRegionSection *s,
                        const MemoryRegionIoeventfd *e);
    void (*eventfd_del)(MemoryListener *l, const MemoryRegionSection *s,
                        const MemoryRegionIoeventfd *e);
    /* Set by registration. */
    AddressSpace *as;
    bool told; /* false: registered in a transaction, which will tell it */
};

struct AddressSpace {
    char *name;
    MemoryRegion *root;
    FlatView *current_map RCU_PROTECTED;
    GPtrArray *listeners; /* of MemoryListener*, ascending priority */
};

void address_space_init(AddressSpace *as, MemoryRegion *root,
                        const char *name) GS_FN;
void address_space_destroy(AddressSpace *as) GS_FN;
/* Until fn returns true. */
bool address_space_foreach(bool (*fn)(AddressSpace *as, void *opaque),
                           void *opaque) GS_FN;
/* It is told of all there is, as region_add; in a transaction by its commit. */
void memory_listener_register(MemoryListener *l, AddressSpace *as) GS_FN;
/* And now that it is gone, as region_del.  Fine when not registered. */
void memory_listener_unregister(MemoryListener *l) GS_FN;

/* The view of now, for as long as the RCU section lasts. */
#define address_space_to_flatview(as) \
    address_space_to_flatview_at((as), __FILE__, __LINE__)
FlatView *address_space_to_flatview_at(AddressSpace *as, const char *file,
                                       int line)
    EXCLUDES(memory_transaction) RCU_READ IO_FN;
/* The same with a reference, outside of sections. */
FlatView *address_space_get_flatview(AddressSpace *as)
    EXCLUDES(memory_transaction) IO_FN;
void flatview_unref(FlatView *view) IO_FN; /* NULL is fine */
/* Calls fn on the ranges in ascending order until it returns true. */
bool flatview_foreach(FlatView *view,
                      bool (*fn)(const MemoryRegionSection *s, void *opaque),
                      void *opaque) IO_FN;

/* Where addr leads: the section, of at most len bytes from addr on.  False:
 * nothing is there (ret_section then spans the hole).  The section has no
 * address space. */
bool flatview_translate(FlatView *view, hwaddr addr, uint64_t len,
                        MemoryRegionSection *ret_section) RCU_READ IO_FN;

/* Any length; RAM directly, MMIO in pieces of at most 8 bytes.  What cannot be
 * read is zero.  Addresses do not wrap at the end of the address space. */
MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                             void *buf, hwaddr len, bool is_write) IO_FN;
MemTxResult address_space_read(AddressSpace *as, hwaddr addr,
                               MemTxAttrs attrs, void *buf, hwaddr len) IO_FN;
MemTxResult address_space_write(AddressSpace *as, hwaddr addr,
                                MemTxAttrs attrs, const void *buf,
                                hwaddr len) IO_FN;
/* Also into ROM, but not into MMIO (MEMTX_DECODE_ERROR): for loaders. */
MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr,
                                    const void *buf, hwaddr len) IO_FN;
MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t byte,
                              hwaddr len, MemTxAttrs attrs) IO_FN;
/* One aligned or unaligned little-endian value of 1, 2, 4 or 8 bytes, as one
 * access of a device. */
MemTxResult address_space_ld(AddressSpace *as, hwaddr addr, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs) IO_FN;
MemTxResult address_space_st(AddressSpace *as, hwaddr addr, unsigned size,
                             uint64_t value, MemTxAttrs attrs) IO_FN;

/*
 * Host memory for *len bytes at addr, for a device that moves data itself;
 * *len may come back smaller.  What is not RAM gets a bounce buffer, at most
 * 4096 bytes at a time and 16 at once, which is filled now (!is_write), or
 * zero, and written back by the unmap, with the attrs given here.
 * NULL and *len 0: nothing is there, or it cannot be read with these attrs.
 * NULL and *len not 0: no buffer is free; retry when the bottom half of
 * address_space_register_map_client() runs.
 */
void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *len,
                        bool is_write, MemTxAttrs attrs) IO_FN;
/* access_len: how much was really written (marks it dirty); NULL is fine. */
void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len,
                         bool is_write, hwaddr access_len) IO_FN;
struct AioBh;
/* Schedules bh once, when a bounce buffer is free (which may be now). */
void address_space_register_map_client(struct AioBh *bh) IO_FN;
void address_space_unregister_map_client(struct AioBh *bh) IO_FN;

/* ---- region caches ------------------------------------------------------ */

/*
 * A translated range that is accessed again and again (a virtqueue's rings).
 * Set up outside of transactions; whoever holds one has a MemoryListener
 * whose commit sets it up anew.  Debug builds abort when a thread with the BQL
 * uses one that no longer leads where its address does.
 */
typedef struct MemoryRegionCache {
    uint8_t *ptr; /* of RAM; NULL: through the address space */
    AddressSpace *as;
    hwaddr addr;
    hwaddr len; /* usable: may be less than was asked for */
    ram_addr_t ram_addr;
    bool is_write;
    FlatView *view; /* referenced */
    RAMBlock *block; /* of ptr; the view holds it */
    uint64_t offset; /* of ptr in block */
} MemoryRegionCache;

#define MEMORY_REGION_CACHE_INVALID ((MemoryRegionCache){ .ptr = NULL })

/* How many of len bytes can be used, or 0. */
hwaddr address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as,
                                hwaddr addr, hwaddr len, bool is_write)
    EXCLUDES(memory_transaction) IO_FN;
void address_space_cache_destroy(MemoryRegionCache *cache) IO_FN;
/* Within cache->len, else MEMTX_DECODE_ERROR. */
MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr offset,
                                      void *buf, hwaddr len) IO_FN;
MemTxResult address_space_write_cached(MemoryRegionCache *cache,
                                       hwaddr offset, const void *buf,
                                       hwaddr len) IO_FN;
/* Little-endian values; aligned ones are single atomic accesses. */
uint16_t address_space_lduw_cached(MemoryRegionCache *cache, hwaddr offset)
    IO_FN;
uint32_t address_space_ldl_cached(MemoryRegionCache *cache, hwaddr offset)
    IO_FN;
uint64_t address_space_ldq_cached(MemoryRegionCache *cache, hwaddr offset)
    IO_FN;
void address_space_stw_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint16_t value) IO_FN;
void address_space_stl_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint32_t value) IO_FN;
void address_space_stq_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint64_t value) IO_FN;

/* One line for each region, or each range of a view, as `info mtree`. */
char *memory_region_dump(MemoryRegion *root) GS_FN;
char *flatview_dump(FlatView *view) IO_FN;

#endif
