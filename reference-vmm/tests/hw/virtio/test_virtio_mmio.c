/* SPDX-License-Identifier: MIT */
/*
 * test_virtio_mmio.c - registers of the transport, with and without a device
 * behind it; the rules of status and features; the entropy device, which is
 * the one behind it.
 */
#include "virtio/virtio_driver.h"
#include "base/clock.h"

static Machine *m;
static VtDevice v;
static VtQueue q;

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    m = vt_machine();
    return 0;
}

static int setup_rng(void **state)
{
    GLOBAL_STATE_CODE();
    m = vt_machine();
    vt_device(m, "virtio-rng-device");
    return 0;
}

static int teardown(void **state) DROPS(bql) NO_TSA;
static int teardown(void **state)
{
    vt_machine_end(m);
    return 0;
}

static void empty_slots(void **state)
{
    for (unsigned n = 0; n < 8; n++) {
        VtDevice slot = { .m = m, .base = vt_slot(n) };

        assert_int_equal(vt_get(&slot, VT_MAGIC), 0x74726976);
        assert_int_equal(vt_get(&slot, VT_VERSION), 2);
        assert_int_equal(vt_get(&slot, VT_DEVICE_ID), 0);
        for (unsigned offset = 0; offset < 0x200; offset += 4) {
            vt_set(&slot, offset, UINT32_MAX);
            vt_get(&slot, offset);
        }
        assert_int_equal(vt_get(&slot, VT_STATUS), 0);
    }
}

static void any_register(void **state)
{
    GRand *rand = g_rand_new_with_seed(7);

    v = (VtDevice){ .m = m, .base = vt_slot(0) };
    for (unsigned i = 0; i < 100000; i++) {
        unsigned size = 1 << g_rand_int_range(rand, 0, 4);
        hwaddr at = v.base + (g_rand_int_range(rand, 0, 0x200) & -size);
        uint64_t value = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);

        if (g_rand_boolean(rand)) {
            address_space_st(&m->as, at, size, value, MEMTXATTRS_UNSPECIFIED);
        } else {
            address_space_ld(&m->as, at, size, &value, MEMTXATTRS_UNSPECIFIED);
        }
    }
    g_rand_free(rand);
    vt_reset(&v);
    assert_int_equal(vt_get(&v, VT_DEVICE_ID), 4);
}

static void features(void **state)
{
    assert_false(vt_try_init(&v, m, 0, VIRTIO_FEATURE(40)));
    assert_false(vt_broken(&v));
    assert_true(vt_try_init(&v, m, 0, VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)));
    /* They are fixed now. */
    vt_set(&v, VT_DRIVER_FEATURES_SEL, 1);
    vt_set(&v, VT_DRIVER_FEATURES, 0);
    vt_driver_ok(&v);
    assert_int_equal(vt_get(&v, VT_STATUS), 15);
    /* Bits beyond 63 are not on offer. */
    vt_reset(&v);
    vt_set(&v, VT_STATUS, 3);
    vt_set(&v, VT_DEVICE_FEATURES_SEL, 2);
    assert_int_equal(vt_get(&v, VT_DEVICE_FEATURES), 0);
    vt_set(&v, VT_DRIVER_FEATURES_SEL, 2);
    vt_set(&v, VT_DRIVER_FEATURES, 1);
    vt_set(&v, VT_STATUS, 11);
    assert_int_equal(vt_get(&v, VT_STATUS), 3);
    /* Without VERSION_1 it is a legacy driver. */
    vt_reset(&v);
    vt_set(&v, VT_STATUS, 11);
    assert_int_equal(vt_get(&v, VT_STATUS) & VIRTIO_STATUS_FEATURES_OK, 0);
}

static void status(void **state)
{
    vt_init(&v, m, 0, 0);
    vt_set(&v, VT_STATUS, VIRTIO_STATUS_DRIVER_OK); /* clears nothing */
    assert_int_equal(vt_get(&v, VT_STATUS), 15);
    vt_set(&v, VT_STATUS, VIRTIO_STATUS_NEEDS_RESET);
    assert_false(vt_broken(&v)); /* ours alone */
    vt_set(&v, VT_STATUS, VIRTIO_STATUS_FAILED);
    assert_int_equal(vt_get(&v, VT_STATUS), 15 | VIRTIO_STATUS_FAILED);
    vt_reset(&v);
    vt_set(&v, VT_STATUS, VIRTIO_STATUS_DRIVER_OK);
    assert_true(vt_broken(&v));
    vt_reset(&v);
    assert_false(vt_broken(&v));
}

/* Addresses and size of a queue stand while it is ready. */
static void ready_queue(void **state)
{
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_set(&v, VT_QUEUE_NUM, 4);
    vt_set(&v, VT_QUEUE_DESC, 0);
    vt_driver_ok(&v);
    vt_desc(&q, 7, VT_RAM + 0x300000, 64, VRING_DESC_F_WRITE, 0);
    vt_avail(&q, 7);
    vt_kick(&q);
    GLOBAL_STATE_CODE();
    vt_wait_used(&q, 1);
    vt_set(&v, VT_QUEUE_SEL, 1);
    assert_int_equal(vt_get(&v, VT_QUEUE_NUM_MAX), 0);
    vt_set(&v, VT_QUEUE_READY, 1);
    assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
    vt_set(&v, VT_QUEUE_NOTIFY, 1);
    vt_set(&v, VT_QUEUE_NOTIFY, UINT32_MAX);
    vt_set(&v, VT_QUEUE_SEL, UINT32_MAX);
    assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
    assert_false(vt_broken(&v));
}

