/* SPDX-License-Identifier: MIT */
/*
 * test_virtqueue.c - the split ring from the driver's side: nonsense of every
 * kind is found and costs no more than the device; good rings work over the
 * wrap of the index, with elements outstanding, and with the event index.
 *
 * The device is one of the test's own: its handler takes all there is and
 * keeps it until the test gives it back.
 */
#include "virtio_driver.h"

#define INDIRECT VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define EVENT VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)
#define WRITE VRING_DESC_F_WRITE
#define NEXT VRING_DESC_F_NEXT

/* ---- the device --------------------------------------------------------- */

typedef struct Holder {
    VirtioDevice virtio;
    VirtQueue *vq;
    GPtrArray *held; /* VirtQueueElement* */
    bool quiet;      /* notifications off while it has some */
    unsigned declared;
} Holder;

static Machine *m;
static Holder *holder;
static VtDevice v;
static VtQueue q;
static hwaddr buffer;

static void take_all(VirtioDevice *vdev, VirtQueue *vq)
{
    Holder *h = (Holder *)vdev;
    VirtQueueElement *e;

    if (h->quiet) {
        virtqueue_set_notification(vq, false);
    }
    while ((e = virtqueue_pop(vq, sizeof(*e)))) {
        g_ptr_array_add(h->held, e);
    }
}

static VirtQueueElement *first(void)
{
    assert_true(holder->held->len > 0);
    return g_ptr_array_index(holder->held, 0);
}

/* Gives element i back, as if it had written len bytes. */
static void give_back(unsigned i, size_t len)
{
    VirtQueueElement *e = g_ptr_array_steal_index(holder->held, i);

    virtqueue_push(holder->vq, e, len);
    virtqueue_element_free(e);
    virtio_notify(&holder->virtio, holder->vq);
}

static void holder_get_config(VirtioDevice *vdev, uint8_t *config)
{
}

static void holder_reset(VirtioDevice *vdev)
{
    Holder *h = (Holder *)vdev;

    while (h->held->len) {
        VirtQueueElement *e = g_ptr_array_steal_index(h->held, 0);

        virtqueue_detach(h->vq, e);
        virtqueue_element_free(e);
    }
}

static unsigned holder_outstanding(VirtioDevice *vdev, unsigned index)
{
    return ((Holder *)vdev)->declared;
}

static bool holder_realize(DeviceState *dev, GError **error)
{
    Holder *h = (Holder *)dev;

    GLOBAL_STATE_CODE();
    h->held = g_ptr_array_new();
    if (!virtio_init(&h->virtio, error)) {
        return false;
    }
    h->vq = virtio_add_queue(&h->virtio, 256, take_all);
    return true;
}

static void holder_unrealize(DeviceState *dev) NO_TSA;
static void holder_unrealize(DeviceState *dev)
{
    virtio_cleanup(&((Holder *)dev)->virtio);
    g_ptr_array_unref(((Holder *)dev)->held);
}

static const VirtioDeviceOps holder_ops = {
    .device_id = 42,
    .get_config = holder_get_config,
    .reset = holder_reset,
    .outstanding = holder_outstanding,
};

static const VMStateField holder_fields[] = { VMSTATE_VIRTIO, VMSTATE_END };

static const VMStateDescription holder_vmstate = {
    .name = "holder",
    .version = 1,
    .fields = holder_fields,
    .pre_save = virtio_pre_save,
};

static const DeviceProperty holder_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    { .name = NULL }
};

static const DeviceClass holder_class = {
    .name = "test-holder",
    .bus = "virtio-bus",
    .instance_size = sizeof(Holder),
    .properties = holder_properties,
    .realize = holder_realize,
    .unrealize = holder_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_loaded,
    .vmstate = &holder_vmstate,
    .ops = &holder_ops,
};

/* ---- around each test --------------------------------------------------- */

static int setup(void **state)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    m = vt_machine();
    holder = (Holder *)device_new(m, &holder_class, NULL);
    device_realize(&holder->virtio.parent, NULL, &error);
    assert_no_error(error);
    return 0;
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    vt_machine_end(m);
    return 0;
}

static void start(unsigned num, uint64_t features)
{
    vt_init(&v, m, 0, features);
    vt_queue(&v, &q, 0, num);
    buffer = vt_alloc(&v, 65536);
    vt_driver_ok(&v);
    GLOBAL_STATE_CODE();
    vt_turns(3);
    vt_take_isr(&v);
}

static void make_available(uint16_t head)
{
    vt_avail(&q, head);
    vt_kick(&q);
}

static void wait_held(unsigned n)
{
    GLOBAL_STATE_CODE();
    hw_poll_until(holder->held->len == n || vt_broken(&v));
    assert_int_equal(holder->held->len, n);
}

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

/* The table's own write flag means nothing; a chain may end in it (2.7.5.3.2). */
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
static void stopped_machine(void **state) NO_TSA;
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

static void without_ioeventfd(void **state) NO_TSA;
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

static void save_refused(void **state) NO_TSA;
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
static void load_refused(void **state) NO_TSA;
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

static void save_and_load(void **state) NO_TSA;
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
    teardown(NULL);
    setup(NULL);
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
static void save_and_load_nonsense(void **state) NO_TSA;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
