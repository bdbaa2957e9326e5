/* SPDX-License-Identifier: MIT */
/* Accesses: RAM, ROM, holes, sizes, re-entrancy, locks, ioeventfds. */
#include "memory_test.h"
#include <semaphore.h>

#define RAM_BASE 0x80000000u
#define RAM_SIZE 0x10000u

/* ---- a device that remembers -------------------------------------------- */

typedef struct Call {
    bool is_write;
    hwaddr offset;
    unsigned size;
    uint64_t value;
    MemTxAttrs attrs;
    bool bql, rcu;
} Call;

typedef struct Device {
    MemoryRegion mr;
    MemoryRegionOps ops;
    Call calls[64];
    unsigned n;
    uint8_t regs[256];
    uint16_t only; /* requester_id that is let in; 0: all */
    MemTxResult result;
    hwaddr dma;    /* a write goes on to there, when not 0 */
    MemTxResult dma_result;
} Device;

static struct {
    MemoryRegion root, ram, rom, romd;
    AddressSpace as;
    Device dev, other;
} m;

static MemTxResult note(Device *d, Call c)
{
    c.bql = vm_mutex_held(&bql);
    c.rcu = vm_rcu_read_held();
    assert_true(d->n < G_N_ELEMENTS(d->calls));
    d->calls[d->n++] = c;
    if (d->only && c.attrs.requester_id != d->only) {
        return MEMTX_ACCESS_ERROR;
    }
    return d->result;
}

static MemTxResult dev_read(void *opaque, hwaddr offset, unsigned size,
                            uint64_t *ret_value, MemTxAttrs attrs)
{
    Device *d = opaque;

    assert_true(offset + size <= sizeof(d->regs));
    memcpy(ret_value, d->regs + offset, size);
    return note(d, (Call){ false, offset, size, *ret_value, attrs });
}

static MemTxResult dev_write(void *opaque, hwaddr offset, unsigned size,
                             uint64_t value, MemTxAttrs attrs)
{
    Device *d = opaque;
    MemTxResult result = note(d, (Call){ true, offset, size, value, attrs });

    assert_true(offset + size <= sizeof(d->regs));
    if (result == MEMTX_OK) {
        memcpy(d->regs + offset, &value, size);
    }
    if (d->dma) {
        d->dma_result = address_space_st(&m.as, d->dma, 4, value, attrs);
    }
    return result;
}

static void device_init(Device *d, const char *name, hwaddr addr,
                        MemoryRegionOps ops) REQUIRES(bql)
{
    *d = (Device){ .ops = ops };
    d->ops.read = dev_read;
    d->ops.write = dev_write;
    for (unsigned i = 0; i < sizeof(d->regs); i++) {
        d->regs[i] = (uint8_t)i;
    }
    memory_region_init_io(&d->mr, &d->ops, d, name, sizeof(d->regs));
    memory_region_add_subregion(&m.root, addr, &d->mr);
}

/* RAM at 2 GiB, ROM at 0x1000, a ROM device at 0x4000, the device at 0x8000,
 * the other at 0x9000; holes elsewhere. */
static void setup_with(MemoryRegionOps ops) REQUIRES(bql)
{
    memset(&m, 0, sizeof(m));
    memory_region_init(&m.root, "system", UINT64_MAX);
    assert_true(memory_region_init_ram(&m.ram, "ram", RAM_SIZE, NULL));
    assert_true(memory_region_init_rom(&m.rom, "rom", 0x1000, NULL));
    m.other.ops.read = dev_read;
    m.other.ops.write = dev_write;
    assert_true(memory_region_init_rom_device(&m.romd, &m.other.ops, &m.other,
                                              "romd", 0x1000, NULL));
    memory_region_transaction_begin();
    memory_region_add_subregion(&m.root, RAM_BASE, &m.ram);
    memory_region_add_subregion(&m.root, 0x1000, &m.rom);
    memory_region_add_subregion(&m.root, 0x4000, &m.romd);
    device_init(&m.dev, "dev", 0x8000, ops);
    memory_region_transaction_commit();
    address_space_init(&m.as, &m.root, "memory");
}

