/* SPDX-License-Identifier: MIT */
/*
 * dirty.c - which pages were written, for each client that logs.
 *
 * ram_block.h has the rule.  Here is why the barriers are where they are.  A
 * writer stores data and then looks at the log mask and the bit; a client sets
 * the mask, or clears the bit, and then reads the data.  Either the writer
 * sees the mask and the clear bit (and sets it), or the client sees the data:
 * both need a full barrier between their store and their load.
 *
 * Thread context: any; logging starts and stops under the BQL.
 */
#include "base/barrier.h"
#include "memory/ram_block.h"
#include "memory/region.h"
#include "memory/tlb_hooks.h"
#include "memory/transaction.h"

static unsigned global_mask; /* atomic; changes under the BQL */
static TlbHooks *hooks RCU_PROTECTED;

/* ---- the vCPUs ---------------------------------------------------------- */

void NO_TSA memory_set_tlb_hooks(const TlbHooks *now)
{
    TlbHooks *old;

    /* NO_TSA: hooks change under the BQL, which makes this a writer. */
    GLOBAL_STATE_CODE();
    old = vm_rcu_dereference(&hooks);
    vm_rcu_assign(&hooks, now ? g_memdup2(now, sizeof(*now)) : NULL);
    if (old) {
        vm_rcu_call(g_free, old);
    }
}

/* A copy: the hooks wait for vCPUs, which no RCU section should. */
static TlbHooks copy_hooks(void)
{
    TlbHooks copy = { 0 };
    const TlbHooks *p;

    vm_rcu_read_lock();
    p = vm_rcu_dereference(&hooks);
    if (p) {
        copy = *p;
    }
    vm_rcu_read_unlock();
    return copy;
}

void tlb_hooks_reset_dirty(const uint8_t *host, uint64_t len)
{
    TlbHooks h = copy_hooks();

    if (h.reset_dirty) {
        h.reset_dirty(h.opaque, host, len);
    }
}

void tlb_hooks_flush_all(void)
{
    TlbHooks h = copy_hooks();

    GLOBAL_STATE_CODE();
    if (h.flush_all) {
        h.flush_all(h.opaque);
    }
}

/* ---- bits --------------------------------------------------------------- */

typedef struct PageRange {
    uint64_t first, last; /* pages, inclusive */
} PageRange;

/* False: no page. */
static bool page_range(const RAMBlock *block, ram_addr_t offset, uint64_t len,
                       PageRange *ret)
{
    if (!len || offset >= block->size) {
        return false;
    }
    len = MIN(len, block->size - offset);
    ret->first = offset >> TARGET_PAGE_BITS;
    ret->last = (offset + len - 1) >> TARGET_PAGE_BITS;
    return true;
}

/* The bits of a range that lie in its word number w. */
static uint64_t word_mask(const PageRange *r, uint64_t w)
{
    uint64_t mask = UINT64_MAX;

    if (w == r->first / 64) {
        mask &= UINT64_MAX << (r->first % 64);
    }
    if (w == r->last / 64) {
        mask &= UINT64_MAX >> (63 - r->last % 64);
    }
    return mask;
}

static unsigned block_mask(const RAMBlock *block)
{
    return __atomic_load_n(&global_mask, __ATOMIC_RELAXED) |
        __atomic_load_n(&block->log_mask, __ATOMIC_RELAXED);
}

unsigned memory_dirty_log_mask(void)
{
    return __atomic_load_n(&global_mask, __ATOMIC_RELAXED);
}

static void set_bits(uint64_t *bitmap, const PageRange *r)
{
    for (uint64_t w = r->first / 64; w <= r->last / 64; w++) {
        uint64_t mask = word_mask(r, w);

        if (~__atomic_load_n(&bitmap[w], __ATOMIC_RELAXED) & mask) {
            __atomic_fetch_or(&bitmap[w], mask, __ATOMIC_RELEASE);
        }
    }
}

void ram_block_set_dirty(RAMBlock *block, ram_addr_t offset, uint64_t len)
{
    PageRange r;
    unsigned mask;

    IO_CODE();
    /* Pairs with those of clear_bits() and memory_global_dirty_log_start(). */
    vm_full_barrier();
    mask = block_mask(block);
    if (!mask || !page_range(block, offset, len, &r)) {
        return;
    }
    for (unsigned i = 0; i < DIRTY_MEMORY_NUM; i++) {
        if (mask & 1u << i) {
            set_bits(block->dirty[i], &r);
        }
    }
}

