/* SPDX-License-Identifier: MIT */
/* Mapped memory, bounce buffers with their attributes, region caches. */
#include "memory_test.h"
#include "base/aio.h"

#define RAM_BASE 0x80000000u
#define RAM_SIZE 0x10000u
#define DEV_BASE 0x8000u
#define DEV_SIZE 0x8000u

/* A device that lets one requester in, and says who came last. */
static struct {
    MemoryRegion root, ram, dev;
    AddressSpace as;
    uint8_t mem[DEV_SIZE];
    unsigned reads, writes;
    MemTxAttrs last;
} m;

static const MemTxAttrs allowed = { .requester_id = 0x42, .secure = 1 };
static const MemTxAttrs denied = { .requester_id = 0x41, .secure = 1 };

static MemTxResult check_attrs(MemTxAttrs attrs)
{
    m.last = attrs;
    return attrs.requester_id == 0x42 && attrs.secure && !attrs.unspecified
        ? MEMTX_OK : MEMTX_ACCESS_ERROR;
}

static MemTxResult dev_read(void *opaque, hwaddr offset, unsigned size,
                            uint64_t *ret_value, MemTxAttrs attrs)
{
    m.reads++;
    memcpy(ret_value, m.mem + offset, size);
    return check_attrs(attrs);
}

static MemTxResult dev_write(void *opaque, hwaddr offset, unsigned size,
                             uint64_t value, MemTxAttrs attrs)
{
    MemTxResult result = check_attrs(attrs);

    m.writes++;
    if (result == MEMTX_OK) {
        memcpy(m.mem + offset, &value, size);
    }
    return result;
}

static const MemoryRegionOps dev_ops = { .read = dev_read, .write = dev_write };

static int NO_ANALYSIS setup(void **state)
{
    bql_lock();
    memset(&m, 0, sizeof(m));
    memory_region_init(&m.root, "system", UINT64_MAX);
    assert_true(memory_region_init_ram(&m.ram, "ram", RAM_SIZE, NULL));
    memory_region_init_io(&m.dev, &dev_ops, NULL, "dev", DEV_SIZE);
    memory_region_add_subregion(&m.root, RAM_BASE, &m.ram);
    memory_region_add_subregion(&m.root, DEV_BASE, &m.dev);
    address_space_init(&m.as, &m.root, "memory");
    return 0;
}

static int NO_ANALYSIS teardown(void **state)
{
    address_space_destroy(&m.as);
    if (m.ram.container) {
        memory_region_del_subregion(&m.root, &m.ram);
        memory_region_finalize(&m.ram);
    }
    memory_region_del_subregion(&m.root, &m.dev);
    memory_region_finalize(&m.dev);
    memory_region_finalize(&m.root);
    bql_unlock();
    vm_rcu_barrier();
    return 0;
}

/* ---- RAM ---------------------------------------------------------------- */

static void test_map_ram(void **state)
{
    hwaddr len = RAM_SIZE * 2;
    uint8_t *p;

    ASSERT_HELD(&bql);
    p = address_space_map(&m.as, RAM_BASE + 0x1010, &len, true, allowed);
    assert_ptr_equal(p, (uint8_t *)memory_region_get_ram_ptr(&m.ram) + 0x1010);
    assert_int_equal(len, RAM_SIZE - 0x1010);
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    memset(p, 1, 0x1000);
    address_space_unmap(&m.as, p, len, true, 0x1000);
    assert_true(ram_block_get_dirty(m.ram.ram_block, 0x1000, 0x2000,
                                    DIRTY_MEMORY_TEST));
    assert_true(ram_block_get_dirty(m.ram.ram_block, 0x2000, 1,
                                    DIRTY_MEMORY_TEST));
    assert_false(ram_block_get_dirty(m.ram.ram_block, 0x3000, 0x1000,
                                     DIRTY_MEMORY_TEST));
    memory_global_dirty_log_stop(DIRTY_MEMORY_TEST);
    len = 0;
    assert_null(address_space_map(&m.as, RAM_BASE, &len, true, allowed));
    len = 5;
    assert_null(address_space_map(&m.as, 0x100, &len, true, allowed));
    assert_int_equal(len, 0);
    address_space_unmap(&m.as, NULL, 0, true, 0);
}

/* RAM that goes while somebody has mapped it stays in memory. */
static void test_map_outlives_region(void **state)
{
    hwaddr len = 64;
    uint8_t *p = address_space_map(&m.as, RAM_BASE, &len, true, allowed);
    MemoryRegion again;

    ASSERT_HELD(&bql);
    memory_region_del_subregion(&m.root, &m.ram);
    memory_region_finalize(&m.ram);
    memory_test_barrier();
    memset(p, 7, 64);
    /* Its name is free, though. */
    assert_true(memory_region_init_ram(&again, "ram", RAM_SIZE, NULL));
    assert_ptr_not_equal(memory_region_get_ram_ptr(&again), p);
    address_space_unmap(&m.as, p, len, true, 64);
    memory_region_finalize(&again);
}

