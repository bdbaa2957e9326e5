/* SPDX-License-Identifier: MIT */
/*
 * flatview.c - what a change of memory costs, and what an access does, by the
 * number of regions.  Built and run by the script of the same name.
 *
 * Thread context: the main thread, with the BQL where it says so.
 */
#include "base/thread.h"
#include "memory/memory.h"
#include <stdio.h>
#include <stdlib.h>

#define RAM_BASE ((hwaddr)1 << 40)
#define RAM_SIZE ((uint64_t)64 << 20)

static struct {
    MemoryRegion root, ram, one;
    MemoryRegion *regions;
    AddressSpace as;
    unsigned told;
} m;

static MemTxResult dev_read(void *opaque, hwaddr offset, unsigned size,
                            uint64_t *ret_value, MemTxAttrs attrs)
{
    *ret_value = offset;
    return MEMTX_OK;
}

static const MemoryRegionOps ops = { .read = dev_read };
static const MemoryRegionOps lockless_ops = {
    .read = dev_read,
    .lockless = true,
};

static void on_section(MemoryListener *l, const MemoryRegionSection *s)
{
    m.told++;
}

/* n regions next to each other, as the pages of 4 KiB from 0 on; the last is
 * lockless. */
static void build(unsigned n) REQUIRES(bql)
{
    memory_region_init(&m.root, "root", UINT64_MAX);
    m.regions = g_new0(MemoryRegion, n);
    memory_region_transaction_begin();
    if (!memory_region_init_ram(&m.ram, "ram", RAM_SIZE, NULL)) {
        exit(2);
    }
    memory_region_add_subregion(&m.root, RAM_BASE, &m.ram);
    for (unsigned i = 0; i < n; i++) {
        memory_region_init_io(&m.regions[i],
                              i == n - 1 ? &lockless_ops : &ops, NULL,
                              "region", 4096);
        memory_region_add_subregion(&m.root, (hwaddr)i * 4096, &m.regions[i]);
    }
    memory_region_init_io(&m.one, &ops, NULL, "one", 4096);
    memory_region_transaction_commit();
    address_space_init(&m.as, &m.root, "memory");
}

static void take_apart(unsigned n) REQUIRES(bql)
{
    address_space_destroy(&m.as);
    for (unsigned i = 0; i < n; i++) {
        memory_region_del_subregion(&m.root, &m.regions[i]);
        memory_region_finalize(&m.regions[i]);
    }
    memory_region_del_subregion(&m.root, &m.ram);
    memory_region_finalize(&m.ram);
    memory_region_finalize(&m.one);
    memory_region_finalize(&m.root);
    vm_rcu_call(g_free, m.regions);
}

/* Microseconds of a commit: a region comes or goes on top of another. */
static double commit_us(unsigned n) REQUIRES(bql)
{
    unsigned rounds = 20000 / n + 20;
    int64_t start = vm_clock_ns();

    for (unsigned i = 0; i < rounds; i++) {
        memory_region_add_subregion_overlap(&m.root, (hwaddr)(n / 2) * 4096,
                                            &m.one, 1);
        memory_region_del_subregion(&m.root, &m.one);
    }
    return (double)(vm_clock_ns() - start) / (2 * rounds) / 1000;
}

typedef struct Loads {
    hwaddr base;
    unsigned pages, step; /* step: how many pages further each time */
    double ns;
} Loads;

static void *load_thread(void *opaque)
{
    Loads *l = opaque;
    const unsigned rounds = 2000000;
    int64_t start = vm_clock_ns();
    unsigned page = 0;
    uint64_t v;

    for (unsigned i = 0; i < rounds; i++) {
        if (address_space_ld(&m.as, l->base + (hwaddr)page * 4096 + i % 512 * 8,
                             8, &v, MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            exit(3);
        }
        page = (page + l->step) % l->pages;
    }
    l->ns = (double)(vm_clock_ns() - start) / rounds;
    return NULL;
}

/* In a thread of its own, as a vCPU: it takes the BQL for each MMIO access. */
static double NO_TSA load_ns(hwaddr base, unsigned pages, unsigned step)
{
    Loads l = { base, pages, step, 0 };

    bql_unlock();
    vm_thread_join(vm_thread_create("load", VM_ROLE_VCPU, load_thread, &l,
                                    NULL));
    bql_lock();
    return l.ns;
}

static double copy_gbs(void)
{
    uint8_t *buf = g_malloc0(RAM_SIZE);
    int64_t start;

    /* Once before, so that all pages are there. */
    address_space_write(&m.as, RAM_BASE, MEMTXATTRS_UNSPECIFIED, buf,
                        RAM_SIZE);
    start = vm_clock_ns();
    for (unsigned i = 0; i < 4; i++) {
        address_space_read(&m.as, RAM_BASE, MEMTXATTRS_UNSPECIFIED, buf,
                           RAM_SIZE);
    }
    g_free(buf);
    return 4.0 * (double)RAM_SIZE / (double)(vm_clock_ns() - start);
}

int NO_TSA main(void)
{
    static const unsigned counts[] = { 10, 100, 1000, 10000 };

    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    printf("%8s %12s %14s %9s %9s %9s %9s %10s\n", "regions", "commit us",
           "+ listener us", "RAM ns", "MMIO ns", "held ns", "random ns",
           "RAM GB/s");
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
        MemoryListener l = { .name = "l", .region_add = on_section,
                             .region_del = on_section,
                             .region_nop = on_section };
        Loads held = { 0, 1, 0, 0 };
        unsigned n = counts[i];
        double plain, told;

        build(n);
        plain = commit_us(n);
        memory_listener_register(&l, &m.as);
        told = commit_us(n);
        memory_listener_unregister(&l);
        load_thread(&held);
        printf("%8u %12.1f %14.1f %9.1f %9.1f %9.1f %9.1f %10.1f\n", n, plain,
               told, load_ns(RAM_BASE, 16, 1), load_ns(0, 1, 0), held.ns,
               load_ns(0, n, 7919), copy_gbs());
        fflush(stdout);
        take_apart(n);
        bql_unlock();
        vm_rcu_barrier();
        bql_lock();
    }
    bql_unlock();
    return 0;
}
