/* SPDX-License-Identifier: MIT */
/*
 * test_virtio_blk.c - the block device: its configuration, every kind of
 * request, what is refused, several queues, and the same in an iothread while
 * the memory topology changes.
 */
#include "virtio/virtio_blk_driver.h"

static Machine *m;
static VtDevice v;
static VtQueue q;
static char *path;

static int make_image(void **state)
{
    int fd = g_file_open_tmp("vblk-XXXXXX", &path, NULL);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, BLK_SIZE), 0);
    close(fd);
    return 0;
}

static GS_FN void add_disk(const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "{\"driver\": \"file\", \"node-name\": \"disk\", \"filename\": \"%s\","
        " \"discard\": \"unmap\"%s}", path, more);

    vt_blockdev(text);
}

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    make_image(state);
    m = vt_machine();
    return 0;
}

static int teardown(void **state) DROPS(bql) NO_TSA;
static int teardown(void **state)
{
    vt_machine_end(m);
    bdrv_close_all();
    iothread_free_all();
    unlink(path);
    g_clear_pointer(&path, g_free);
    return 0;
}

static GS_FN void start(const char *options, uint64_t features)
{
    g_autofree char *text = g_strconcat("virtio-blk-device,drive=disk",
                                        options, NULL);

    vt_device(m, text);
    vt_init(&v, m, 0, features);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
}

static uint64_t config(unsigned offset, unsigned size)
{
    return hw_read(m, v.base + VT_CONFIG + offset, size);
}

/* ---- configuration ------------------------------------------------------ */

static void configuration(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start(",num-queues=3,queue-size=128,physical_block_size=4096,"
          "logical_block_size=512", 0);
    assert_int_equal(vt_get(&v, VT_DEVICE_ID), 2);
    assert_int_equal(config(0, 8), BLK_SIZE / 512);
    assert_int_equal(config(12, 4), 126);
    assert_int_equal(config(20, 4), 512);
    assert_int_equal(config(24, 1), 3);
    assert_int_equal(config(34, 2), 3);
    assert_int_equal(config(40, 4), 1);
    assert_true(config(36, 4) > 0);
    assert_int_equal(vt_offered(&v) & VIRTIO_FEATURE(VIRTIO_BLK_F_RO), 0);
    assert_int_not_equal(vt_offered(&v) & VIRTIO_FEATURE(VIRTIO_BLK_F_MQ), 0);
    vt_set(&v, VT_QUEUE_SEL, 2);
    assert_int_equal(vt_get(&v, VT_QUEUE_NUM_MAX), 128);
    vt_set(&v, VT_QUEUE_SEL, 3);
    assert_int_equal(vt_get(&v, VT_QUEUE_NUM_MAX), 0);
}

static void wrong_properties(void **state)
{
    static const char *const wrong[][2] = {
        { "queue-size=3", "'queue-size' is 3" },
        { "queue-size=2048", "'queue-size' is 2048" },
        { "num-queues=0", "'num-queues' is 0" },
        { "num-queues=65", "'num-queues' is 65" },
        { "logical_block_size=513", "block sizes 513" },
        { "logical_block_size=4096", "block sizes 4096 and 512" },
        { "iothread=none", "none" },
        { "werror=maybe", "maybe" },
        { "nonsense=1", "nonsense" },
    };

    GLOBAL_STATE_CODE();
    add_disk("");
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strconcat("virtio-blk-device,drive=disk,",
                                            wrong[i][0], NULL);
        JsonObject *o = option_parse(text, "driver", NULL, NULL);
        GError *error = NULL;

        assert_null(device_add(m, o, &error));
        assert_contains(error->message, wrong[i][1]);
        g_error_free(error);
        json_object_unref(o);
    }
    start("", 0); /* and the disk is free after all that */
}

static void write_cache(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start("", VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) |
                  VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH));
    assert_int_equal(config(32, 1), 1);
    hw_write(m, v.base + VT_CONFIG + 32, 1, 0);
    assert_int_equal(config(32, 1), 0);
    vt_reset(&v);
    assert_int_equal(config(32, 1), 1);
    /* Without either feature every write is flushed (5.2.5.2). */
    vt_init(&v, m, 0, 0);
    assert_int_equal(config(32, 1), 0);
}

static void write_cache_off(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start(",write-cache=off,share-rw=on", 0);
    assert_int_equal(config(32, 1), 0);
    vt_init(&v, m, 0, VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE));
    hw_write(m, v.base + VT_CONFIG + 32, 1, 1);
    assert_int_equal(config(32, 1), 1);
    vt_reset(&v);
    assert_int_equal(config(32, 1), 0);
}

