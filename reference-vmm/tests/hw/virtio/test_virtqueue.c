/* SPDX-License-Identifier: MIT */
/*
 * test_virtqueue.c - where rings lie, the wrap of their indices, elements that
 * stay outstanding, notifications, the event index, resets, and state.
 */
#include "virtio/virtio_holder.h"

/* ---- where the rings are ------------------------------------------------ */

static void rings_at(hwaddr desc, hwaddr avail, hwaddr used)
{
    vt_init(&v, m, 0, 0);
    vt_queue_at(&v, &q, 0, 4, desc, avail, used);
}

static void rings_unaligned(void **state)
{
    static const hwaddr at[][3] = {
        { 0x80200008, 0x80201000, 0x80202000 },
        { 0x80200000, 0x80201001, 0x80202000 },
        { 0x80200000, 0x80201000, 0x80202002 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(at); i++) {
        rings_at(at[i][0], at[i][1], at[i][2]);
        assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
        assert_true(vt_broken(&v));
    }
}

static void rings_of_wrong_size(void **state)
{
    static const unsigned sizes[] = { 0, 3, 6, 512, 65535, 65536, 65544 };

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        vt_init(&v, m, 0, 0);
        vt_queue_at(&v, &q, 0, sizes[i], 0x80200000, 0x80201000, 0x80202000);
        assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
        assert_true(vt_broken(&v));
    }
}

static void rings_in_holes(void **state)
{
    static const hwaddr at[][3] = {
        { VT_HOLE, 0x80201000, 0x80202000 },
        { 0x80200000, VT_HOLE, 0x80202000 },
        { 0x80200000, 0x80201000, VT_HOLE },
        { VT_RAM + VT_RAM_SIZE - 32, 0x80201000, 0x80202000 },
        { 0x80200000, VT_RAM + VT_RAM_SIZE - 8, 0x80202000 },
        { 0x80200000, 0x80201000, VT_RAM + VT_RAM_SIZE - 16 },
        { UINT64_MAX - 31, 0x80201000, 0x80202000 },
        { 0x80200000, UINT64_MAX - 7, 0x80202000 },
        { 0x80200000, 0x80201000, UINT64_MAX - 15 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(at); i++) {
        rings_at(at[i][0], at[i][1], at[i][2]);
        vt_driver_ok(&v);
        vt_kick(&q);
        vt_assert_broken(&v);
        vt_reset(&v);
    }
}

/* In a device: read and written like any other memory, for what it is worth.
 * Over a transport, even its own, it gets nowhere. */
static void rings_in_devices(void **state)
{
    static const hwaddr devices[] = { VT_UART, 0x10008000, 0x10007000,
                                      0xc000000, 0x2000000, 0x101000,
                                      0x20000000 };

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++) {
        for (unsigned part = 0; part < 3; part++) {
            hwaddr at[3] = { 0x80200000, 0x80201000, 0x80202000 };

            at[part] = devices[i];
            rings_at(at[0], at[1], at[2]);
            vt_driver_ok(&v);
            if (part != 0) {
                vt_desc(&q, 0, 0x80203000, 16, 0, 0);
            }
            if (part != 1) {
                vt_set_avail_idx(&q, 0);
                vt_avail(&q, 0);
            }
            vt_kick(&q);
            vt_turns(5);
            while (holder->held->len) {
                give_back(0, 0);
            }
            vt_turns(5);
            assert_int_equal(vt_get(&v, VT_DEVICE_ID), 42);
            vt_reset(&v);
        }
    }
}

/* The id of the first used element is 0: written to the status register of
 * the very device, it would be a reset of a queue in the middle of a push. */
static void used_ring_over_own_status(void **state)
{
    GLOBAL_STATE_CODE();
    rings_at(0x80200000, 0x80201000, v.base + VT_STATUS - 4);
    vt_driver_ok(&v);
    vt_desc(&q, 0, 0x80203000, 16, 0, 0);
    make_available(0);
    wait_held(1);
    give_back(0, 0);
    vt_turns(5);
    assert_true(vt_get(&v, VT_STATUS) & VIRTIO_STATUS_DRIVER_OK);
}

