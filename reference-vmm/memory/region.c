/* SPDX-License-Identifier: MIT */
/*
 * region.c - the tree of regions: making them, hanging them in, changing
 * them.  Every change is a transaction of its own, unless one is open.
 *
 * Thread context: the BQL.
 */
#include "memory/region.h"
#include "memory/ioeventfd.h"
#include "memory/ram_block.h"
#include "memory/transaction.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void memory_bug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

void memory_region_check_at(const MemoryRegion *mr, const char *function)
{
    if (memory_region_is_finalized(mr)) {
        memory_bug("%s: memory region %p is finalized", function,
                   (const void *)mr);
    }
    if (__atomic_load_n(&mr->magic, __ATOMIC_RELAXED) != MEMORY_REGION_ALIVE) {
        memory_bug("%s: %p is not a memory region", function,
                   (const void *)mr);
    }
}

/* ---- making and ending -------------------------------------------------- */

static void init_kind(MemoryRegion *mr, MemoryRegionKind kind,
                      const char *name, uint64_t size)
{
    *mr = (MemoryRegion){
        .name = g_strdup(name),
        .kind = kind,
        .size = size,
        .enabled = true,
        .romd_mode = true,
        .magic = MEMORY_REGION_ALIVE,
    };
}

void memory_region_init(MemoryRegion *mr, const char *name, uint64_t size)
{
    GLOBAL_STATE_CODE();
    init_kind(mr, MEMORY_REGION_CONTAINER, name, size);
}

void memory_region_init_io(MemoryRegion *mr, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size)
{
    GLOBAL_STATE_CODE();
    init_kind(mr, MEMORY_REGION_IO, name, size);
    mr->ops = ops;
    mr->opaque = opaque;
}

static bool REQUIRES(bql)
init_ram_kind(MemoryRegion *mr, MemoryRegionKind kind, const char *name,
              uint64_t size, bool memfd, GError **error)
{
    RAMBlock *block = ram_block_new(name, size, memfd, mr, error);

    if (!block) {
        return false;
    }
    init_kind(mr, kind, name, size);
    mr->ram_block = block;
    mr->readonly = kind == MEMORY_REGION_ROM;
    return true;
}

bool memory_region_init_ram(MemoryRegion *mr, const char *name, uint64_t size,
                            GError **error)
{
    GLOBAL_STATE_CODE();
    return init_ram_kind(mr, MEMORY_REGION_RAM, name, size, false, error);
}

bool memory_region_init_ram_memfd(MemoryRegion *mr, const char *name,
                                  uint64_t size, GError **error)
{
    GLOBAL_STATE_CODE();
    return init_ram_kind(mr, MEMORY_REGION_RAM, name, size, true, error);
}

bool memory_region_init_rom(MemoryRegion *mr, const char *name, uint64_t size,
                            GError **error)
{
    GLOBAL_STATE_CODE();
    return init_ram_kind(mr, MEMORY_REGION_ROM, name, size, false, error);
}

bool memory_region_init_rom_device(MemoryRegion *mr,
                                   const MemoryRegionOps *ops, void *opaque,
                                   const char *name, uint64_t size,
                                   GError **error)
{
    GLOBAL_STATE_CODE();
    if (!init_ram_kind(mr, MEMORY_REGION_ROM_DEVICE, name, size, false,
                       error)) {
        return false;
    }
    mr->ops = ops;
    mr->opaque = opaque;
    return true;
}

void memory_region_init_alias(MemoryRegion *mr, const char *name,
                              MemoryRegion *target, hwaddr offset,
                              uint64_t size)
{
    GLOBAL_STATE_CODE();
    memory_region_check(target);
    init_kind(mr, MEMORY_REGION_ALIAS, name, size);
    mr->alias = target;
    mr->alias_offset = offset;
}

/*
 * A reader in an RCU section may still come across the region in the old
 * view: what it looks at there (magic, ops, name) stays for a grace period.
 */
void memory_region_finalize(MemoryRegion *mr)
{
    GLOBAL_STATE_CODE();
    if (!mr->magic) {
        return;
    }
    memory_region_check(mr);
    if (mr->container) {
        memory_bug("memory region \"%s\" is finalized while it is part of "
                   "\"%s\"", mr->name, mr->container->name);
    }
    if (mr->subregions && mr->subregions->len) {
        memory_bug("memory region \"%s\" is finalized while it has "
                   "subregions", mr->name);
    }
    if (mr->busy) {
        memory_bug("memory region \"%s\" is finalized while one of its "
                   "callbacks runs", mr->name);
    }
    memory_region_check_no_root(mr);
    __atomic_store_n(&mr->magic, MEMORY_REGION_FINALIZED, __ATOMIC_RELAXED);
    vm_rcu_call(g_free, mr->name);
    if (mr->subregions) {
        g_ptr_array_free(mr->subregions, TRUE);
        mr->subregions = NULL;
    }
    memory_region_free_ioeventfds(mr);
    if (mr->ram_block) {
        ram_block_retire(mr->ram_block);
    }
}

/* ---- the tree ----------------------------------------------------------- */