/* ---- bounce buffers ----------------------------------------------------- */

static void test_bounce_attributes(void **state)
{
    hwaddr len = 3 * 4096;
    uint8_t *p;

    memset(m.mem, 0x33, DEV_SIZE);
    p = address_space_map(&m.as, DEV_BASE + 4, &len, false, allowed);
    assert_non_null(p);
    assert_int_equal(len, 4096);
    assert_int_equal(p[0], 0x33);
    assert_int_equal(p[4095], 0x33);
    assert_int_equal(m.last.requester_id, 0x42);
    address_space_unmap(&m.as, p, len, false, len);
    assert_int_equal(m.writes, 0);

    /* Who may not read gets nothing, and nothing is left behind. */
    len = 16;
    assert_null(address_space_map(&m.as, DEV_BASE, &len, false, denied));
    assert_int_equal(len, 0);
    assert_int_equal(m.last.requester_id, 0x41);
    assert_true(m.last.secure);

    /* Written back with the attributes of the mapping. */
    len = 64;
    m.reads = 0;
    p = address_space_map(&m.as, DEV_BASE, &len, true, allowed);
    assert_int_equal(len, 64);
    assert_int_equal(p[0], 0);
    memset(p, 0x44, 64);
    assert_int_equal(m.mem[0], 0x33);
    address_space_unmap(&m.as, p, len, true, 32);
    assert_int_equal(m.reads, 0);
    assert_int_equal(m.writes, 4);
    assert_int_equal(m.mem[31], 0x44);
    assert_int_equal(m.mem[32], 0x33);
    len = 64;
    p = address_space_map(&m.as, DEV_BASE, &len, true, denied);
    memset(p, 0x55, 64);
    address_space_unmap(&m.as, p, len, true, 64);
    assert_int_equal(m.last.requester_id, 0x41);
    assert_int_equal(m.mem[0], 0x44);
}

static void count(void *opaque)
{
    ++*(unsigned *)opaque;
}

static void test_bounce_limit(void **state)
{
    AioContext *ctx = aio_context_new(NULL);
    unsigned woken = 0;
    uint8_t *p[16];
    hwaddr len;
    AioBh *bh;

    aio_context_adopt(ctx);
    bh = aio_bh_new(ctx, count, &woken);
    for (unsigned i = 0; i < 16; i++) {
        len = 8;
        p[i] = address_space_map(&m.as, DEV_BASE + 8 * i, &len, true, allowed);
        assert_non_null(p[i]);
    }
    len = 8;
    assert_null(address_space_map(&m.as, DEV_BASE, &len, true, allowed));
    assert_int_equal(len, 8); /* later, that is */
    address_space_register_map_client(bh);
    aio_poll(ctx, false);
    assert_int_equal(woken, 0);
    address_space_unmap(&m.as, p[3], 8, true, 8);
    aio_poll(ctx, false);
    assert_int_equal(woken, 1);
    p[3] = address_space_map(&m.as, DEV_BASE, &len, true, allowed);
    assert_non_null(p[3]);
    /* Once for each registration; none after unregistering. */
    address_space_register_map_client(bh);
    address_space_unregister_map_client(bh);
    for (unsigned i = 0; i < 16; i++) {
        address_space_unmap(&m.as, p[i], 8, true, 8);
    }
    aio_poll(ctx, false);
    assert_int_equal(woken, 1);
    /* One is free already. */
    address_space_register_map_client(bh);
    aio_poll(ctx, false);
    assert_int_equal(woken, 2);
    aio_bh_delete(bh);
    aio_context_adopt(NULL);
    aio_context_free(ctx);
}

/* ---- caches ------------------------------------------------------------- */

