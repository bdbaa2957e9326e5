/* SPDX-License-Identifier: MIT */
/*
 * cache.c - ranges that are translated once and accessed often.
 *
 * Thread context: that of whoever holds the cache.  Its view keeps the RAM in
 * memory, so that one who has not heard of a commit yet writes to memory that
 * nobody sees any more, and nothing worse.
 */
#include "memory/flatview.h"
#include "memory/region.h"
#include "memory/transaction.h"
#include <inttypes.h>
#include <string.h>

hwaddr address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as,
                                hwaddr addr, hwaddr len, bool is_write)
{
    FlatView *view;
    const FlatRange *r;
    hwaddr hole;

    IO_CODE();
    *cache = MEMORY_REGION_CACHE_INVALID;
    if (!len) {
        return 0;
    }
    view = address_space_get_flatview(as);
    r = flatview_lookup(view, addr, &hole);
    if (!r) {
        flatview_unref(view);
        return 0;
    }
    *cache = (MemoryRegionCache){
        .as = as,
        .addr = addr,
        .len = MIN(len - 1, r->last - addr) + 1,
        .ram_addr = RAM_ADDR_INVALID,
        .is_write = is_write,
        .view = view,
    };
    if (is_write ? r->write_direct : r->read_direct) {
        cache->ptr = r->host + (addr - r->addr);
        cache->block = r->block;
        cache->offset = (uint64_t)(cache->ptr - r->block->host);
        cache->ram_addr = r->block->offset + cache->offset;
    }
    return cache->len;
}

void address_space_cache_destroy(MemoryRegionCache *cache)
{
    IO_CODE();
    flatview_unref(cache->view);
    *cache = MEMORY_REGION_CACHE_INVALID;
}

#ifdef HOLDFAST_DEBUG_CHECKS

/*
 * A thread with the BQL is not in a race with commits: its cache must have
 * been set up anew by the last one, or lead where it led before.
 */
static void check_fresh(const MemoryRegionCache *cache)
{
    const FlatView *now;
    const FlatRange *r;
    hwaddr hole;

    if (!cache->ptr || !memory_views_are_current()) {
        return;
    }
    vm_rcu_read_lock();
    now = vm_rcu_dereference(&cache->as->current_map);
    if (now != cache->view) {
        r = flatview_lookup(now, cache->addr, &hole);
        if (!r || !r->host || r->host + (cache->addr - r->addr) != cache->ptr ||
            r->last - cache->addr < cache->len - 1) {
            memory_bug("a stale region cache is used: 0x%" PRIx64 " of \"%s\" "
                       "is no longer 0x%" PRIx64 " of RAM block \"%s\"",
                       cache->addr, cache->as->name, cache->offset,
                       cache->block->idstr);
        }
    }
    vm_rcu_read_unlock();
}

#else

static void check_fresh(const MemoryRegionCache *cache)
{
}

#endif

static bool within(const MemoryRegionCache *cache, hwaddr offset, hwaddr len)
{
    return offset <= cache->len && len <= cache->len - offset;
}

MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr offset,
                                      void *buf, hwaddr len)
{
    IO_CODE();
    if (!within(cache, offset, len)) {
        memset(buf, 0, len);
        return MEMTX_DECODE_ERROR;
    }
    check_fresh(cache);
    if (!cache->ptr) {
        return address_space_read(cache->as, cache->addr + offset,
                                  MEMTXATTRS_UNSPECIFIED, buf, len);
    }
    ram_copy_from_guest(buf, cache->ptr + offset, len);
    return MEMTX_OK;
}

/* A cache for reading may be of ROM: it is asked like anybody. */
MemTxResult address_space_write_cached(MemoryRegionCache *cache,
                                       hwaddr offset, const void *buf,
                                       hwaddr len)
{
    IO_CODE();
    if (!within(cache, offset, len)) {
        return MEMTX_DECODE_ERROR;
    }
    check_fresh(cache);
    if (!cache->ptr || !cache->is_write) {
        return address_space_write(cache->as, cache->addr + offset,
                                   MEMTXATTRS_UNSPECIFIED, buf, len);
    }
    ram_copy_to_guest(cache->ptr + offset, buf, len);
    ram_block_set_dirty(cache->block, cache->offset + offset, len);
    return MEMTX_OK;
}

/* One access each, also of a device; 0 where that fails. */
static uint64_t ld_cached(MemoryRegionCache *cache, hwaddr offset,
                          unsigned size)
{
    uint64_t value = 0;

    if (!within(cache, offset, size)) {
        return 0;
    }
    if (!cache->ptr) {
        address_space_ld(cache->as, cache->addr + offset, size, &value,
                         MEMTXATTRS_UNSPECIFIED);
        return value;
    }
    check_fresh(cache);
    ram_copy_from_guest(&value, cache->ptr + offset, size);
    return GUINT64_FROM_LE(value);
}

static void st_cached(MemoryRegionCache *cache, hwaddr offset, unsigned size,
                      uint64_t value)
{
    if (!within(cache, offset, size)) {
        return;
    }
    if (!cache->ptr || !cache->is_write) {
        address_space_st(cache->as, cache->addr + offset, size, value,
                         MEMTXATTRS_UNSPECIFIED);
        return;
    }
    check_fresh(cache);
    value = GUINT64_TO_LE(value);
    ram_copy_to_guest(cache->ptr + offset, &value, size);
    ram_block_set_dirty(cache->block, cache->offset + offset, size);
}

uint16_t address_space_lduw_cached(MemoryRegionCache *cache, hwaddr offset)
{
    IO_CODE();
    return (uint16_t)ld_cached(cache, offset, 2);
}

uint32_t address_space_ldl_cached(MemoryRegionCache *cache, hwaddr offset)
{
    IO_CODE();
    return (uint32_t)ld_cached(cache, offset, 4);
}

uint64_t address_space_ldq_cached(MemoryRegionCache *cache, hwaddr offset)
{
    IO_CODE();
    return ld_cached(cache, offset, 8);
}

void address_space_stw_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint16_t value)
{
    IO_CODE();
    st_cached(cache, offset, 2, value);
}

void address_space_stl_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint32_t value)
{
    IO_CODE();
    st_cached(cache, offset, 4, value);
}

void address_space_stq_cached(MemoryRegionCache *cache, hwaddr offset,
                              uint64_t value)
{
    IO_CODE();
    st_cached(cache, offset, 8, value);
}
