/* SPDX-License-Identifier: MIT */
/*
 * ram_block.h - guest RAM: its blocks, and which of its pages are dirty.
 *
 * Every block has a place in one space of ram_addr_t.  Dirty bits are kept a
 * page and a client:
 *   DIRTY_MEMORY_MIGRATION  what must be sent (again)
 *   DIRTY_MEMORY_TEST       for whoever compares memories
 *
 * The rule that nothing gets lost by: a writer writes first and sets the bit
 * after (release).  A vCPU may keep "this page is dirty for all clients" in
 * its software TLB and then sets no bit.  So whoever clears bits first clears
 * them (acquire), then resets the cached translations of every vCPU for these
 * pages and waits until each has done so, and only then reads the pages.
 *
 * Thread context: the list of blocks changes under the BQL and is read under
 * RCU; dirty bits are atomic.
 */
#ifndef REFVMM_MEMORY_RAM_BLOCK_H
#define REFVMM_MEMORY_RAM_BLOCK_H

#include "memory/memory.h"

typedef enum DirtyMemoryClient {
    DIRTY_MEMORY_MIGRATION,
    DIRTY_MEMORY_TEST,
    DIRTY_MEMORY_NUM,
} DirtyMemoryClient;

struct RAMBlock {
    char *idstr; /* unique: the region's name */
    uint8_t *host;
    uint64_t size; /* multiple of TARGET_PAGE_SIZE */
    ram_addr_t offset;
    int fd; /* memfd, or -1 */
    MemoryRegion *mr; /* NULL: finalized, but still in use */
    uint64_t *dirty[DIRTY_MEMORY_NUM]; /* bitmaps, one bit a page; atomic */
    unsigned log_mask; /* clients that log this block; atomic */
    unsigned refs;     /* atomic */
};

/* Memory of a region; by memory_region_init_ram() and the like. */
RAMBlock *ram_block_new(const char *idstr, uint64_t size, bool memfd,
                        MemoryRegion *mr, GError **error) GS_FN;
/* The region is gone; the block goes with its last reference. */
void ram_block_retire(RAMBlock *block) GS_FN;
/* In an RCU section, or with another reference. */
RAMBlock *ram_block_ref(RAMBlock *block) IO_FN;
void ram_block_unref(RAMBlock *block) IO_FN; /* NULL is fine */

/* In order of offset, until fn returns true. */
bool ram_block_foreach(bool (*fn)(RAMBlock *block, void *opaque),
                       void *opaque) RCU_READ IO_FN;
RAMBlock *ram_block_find(const char *idstr) RCU_READ IO_FN;
/* Of host memory within a block (also one whose region is finalized);
 * ret_offset within it. */
RAMBlock *ram_block_from_host(const void *host, ram_addr_t *ret_offset)
    RCU_READ IO_FN;

/* Which clients log at all; a bit is only set for these (and those of
 * memory_region_set_log()).  Starts with all pages clean. */
void memory_global_dirty_log_start(DirtyMemoryClient client) GS_FN;
void memory_global_dirty_log_stop(DirtyMemoryClient client) GS_FN;
unsigned memory_dirty_log_mask(void) IO_FN;

void ram_block_set_dirty(RAMBlock *block, ram_addr_t offset, uint64_t len)
    IO_FN;
/* Whether a store needs to say so: some client that logs has a clear bit. */
bool ram_block_needs_dirty(const RAMBlock *block, ram_addr_t offset) IO_FN;
bool ram_block_get_dirty(const RAMBlock *block, ram_addr_t offset,
                         uint64_t len, DirtyMemoryClient client) IO_FN;
/* Whether a bit was set.  Resets the vCPUs' translations: see above. */
bool ram_block_test_and_clear_dirty(RAMBlock *block, ram_addr_t offset,
                                    uint64_t len, DirtyMemoryClient client)
    IO_FN;
/* Moves the bits of all pages into bitmap (or-ing); how many it moved.  Resets
 * translations, as above. */
uint64_t ram_block_sync_dirty(RAMBlock *block, DirtyMemoryClient client,
                              uint64_t *bitmap) IO_FN;

/*
 * The vCPUs' part: called after bits were cleared, returns when no vCPU can
 * store to these pages through an old translation.  And flush_all after a
 * commit that changed a view: it is called with the BQL, for which a vCPU may
 * be waiting inside address_space_rw() and the like; such a one holds no
 * translation.  Hooks may be called until nobody clears dirty bits and no
 * commit runs any more.
 */
typedef struct TlbHooks {
    void (*reset_dirty)(void *opaque, const uint8_t *host, uint64_t len);
    void (*flush_all)(void *opaque);
    void *opaque;
} TlbHooks;
void memory_set_tlb_hooks(const TlbHooks *hooks) GS_FN; /* NULL: none */

/*
 * Copies between guest RAM and ours.  The guest may write at the same time:
 * each aligned word is whole, more is not promised, and ThreadSanitizer is
 * told so.
 */
void ram_copy_from_guest(void *buf, const uint8_t *host, size_t len) IO_FN;
void ram_copy_to_guest(uint8_t *host, const void *buf, size_t len) IO_FN;

#endif