/* Where a new region of this priority goes: before those of the same one. */
static unsigned subregion_index(const GPtrArray *subregions, int priority)
{
    unsigned low = 0, high = subregions->len;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        const MemoryRegion *other = g_ptr_array_index(subregions, middle);

        if (other->priority > priority) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void check_new_place(const MemoryRegion *container,
                            const MemoryRegion *sub)
{
    if (sub->container) {
        memory_bug("memory region \"%s\" is part of \"%s\" already",
                   sub->name, sub->container->name);
    }
    if (container->kind == MEMORY_REGION_ALIAS) {
        memory_bug("memory region \"%s\" is an alias: it has no subregions",
                   container->name);
    }
    for (const MemoryRegion *mr = container; mr; mr = mr->container) {
        if (mr == sub) {
            memory_bug("memory region \"%s\" would become part of itself",
                       sub->name);
        }
    }
}

static void REQUIRES(bql)
add_subregion(MemoryRegion *container, MemoryRegion *sub)
{
    if (!container->subregions) {
        container->subregions = g_ptr_array_new();
    }
    g_ptr_array_insert(container->subregions,
                       (int)subregion_index(container->subregions,
                                            sub->priority), sub);
    sub->container = container;
}

void memory_region_add_subregion_overlap(MemoryRegion *container, hwaddr addr,
                                         MemoryRegion *sub, int priority)
{
    GLOBAL_STATE_CODE();
    memory_region_check(container);
    memory_region_check(sub);
    check_new_place(container, sub);
    memory_region_transaction_begin();
    sub->addr = addr;
    sub->priority = priority;
    add_subregion(container, sub);
    memory_region_changed(container->enabled && sub->enabled);
    memory_region_transaction_commit();
}

void memory_region_add_subregion(MemoryRegion *container, hwaddr addr,
                                 MemoryRegion *sub)
{
    GLOBAL_STATE_CODE();
    memory_region_add_subregion_overlap(container, addr, sub, 0);
}

void memory_region_del_subregion(MemoryRegion *container, MemoryRegion *sub)
{
    GLOBAL_STATE_CODE();
    memory_region_check(container);
    memory_region_check(sub);
    if (sub->container != container) {
        memory_bug("memory region \"%s\" is not part of \"%s\"", sub->name,
                   container->name);
    }
    memory_region_transaction_begin();
    g_ptr_array_remove(container->subregions, sub);
    sub->container = NULL;
    memory_region_changed(container->enabled && sub->enabled);
    memory_region_transaction_commit();
}

/* ---- changing them ------------------------------------------------------ */

/* Sets a field, when it is another value; visible: whether that can be seen. */
#define SET_FIELD(mr, field, value, visible)         \
    do {                                             \
        memory_region_check(mr);                     \
        if ((mr)->field != (value)) {                \
            memory_region_transaction_begin();       \
            (mr)->field = (value);                   \
            memory_region_changed(visible);          \
            memory_region_transaction_commit();      \
        }                                            \
    } while (0)

void memory_region_set_enabled(MemoryRegion *mr, bool enabled)
{
    GLOBAL_STATE_CODE();
    SET_FIELD(mr, enabled, enabled, true);
}

/* The moved region goes on top of those of its priority. */
void memory_region_set_address(MemoryRegion *mr, hwaddr addr)
{
    GLOBAL_STATE_CODE();
    memory_region_check(mr);
    if (mr->addr == addr) {
        return;
    }
    memory_region_transaction_begin();
    mr->addr = addr;
    if (mr->container) {
        MemoryRegion *container = mr->container;

        g_ptr_array_remove(container->subregions, mr);
        add_subregion(container, mr);
    }
    memory_region_changed(mr->enabled);
    memory_region_transaction_commit();
}

void memory_region_set_size(MemoryRegion *mr, uint64_t size)
{
    GLOBAL_STATE_CODE();
    SET_FIELD(mr, size, size, mr->enabled);
}

void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset)
{
    GLOBAL_STATE_CODE();
    SET_FIELD(mr, alias_offset, offset, mr->enabled);
}

void memory_region_set_readonly(MemoryRegion *mr, bool readonly)
{
    GLOBAL_STATE_CODE();
    SET_FIELD(mr, readonly, readonly, mr->enabled);
}

void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd)
{
    GLOBAL_STATE_CODE();
    SET_FIELD(mr, romd_mode, romd, mr->enabled);
}

void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client)
{
    unsigned mask = log ? mr->dirty_log_mask | 1u << client
                        : mr->dirty_log_mask & ~(1u << client);

    GLOBAL_STATE_CODE();
    g_assert(mr->ram_block && client < DIRTY_MEMORY_NUM);
    /* Before the commit, whose flush_all makes the vCPUs look at it. */
    __atomic_store_n(&mr->ram_block->log_mask, mask, __ATOMIC_SEQ_CST);
    SET_FIELD(mr, dirty_log_mask, mask, mr->enabled);
}

/* ---- host memory -------------------------------------------------------- */

void *memory_region_get_ram_ptr(const MemoryRegion *mr)
{
    memory_region_check(mr);
    return mr->ram_block ? mr->ram_block->host : NULL;
}

ram_addr_t memory_region_get_ram_addr(const MemoryRegion *mr)
{
    memory_region_check(mr);
    return mr->ram_block ? mr->ram_block->offset : RAM_ADDR_INVALID;
}

int memory_region_ram_fd(const MemoryRegion *mr)
{
    memory_region_check(mr);
    return mr->ram_block ? mr->ram_block->fd : -1;
}