static void used_ring_read_only(void **state)
{
    MemoryRegion rom = { NULL };

    GLOBAL_STATE_CODE();
    assert_true(memory_region_init_rom(&rom, "rom", 4096, NULL));
    memory_region_add_subregion(&m->system_memory, VT_HOLE, &rom);
    rings_at(0x80200000, 0x80201000, VT_HOLE);
    vt_driver_ok(&v);
    vt_desc(&q, 0, 0x80203000, 16, 0, 0);
    make_available(0);
    wait_held(1);
    give_back(0, 0);
    assert_int_equal(vt_used_idx(&q), 0); /* nothing has changed */
    vt_reset(&v);
    memory_region_del_subregion(&m->system_memory, &rom);
    memory_region_finalize(&rom);
}

/* Memory goes away and comes back under a ring: each time the ring is mapped
 * anew. */
static void ring_memory_moves(void **state)
{
    MemoryRegion more = { NULL };

    GLOBAL_STATE_CODE();
    assert_true(memory_region_init_ram(&more, "more", 65536, NULL));
    memory_region_add_subregion(&m->system_memory, VT_HOLE, &more);
    rings_at(VT_HOLE, VT_HOLE + 4096, VT_HOLE + 8192);
    vt_driver_ok(&v);
    for (unsigned i = 0; i < 10; i++) {
        vt_desc(&q, 0, VT_RAM, 16, 0, 0);
        make_available(0);
        wait_held(1);
        memory_region_del_subregion(&m->system_memory, &more);
        memory_region_add_subregion(&m->system_memory, VT_HOLE, &more);
        give_back(0, 0);
        assert_int_equal(vt_used_idx(&q), i + 1);
    }
    memory_region_del_subregion(&m->system_memory, &more);
    vt_kick(&q);
    vt_assert_broken(&v);
    vt_reset(&v);
    memory_region_finalize(&more);
}

/* ---- indices ------------------------------------------------------------ */

/* Round the 16 bits of the index, in uneven steps, in a ring of 4. */
static void index_wraps(void **state)
{
    unsigned total = 0;

    start(4, 0);
    while (total < 140000) {
        unsigned n = 1 + total % 4;

        for (unsigned i = 0; i < n; i++) {
            vt_desc(&q, i, buffer + 64 * i, 64, WRITE, 0);
            vt_avail(&q, i);
        }
        take_all(&holder->virtio, holder->vq);
        assert_int_equal(holder->held->len, n);
        for (unsigned i = 0; i < n; i++) {
            give_back(0, 10 + i);
            assert_int_equal(vt_used_id(&q, total + i), i);
            assert_int_equal(vt_used_len(&q, total + i), 10 + i);
        }
        total += n;
        assert_int_equal(vt_used_idx(&q), (uint16_t)total);
    }
    assert_int_equal(holder->vq->inuse, 0);
    assert_false(vt_broken(&v));
}

/* The first one stays outstanding while the others go round and round. */
static void first_stays_outstanding(void **state)
{
    start(4, 0);
    for (unsigned i = 0; i < 4; i++) {
        vt_desc(&q, i, buffer + 64 * i, 64, WRITE, 0);
    }
    vt_avail(&q, 0);
    take_all(&holder->virtio, holder->vq);
    for (unsigned i = 0; i < 70000; i++) {
        unsigned head = 1 + i % 3;

        vt_avail(&q, head);
        take_all(&holder->virtio, holder->vq);
        assert_int_equal(holder->held->len, 2);
        give_back(1, 0);
        assert_int_equal(vt_used_id(&q, i), head);
        assert_int_equal(holder->vq->inuse, 1);
    }
    assert_int_equal(first()->index, 0);
    give_back(0, 64);
    assert_int_equal(vt_used_id(&q, (uint16_t)70000), 0);
    assert_int_equal(holder->vq->inuse, 0);
}