static int NO_ANALYSIS setup(void **state)
{
    bql_lock();
    setup_with((MemoryRegionOps){ 0 });
    return 0;
}

static int NO_ANALYSIS teardown(void **state)
{
    MemoryRegion *all[] = { &m.ram, &m.rom, &m.romd, &m.dev.mr, &m.other.mr };

    address_space_destroy(&m.as);
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i]->container) {
            memory_region_del_subregion(&m.root, all[i]);
        }
        memory_region_finalize(all[i]);
    }
    memory_region_finalize(&m.root);
    bql_unlock();
    vm_rcu_barrier();
    return 0;
}

static void NO_ANALYSIS restart(MemoryRegionOps ops)
{
    teardown(NULL);
    bql_lock();
    setup_with(ops);
}

static const MemTxAttrs attrs7 = { .requester_id = 7 };

static MemTxResult st(hwaddr addr, unsigned size, uint64_t value)
{
    return address_space_st(&m.as, addr, size, value, attrs7);
}

static MemTxResult ld(hwaddr addr, unsigned size, uint64_t *ret)
{
    *ret = 0xbadbadbadbadbadull;
    return address_space_ld(&m.as, addr, size, ret, attrs7);
}

/* ---- RAM, ROM, holes ---------------------------------------------------- */

static void test_ram(void **state)
{
    uint8_t buf[64], back[64];
    uint64_t v;

    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned off = 0; off < 8; off++) {
            uint64_t want = 0x8877665544332211ull & UINT64_MAX >>
                (64 - 8 * size);

            assert_int_equal(st(RAM_BASE + off, size, 0x8877665544332211ull),
                             MEMTX_OK);
            assert_int_equal(ld(RAM_BASE + off, size, &v), MEMTX_OK);
            assert_int_equal(v, want);
            assert_int_equal(((uint8_t *)memory_region_get_ram_ptr(&m.ram))
                             [off], 0x11);
        }
    }
    for (unsigned i = 0; i < sizeof(buf); i++) {
        buf[i] = (uint8_t)(i + 1);
    }
    for (unsigned off = 0; off < 9; off++) {
        for (unsigned len = 0; len < 40; len++) {
            memset(back, 0xee, sizeof(back));
            address_space_set(&m.as, RAM_BASE, 0xaa, 64,
                              MEMTXATTRS_UNSPECIFIED);
            assert_int_equal(address_space_write(&m.as, RAM_BASE + off, attrs7,
                                                 buf + off, len), MEMTX_OK);
            assert_int_equal(address_space_read(&m.as, RAM_BASE + off, attrs7,
                                                back, len + 1), MEMTX_OK);
            assert_memory_equal(back, buf + off, len);
            assert_int_equal(back[len], 0xaa);
        }
    }
    assert_int_equal(st(RAM_BASE, 3, 1), MEMTX_ERROR);
    assert_int_equal(ld(RAM_BASE, 16, &v), MEMTX_ERROR);
}

static void test_rom(void **state)
{
    uint64_t v;

    assert_int_equal(address_space_write_rom(&m.as, 0x1000, "loaded!", 8),
                     MEMTX_OK);
    assert_int_equal(st(0x1000, 8, 0), MEMTX_OK); /* dropped */
    assert_int_equal(ld(0x1000, 8, &v), MEMTX_OK);
    assert_memory_equal(&v, "loaded!", 8);
    assert_int_equal(address_space_write(&m.as, 0x1002, attrs7, &v, 5),
                     MEMTX_OK);
    assert_int_equal(ld(0x1000, 8, &v), MEMTX_OK);
    assert_memory_equal(&v, "loaded!", 8);
    /* A loader reaches no device. */
    assert_int_equal(address_space_write_rom(&m.as, 0x8000, "x", 1),
                     MEMTX_DECODE_ERROR);
    assert_int_equal(m.dev.n, 0);
}

