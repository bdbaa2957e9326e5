/* SPDX-License-Identifier: MIT */
/*
 * test_virtqueue_chain.c - chains of descriptors, right ones and nonsense of
 * every kind, which is found and costs no more than the device.
 */
#include "virtio/virtio_holder.h"

static void expect_broken(const char *why)
{
    g_autofree char *text = NULL;

    GLOBAL_STATE_CODE();
    vt_assert_broken(&v);
    text = virtio_last_error();
    assert_contains(text, why);
    assert_int_equal(vt_take_isr(&v) & VIRTIO_ISR_CONFIG, VIRTIO_ISR_CONFIG);
    /* It is of no use until it is reset, and then it is again. */
    vt_kick(&q);
    vt_turns(3);
    assert_int_equal(holder->held->len, 0);
    vt_reset(&v);
    assert_int_equal(holder->vq->inuse, 0);
    start(4, 0);
    vt_desc(&q, 0, buffer, 16, 0, 0);
    make_available(0);
    wait_held(1);
    assert_false(vt_broken(&v));
}

/* ---- chains that are right ---------------------------------------------- */

static void good_chain(void **state)
{
    VirtQueueElement *e;

    start(8, 0);
    vt_write(&v, buffer, "hello", 5);
    vt_desc(&q, 3, buffer, 5, NEXT, 5);
    vt_desc(&q, 5, buffer + 4096, 100, NEXT | WRITE, 0);
    vt_desc(&q, 0, buffer + 8192, 28, WRITE, 7);
    make_available(3);
    wait_held(1);
    e = first();
    assert_int_equal(e->index, 3);
    assert_int_equal(e->out_num, 1);
    assert_int_equal(e->in_num, 2);
    assert_memory_equal(e->out_sg[0].iov_base, "hello", 5);
    assert_int_equal(e->in_addr[1], buffer + 8192);
    assert_int_equal(e->in_sg[1].iov_len, 28);
    memset(e->in_sg[0].iov_base, 'x', 100);
    give_back(0, 100);
    assert_int_equal(vt_used_idx(&q), 1);
    assert_int_equal(vt_used_id(&q, 0), 3);
    assert_int_equal(vt_used_len(&q, 0), 100);
    assert_int_equal(hw_read(m, buffer + 4096 + 99, 1), 'x');
    assert_int_equal(vt_take_isr(&v), VIRTIO_ISR_QUEUE);
}

/* The table's own write flag means nothing; a chain may end in one (2.7.5.3.2).
 */
static void good_indirect(void **state)
{
    hwaddr table;

    start(4, INDIRECT);
    table = vt_alloc(&v, 4096);
    for (unsigned i = 0; i < 40; i++) {
        vt_table_desc(&v, table, i, buffer + 64 * i, 64,
                      (i < 39 ? NEXT : 0) | (i < 20 ? 0 : WRITE), i + 1);
    }
    vt_desc(&q, 1, table, 40 * 16, VRING_DESC_F_INDIRECT | WRITE, 0);
    make_available(1);
    wait_held(1);
    assert_int_equal(first()->out_num, 20);
    assert_int_equal(first()->in_num, 20);

    vt_desc(&q, 2, buffer, 8, NEXT, 3);
    vt_desc(&q, 3, table, 40 * 16, VRING_DESC_F_INDIRECT, 0);
    make_available(2);
    wait_held(2);
    assert_int_equal(((VirtQueueElement *)holder->held->pdata[1])->out_num, 21);
}

/* A table that is longer than what is used of it. */
static void good_indirect_long_table(void **state)
{
    start(4, INDIRECT);
    vt_table_desc(&v, VT_RAM + 0x800000, 0, buffer, 64, 0, 0);
    vt_desc(&q, 0, VT_RAM + 0x800000, 16 * 70000, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    wait_held(1);
}

/* A buffer over the end of one memory and the start of another: pieces. */
static void good_pieces(void **state)
{
    MemoryRegion more = { NULL };

    GLOBAL_STATE_CODE();
    assert_true(memory_region_init_ram(&more, "more", 65536, NULL));
    memory_region_add_subregion(&m->system_memory, VT_RAM + VT_RAM_SIZE,
                                &more);
    start(4, 0);
    vt_desc(&q, 0, VT_RAM + VT_RAM_SIZE - 100, 300, WRITE, 0);
    make_available(0);
    wait_held(1);
    assert_int_equal(first()->in_num, 2);
    assert_int_equal(first()->in_sg[0].iov_len, 100);
    memset(first()->in_sg[1].iov_base, 7, 200);
    give_back(0, 300);
    assert_int_equal(hw_read(m, VT_RAM + VT_RAM_SIZE + 199, 1), 7);
    memory_region_del_subregion(&m->system_memory, &more);
    memory_region_finalize(&more);
}

/* A buffer in a device goes through a copy. */
static void good_buffer_in_device(void **state)
{
    start(4, 0);
    hw_write(m, VT_UART + 7, 1, 0x5a); /* the scratch register */
    vt_desc(&q, 0, VT_UART + 7, 1, 0, 0);
    make_available(0);
    wait_held(1);
    assert_int_equal(*(uint8_t *)first()->out_sg[0].iov_base, 0x5a);
    give_back(0, 0);
    vt_desc(&q, 1, VT_UART + 7, 1, WRITE, 0);
    make_available(1);
    wait_held(1);
    *(uint8_t *)first()->in_sg[0].iov_base = 0xa5;
    give_back(0, 1);
    assert_int_equal(hw_read(m, VT_UART + 7, 1), 0xa5);
}

/* ---- chains that are not ------------------------------------------------ */

static void bad_loop(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 8, NEXT, 1);
    vt_desc(&q, 1, buffer, 8, NEXT, 0);
    make_available(0);
    expect_broken("loops");
}