static void pushed_out_of_order(void **state)
{
    start(8, 0);
    for (unsigned i = 0; i < 8; i++) {
        vt_desc(&q, i, buffer, 64, WRITE, 0);
        vt_avail(&q, i);
    }
    vt_kick(&q);
    wait_held(8);
    for (unsigned i = 8; i-- > 0;) {
        give_back(i, i);
        assert_int_equal(vt_used_id(&q, 7 - i), i);
    }
}

static void unpopped(void **state)
{
    VirtQueueElement *e;

    start(4, EVENT);
    for (unsigned i = 0; i < 3; i++) {
        vt_desc(&q, i, buffer, 64, WRITE, 0);
        vt_avail(&q, i);
    }
    take_all(&holder->virtio, holder->vq);
    for (unsigned i = 3; i-- > 1;) {
        e = g_ptr_array_steal_index(holder->held, i);
        virtqueue_unpop(holder->vq, e);
        virtqueue_element_free(e);
    }
    assert_int_equal(holder->vq->inuse, 1);
    take_all(&holder->virtio, holder->vq);
    assert_int_equal(holder->held->len, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(first()->index, i);
        give_back(0, 0);
    }
    assert_int_equal(holder->vq->inuse, 0);
}

static void filled_in_batches(void **state)
{
    VirtQueueElement *e;

    start(4, 0);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3; i++) {
            vt_desc(&q, i, buffer, 64, WRITE, 0);
            vt_avail(&q, i);
        }
        take_all(&holder->virtio, holder->vq);
        for (unsigned i = 0; i < 3; i++) {
            e = g_ptr_array_steal_index(holder->held, 0);
            virtqueue_fill(holder->vq, e, i, i);
            virtqueue_element_free(e);
        }
        assert_int_equal(vt_used_idx(&q), 3 * round);
        virtqueue_flush(holder->vq, 3);
        assert_int_equal(vt_used_idx(&q), 3 * round + 3);
        assert_int_equal(vt_used_len(&q, 3 * round + 2), 2);
    }
}

/* ---- notifications ------------------------------------------------------ */

static void flags_of_the_ring(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    vt_set_avail_flags(&q, VRING_AVAIL_F_NO_INTERRUPT);
    make_available(0);
    wait_held(1);
    give_back(0, 0);
    assert_int_equal(vt_take_isr(&v), 0);
    vt_set_avail_flags(&q, 0);
    make_available(0);
    wait_held(1);
    give_back(0, 0);
    assert_int_equal(vt_take_isr(&v), VIRTIO_ISR_QUEUE);

    assert_int_equal(vt_used_flags(&q), 0);
    virtqueue_set_notification(holder->vq, false);
    assert_int_equal(vt_used_flags(&q), VRING_USED_F_NO_NOTIFY);
    virtqueue_set_notification(holder->vq, true);
    assert_int_equal(vt_used_flags(&q), 0);
}

static void pass_one(void)
{
    vt_avail(&q, 0);
    take_all(&holder->virtio, holder->vq);
    give_back(0, 0);
}

/* An interrupt when the index passes used_event, and only then (2.7.7.2). */
static void used_event(void **state)
{
    start(4, EVENT);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    vt_set_used_event(&q, 5);
    pass_one(); /* the first after set-up always interrupts */
    vt_take_isr(&v);
    for (unsigned i = 1; i < 100; i++) {
        pass_one();
        assert_int_equal(vt_take_isr(&v), i == 5 ? VIRTIO_ISR_QUEUE : 0);
    }
}