bool ram_block_needs_dirty(const RAMBlock *block, ram_addr_t offset)
{
    uint64_t page = offset >> TARGET_PAGE_BITS;
    unsigned mask = block_mask(block);

    for (unsigned i = 0; i < DIRTY_MEMORY_NUM; i++) {
        if (mask & 1u << i && offset < block->size &&
            !(__atomic_load_n(&block->dirty[i][page / 64], __ATOMIC_RELAXED) &
              (uint64_t)1 << page % 64)) {
            return true;
        }
    }
    return false;
}

bool ram_block_get_dirty(const RAMBlock *block, ram_addr_t offset,
                         uint64_t len, DirtyMemoryClient client)
{
    const uint64_t *bitmap = block->dirty[client];
    PageRange r;

    IO_CODE();
    if (!page_range(block, offset, len, &r)) {
        return false;
    }
    for (uint64_t w = r.first / 64; w <= r.last / 64; w++) {
        if (__atomic_load_n(&bitmap[w], __ATOMIC_ACQUIRE) & word_mask(&r, w)) {
            return true;
        }
    }
    return false;
}

static uint64_t take_bits(uint64_t *word, uint64_t mask)
{
    if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & mask)) {
        return 0;
    }
    return __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST) & mask;
}

bool ram_block_test_and_clear_dirty(RAMBlock *block, ram_addr_t offset,
                                    uint64_t len, DirtyMemoryClient client)
{
    uint64_t taken = 0;
    PageRange r;

    IO_CODE();
    if (!page_range(block, offset, len, &r)) {
        return false;
    }
    for (uint64_t w = r.first / 64; w <= r.last / 64; w++) {
        taken |= take_bits(&block->dirty[client][w], word_mask(&r, w));
    }
    if (taken) {
        /* Pairs with ram_block_set_dirty(). */
        vm_full_barrier();
        tlb_hooks_reset_dirty(block->host + (r.first << TARGET_PAGE_BITS),
                              (r.last - r.first + 1) << TARGET_PAGE_BITS);
    }
    return taken;
}

uint64_t ram_block_sync_dirty(RAMBlock *block, DirtyMemoryClient client,
                              uint64_t *bitmap)
{
    uint64_t words = (block->size / TARGET_PAGE_SIZE + 63) / 64;
    uint64_t taken, n = 0, first = words, last = 0;

    IO_CODE();
    for (uint64_t w = 0; w < words; w++) {
        taken = take_bits(&block->dirty[client][w], UINT64_MAX);
        if (taken) {
            bitmap[w] |= taken;
            n += (unsigned)__builtin_popcountll(taken);
            first = MIN(first, w);
            last = w;
        }
    }
    if (n) {
        uint64_t from = first * 64 << TARGET_PAGE_BITS;
        uint64_t to = (last + 1) * 64 << TARGET_PAGE_BITS;

        /* Pairs with ram_block_set_dirty(). */
        vm_full_barrier();
        tlb_hooks_reset_dirty(block->host + from,
                              MIN(to, block->size) - from);
    }
    return n;
}

/* ---- logging ------------------------------------------------------------ */

typedef struct ClearBlock {
    DirtyMemoryClient client;
} ClearBlock;

static bool clear_block(RAMBlock *block, void *opaque)
{
    const ClearBlock *c = opaque;
    uint64_t words = (block->size / TARGET_PAGE_SIZE + 63) / 64;

    for (uint64_t w = 0; w < words; w++) {
        __atomic_store_n(&block->dirty[c->client][w], 0, __ATOMIC_RELAXED);
    }
    return false;
}

void memory_global_dirty_log_start(DirtyMemoryClient client)
{
    ClearBlock c = { client };

    GLOBAL_STATE_CODE();
    if (memory_dirty_log_mask() & 1u << client) {
        return;
    }
    vm_rcu_read_lock();
    ram_block_foreach(clear_block, &c);
    vm_rcu_read_unlock();
    __atomic_fetch_or(&global_mask, 1u << client, __ATOMIC_SEQ_CST);
    /* Pairs with ram_block_set_dirty(); the commit's flush does the same for
     * the vCPUs, which did not say what they wrote so far. */
    vm_full_barrier();
    memory_region_transaction_begin();
    memory_region_changed(true);
    memory_region_transaction_commit();
}

void memory_global_dirty_log_stop(DirtyMemoryClient client)
{
    GLOBAL_STATE_CODE();
    if (!(memory_dirty_log_mask() & 1u << client)) {
        return;
    }
    __atomic_fetch_and(&global_mask, ~(1u << client), __ATOMIC_SEQ_CST);
    memory_region_transaction_begin();
    memory_region_changed(true);
    memory_region_transaction_commit();
}
