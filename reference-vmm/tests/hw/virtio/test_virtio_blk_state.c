/* SPDX-License-Identifier: MIT */
/*
 * test_virtio_blk_state.c - a disk that fails under a guest whose machine is
 * to stop then: its requests wait, travel to another machine, and none is lost
 * when the error is gone.
 */
#include "virtio/virtio_blk_driver.h"

#define N_REQUESTS 5

static Machine *m;
static VtDevice v;
static VtQueue q;
static char *path;

/* A disk whose first requests fail, so many of them. */
static GS_FN void add_disk(unsigned failures)
{
    GString *text = g_string_new("{\"driver\": \"blkdebug\", \"node-name\": "
                                 "\"disk\", \"image\": \"file\", "
                                 "\"inject-error\": [");

    for (unsigned i = 0; i < failures; i++) {
        g_string_append_printf(text, "%s{\"event\": \"none\", "
                               "\"iotype\": \"write\", \"errno\": 28, "
                               "\"once\": true}", i ? ", " : "");
    }
    g_string_append(text, "]}");
    vt_blockdev(text->str);
    g_string_free(text, TRUE);
}

static GS_FN void start_machine(unsigned failures, const char *options)
{
    g_autofree char *file = g_strdup_printf(
        "{\"driver\": \"file\", \"node-name\": \"file\", \"filename\": "
        "\"%s\"}", path);
    g_autofree char *device = g_strconcat("virtio-blk-device,drive=disk,"
                                          "werror=", options, NULL);

    vt_blockdev(file);
    add_disk(failures);
    m = vt_machine();
    vt_device(m, device);
    v.m = m;
}

static void stop_machine(void) DROPS(bql) NO_TSA;
static void stop_machine(void)
{
    vt_machine_end(m);
    bdrv_close_all();
    iothread_free_all();
}

static int setup(void **state)
{
    int fd = g_file_open_tmp("vblk-XXXXXX", &path, NULL);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, BLK_SIZE), 0);
    close(fd);
    return 0;
}

static int teardown(void **state)
{
    unlink(path);
    g_clear_pointer(&path, g_free);
    return 0;
}

static GS_FN bool has_stopped(void)
{
    return m->run_state == RUN_STATE_IO_ERROR;
}

/* Five writes, each of a sector of its own and an indirect table, that fail
 * and stop the machine. */
static GS_FN void fail_writes(void)
{
    hwaddr table;

    vt_init(&v, m, 0, VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) |
                          VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX));
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    table = vt_alloc(&v, 4096);
    for (unsigned i = 0; i < N_REQUESTS; i++) {
        hwaddr header = BLK_HEADER + 16 * i, t = table + 64 * i;

        hw_write(m, header, 4, VIRTIO_BLK_OUT);
        hw_write(m, header + 8, 8, i);
        vt_fill(&v, BLK_DATA + 512 * i, 0x40 + i, 512);
        hw_write(m, BLK_STATUS + i, 1, 0xff);
        vt_table_desc(&v, t, 0, header, 16, VRING_DESC_F_NEXT, 1);
        vt_table_desc(&v, t, 1, BLK_DATA + 512 * i, 512, VRING_DESC_F_NEXT, 2);
        vt_table_desc(&v, t, 2, BLK_STATUS + i, 1, VRING_DESC_F_WRITE, 0);
        vt_desc(&q, i, t, 48, VRING_DESC_F_INDIRECT, 0);
        vt_avail(&q, i);
    }
    vt_kick(&q);
    hw_poll_until(has_stopped());
    assert_int_equal(vt_used_idx(&q), 0);
    assert_int_equal(hw_read(m, BLK_STATUS, 1), 0xff);
}

/* All of them are on the disk, and the guest knows. */
static GS_FN void expect_all_written(void)
{
    g_autofree char *bytes = NULL;
    unsigned ids = 0;
    gsize size;

    vt_wait_used(&q, N_REQUESTS);
    for (unsigned i = 0; i < N_REQUESTS; i++) {
        assert_int_equal(hw_read(m, BLK_STATUS + i, 1), 0);
        ids |= 1u << vt_used_id(&q, i); /* in any order */
        assert_int_equal(vt_used_len(&q, i), 1);
    }
    assert_int_equal(ids, (1 << N_REQUESTS) - 1);
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    for (unsigned i = 0; i < N_REQUESTS; i++) {
        assert_int_equal(bytes[512 * i], 0x40 + i);
        assert_int_equal(bytes[512 * i + 511], 0x40 + i);
    }
    assert_int_equal(bytes[512 * N_REQUESTS], 0);
}

/* ---- on the same machine ------------------------------------------------ */

static void continued(void **state) DROPS(bql) NO_TSA;
static void continued(void **state)
{
    start_machine(2 * N_REQUESTS, "stop");
    fail_writes();
    vm_start(m); /* and again, for the disk fails still */
    hw_poll_until(has_stopped());
    assert_int_equal(vt_used_idx(&q), 0);
    vt_turns(10); /* a stop that was asked for twice */
    vm_start(m);
    expect_all_written();
    stop_machine();
}

static void continued_in_iothread(void **state) DROPS(bql) NO_TSA;
static void continued_in_iothread(void **state)
{
    iothread_new("io", NULL);
    start_machine(11 * N_REQUESTS, "stop,iothread=io");
    fail_writes();
    for (unsigned i = 0; i < 10; i++) {
        vm_start(m);
        if (i % 2) {
            vm_stop(m, RUN_STATE_PAUSED);
            assert_int_equal(vt_used_idx(&q), 0);
        } else {
            hw_poll_until(has_stopped());
        }
    }
    vt_turns(10); /* a stop that was asked for comes now */
    vm_start(m);
    expect_all_written();
    stop_machine();
}