static void test_rom_device(void **state)
{
    uint64_t v;

    ASSERT_HELD(&bql);
    address_space_write_rom(&m.as, 0x4000, "flash", 6);
    assert_int_equal(ld(0x4000, 4, &v), MEMTX_OK);
    assert_memory_equal(&v, "flas", 4);
    assert_int_equal(m.other.n, 0);
    assert_int_equal(st(0x4010, 4, 0x98), MEMTX_OK);
    assert_int_equal(m.other.n, 1);
    assert_int_equal(m.other.calls[0].offset, 0x10);
    memory_region_rom_device_set_romd(&m.romd, false);
    assert_int_equal(ld(0x4010, 4, &v), MEMTX_OK);
    assert_int_equal(m.other.n, 2);
    assert_int_equal(v, 0x98);
    memory_region_rom_device_set_romd(&m.romd, true);
    assert_int_equal(ld(0x4000, 4, &v), MEMTX_OK);
    assert_memory_equal(&v, "flas", 4);
}

static void test_holes(void **state)
{
    static uint8_t large[1 << 20];
    uint8_t buf[16];
    uint64_t v;

    assert_int_equal(ld(0x100, 8, &v), MEMTX_DECODE_ERROR);
    assert_int_equal(v, 0);
    assert_int_equal(st(0x100, 8, 1), MEMTX_DECODE_ERROR);
    /* Half a hole, half RAM. */
    memset(memory_region_get_ram_ptr(&m.ram), 0x55, 16);
    memset(buf, 0xee, sizeof(buf));
    assert_int_equal(address_space_read(&m.as, RAM_BASE - 8, attrs7, buf, 16),
                     MEMTX_DECODE_ERROR);
    assert_memory_equal(buf, "\0\0\0\0\0\0\0\0UUUUUUUU", 16);
    assert_int_equal(ld(RAM_BASE - 4, 8, &v), MEMTX_DECODE_ERROR);
    assert_int_equal(v, 0x5555555500000000ull);
    /* The end of all addresses is one: nothing wraps to 0. */
    memset(buf, 0xee, sizeof(buf));
    assert_int_equal(address_space_read(&m.as, UINT64_MAX - 3, attrs7, buf,
                                        16), MEMTX_DECODE_ERROR);
    assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(address_space_write(&m.as, UINT64_MAX, attrs7, buf, 16),
                     MEMTX_DECODE_ERROR);
    assert_int_equal(st(UINT64_MAX, 8, 0), MEMTX_DECODE_ERROR);
    /* However long: a hole is one step. */
    assert_int_equal(address_space_write(&m.as, 0x10000000, attrs7, large,
                                         sizeof(large)), MEMTX_DECODE_ERROR);
}

static void test_readonly_alias(void **state)
{
    MemoryRegion alias;
    uint64_t v;

    ASSERT_HELD(&bql);
    memory_region_init_alias(&alias, "shadow", &m.dev.mr, 0x10, 0x20);
    memory_region_set_readonly(&alias, true);
    memory_region_add_subregion(&m.root, 0xc000, &alias);
    assert_int_equal(st(0xc000, 4, 0), MEMTX_OK);
    assert_int_equal(m.dev.n, 0);
    assert_int_equal(ld(0xc000, 4, &v), MEMTX_OK);
    assert_int_equal(v, 0x13121110);
    assert_int_equal(m.dev.calls[0].offset, 0x10);
    assert_int_equal(ld(0xc020, 4, &v), MEMTX_DECODE_ERROR);
    memory_region_del_subregion(&m.root, &alias);
    memory_region_finalize(&alias);
}

/* ---- MMIO: sizes -------------------------------------------------------- */

/* What the device saw, as "r4@8 w1@0=..". */
static const char *seen(void)
{
    static char text[512];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < m.dev.n; i++) {
        const Call *c = &m.dev.calls[i];

        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c%u@%x",
                                i ? " " : "", c->is_write ? 'w' : 'r',
                                c->size, (unsigned)c->offset);
        if (c->is_write) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "=%llx",
                                    (unsigned long long)c->value);
        }
    }
    m.dev.n = 0;
    return text;
}

