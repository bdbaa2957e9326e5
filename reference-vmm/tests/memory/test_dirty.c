/* SPDX-License-Identifier: MIT */
/*
 * Dirty bits, and the rule by which none is lost: a vCPU with a software TLB
 * writes all the time, while its pages are collected.
 */
#include "memory_test.h"
#include <semaphore.h>

#define PAGES 100
#define RAM_SIZE (PAGES * TARGET_PAGE_SIZE)

static struct {
    MemoryRegion root, ram;
    AddressSpace as;
    RAMBlock *block;
} m;

static int NO_ANALYSIS setup(void **state)
{
    bql_lock();
    memory_region_init(&m.root, "root", UINT64_MAX);
    assert_true(memory_region_init_ram(&m.ram, "ram", RAM_SIZE, NULL));
    memory_region_add_subregion(&m.root, 0, &m.ram);
    address_space_init(&m.as, &m.root, "memory");
    m.block = m.ram.ram_block;
    return 0;
}

static int NO_ANALYSIS teardown(void **state)
{
    memory_global_dirty_log_stop(DIRTY_MEMORY_TEST);
    memory_global_dirty_log_stop(DIRTY_MEMORY_MIGRATION);
    address_space_destroy(&m.as);
    memory_region_del_subregion(&m.root, &m.ram);
    memory_region_finalize(&m.ram);
    memory_region_finalize(&m.root);
    bql_unlock();
    vm_rcu_barrier();
    return 0;
}

static bool dirty(unsigned page, DirtyMemoryClient client)
{
    return ram_block_get_dirty(m.block, page * TARGET_PAGE_SIZE, 1, client);
}

static void write_at(hwaddr addr, hwaddr len)
{
    assert_int_equal(address_space_set(&m.as, addr, 1, len,
                                       MEMTXATTRS_UNSPECIFIED), MEMTX_OK);
}

static void test_bits(void **state)
{
    ASSERT_HELD(&bql);
    /* Nobody logs. */
    write_at(0, RAM_SIZE);
    assert_false(ram_block_get_dirty(m.block, 0, RAM_SIZE, DIRTY_MEMORY_TEST));
    assert_false(ram_block_needs_dirty(m.block, 0));
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    assert_int_equal(memory_dirty_log_mask(), 1 << DIRTY_MEMORY_TEST);
    assert_true(ram_block_needs_dirty(m.block, 0));
    /* The last byte of a page and the first of the next; over a word. */
    write_at(64 * TARGET_PAGE_SIZE - 1, 2);
    for (unsigned i = 0; i < PAGES; i++) {
        assert_int_equal(dirty(i, DIRTY_MEMORY_TEST), i == 63 || i == 64);
        assert_int_equal(ram_block_needs_dirty(m.block, i * TARGET_PAGE_SIZE),
                         i != 63 && i != 64);
        assert_false(dirty(i, DIRTY_MEMORY_MIGRATION));
    }
    assert_true(ram_block_test_and_clear_dirty(m.block, 0,
                                               64 * TARGET_PAGE_SIZE,
                                               DIRTY_MEMORY_TEST));
    assert_false(dirty(63, DIRTY_MEMORY_TEST));
    assert_true(dirty(64, DIRTY_MEMORY_TEST));
    assert_false(ram_block_test_and_clear_dirty(m.block, 0,
                                                64 * TARGET_PAGE_SIZE,
                                                DIRTY_MEMORY_TEST));
    /* Beyond the end, and of no length. */
    ram_block_set_dirty(m.block, RAM_SIZE, UINT64_MAX);
    ram_block_set_dirty(m.block, 0, 0);
    ram_block_set_dirty(m.block, RAM_SIZE - 1, UINT64_MAX);
    assert_true(dirty(PAGES - 1, DIRTY_MEMORY_TEST));
    assert_false(dirty(0, DIRTY_MEMORY_TEST));
    memory_global_dirty_log_stop(DIRTY_MEMORY_TEST);
    write_at(0, 1);
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    /* A new start is a clean one. */
    assert_false(ram_block_get_dirty(m.block, 0, RAM_SIZE, DIRTY_MEMORY_TEST));
}

/* Two clients: each has its own bits. */
static void test_clients(void **state)
{
    ASSERT_HELD(&bql);
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    write_at(0, 1);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    assert_true(ram_block_needs_dirty(m.block, 0));
    write_at(0, 1);
    assert_false(ram_block_needs_dirty(m.block, 0));
    assert_true(ram_block_test_and_clear_dirty(m.block, 0, 1,
                                               DIRTY_MEMORY_MIGRATION));
    assert_true(dirty(0, DIRTY_MEMORY_TEST));
    assert_true(ram_block_needs_dirty(m.block, 0));
}