static void bad_head(void **state)
{
    start(4, 0);
    make_available(4);
    expect_broken("descriptor 4 of a table of 4");
}

static void bad_next(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 8, NEXT, 0x8000);
    make_available(0);
    expect_broken("descriptor 32768 of a table of 4");
}

static void bad_zero_length(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 8, NEXT, 1);
    vt_desc(&q, 1, buffer, 0, WRITE, 0);
    make_available(0);
    expect_broken("length 0");
}

static void bad_order(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 8, NEXT | WRITE, 1);
    vt_desc(&q, 1, buffer, 8, 0, 0);
    make_available(0);
    expect_broken("readable descriptor follows");
}

static void bad_hole(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, VT_HOLE, 8, 0, 0);
    make_available(0);
    expect_broken("no memory at 0x60000000");
}

static void bad_end_in_hole(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, VT_RAM + VT_RAM_SIZE - 8, 16, WRITE, 0);
    make_available(0);
    expect_broken("no memory at 0x81000000");
}

static void bad_wrap_of_address(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, UINT64_MAX - 7, 16, 0, 0);
    make_available(0);
    expect_broken("wraps round");
}

static void bad_idx(void **state)
{
    start(4, 0);
    vt_set_avail_idx(&q, 5);
    vt_kick(&q);
    expect_broken("from 0 to 5");
}

static void bad_idx_backwards(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 8, 0, 0);
    make_available(0);
    wait_held(1);
    give_back(0, 0);
    vt_set_avail_idx(&q, 0);
    vt_kick(&q);
    expect_broken("from 1 to 0");
}

/* More heads than the ring has entries that are not in use. */
static void bad_inuse(void **state)
{
    GLOBAL_STATE_CODE();
    start(4, 0);
    for (unsigned i = 0; i < 4; i++) {
        vt_desc(&q, i, buffer, 8, 0, 0);
        make_available(i);
        wait_held(i + 1);
    }
    make_available(0);
    vt_assert_broken(&v);
    vt_reset(&v);
    assert_int_equal(holder->held->len, 0);
}

static void bad_indirect_not_negotiated(void **state)
{
    start(4, 0);
    vt_desc(&q, 0, buffer, 16, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("not negotiated");
}

static void bad_indirect_length(void **state)
{
    static const uint32_t lengths[] = { 0, 8, 17, UINT32_MAX };

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        start(4, INDIRECT);
        vt_desc(&q, 0, buffer, lengths[i], VRING_DESC_F_INDIRECT, 0);
        make_available(0);
        expect_broken("an indirect table of");
        vt_reset(&v);
    }
}

static void bad_indirect_next(void **state)
{
    start(4, INDIRECT);
    vt_table_desc(&v, buffer, 0, buffer + 4096, 8, 0, 0);
    vt_desc(&q, 0, buffer, 16, VRING_DESC_F_INDIRECT | NEXT, 1);
    vt_desc(&q, 1, buffer, 16, 0, 0);
    make_available(0);
    expect_broken("with a next");
}

static void bad_indirect_nested(void **state)
{
    start(4, INDIRECT);
    vt_table_desc(&v, buffer, 0, buffer, 16, VRING_DESC_F_INDIRECT, 0);
    vt_desc(&q, 0, buffer, 16, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("in an indirect table");
}

static void bad_indirect_loop(void **state)
{
    start(4, INDIRECT);
    vt_table_desc(&v, buffer, 0, buffer + 4096, 8, NEXT, 1);
    vt_table_desc(&v, buffer, 1, buffer + 4096, 8, NEXT, 0);
    vt_desc(&q, 0, buffer, 32, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("loops");
}

static void bad_indirect_next_outside(void **state)
{
    start(4, INDIRECT);
    vt_table_desc(&v, buffer, 0, buffer + 4096, 8, NEXT, 2);
    vt_desc(&q, 0, buffer, 32, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("descriptor 2 of a table of 2");
}

static void bad_indirect_hole(void **state)
{
    start(4, INDIRECT);
    vt_desc(&q, 0, VT_HOLE, 32, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("no memory for the indirect table");
}

/* Each descriptor is fine, all of them are too many. */
static void bad_indirect_many_buffers(void **state)
{
    hwaddr table;

    start(4, INDIRECT);
    table = vt_alloc(&v, 16 * 1025);
    for (unsigned i = 0; i < 1025; i++) {
        vt_table_desc(&v, table, i, buffer, 1, i < 1024 ? NEXT : 0, i + 1);
    }
    vt_desc(&q, 0, table, 16 * 1025, VRING_DESC_F_INDIRECT, 0);
    make_available(0);
    expect_broken("more than 1024 buffers");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, holder_setup, holder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_chain),
        TEST(good_indirect),
        TEST(good_indirect_long_table),
        TEST(good_pieces),
        TEST(good_buffer_in_device),
        TEST(bad_loop),
        TEST(bad_head),
        TEST(bad_next),
        TEST(bad_zero_length),
        TEST(bad_order),
        TEST(bad_hole),
        TEST(bad_end_in_hole),
        TEST(bad_wrap_of_address),
        TEST(bad_idx),
        TEST(bad_idx_backwards),
        TEST(bad_inuse),
        TEST(bad_indirect_not_negotiated),
        TEST(bad_indirect_length),
        TEST(bad_indirect_next),
        TEST(bad_indirect_nested),
        TEST(bad_indirect_loop),
        TEST(bad_indirect_next_outside),
        TEST(bad_indirect_hole),
        TEST(bad_indirect_many_buffers),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