static void test_accepted_sizes(void **state)
{
    uint64_t v;

    restart((MemoryRegionOps){ .min_access_size = 2, .max_access_size = 4 });
    assert_int_equal(ld(0x8000, 1, &v), MEMTX_ERROR);
    assert_int_equal(ld(0x8000, 8, &v), MEMTX_ERROR);
    assert_int_equal(ld(0x8002, 4, &v), MEMTX_ERROR); /* not aligned */
    assert_int_equal(st(0x8001, 2, 0), MEMTX_ERROR);
    assert_string_equal(seen(), "");
    assert_int_equal(ld(0x8002, 2, &v), MEMTX_OK);
    assert_int_equal(v, 0x0302);
    assert_int_equal(st(0x8004, 4, 0x1ffffffffull), MEMTX_OK);
    assert_string_equal(seen(), "r2@2 w4@4=ffffffff");
}

static void test_unaligned(void **state)
{
    uint64_t v;

    restart((MemoryRegionOps){ .unaligned = true });
    assert_int_equal(ld(0x8003, 4, &v), MEMTX_OK);
    assert_int_equal(v, 0x06050403);
    assert_string_equal(seen(), "r4@3");
}

static void test_split(void **state)
{
    uint64_t v;

    restart((MemoryRegionOps){ .max_impl_size = 2 });
    assert_int_equal(ld(0x8008, 8, &v), MEMTX_OK);
    assert_int_equal(v, 0x0f0e0d0c0b0a0908ull);
    assert_string_equal(seen(), "r2@8 r2@a r2@c r2@e");
    assert_int_equal(st(0x8000, 4, 0x44332211), MEMTX_OK);
    assert_string_equal(seen(), "w2@0=2211 w2@2=4433");
    /* An error of any part is one of all. */
    m.dev.result = MEMTX_ERROR;
    assert_int_equal(ld(0x8000, 4, &v), MEMTX_ERROR);
}

static void test_widened(void **state)
{
    uint64_t v;

    restart((MemoryRegionOps){ .min_impl_size = 4, .max_impl_size = 4,
                               .unaligned = true });
    assert_int_equal(ld(0x8005, 1, &v), MEMTX_OK);
    assert_int_equal(v, 0x05);
    assert_string_equal(seen(), "r4@4");
    assert_int_equal(ld(0x8006, 2, &v), MEMTX_OK);
    assert_int_equal(v, 0x0706);
    assert_string_equal(seen(), "r4@4");
    assert_int_equal(st(0x8001, 1, 0xab), MEMTX_OK);
    assert_string_equal(seen(), "w4@0=ab00");
    assert_int_equal(st(0x8008, 2, 0x1234), MEMTX_OK);
    assert_string_equal(seen(), "w4@8=1234");
    /* Over two words: a byte at a time. */
    assert_int_equal(ld(0x8013, 2, &v), MEMTX_OK);
    assert_int_equal(v, 0x1413);
    assert_string_equal(seen(), "r4@10 r4@14");
    assert_int_equal(ld(0x8010, 8, &v), MEMTX_OK);
    assert_int_equal(v, 0x1716151413121110ull);
    assert_string_equal(seen(), "r4@10 r4@14");
}

/* A word that would reach over the device's end is not asked for. */
static void test_widened_end(void **state)
{
    uint64_t v;

    ASSERT_HELD(&bql);
    restart((MemoryRegionOps){ .min_impl_size = 4 });
    memory_region_set_size(&m.dev.mr, 6);
    assert_int_equal(ld(0x8005, 1, &v), MEMTX_ERROR);
    assert_string_equal(seen(), "");
    /* Nor does one access go over it. */
    assert_int_equal(ld(0x8004, 4, &v), MEMTX_ERROR | MEMTX_DECODE_ERROR);
}