static void resized(void **state)
{
    uint32_t generation;

    GLOBAL_STATE_CODE();
    add_disk("");
    start("", 0);
    generation = vt_get(&v, VT_GENERATION);
    vt_take_isr(&v);
    assert_true(qmp_block_resize(NULL, "disk", BLK_SIZE / 2, NULL));
    hw_poll_until(config(0, 8) == BLK_SIZE / 1024);
    assert_int_not_equal(vt_get(&v, VT_GENERATION), generation);
    assert_true(vt_take_isr(&v) & VIRTIO_ISR_CONFIG);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, BLK_SIZE / 1024, 512), 1);
}

/* ---- requests ----------------------------------------------------------- */

static void read_and_write(void **state)
{
    uint8_t out[4096], in[4096];

    GLOBAL_STATE_CODE();
    add_disk("");
    start("", 0);
    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = i * 7;
    }
    vt_write(&v, BLK_DATA, out, sizeof(out));
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 10, sizeof(out)), 0);
    vt_fill(&v, BLK_DATA, 0, sizeof(out));
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 10, sizeof(in)), 0);
    assert_int_equal(vt_used_len(&q, 1), 4097);
    vt_read(&v, BLK_DATA, in, sizeof(in));
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(vt_take_isr(&v), VIRTIO_ISR_QUEUE);
}

/* The header and the status may be cut anywhere (2.7.4). */
static void any_layout(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start("", 0);
    blk_header(&v, VIRTIO_BLK_OUT, 4);
    vt_fill(&v, BLK_DATA, 0xab, 1024);
    /* header in two, data in two, status alone */
    vt_desc(&q, 0, BLK_HEADER, 7, VRING_DESC_F_NEXT, 1);
    vt_desc(&q, 1, BLK_HEADER + 7, 9, VRING_DESC_F_NEXT, 2);
    vt_desc(&q, 2, BLK_DATA, 1000, VRING_DESC_F_NEXT, 3);
    vt_desc(&q, 3, BLK_DATA + 1000, 24, VRING_DESC_F_NEXT, 4);
    vt_desc(&q, 4, BLK_STATUS, 1, VRING_DESC_F_WRITE, 0);
    assert_int_equal(blk_submit_and_wait(&q), 0);
    /* status in one buffer with the data */
    blk_header(&v, VIRTIO_BLK_IN, 4);
    vt_desc(&q, 0, BLK_HEADER, 16, VRING_DESC_F_NEXT, 1);
    vt_desc(&q, 1, BLK_STATUS - 1024, 1025, VRING_DESC_F_WRITE, 0);
    assert_int_equal(blk_submit_and_wait(&q), 0);
    assert_int_equal(hw_read(m, BLK_STATUS - 1024, 1), 0xab);
    assert_int_equal(hw_read(m, BLK_STATUS - 1, 1), 0xab);
}

static void refused(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start("", 0);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, BLK_SIZE / 512, 512), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, BLK_SIZE / 512 - 1, 1024), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, UINT64_MAX, 512), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, UINT64_MAX / 512 + 1, 512), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 0, 511), 1);
    assert_int_equal(blk_rw(&q, 2, 0, 512), 2);
    assert_int_equal(blk_rw(&q, 0x12345, 0, 512), 2);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 0, 512), 0);
}

/* Without room for header or status there is nobody to tell. */
static void no_request_at_all(void **state)
{
    static const uint32_t layout[][2] = { { 16, 0 }, { 15, 1 }, { 0, 1 } };

    GLOBAL_STATE_CODE();
    add_disk("");
    start("", 0);
    for (unsigned i = 0; i < 3; i++) {
        if (i) {
            vt_init(&v, m, 0, 0);
            vt_queue(&v, &q, 0, 8);
            vt_driver_ok(&v);
        }
        vt_desc(&q, 0, BLK_HEADER, layout[i][0],
                layout[i][1] ? VRING_DESC_F_NEXT : 0, 1);
        vt_desc(&q, 1, BLK_STATUS, layout[i][1], VRING_DESC_F_WRITE, 0);
        vt_avail(&q, layout[i][0] ? 0 : 1);
        vt_kick(&q);
        vt_assert_broken(&v);
        vt_reset(&v);
    }
}