static void used_event_at_the_wrap(void **state)
{
    start(4, EVENT);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    vt_set_used_event(&q, 0xffff);
    for (unsigned i = 0; i < 65535; i++) {
        pass_one();
    }
    vt_take_isr(&v);
    pass_one(); /* number 0xffff: the index becomes 0 */
    assert_int_equal(vt_used_idx(&q), 0);
    assert_int_equal(vt_take_isr(&v), VIRTIO_ISR_QUEUE);
    pass_one();
    assert_int_equal(vt_take_isr(&v), 0);
    vt_set_used_event(&q, 1);
    pass_one();
    assert_int_equal(vt_take_isr(&v), VIRTIO_ISR_QUEUE);
}

/* We say up to where we know: the driver notifies when it passes that. */
static void avail_event(void **state)
{
    start(4, EVENT);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    for (unsigned i = 0; i < 10; i++) {
        pass_one();
        assert_int_equal(vt_avail_event(&q), i + 1);
    }
    virtqueue_set_notification(holder->vq, false);
    pass_one();
    assert_int_equal(vt_avail_event(&q), 10);
    vt_avail(&q, 0);
    virtqueue_set_notification(holder->vq, true);
    assert_int_equal(vt_avail_event(&q), 12);
    assert_false(virtqueue_is_empty(holder->vq));
    assert_int_equal(vring_need_event(12, 13, 12), 1);
    assert_int_equal(vring_need_event(12, 12, 11), 0);
    assert_int_equal(vring_need_event(0xffff, 0, 0xfffe), 1);
}

/* ---- the queue's life --------------------------------------------------- */

static void reset_with_elements(void **state)
{
    start(4, 0);
    for (unsigned i = 0; i < 3; i++) {
        vt_desc(&q, i, buffer, 64, WRITE, 0);
        make_available(i);
    }
    wait_held(3);
    vt_reset(&v);
    assert_int_equal(holder->held->len, 0);
    assert_int_equal(holder->vq->inuse, 0);
    assert_int_equal(vt_get(&v, VT_STATUS), 0);
    assert_int_equal(vt_used_idx(&q), 0);
}

/* One of before the reset, given back after it. */
static void stale_element(void **state)
{
    VirtQueueElement *e;

    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    wait_held(1);
    e = g_ptr_array_steal_index(holder->held, 0);
    vt_reset(&v);
    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    wait_held(1);
    virtqueue_push(holder->vq, e, 64);
    virtqueue_element_free(e);
    assert_int_equal(vt_used_idx(&q), 0);
    assert_int_equal(holder->vq->inuse, 1);
}

static void unready_while_outstanding(void **state)
{
    GLOBAL_STATE_CODE();
    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    wait_held(1);
    vt_set(&v, VT_QUEUE_SEL, 0);
    vt_set(&v, VT_QUEUE_READY, 0);
    assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
    vt_avail(&q, 0);
    vt_kick(&q);
    vt_turns(3);
    assert_int_equal(holder->held->len, 1);
    give_back(0, 0);
    assert_int_equal(vt_used_idx(&q), 0);
    assert_int_equal(holder->vq->inuse, 0);
    vt_set(&v, VT_QUEUE_READY, 1);
    wait_held(1);
    assert_false(vt_broken(&v));
}

/* Stopped, nothing is served; what was notified meanwhile is, afterwards. */
static void stopped_machine(void **state) DROPS(bql) NO_TSA;
static void stopped_machine(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    vm_stop(m, RUN_STATE_PAUSED);
    make_available(0);
    vt_turns(5);
    assert_int_equal(holder->held->len, 0);
    vm_start(m);
    wait_held(1);
}

static void without_ioeventfd(void **state) DROPS(bql) NO_TSA;
static void without_ioeventfd(void **state)
{
    device_free(&holder->virtio.parent);
    holder = (Holder *)device_new(m, &holder_class, NULL);
    holder->virtio.use_ioeventfd = false;
    GLOBAL_STATE_CODE();
    assert_true(device_realize(&holder->virtio.parent, NULL, NULL));
    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    assert_int_equal(holder->held->len, 1); /* at once */
}