static void test_pieces(void **state)
{
    uint8_t buf[16];

    /* As large as offset and length allow. */
    assert_int_equal(address_space_read(&m.as, 0x8003, attrs7, buf, 14),
                     MEMTX_OK);
    for (unsigned i = 0; i < 14; i++) {
        assert_int_equal(buf[i], i + 3);
    }
    assert_string_equal(seen(), "r1@3 r4@4 r8@8 r1@10");
    restart((MemoryRegionOps){ .max_access_size = 4, .unaligned = true });
    assert_int_equal(address_space_write(&m.as, 0x8003, attrs7,
                                         "\1\2\3\4\5\6\7", 7), MEMTX_OK);
    assert_string_equal(seen(), "w4@3=4030201 w2@7=605 w1@9=7");
    /* Through the end of the device into a hole. */
    assert_int_equal(address_space_read(&m.as, 0x80fc, attrs7, buf, 8),
                     MEMTX_DECODE_ERROR);
    assert_string_equal(seen(), "r4@fc");
}

/* ---- MMIO: who calls ---------------------------------------------------- */

static void test_attributes(void **state)
{
    uint64_t v;

    m.dev.only = 9;
    assert_int_equal(ld(0x8000, 4, &v), MEMTX_ACCESS_ERROR);
    assert_int_equal(m.dev.calls[0].attrs.requester_id, 7);
    assert_false(m.dev.calls[0].attrs.unspecified);
    m.dev.only = 7;
    assert_int_equal(ld(0x8000, 4, &v), MEMTX_OK);
    assert_int_equal(address_space_ld(&m.as, 0x8000, 4, &v,
                                      (MemTxAttrs){ .secure = 1,
                                                    .requester_id = 7 }),
                     MEMTX_OK);
    assert_true(m.dev.calls[2].attrs.secure);
}

#ifdef HOLDFAST_DEBUG_CHECKS
#define assert_no_bql() assert_false(vm_mutex_held(&bql))
#else
#define assert_no_bql() ((void)0) /* vm_mutex_held() does not know */
#endif

static void *other_thread(void *opaque)
{
    uint64_t v;

    assert_no_bql();
    st(0x8000, 4, 0x1234);
    ld(0x8000, 4, &v);
    assert_int_equal(v, 0x1234);
    assert_no_bql();
    /* In a section of its own it reaches RAM, but no such callback. */
    vm_rcu_read_lock();
    INTENTIONAL(RCU, "other: callbacks that could wait are refused");
    assert_int_equal(st(0x8000, 4, 1), MEMTX_ACCESS_ERROR);
    INTENTIONAL(RCU, "other: RAM");
    assert_int_equal(st(RAM_BASE, 4, 1), MEMTX_OK);
    vm_rcu_read_unlock();
    return NULL;
}

static sem_t finished;

/* Waits for it with the BQL held: what it does must not need that. */
static void NO_ANALYSIS in_thread_without_bql(VmThreadFn *fn)
{
    VmThread *t;

    sem_init(&finished, 0, 0);
    t = vm_thread_create("other", VM_ROLE_CLIENT, fn, NULL, NULL);
    sem_wait(&finished);
    bql_unlock();
    vm_thread_join(t);
    bql_lock();
    sem_destroy(&finished);
}

static void NO_ANALYSIS in_thread(VmThreadFn *fn)
{
    bql_unlock();
    vm_thread_join(vm_thread_create("other", VM_ROLE_CLIENT, fn, NULL, NULL));
    bql_lock();
}

static void test_takes_bql(void **state)
{
    uint64_t v;

    in_thread(other_thread);
    assert_int_equal(m.dev.n, 2);
    assert_true(m.dev.calls[0].bql && m.dev.calls[1].bql);
    assert_false(m.dev.calls[0].rcu);
    assert_int_equal(ld(0x8000, 4, &v), MEMTX_OK);
    assert_true(m.dev.calls[2].bql);
    assert_false(m.dev.calls[2].rcu);
}

static void *lockless_thread(void *opaque)
{
    assert_int_equal(st(0x8000, 4, 1), MEMTX_OK);
    sem_post(&finished);
    return NULL;
}

static void test_lockless(void **state)
{
    restart((MemoryRegionOps){ .lockless = true });
    in_thread_without_bql(lockless_thread);
    assert_int_equal(m.dev.n, 1);
#ifdef HOLDFAST_DEBUG_CHECKS
    assert_false(m.dev.calls[0].bql);
#endif
    assert_true(m.dev.calls[0].rcu);
}