static void test_cache_ram(void **state)
{
    MemoryRegionCache c;
    uint8_t buf[4];

    ASSERT_HELD(&bql);
    assert_int_equal(address_space_cache_init(&c, &m.as, RAM_BASE + 0x1000,
                                              RAM_SIZE, true),
                     RAM_SIZE - 0x1000);
    assert_int_equal(c.ram_addr,
                     memory_region_get_ram_addr(&m.ram) + 0x1000);
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    address_space_stw_cached(&c, 0, 0x1122);
    address_space_stl_cached(&c, 5, 0x33445566);
    address_space_stq_cached(&c, 16, 0x123456789abcdef0ull);
    assert_int_equal(address_space_lduw_cached(&c, 0), 0x1122);
    assert_int_equal(address_space_ldl_cached(&c, 5), 0x33445566);
    assert_int_equal(address_space_ldq_cached(&c, 16), 0x123456789abcdef0ull);
    assert_true(ram_block_test_and_clear_dirty(m.ram.ram_block, 0x1000, 0x1000,
                                               DIRTY_MEMORY_TEST));
    assert_int_equal(address_space_write_cached(&c, 0xffe, "abcd", 4),
                     MEMTX_OK);
    assert_int_equal(address_space_read_cached(&c, 0xffe, buf, 4), MEMTX_OK);
    assert_memory_equal(buf, "abcd", 4);
    assert_true(ram_block_get_dirty(m.ram.ram_block, 0x1000, 1,
                                    DIRTY_MEMORY_TEST));
    assert_true(ram_block_get_dirty(m.ram.ram_block, 0x2000, 1,
                                    DIRTY_MEMORY_TEST));
    memory_global_dirty_log_stop(DIRTY_MEMORY_TEST);
    /* Over the end, in any way. */
    memset(buf, 0xee, 4);
    assert_int_equal(address_space_read_cached(&c, c.len - 2, buf, 4),
                     MEMTX_DECODE_ERROR);
    assert_memory_equal(buf, "\0\0\0\0", 4);
    assert_int_equal(address_space_write_cached(&c, UINT64_MAX, buf, 2),
                     MEMTX_DECODE_ERROR);
    assert_int_equal(address_space_ldl_cached(&c, c.len - 3), 0);
    address_space_stl_cached(&c, UINT64_MAX - 1, 1);
    address_space_cache_destroy(&c);
    address_space_cache_destroy(&c);
    assert_int_equal(address_space_ldl_cached(&c, 0), 0);
    assert_int_equal(address_space_cache_init(&c, &m.as, 0x100, 8, true), 0);
}

static void test_cache_mmio(void **state)
{
    MemoryRegionCache c;

    assert_int_equal(address_space_cache_init(&c, &m.as,
                                              DEV_BASE + DEV_SIZE - 64, 256,
                                              true), 64);
    assert_null(c.ptr);
    m.mem[DEV_SIZE - 60] = 0x66;
    assert_int_equal(address_space_ldl_cached(&c, 4), 0x66);
    assert_int_equal(m.reads, 1);
    address_space_stl_cached(&c, 4, 0x77);
    assert_int_equal(m.writes, 1);
    assert_true(m.last.unspecified);
    address_space_cache_destroy(&c);
}

/* A ring is moved away under a cache that nobody sets up anew. */
static void stale_cache(void)
{
    MemoryRegionCache c;

    ASSERT_HELD(&bql);
    address_space_cache_init(&c, &m.as, RAM_BASE, 64, true);
    /* Elsewhere something changes: that does no harm. */
    memory_region_set_address(&m.dev, 0x20000);
    address_space_stw_cached(&c, 0, 1);
    memory_region_set_address(&m.ram, RAM_BASE + 0x1000);
    address_space_stw_cached(&c, 0, 1);
}

static void test_stale_cache(void **state)
{
#ifdef HOLDFAST_DEBUG_CHECKS
    char text[LAST_WORDS];

    last_words(stale_cache, text);
    assert_string_equal(text, "a stale region cache is used: 0x80000000 of "
                        "\"memory\" is no longer 0x0 of RAM block \"ram\"\n");
#else
    (void)stale_cache;
    skip();
#endif
}

/* As virtio does it: the listener's commit sets the cache up anew. */
typedef struct Ring {
    MemoryListener listener;
    MemoryRegionCache cache;
} Ring;

static void ring_commit(MemoryListener *l)
{
    Ring *r = (Ring *)l;

    address_space_cache_destroy(&r->cache);
    address_space_cache_init(&r->cache, &m.as, RAM_BASE, 64, true);
}

static void test_cache_follows_commits(void **state)
{
    Ring r = { .listener = { .name = "ring", .commit = ring_commit } };

    ASSERT_HELD(&bql);
    memory_listener_register(&r.listener, &m.as);
    address_space_stw_cached(&r.cache, 0, 0x1234);
    /* All in one transaction: the ring is not there in between. */
    memory_region_transaction_begin();
    memory_region_set_address(&m.ram, RAM_BASE - 0x1000);
    memory_region_set_address(&m.dev, 0x20000);
    memory_region_transaction_commit();
    address_space_stw_cached(&r.cache, 0, 0x5678);
    assert_int_equal(((uint8_t *)memory_region_get_ram_ptr(&m.ram))[0x1000],
                     0x78);
    assert_int_equal(((uint8_t *)memory_region_get_ram_ptr(&m.ram))[0], 0x34);
    memory_listener_unregister(&r.listener);
    address_space_cache_destroy(&r.cache);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_map_ram),
        TEST(test_map_outlives_region),
        TEST(test_bounce_attributes),
        TEST(test_bounce_limit),
        TEST(test_cache_ram),
        TEST(test_cache_mmio),
        TEST(test_stale_cache),
        TEST(test_cache_follows_commits),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