static void test_sync(void **state)
{
    uint64_t bitmap[2] = { 1, 0 };

    ASSERT_HELD(&bql);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    write_at(0, 3 * TARGET_PAGE_SIZE);
    write_at(99 * TARGET_PAGE_SIZE, 1);
    assert_int_equal(ram_block_sync_dirty(m.block, DIRTY_MEMORY_MIGRATION,
                                          bitmap), 4);
    assert_int_equal(bitmap[0], 7);
    assert_int_equal(bitmap[1], (uint64_t)1 << (99 - 64));
    assert_int_equal(ram_block_sync_dirty(m.block, DIRTY_MEMORY_MIGRATION,
                                          bitmap), 0);
    assert_int_equal(bitmap[0], 7);
}

/* A block that comes while somebody logs is dirty from the start. */
static void test_new_block(void **state)
{
    MemoryRegion late;

    ASSERT_HELD(&bql);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    assert_true(memory_region_init_ram(&late, "late", 0x3000, NULL));
    for (unsigned i = 0; i < 3; i++) {
        assert_true(ram_block_get_dirty(late.ram_block, i * TARGET_PAGE_SIZE,
                                        1, DIRTY_MEMORY_MIGRATION));
        assert_false(ram_block_get_dirty(late.ram_block, i * TARGET_PAGE_SIZE,
                                         1, DIRTY_MEMORY_TEST));
    }
    memory_region_finalize(&late);
}

static bool count_block(RAMBlock *block, void *opaque)
{
    ram_addr_t *end = opaque;

    assert_true(block->offset >= *end);
    *end = block->offset + block->size;
    return false;
}

static void test_blocks(void **state)
{
    MemoryRegion a, b, c;
    ram_addr_t end = 0, offset;

    ASSERT_HELD(&bql);
    assert_true(memory_region_init_ram(&a, "a", 0x4000, NULL));
    assert_true(memory_region_init_rom(&b, "b", 0x1000, NULL));
    vm_rcu_read_lock();
    assert_ptr_equal(ram_block_find("b"), b.ram_block);
    assert_null(ram_block_find("c"));
    assert_ptr_equal(ram_block_from_host(a.ram_block->host + 0x3fff, &offset),
                     a.ram_block);
    assert_int_equal(offset, 0x3fff);
    assert_null(ram_block_from_host(&a, &offset));
    vm_rcu_read_unlock();
    memory_region_finalize(&a);
    vm_rcu_read_lock();
    assert_null(ram_block_find("a"));
    vm_rcu_read_unlock();
    memory_test_barrier();
    /* The gap is used again. */
    assert_true(memory_region_init_ram(&c, "c", 0x2000, NULL));
    assert_true(memory_region_get_ram_addr(&c) <
                memory_region_get_ram_addr(&b));
    vm_rcu_read_lock();
    assert_false(ram_block_foreach(count_block, &end));
    vm_rcu_read_unlock();
    assert_int_equal(end, memory_region_get_ram_addr(&b) + 0x1000);
    memory_region_finalize(&b);
    memory_region_finalize(&c);
}

/* ---- hooks -------------------------------------------------------------- */

typedef struct Hooked {
    const uint8_t *host;
    uint64_t len;
    unsigned resets, flushes;
} Hooked;

static void note_reset(void *opaque, const uint8_t *host, uint64_t len)
{
    Hooked *h = opaque;

    h->host = host;
    h->len = len;
    h->resets++;
    assert_false(vm_rcu_read_held());
}

static void note_flush(void *opaque)
{
    ((Hooked *)opaque)->flushes++;
}

static void test_hooks(void **state)
{
    uint64_t bitmap[2] = { 0 };
    Hooked h = { 0 };
    TlbHooks hooks = { note_reset, note_flush, &h };

    ASSERT_HELD(&bql);
    memory_set_tlb_hooks(&hooks);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    assert_int_equal(h.flushes, 1); /* before the start returns */
    write_at(5 * TARGET_PAGE_SIZE, 1);
    assert_int_equal(h.resets, 0);
    ram_block_test_and_clear_dirty(m.block, 4 * TARGET_PAGE_SIZE,
                                   2 * TARGET_PAGE_SIZE,
                                   DIRTY_MEMORY_MIGRATION);
    assert_int_equal(h.resets, 1);
    assert_ptr_equal(h.host, m.block->host + 4 * TARGET_PAGE_SIZE);
    assert_int_equal(h.len, 2 * TARGET_PAGE_SIZE);
    write_at(70 * TARGET_PAGE_SIZE, 1);
    ram_block_sync_dirty(m.block, DIRTY_MEMORY_MIGRATION, bitmap);
    assert_int_equal(h.resets, 2);
    assert_ptr_equal(h.host, m.block->host + 64 * TARGET_PAGE_SIZE);
    assert_int_equal(h.len, 36 * TARGET_PAGE_SIZE);
    /* Commits that change a view flush; others do not. */
    memory_region_set_address(&m.ram, 0x100000);
    assert_int_equal(h.flushes, 2);
    memory_region_transaction_begin();
    memory_region_set_address(&m.ram, 0);
    memory_region_set_address(&m.ram, 0x100000);
    memory_region_transaction_commit();
    assert_int_equal(h.flushes, 2);
    memory_set_tlb_hooks(NULL);
    memory_region_set_address(&m.ram, 0);
    assert_int_equal(h.flushes, 2);
}