static void by_page_number(void **state)
{
    vt_init(&v, m, 0, 0);
    vt_set(&v, 0x28, 4096);
    vt_set(&v, VT_QUEUE_SEL, 0);
    assert_int_equal(vt_get(&v, 0x40), 0);
    vt_set(&v, VT_QUEUE_NUM, 8);
    vt_set(&v, 0x3c, 4096);
    vt_set(&v, 0x40, 0x80200);
    assert_int_equal(vt_get(&v, VT_QUEUE_READY), 1);
    assert_int_equal(vt_get(&v, 0x40), 0x80200);
    q = (VtQueue){ .v = &v, .num = 8, .desc = 0x80200000,
                   .avail = 0x80200080, .used = 0x80201000 };
    vt_driver_ok(&v);
    vt_desc(&q, 0, VT_RAM + 0x300000, 64, VRING_DESC_F_WRITE, 0);
    vt_avail(&q, 0);
    vt_kick(&q);
    GLOBAL_STATE_CODE();
    vt_wait_used(&q, 1);
}

/* The line is up while any bit is. */
static void interrupt_line(void **state)
{
    hwaddr pending = 0xc000000 + 0x1000;

    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    vt_desc(&q, 0, VT_RAM + 0x300000, 64, VRING_DESC_F_WRITE, 0);
    vt_avail(&q, 0);
    vt_kick(&q);
    GLOBAL_STATE_CODE();
    vt_wait_used(&q, 1);
    hw_poll_until(vt_get(&v, VT_ISR) == 1);
    assert_int_equal(hw_read(m, pending, 4), 1 << 8); /* slot 7: source 8 */
    vt_set(&v, VT_ISR_ACK, 2);
    assert_int_equal(vt_get(&v, VT_ISR), 1);
    vt_set(&v, VT_ISR_ACK, 1);
    assert_int_equal(vt_get(&v, VT_ISR), 0);
}

static void entropy(void **state)
{
    static const uint8_t zeros[4096];
    uint8_t bytes[4096];

    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    vt_desc(&q, 0, VT_RAM + 0x300000, 1000, VRING_DESC_F_WRITE |
            VRING_DESC_F_NEXT, 1);
    vt_desc(&q, 1, VT_RAM + 0x310000, 3096, VRING_DESC_F_WRITE, 0);
    vt_avail(&q, 0);
    vt_kick(&q);
    GLOBAL_STATE_CODE();
    vt_wait_used(&q, 1);
    assert_int_equal(vt_used_len(&q, 0), 4096);
    vt_read(&v, VT_RAM + 0x300000, bytes, 1000);
    vt_read(&v, VT_RAM + 0x310000, bytes + 1000, 3096);
    for (unsigned i = 0; i < 4096; i += 256) {
        assert_memory_not_equal(bytes + i, zeros, 32);
    }
    /* a buffer that has nothing to write to, and a very large one */
    vt_desc(&q, 0, VT_RAM, 16, 0, 0);
    vt_avail(&q, 0);
    vt_desc(&q, 2, VT_RAM + 0x400000, 0x800000, VRING_DESC_F_WRITE, 0);
    vt_avail(&q, 2);
    vt_kick(&q);
    vt_wait_used(&q, 3);
    assert_int_equal(vt_used_len(&q, 1), 0);
    assert_true(vt_used_len(&q, 2) > 0);
}

/* So many bytes in a period of the guest's time. */
static void entropy_quota(void **state)
{
    GLOBAL_STATE_CODE();
    vt_device(m, "virtio-rng-device,max-bytes=100,period=10");
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    for (unsigned i = 0; i < 4; i++) {
        vt_desc(&q, i, VT_RAM + 0x300000, 64, VRING_DESC_F_WRITE, 0);
        vt_avail(&q, i);
    }
    vt_kick(&q);
    vt_wait_used(&q, 2);
    assert_int_equal(vt_used_len(&q, 0), 64);
    assert_int_equal(vt_used_len(&q, 1), 36);
    vt_turns(5);
    assert_int_equal(vt_used_idx(&q), 2);
    hw_poll_until(vt_used_idx(&q) == 4);
    assert_int_equal(vt_used_len(&q, 2) + vt_used_len(&q, 3), 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_RNG(name) \
    cmocka_unit_test_setup_teardown(name, setup_rng, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_slots),
        TEST_RNG(any_register),
        TEST_RNG(features),
        TEST_RNG(status),
        TEST_RNG(ready_queue),
        TEST_RNG(by_page_number),
        TEST_RNG(interrupt_line),
        TEST_RNG(entropy),
        TEST(entropy_quota),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