static void test_reentrancy(void **state)
{
    ASSERT_HELD(&bql);
    m.dev.dma = 0x8004; /* its own registers */
    assert_int_equal(st(0x8000, 4, 1), MEMTX_OK);
    assert_int_equal(m.dev.n, 1);
    assert_int_equal(m.dev.dma_result, MEMTX_ACCESS_ERROR);
    /* By way of another device. */
    device_init(&m.other, "other", 0x9000, (MemoryRegionOps){ 0 });
    m.dev.dma = 0x9000;
    m.other.dma = 0x8000;
    assert_int_equal(st(0x8000, 4, 2), MEMTX_OK);
    assert_int_equal(m.dev.n, 2);
    assert_int_equal(m.dev.dma_result, MEMTX_OK);
    assert_int_equal(m.other.n, 1);
    assert_int_equal(m.other.dma_result, MEMTX_ACCESS_ERROR);
    /* And once more: nothing is left behind. */
    m.dev.dma = 0;
    assert_int_equal(st(0x8000, 4, 3), MEMTX_OK);
    assert_int_equal(st(0x9000, 4, 3), MEMTX_OK);
    assert_int_equal(m.dev.n, 4);
}

/* ---- ioeventfds --------------------------------------------------------- */

static void *kick_thread(void *opaque)
{
    assert_int_equal(st(0x8010, 4, 3), MEMTX_OK);
    sem_post(&finished);
    return NULL;
}

static void test_ioeventfd(void **state)
{
    EventNotifier n, any;
    MemoryRegionIoeventfd e = { 0x10, 4, true, 3, &n };
    MemoryRegionIoeventfd e_any = { 0x20, 0, false, 0, &any };
    MemoryRegion alias;

    ASSERT_HELD(&bql);
    assert_true(event_notifier_init(&n, NULL));
    assert_true(event_notifier_init(&any, NULL));
    memory_region_add_eventfd(&m.dev.mr, &e);
    memory_region_add_eventfd(&m.dev.mr, &e_any);
    in_thread_without_bql(kick_thread);
    assert_true(event_notifier_test_and_clear(&n));
    assert_int_equal(m.dev.n, 0);
    st(0x8010, 4, 4); /* another value */
    st(0x8010, 2, 3); /* another size */
    st(0x8014, 4, 3); /* another place */
    assert_string_equal(seen(), "w4@10=4 w2@10=3 w4@14=3");
    assert_false(event_notifier_test_and_clear(&n));
    st(0x8020, 2, 77);
    st(0x8020, 4, 78);
    assert_string_equal(seen(), "");
    assert_true(event_notifier_test_and_clear(&any));
    /* What an alias shows, and what it does not. */
    memory_region_init_alias(&alias, "alias", &m.dev.mr, 0x20, 0x10);
    memory_region_add_subregion(&m.root, 0xc000, &alias);
    st(0xc000, 4, 1);
    assert_true(event_notifier_test_and_clear(&any));
    memory_region_del_subregion(&m.root, &alias);
    memory_region_finalize(&alias);
    memory_region_del_eventfd(&m.dev.mr, &e);
    memory_region_del_eventfd(&m.dev.mr, &e_any);
    st(0x8010, 4, 3);
    assert_string_equal(seen(), "w4@10=3");
    event_notifier_cleanup(&n);
    event_notifier_cleanup(&any);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ram),
        TEST(test_rom),
        TEST(test_rom_device),
        TEST(test_holes),
        TEST(test_readonly_alias),
        TEST(test_accepted_sizes),
        TEST(test_unaligned),
        TEST(test_split),
        TEST(test_widened),
        TEST(test_widened_end),
        TEST(test_pieces),
        TEST(test_attributes),
        TEST(test_takes_bql),
        TEST(test_lockless),
        TEST(test_reentrancy),
        TEST(test_ioeventfd),
    };

    memory_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