/* ---- state -------------------------------------------------------------- */

static void save_refused(void **state) DROPS(bql) NO_TSA;
static void save_refused(void **state)
{
    VtState saved;
    GError *error = NULL;

    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    wait_held(1);
    vm_stop(m, RUN_STATE_PAUSED);
    assert_false(vt_save(m, &saved, &error));
    assert_contains(error->message, "'test-holder' has 1 elements of queue 0");
    g_clear_error(&error);
    vt_state_clear(&saved);
    holder->declared = 2;
    assert_false(vt_save(m, &saved, NULL));
    vt_state_clear(&saved);
}

/* A state in which an element is missing that was taken. */
static void load_refused(void **state) DROPS(bql) NO_TSA;
static void load_refused(void **state)
{
    VtState saved;
    GError *error = NULL;

    start(4, 0);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    make_available(0);
    wait_held(1);
    vm_stop(m, RUN_STATE_PAUSED);
    holder->declared = 1; /* a lie: its vmstate has none */
    assert_true(vt_save(m, &saved, &error));
    assert_false(vt_load(m, &saved, &error));
    assert_contains(error->message, "1 elements outstanding, but the state "
                    "holds 0");
    g_clear_error(&error);
    vt_state_clear(&saved);
}

static void save_and_load(void **state) DROPS(bql) NO_TSA;
static void save_and_load(void **state)
{
    VtState saved;
    GError *error = NULL;

    start(4, EVENT);
    vt_desc(&q, 0, buffer, 64, WRITE, 0);
    for (unsigned i = 0; i < 7; i++) {
        pass_one();
    }
    vm_stop(m, RUN_STATE_PAUSED);
    vt_save(m, &saved, &error);
    assert_no_error(error);
    holder_teardown(NULL);
    holder_setup(NULL);
    vm_stop(m, RUN_STATE_PAUSED);
    vt_load(m, &saved, &error);
    assert_no_error(error);
    v.m = m;
    assert_true(vt_get(&v, VT_ISR) & VIRTIO_ISR_QUEUE);
    vm_start(m);
    make_available(0);
    wait_held(1);
    give_back(0, 5);
    assert_int_equal(vt_used_idx(&q), 8);
    assert_int_equal(vt_used_len(&q, 7), 5);
    vt_state_clear(&saved);
}

/* Driver's nonsense that was of no consequence so far must not keep a guest
 * from being moved. */
static void save_and_load_nonsense(void **state) DROPS(bql) NO_TSA;
static void save_and_load_nonsense(void **state)
{
    VtState saved;
    GError *error = NULL;

    vt_try_init(&v, m, 0, ~UINT64_C(0));
    vt_set(&v, VT_QUEUE_NUM, 12345);
    vm_stop(m, RUN_STATE_PAUSED);
    vt_save(m, &saved, &error);
    assert_no_error(error);
    vt_load(m, &saved, &error);
    assert_no_error(error);
    vt_state_clear(&saved);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, holder_setup, holder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rings_unaligned),
        TEST(rings_of_wrong_size),
        TEST(rings_in_holes),
        TEST(rings_in_devices),
        TEST(used_ring_over_own_status),
        TEST(used_ring_read_only),
        TEST(ring_memory_moves),
        TEST(index_wraps),
        TEST(first_stays_outstanding),
        TEST(pushed_out_of_order),
        TEST(unpopped),
        TEST(filled_in_batches),
        TEST(flags_of_the_ring),
        TEST(used_event),
        TEST(used_event_at_the_wrap),
        TEST(avail_event),
        TEST(reset_with_elements),
        TEST(stale_element),
        TEST(unready_while_outstanding),
        TEST(stopped_machine),
        TEST(without_ioeventfd),
        TEST(save_refused),
        TEST(load_refused),
        TEST(save_and_load),
        TEST(save_and_load_nonsense),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
