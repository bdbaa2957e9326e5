/* SPDX-License-Identifier: MIT */
/*
 * Readers in other threads, while memory changes under them: what they read is
 * from before or after a commit, and never from what is freed.
 */
#include "memory_test.h"
#include <sched.h>

#define COMMITS 400
#define READERS 3
#define RAM_BASE 0x80000000u
#define DEV_BASE 0x10000u
#define MAGIC 0x1badcafeu

static struct {
    MemoryRegion root, ram;
    AddressSpace as;
    bool stop;       /* atomic */
    unsigned reads;  /* atomic: of the hot-plugged device, that found it */
    unsigned rounds; /* atomic: of all readers */
} m;

/* A device that comes and goes. */
typedef struct Device {
    MemoryRegion mr;
    MemoryRegionOps ops;
    uint32_t magic;
} Device;

static MemTxResult dev_read(void *opaque, hwaddr offset, unsigned size,
                            uint64_t *ret_value, MemTxAttrs attrs)
{
    Device *d = opaque;

    *ret_value = d->magic;
    return MEMTX_OK;
}

static Device *plug(bool lockless) REQUIRES(bql)
{
    Device *d = g_new0(Device, 1);

    d->magic = MAGIC;
    d->ops = (MemoryRegionOps){ .read = dev_read, .lockless = lockless };
    memory_region_init_io(&d->mr, &d->ops, d, "dev", 0x1000);
    memory_region_add_subregion(&m.root, DEV_BASE, &d->mr);
    return d;
}

static void unplug(Device *d) REQUIRES(bql)
{
    memory_region_del_subregion(&m.root, &d->mr);
    memory_region_finalize(&d->mr);
    vm_rcu_call(g_free, d);
}

/* cmocka's assertions are the main thread's: these say so and abort. */
static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void read_ram(void)
{
    MemoryRegionCache c;
    uint64_t v;
    uint8_t buf[4096];
    MemTxResult r;

    /* The RAM is at one place or the other, and full of sevens. */
    r = address_space_read(&m.as, RAM_BASE + 0x1000, MEMTXATTRS_UNSPECIFIED,
                           buf, sizeof(buf));
    check(r != MEMTX_OK || (buf[0] == 7 && buf[4095] == 7), "RAM");
    if (address_space_cache_init(&c, &m.as, RAM_BASE, 64, false)) {
        check((address_space_ldl_cached(&c, 4) & 0xff) == 7, "cache");
        address_space_cache_destroy(&c);
    }
    if (address_space_ld(&m.as, RAM_BASE + 0x8000, 8, &v,
                         MEMTXATTRS_UNSPECIFIED) == MEMTX_OK) {
        check((v & 0xff) == 7, "ld");
    }
    address_space_st(&m.as, RAM_BASE + 0x3008, 8, 0x0707070707070707ull,
                     MEMTXATTRS_UNSPECIFIED);
}

static void map_ram(bool is_write)
{
    hwaddr len = 0x2000;
    uint8_t *p = address_space_map(&m.as, RAM_BASE, &len, is_write,
                                   MEMTXATTRS_UNSPECIFIED);

    if (p) {
        if (is_write) {
            uint8_t seven = 7;

            ram_copy_to_guest(p + len - 1, &seven, 1);
        }
        address_space_unmap(&m.as, p, len, is_write, len);
    }
}