static void reset_instead(void **state) DROPS(bql) NO_TSA;
static void reset_instead(void **state)
{
    start_machine(N_REQUESTS, "stop");
    fail_writes();
    machine_reset(m);
    vm_start(m);
    vt_turns(10);
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 9, 512), 0);
    stop_machine();
}

static void reported_and_ignored(void **state) DROPS(bql) NO_TSA;
static void reported_and_ignored(void **state)
{
    start_machine(2, *state);
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 0, 512),
                         !strcmp(*state, "report") ? 1 : 0);
    }
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 0, 512), 0);
    assert_int_equal(m->run_state, RUN_STATE_RUNNING);
    stop_machine();
}

/* ---- on another --------------------------------------------------------- */

static void moved(void **state) DROPS(bql) NO_TSA;
static void moved(void **state)
{
    const char *options = *state;
    VtState saved;
    GError *error = NULL;

    iothread_new("io", NULL);
    start_machine(N_REQUESTS, options);
    fail_writes();
    vt_save(m, &saved, &error);
    assert_no_error(error);
    stop_machine();

    iothread_new("io", NULL);
    start_machine(0, options);
    vm_stop(m, RUN_STATE_INMIGRATE);
    vt_load(m, &saved, &error);
    assert_no_error(error);
    assert_int_equal(vt_used_idx(&q), 0);
    vm_start(m);
    expect_all_written();
    /* and the device goes on */
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_IN, 3, 512), 0);
    assert_int_equal(hw_read(m, BLK_DATA, 1), 0x43);
    vt_state_clear(&saved);
    stop_machine();
}

/* Back and forth between machines that both fail, then to one that works. */
static void moved_often(void **state) DROPS(bql) NO_TSA;
static void moved_often(void **state)
{
    VtState saved;
    GError *error = NULL;

    start_machine(N_REQUESTS, "stop");
    fail_writes();
    for (unsigned i = 0; i < 4; i++) {
        vt_save(m, &saved, &error);
        assert_no_error(error);
        stop_machine();
        start_machine(i < 3 ? N_REQUESTS : 0, "stop");
        vm_stop(m, RUN_STATE_INMIGRATE);
        vt_load(m, &saved, &error);
        assert_no_error(error);
        vt_state_clear(&saved);
        if (i == 1) {
            vm_start(m);
            hw_poll_until(has_stopped());
        }
    }
    vm_start(m);
    expect_all_written();
    stop_machine();
}

/* The state of a machine in which the buffers' memory is not. */
static void moved_to_smaller_memory(void **state) DROPS(bql) NO_TSA;
static void moved_to_smaller_memory(void **state)
{
    VtState saved;
    GError *error = NULL;

    start_machine(N_REQUESTS, "stop");
    fail_writes();
    vt_save(m, &saved, &error);
    assert_no_error(error);
    memory_region_set_enabled(&m->ram, false);
    assert_false(machine_load(m, &saved.devices, &error));
    assert_contains(error->message, "no memory at");
    g_clear_error(&error);
    vt_state_clear(&saved);
    memory_region_set_enabled(&m->ram, true);
    stop_machine();
}

/* Any byte of it changed: an error, or a machine that can be reset and run;
 * never more than that. */
static void damaged_states(void **state) DROPS(bql) NO_TSA;
static void damaged_states(void **state)
{
    VtState saved;
    GRand *rand = g_rand_new_with_seed(1);

    start_machine(N_REQUESTS, "stop");
    fail_writes();
    assert_true(vt_save(m, &saved, NULL));
    for (unsigned i = 0; i < 3000; i++) {
        guint at = g_rand_int_range(rand, 16, saved.devices.bytes->len);
        guint8 old = saved.devices.bytes->data[at];

        saved.devices.bytes->data[at] ^= g_rand_int_range(rand, 1, 256);
        saved.devices.position = 0;
        saved.devices.overrun = false;
        machine_load(m, &saved.devices, NULL);
        saved.devices.bytes->data[at] = old;
    }
    machine_reset(m);
    vm_start(m);
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &q, 0, 8);
    vt_driver_ok(&v);
    assert_int_equal(blk_rw(&q, VIRTIO_BLK_OUT, 9, 512), 0);
    g_rand_free(rand);
    vt_state_clear(&saved);
    stop_machine();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int setup_plain(void **state)
{
    *state = (char *)"stop";
    return setup(state);
}

static int setup_report(void **state)
{
    *state = (char *)"report";
    return setup(state);
}

static int setup_ignore(void **state)
{
    *state = (char *)"ignore";
    return setup(state);
}

static int setup_iothread(void **state)
{
    *state = (char *)"stop,iothread=io";
    return setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(continued),
        TEST(continued_in_iothread),
        TEST(reset_instead),
        cmocka_unit_test_setup_teardown(reported_and_ignored, setup_report,
                                        teardown),
        cmocka_unit_test_setup_teardown(reported_and_ignored, setup_ignore,
                                        teardown),
        cmocka_unit_test_setup_teardown(moved, setup_plain, teardown),
        cmocka_unit_test_setup_teardown(moved, setup_iothread, teardown),
        TEST(moved_often),
        TEST(moved_to_smaller_memory),
        TEST(damaged_states),
    };

    return cmocka_run_group_tests(tests, vt_block_group_setup,
                                  vt_block_group_teardown);
}