/* ---- a vCPU ------------------------------------------------------------- */

#define PASSES 2000

typedef struct Cpu {
    bool cached[PAGES]; /* its own: "is dirty for all clients" */
    bool request;       /* atomic: forget them */
    bool done;          /* atomic */
    sem_t forgotten;
} Cpu;

/* Stores the pass number to a word of every page, through its translations. */
static void *cpu_thread(void *opaque)
{
    Cpu *cpu = opaque;

    for (uint64_t pass = 1; pass <= PASSES; pass++) {
        for (unsigned page = 0; page < PAGES / 2; page++) {
            uint64_t offset = page * TARGET_PAGE_SIZE + page % 64 * 8;

            ram_copy_to_guest(m.block->host + offset, &pass, 8);
            if (!cpu->cached[page]) {
                ram_block_set_dirty(m.block, offset, 8);
                cpu->cached[page] = !ram_block_needs_dirty(m.block, offset);
            }
            /* Between two instructions. */
            if (__atomic_exchange_n(&cpu->request, false, __ATOMIC_SEQ_CST)) {
                memset(cpu->cached, 0, sizeof(cpu->cached));
                sem_post(&cpu->forgotten);
            }
        }
    }
    __atomic_store_n(&cpu->done, true, __ATOMIC_SEQ_CST);
    if (__atomic_exchange_n(&cpu->request, false, __ATOMIC_SEQ_CST)) {
        sem_post(&cpu->forgotten);
    }
    return NULL;
}

static void ask_cpu(void *opaque, const uint8_t *host, uint64_t len)
{
    Cpu *cpu = opaque;

    __atomic_store_n(&cpu->request, true, __ATOMIC_SEQ_CST);
    /* It has stored its last, or will see the request. */
    if (__atomic_load_n(&cpu->done, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(&cpu->request, false, __ATOMIC_SEQ_CST)) {
        return;
    }
    sem_wait(&cpu->forgotten);
}

/* A device in another thread, which writes to the other half. */
static void *device_thread(void *opaque)
{
    uint64_t words[64];

    for (uint64_t pass = 1; pass <= PASSES; pass++) {
        for (unsigned i = 0; i < 64; i++) {
            words[i] = pass;
        }
        for (unsigned page = PAGES / 2; page < PAGES; page++) {
            address_space_write(&m.as, page * TARGET_PAGE_SIZE,
                                MEMTXATTRS_UNSPECIFIED, words, sizeof(words));
        }
    }
    return NULL;
}

/* Whatever is dirty is copied; how many pages. */
static unsigned collect(uint8_t *copy)
{
    uint64_t bitmap[2] = { 0 };
    unsigned n = (unsigned)ram_block_sync_dirty(m.block,
                                                DIRTY_MEMORY_MIGRATION,
                                                bitmap);

    for (unsigned page = 0; page < PAGES; page++) {
        if (bitmap[page / 64] & (uint64_t)1 << page % 64) {
            ram_copy_from_guest(copy + page * TARGET_PAGE_SIZE,
                                m.block->host + page * TARGET_PAGE_SIZE,
                                TARGET_PAGE_SIZE);
        }
    }
    return n;
}

static void NO_TSA test_nothing_lost(void **state)
{
    static uint8_t copy[RAM_SIZE];
    Cpu cpu = { .request = false };
    TlbHooks hooks = { .reset_dirty = ask_cpu, .opaque = &cpu };
    VmThread *vcpu, *device;

    ASSERT_HELD(&bql);
    memset(copy, 0, sizeof(copy));
    sem_init(&cpu.forgotten, 0, 0);
    memory_set_tlb_hooks(&hooks);
    memory_global_dirty_log_start(DIRTY_MEMORY_MIGRATION);
    bql_unlock();
    vcpu = vm_thread_create("vcpu", VM_ROLE_VCPU, cpu_thread, &cpu, NULL);
    device = vm_thread_create("device", VM_ROLE_CLIENT, device_thread, NULL,
                              NULL);
    while (!__atomic_load_n(&cpu.done, __ATOMIC_SEQ_CST)) {
        collect(copy);
    }
    vm_thread_join(vcpu);
    vm_thread_join(device);
    collect(copy);
    assert_int_equal(collect(copy), 0);
    assert_memory_equal(copy, m.block->host, RAM_SIZE);
    bql_lock();
    memory_set_tlb_hooks(NULL);
    sem_destroy(&cpu.forgotten);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bits),
        TEST(test_clients),
        TEST(test_sync),
        TEST(test_new_block),
        TEST(test_blocks),
        TEST(test_hooks),
        TEST(test_nothing_lost),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