static void *reader_thread(void *opaque)
{
    unsigned round = 0;
    uint64_t v;

    while (!__atomic_load_n(&m.stop, __ATOMIC_ACQUIRE)) {
        read_ram();
        map_ram(round++ % 2);
        if (address_space_ld(&m.as, DEV_BASE + 4, 4, &v,
                             MEMTXATTRS_UNSPECIFIED) == MEMTX_OK) {
            check(v == MAGIC, "device");
            __atomic_fetch_add(&m.reads, 1, __ATOMIC_RELAXED);
        }
        __atomic_fetch_add(&m.rounds, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Lets the readers in: until each could have had a turn, not for a time. */
static void NO_ANALYSIS let_in(void)
{
    unsigned before = __atomic_load_n(&m.rounds, __ATOMIC_ACQUIRE);

    bql_unlock();
    while (__atomic_load_n(&m.rounds, __ATOMIC_ACQUIRE) == before) {
        sched_yield();
    }
    bql_lock();
}

static void NO_TSA change_memory(unsigned i) REQUIRES(bql)
{
    Device *d = plug(i % 2);
    MemoryRegion other;

    let_in();
    /* A BAR on top of RAM, and RAM somewhere else. */
    memory_region_transaction_begin();
    memory_region_set_address(&d->mr, i % 3 ? DEV_BASE : 0x20000);
    memory_region_set_address(&m.ram, RAM_BASE + (i % 5 ? 0 : 0x1000));
    memory_region_transaction_commit();
    let_in();
    unplug(d);
    /* RAM that goes while somebody may have it mapped. */
    assert_true(memory_region_init_ram(&other, "other", 0x4000, NULL));
    memset(memory_region_get_ram_ptr(&other), 7, 0x4000);
    memory_region_add_subregion_overlap(&m.root, RAM_BASE, &other, 1);
    let_in();
    memory_region_del_subregion(&m.root, &other);
    memory_region_finalize(&other);
    /* `other` is on this stack: a grace period, before it is gone. */
    bql_unlock();
    vm_rcu_synchronize();
    bql_lock();
}

static void NO_TSA test_readers_and_commits(void **state)
{
    VmThread *readers[READERS];

    ASSERT_HELD(&bql);
    memory_region_init(&m.root, "root", UINT64_MAX);
    assert_true(memory_region_init_ram(&m.ram, "ram", 0x10000, NULL));
    memset(memory_region_get_ram_ptr(&m.ram), 7, 0x10000);
    memory_region_add_subregion(&m.root, RAM_BASE, &m.ram);
    address_space_init(&m.as, &m.root, "memory");
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = vm_thread_create("reader", VM_ROLE_CLIENT, reader_thread,
                                      NULL, NULL);
    }
    for (unsigned i = 0; i < COMMITS / 4; i++) {
        change_memory(i);
    }
    __atomic_store_n(&m.stop, true, __ATOMIC_RELEASE);
    bql_unlock();
    for (unsigned i = 0; i < READERS; i++) {
        vm_thread_join(readers[i]);
    }
    bql_lock();
    assert_true(m.reads > 0);
    memory_global_dirty_log_stop(DIRTY_MEMORY_MIGRATION);
    address_space_destroy(&m.as);
    memory_region_del_subregion(&m.root, &m.ram);
    memory_region_finalize(&m.ram);
    memory_region_finalize(&m.root);
}

/* ---- notifiers ---------------------------------------------------------- */

static MemTxResult dev_write(void *opaque, hwaddr offset, unsigned size,
                             uint64_t value, MemTxAttrs attrs)
{
    __atomic_fetch_add(&m.reads, 1, __ATOMIC_RELAXED);
    return MEMTX_OK;
}

static void *kick_thread(void *opaque)
{
    while (!__atomic_load_n(&m.stop, __ATOMIC_ACQUIRE)) {
        check(address_space_st(&m.as, 0x10, 4, 1, MEMTXATTRS_UNSPECIFIED) ==
              MEMTX_OK, "kick");
        __atomic_fetch_add(&m.rounds, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/*
 * Notifiers that are cleaned up at once, and other descriptors with their
 * numbers: those are never written to.
 */
static void NO_TSA test_late_kicks(void **state)
{
    static const MemoryRegionOps ops = { .write = dev_write };
    MemoryRegion mr;
    VmThread *t;

    ASSERT_HELD(&bql);
    memset(&m, 0, sizeof(m));
    memory_region_init_io(&mr, &ops, NULL, "kicked", 0x100);
    address_space_init(&m.as, &mr, "memory");
    t = vm_thread_create("kick", VM_ROLE_CLIENT, kick_thread, NULL, NULL);
    for (unsigned i = 0; i < 100; i++) {
        EventNotifier n, other;
        MemoryRegionIoeventfd e = { 0x10, 4, true, 1, &n };

        assert_true(event_notifier_init(&n, NULL));
        memory_region_add_eventfd(&mr, &e);
        let_in();
        memory_region_del_eventfd(&mr, &e);
        event_notifier_cleanup(&n);
        assert_true(event_notifier_init(&other, NULL));
        let_in();
        assert_false(event_notifier_test_and_clear(&other));
        event_notifier_cleanup(&other);
    }
    __atomic_store_n(&m.stop, true, __ATOMIC_RELEASE);
    bql_unlock();
    vm_thread_join(t);
    bql_lock();
    assert_true(m.reads > 0); /* in between it has no notifier */
    address_space_destroy(&m.as);
    memory_region_finalize(&mr);
    memory_test_barrier();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMORY_TEST(test_readers_and_commits),
        MEMORY_TEST(test_late_kicks),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
