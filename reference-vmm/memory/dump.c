/* SPDX-License-Identifier: MIT */
/*
 * dump.c - trees and views as text, as `info mtree` shows them.
 *
 * Thread context: the BQL for trees; any for views, with a reference.
 */
#include "memory/flatview.h"
#include "memory/region.h"
#include <inttypes.h>

static const char *kind_name(const MemoryRegion *mr)
{
    static const char *const names[] = {
        [MEMORY_REGION_CONTAINER] = "container",
        [MEMORY_REGION_RAM] = "ram",
        [MEMORY_REGION_ROM] = "rom",
        [MEMORY_REGION_ROM_DEVICE] = "romd",
        [MEMORY_REGION_IO] = "i/o",
        [MEMORY_REGION_ALIAS] = "alias",
    };

    return mr->kind == MEMORY_REGION_RAM && mr->readonly ? "rom"
        : names[mr->kind];
}

/* The last address of size bytes from base on; both as the guest counts. */
static uint64_t last_of(uint64_t base, uint64_t size)
{
    return size == UINT64_MAX ? UINT64_MAX : size ? base + (size - 1) : base;
}

static void REQUIRES(bql)
dump_region(GString *out, const MemoryRegion *mr, hwaddr base, int level)
{
    g_string_append_printf(out, "%*s%016" PRIx64 "-%016" PRIx64
                           " (prio %d, %s%s): ", level * 2, "", base,
                           last_of(base, mr->size), mr->priority,
                           kind_name(mr),
                           mr->readonly && !mr->ram_block ? ", readonly" : "");
    g_string_append(out, mr->name);
    if (mr->alias) {
        g_string_append_printf(out, " @%s %016" PRIx64 "-%016" PRIx64,
                               mr->alias->name, mr->alias_offset,
                               last_of(mr->alias_offset, mr->size));
    }
    g_string_append(out, mr->enabled ? "\n" : " [disabled]\n");
    for (unsigned i = 0; mr->subregions && i < mr->subregions->len; i++) {
        const MemoryRegion *sub = g_ptr_array_index(mr->subregions, i);

        dump_region(out, sub, base + sub->addr, level + 1);
    }
}

char *memory_region_dump(MemoryRegion *root)
{
    GString *out = g_string_new(NULL);

    GLOBAL_STATE_CODE();
    memory_region_check(root);
    dump_region(out, root, root->addr, 0);
    return g_string_free(out, FALSE);
}

char *flatview_dump(FlatView *view)
{
    GString *out = g_string_new(NULL);

    IO_CODE();
    for (unsigned i = 0; i < view->n; i++) {
        const FlatRange *r = &view->ranges[i];

        g_string_append_printf(out, "%016" PRIx64 "-%016" PRIx64
                               " (prio %d, %s%s): %s", r->addr, r->last,
                               r->mr->priority, kind_name(r->mr),
                               r->readonly && !r->block ? ", readonly" : "",
                               r->mr->name);
        if (r->offset) {
            g_string_append_printf(out, " @%016" PRIx64, r->offset);
        }
        g_string_append_c(out, '\n');
    }
    if (!view->n) {
        g_string_append(out, "(empty)\n");
    }
    return g_string_free(out, FALSE);
}