/* The same memory over and over: more than we take at once. */
static void huge(void **state)
{
    GLOBAL_STATE_CODE();
    vt_blockdev("{\"driver\": \"null-co\", \"node-name\": \"disk\", "
                "\"size\": 1099511627776}");
    start("", VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    blk_header(&v, VIRTIO_BLK_IN, 0);
    vt_table_desc(&v, BLK_DATA, 0, BLK_HEADER, 16, VRING_DESC_F_NEXT, 1);
    for (unsigned i = 1; i < 1001; i++) {
        vt_table_desc(&v, BLK_DATA, i, VT_RAM + 0x800000, 0x800000,
                      VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, i + 1);
    }
    vt_table_desc(&v, BLK_DATA, 1001, BLK_STATUS, 1, VRING_DESC_F_WRITE, 0);
    vt_desc(&q, 0, BLK_DATA, 16 * 1002, VRING_DESC_F_INDIRECT, 0);
    assert_int_equal(blk_submit_and_wait(&q), 1);
}

static void flush_and_get_id(void **state)
{
    char id[20];

    GLOBAL_STATE_CODE();
    add_disk("");
    start(",serial=a-serial-number-of-more-than-20",
          VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH));
    assert_int_equal(blk_no_data(&q, VIRTIO_BLK_FLUSH), 0);
    vt_fill(&v, BLK_DATA, 0xff, 32);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_GET_ID, 0, 20), 0);
    vt_read(&v, BLK_DATA, id, 20);
    assert_memory_equal(id, "a-serial-number-of-m", 20);
    assert_int_equal(hw_read(m, BLK_DATA + 20, 1), 0xff);
    /* into less room */
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_GET_ID, 0, 3), 0);
}

static void discard_and_zeroes(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start("", VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD) |
                  VIRTIO_FEATURE(VIRTIO_BLK_F_WRITE_ZEROES));
    vt_fill(&v, BLK_DATA, 0x11, 8192);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 0, 8192), 0);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_WRITE_ZEROES, 1, 2, 0), 0);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 0, 8192), 0);
    assert_int_equal(hw_read(m, BLK_DATA + 511, 1), 0x11);
    assert_int_equal(hw_read(m, BLK_DATA + 512, 8), 0);
    assert_int_equal(hw_read(m, BLK_DATA + 1535, 1), 0);
    assert_int_equal(hw_read(m, BLK_DATA + 1536, 1), 0x11);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_WRITE_ZEROES, 8, 8, 1), 0);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_DISCARD, 0, 16, 0), 0);

    assert_int_equal(blk_zone(&q, VIRTIO_BLK_DISCARD, 0, 16, 1), 2);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_WRITE_ZEROES, 0, 16, 2), 2);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_DISCARD, BLK_SIZE / 512, 1, 0),
                     1);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_WRITE_ZEROES, 0, UINT32_MAX, 0),
                     1);
    /* two ranges, or half a one */
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_DISCARD, 0, 32), 2);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_DISCARD, 0, 8), 2);
}

static void read_only(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk(", \"read-only\": true");
    start("", VIRTIO_FEATURE(VIRTIO_BLK_F_RO));
    assert_int_equal(vt_offered(&v) & VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD), 0);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 0, 512), 1);
    assert_int_equal(blk_zone(&q, VIRTIO_BLK_WRITE_ZEROES, 0, 1, 0), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 0, 512), 0);
}

static void logical_blocks(void **state)
{
    GLOBAL_STATE_CODE();
    add_disk("");
    start(",logical_block_size=4096,physical_block_size=4096", 0);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 8, 4096), 0);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 1, 4096), 1);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 8, 512), 1);
}

static void several_queues(void **state)
{
    VtQueue queues[4];

    GLOBAL_STATE_CODE();
    add_disk("");
    vt_device(m, "virtio-blk-device,drive=disk,num-queues=4");
    vt_init(&v, m, 0, VIRTIO_FEATURE(VIRTIO_BLK_F_MQ));
    for (unsigned i = 0; i < 4; i++) {
        vt_queue(&v, &queues[i], i, 8);
    }
    vt_driver_ok(&v);
    for (unsigned i = 0; i < 40; i++) {
        vt_fill(&v, BLK_DATA, i, 512);
        assert_int_equal(blk_rw(&queues[i % 4], VIRTIO_BLK_OUT, i, 512), 0);
    }
    assert_int_equal(blk_rw(&queues[1], VIRTIO_BLK_IN, 38, 512), 0);
    assert_int_equal(hw_read(m, BLK_DATA, 1), 38);
}

/* ---- an iothread -------------------------------------------------------- */

/* All slots of the ring are on their way while regions come and go. */
static void iothread_and_commits(void **state)
{
    MemoryRegion more = { NULL };
    unsigned heads = 0;

    GLOBAL_STATE_CODE();
    assert_non_null(iothread_new("io", NULL));
    assert_true(memory_region_init_ram(&more, "more", 65536, NULL));
    add_disk("");
    start(",iothread=io", VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX));
    blk_header(&v, VIRTIO_BLK_OUT, 0);
    for (unsigned i = 0; i < 2; i++) {
        blk_chain(&q, 4 * i, BLK_DATA, 4096, BLK_STATUS + i, false);
    }
    while (vt_used_idx(&q) < 100) {
        memory_region_add_subregion(&m->system_memory, VT_HOLE, &more);
        if (vt_used_idx(&q) == heads) {
            vt_avail(&q, heads % 2 * 4);
            vt_kick(&q);
            heads++;
        }
        memory_region_del_subregion(&m->system_memory, &more);
        vt_turns(1);
    }
    vt_wait_used(&q, heads);
    assert_int_equal(hw_read(m, BLK_STATUS, 1), 0);
    memory_region_finalize(&more);
}

/* Resets, stops and starts with requests under way, and none of them lost or
 * written afterwards. */
static void iothread_reset_in_flight(void **state) DROPS(bql) NO_TSA;
static void iothread_reset_in_flight(void **state)
{
    assert_non_null(iothread_new("io", NULL));
    vt_blockdev("{\"driver\": \"null-co\", \"node-name\": \"disk\", "
                "\"size\": 1048576, \"latency-ns\": 3000000}");
    start(",iothread=io", 0);
    for (unsigned i = 0; i < 30; i++) {
        if (i) {
            vt_init(&v, m, 0, 0);
            vt_queue(&v, &q, 0, 8);
            vt_driver_ok(&v);
        }
        blk_header(&v, VIRTIO_BLK_IN, 0);
        blk_chain(&q, 0, BLK_DATA, 4096, BLK_STATUS, true);
        blk_chain(&q, 4, BLK_DATA, 4096, BLK_STATUS, true);
        vt_avail(&q, 0);
        vt_avail(&q, 4);
        vt_kick(&q);
        vt_turns(i % 3);
        switch (i % 3) {
        case 0:
            vt_reset(&v);
            break;
        case 1:
            vm_stop(m, RUN_STATE_PAUSED);
            assert_true(vt_used_idx(&q) == 0 || vt_used_idx(&q) == 2);
            vm_start(m);
            vt_wait_used(&q, 2);
            break;
        case 2:
            machine_reset(m);
            assert_int_equal(vt_get(&v, VT_STATUS), 0);
            break;
        }
    }
}

static void iothread_queue_unready(void **state)
{
    GLOBAL_STATE_CODE();
    assert_non_null(iothread_new("io", NULL));
    vt_blockdev("{\"driver\": \"null-co\", \"node-name\": \"disk\", "
                "\"size\": 1048576, \"latency-ns\": 2000000}");
    start(",iothread=io", 0);
    blk_header(&v, VIRTIO_BLK_IN, 0);
    for (unsigned i = 0; i < 20; i++) {
        blk_chain(&q, 0, BLK_DATA, 4096, BLK_STATUS, true);
        vt_avail(&q, 0);
        vt_kick(&q);
        vt_set(&v, VT_QUEUE_SEL, 0);
        vt_set(&v, VT_QUEUE_READY, 0);
        assert_int_equal(vt_get(&v, VT_QUEUE_READY), 0);
        vt_set(&v, VT_QUEUE_READY, 1);
        assert_int_equal(vt_get(&v, VT_QUEUE_READY), 1);
    }
    vt_reset(&v);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configuration),
        TEST(wrong_properties),
        TEST(write_cache),
        TEST(write_cache_off),
        TEST(resized),
        TEST(read_and_write),
        TEST(any_layout),
        TEST(refused),
        TEST(no_request_at_all),
        TEST(huge),
        TEST(flush_and_get_id),
        TEST(discard_and_zeroes),
        TEST(read_only),
        TEST(logical_blocks),
        TEST(several_queues),
        TEST(iothread_and_commits),
        TEST(iothread_reset_in_flight),
        TEST(iothread_queue_unready),
    };

    return cmocka_run_group_tests(tests, vt_block_group_setup,
                                  vt_block_group_teardown);
}
