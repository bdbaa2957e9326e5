/* SPDX-License-Identifier: MIT */
/* Drained sections with requests under way, from both sides; throttle nodes;
 * errors on order; what errors lead to; the log of writes. */
#include "block_fixture.h"
#include "block/blkdebug.h"
#include "block/throttle_group.h"
#include <errno.h>

typedef struct Request {
    BlockBackend *blk;
    int ret;
    int done; /* atomic */
    int64_t count;
} Request;

static void coroutine_fn write_one(void *opaque)
{
    Request *r = opaque;
    char buf[512] = { 1 };

    r->ret = blk_co_pwrite(r->blk, 0, sizeof(buf), buf, 0);
    __atomic_store_n(&r->done, 1, __ATOMIC_RELEASE);
    aio_wait_kick();
}

static bool is_done(Request *r)
{
    return __atomic_load_n(&r->done, __ATOMIC_ACQUIRE);
}

static void wait_done(Request *r)
{
    GLOBAL_STATE_CODE();
    AIO_WAIT_WHILE(main_loop_context(), !is_done(r));
}

static void test_queued_while_drained(void **state)
{
    Request r = { 0 };
    BlockDriverState *bs;

    add("{'driver': 'null-co', 'node-name': 'n'}");
    GLOBAL_STATE_CODE();
    bs = bdrv_find_node("n");
    r.blk = backend("n", PERM_RW, BLK_PERM_ALL);
    bdrv_drained_begin(bs);
    bdrv_drained_begin(bs);
    coroutine_enter(coroutine_create(write_one, &r));
    for (int i = 0; i < 10; i++) {
        aio_poll(main_loop_context(), false);
    }
    assert_false(is_done(&r));
    bdrv_drained_end(bs);
    assert_false(is_done(&r));
    bdrv_drained_end(bs);
    wait_done(&r);
    assert_int_equal(r.ret, 0);
    blk_unref(r.blk);
    del("n");
}

static void resume(void *opaque)
{
    BlockDriverState *bs = opaque;

    GLOBAL_STATE_CODE();
    blkdebug_resume(bs, "a");
}

/* Drain waits for a request that is stopped half way. */
static void test_waits_for_request(void **state)
{
    Request r = { 0 };
    BlockDriverState *debug;

    add("{'driver': 'raw', 'node-name': 'n',"
        " 'file': {'driver': 'blkdebug', 'node-name': 'dbg',"
        " 'suspend': [{'event': 'write_aio', 'tag': 'a'}],"
        " 'image': {'driver': 'null-co'}}}");
    GLOBAL_STATE_CODE();
    debug = bdrv_find_node("dbg");
    r.blk = backend("n", PERM_RW, BLK_PERM_ALL);
    coroutine_enter(coroutine_create(write_one, &r));
    assert_true(blkdebug_is_suspended(debug, "a"));
    assert_false(is_done(&r));
    aio_bh_schedule_oneshot(main_loop_context(), resume, debug);
    bdrv_drained_begin(debug);
    assert_true(is_done(&r));
    bdrv_drained_end(debug);
    blk_unref(r.blk);
    del("n");
}

static void coroutine_fn write_many(void *opaque)
{
    Request *r = opaque;
    char buf[4096] = { 1 };

    while (!__atomic_load_n(&r->done, __ATOMIC_ACQUIRE)) {
        int ret = blk_co_pwrite(r->blk, 4096, sizeof(buf), buf, 0);

        if (ret < 0) {
            r->ret = ret;
        }
        __atomic_add_fetch(&r->count, 1, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&r->done, 2, __ATOMIC_RELEASE);
    aio_wait_kick();
}

static int64_t count_of(Request *r)
{
    return __atomic_load_n(&r->count, __ATOMIC_RELAXED);
}

/* An iothread writes all the time, while the main loop drains, changes the
 * graph and moves the node about. */
static void test_iothread(void **state)
{
    IOThread *t;
    Request r = { 0 };
    BlockDriverState *bs;
    GError *error = NULL;

    make_file("io", 65536);
    add("{'driver': 'raw', 'node-name': 'n',"
        " 'file': {'driver': 'file', 'filename': '@/io'}}");
    GLOBAL_STATE_CODE();
    t = iothread_new("t0", NULL);
    assert_non_null(t);
    bs = bdrv_find_node("n");
    r.blk = backend("n", PERM_RW, BLK_PERM_ALL);
    blk_set_aio_context(r.blk, iothread_context(t), &error);
    fail_on(error);
    assert_ptr_equal(bdrv_get_aio_context(bs), iothread_context(t));
    aio_co_enter(iothread_context(t), coroutine_create(write_many, &r));
    for (int i = 0; i < 50; i++) {
        int64_t before;
        BlockBackend *other;

        AIO_WAIT_WHILE(main_loop_context(), count_of(&r) < 20 * i);
        bdrv_drained_begin(bs);
        before = count_of(&r);
        aio_poll(main_loop_context(), false);
        assert_int_equal(count_of(&r), before);
        bdrv_drained_end(bs);
        /* Takes the graph's write lock. */
        other = backend("n", BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL);
        blk_unref(other);
    }
    blk_set_aio_context(r.blk, main_loop_context(), &error);
    fail_on(error);
    __atomic_store_n(&r.done, 1, __ATOMIC_RELEASE);
    AIO_WAIT_WHILE(main_loop_context(),
                   __atomic_load_n(&r.done, __ATOMIC_ACQUIRE) != 2);
    assert_int_equal(r.ret, 0);
    blk_unref(r.blk);
    del("n");
    assert_true(iothread_del("t0", NULL));
}

/* ---- throttle ----------------------------------------------------------- */

static void make_group(const char *id, const char *limits)
{
    g_autoptr(JsonObject) o = json(limits);
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    throttle_group_new(id, o, &error);
    fail_on(error);
}

static int64_t time_writes(BlockBackend *blk, int n)
{
    int64_t start = vm_clock_ns();
    char buf[512] = { 0 };

    GLOBAL_STATE_CODE();
    for (int i = 0; i < n; i++) {
        assert_int_equal(blk_pwrite(blk, 0, sizeof(buf), buf, 0), 0);
    }
    return vm_clock_ns() - start;
}

static void test_throttle(void **state)
{
    g_autoptr(JsonObject) free_of_limits = json("{'iops-total': 0}");
    g_autoptr(JsonObject) both = json("{'iops-total': 1, 'iops-read': 1}");
    g_autoptr(JsonObject) low = json("{'iops-max': 1}");
    GError *error = NULL;
    BlockBackend *blk;
    int64_t ns;

    make_group("g", "{'iops-total': 100}");
    add_fails("{'driver': 'throttle', 'node-name': 't',"
              " 'throttle-group': 'x', 'file': {'driver': 'null-co'}}",
              "no throttle group 'x'");
    add("{'driver': 'throttle', 'node-name': 't', 'throttle-group': 'g',"
        " 'file': {'driver': 'null-co'}}");
    GLOBAL_STATE_CODE();
    assert_false(throttle_group_configure("g", both, &error));
    expect_error(error, "exclude each other");
    error = NULL;
    assert_false(throttle_group_configure("g", low, &error));
    expect_error(error, "has no option 'iops-max'");
    error = NULL;
    assert_false(throttle_group_del("g", &error));
    expect_error(error, "in use");
    blk = backend("t", PERM_RW, BLK_PERM_ALL);
    /* 10 at once, then one in 10 ms: 30 take 190 ms at least. */
    ns = time_writes(blk, 30);
    assert_true(ns >= 180000000);
    assert_true(throttle_group_configure("g", free_of_limits, NULL));
    assert_true(time_writes(blk, 100) < 5000000000);
    blk_unref(blk);
    del("t");
    assert_true(throttle_group_del("g", NULL));
}

/* A drained section does not wait for the limit's sake. */
static void test_throttle_drain(void **state)
{
    Request r[40] = { { 0 } };
    BlockBackend *blk;
    int64_t start;

    make_group("g", "{'iops-total': 1}");
    add("{'driver': 'throttle', 'node-name': 't', 'throttle-group': 'g',"
        " 'file': {'driver': 'null-co'}}");
    GLOBAL_STATE_CODE();
    blk = backend("t", PERM_RW, BLK_PERM_ALL);
    for (size_t i = 0; i < G_N_ELEMENTS(r); i++) {
        r[i].blk = blk;
        coroutine_enter(coroutine_create(write_one, &r[i]));
    }
    assert_false(is_done(&r[39]));
    start = vm_clock_ns();
    blk_drain(blk);
    assert_true(vm_clock_ns() - start < 10000000000);
    for (size_t i = 0; i < G_N_ELEMENTS(r); i++) {
        assert_true(is_done(&r[i]));
    }
    blk_unref(blk);
    del("t");
    assert_true(throttle_group_del("g", NULL));
}

/* ---- errors ------------------------------------------------------------- */

static void test_injection(void **state)
{
    char buf[512] = { 0 };
    BlockBackend *blk;

    add_fails("{'driver': 'blkdebug', 'node-name': 'd',"
              " 'inject-error': [{'event': 'x'}],"
              " 'image': {'driver': 'null-co'}}", "no event 'x'");
    add_fails("{'driver': 'blkdebug', 'node-name': 'd',"
              " 'inject-error': [{'evnt': 'x'}],"
              " 'image': {'driver': 'null-co'}}", "has no option 'evnt'");
    add("{'driver': 'raw', 'node-name': 'n', 'file':"
        " {'driver': 'blkdebug', 'inject-error': ["
        "  {'event': 'none', 'iotype': 'write', 'sector': 3, 'errno': 28,"
        "   'once': true},"
        "  {'event': 'read_aio', 'state': 2, 'errno': 5, 'iotype': 'read',"
        "   'immediately': true},"
        "  {'event': 'none', 'iotype': 'flush', 'errno': 5, 'once': true}],"
        " 'set-state': [{'event': 'write_aio', 'state': 1, 'new_state': 2},"
        "               {'event': 'read_aio', 'state': 2, 'new_state': 3}],"
        " 'image': {'driver': 'null-co'}}}");
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_pread(blk, 0, 512, buf, 0), 0);
    assert_int_equal(blk_pwrite(blk, 512, 512, buf, 0), 0);
    assert_int_equal(blk_pwrite(blk, 1536, 512, buf, 0), -ENOSPC);
    assert_int_equal(blk_pwrite(blk, 1536, 512, buf, 0), 0);
    assert_int_equal(blk_pread(blk, 0, 512, buf, 0), -EIO);
    assert_int_equal(blk_pread(blk, 0, 512, buf, 0), 0);
    assert_int_equal(blk_flush(blk), -EIO);
    assert_int_equal(blk_flush(blk), 0);
    blk_unref(blk);
    del("n");
}

static struct {
    int errors, stops;
    BlockErrorAction action;
    bool nospace;
    char reason[64];
} told;

static void tell_error(const char *qdev_id, const char *device,
                       const char *node_name, bool is_read,
                       BlockErrorAction action, bool nospace,
                       const char *reason)
{
    told.errors++;
    told.action = action;
    told.nospace = nospace;
    g_strlcpy(told.reason, reason, sizeof(told.reason));
}

static void tell_stop(void)
{
    told.stops++;
}

static void test_error_actions(void **state)
{
    static const BlockEventOps ops = { tell_error, tell_stop };
    BlockdevOnError how;
    GError *error = NULL;
    BlockBackend *blk;

    add("{'driver': 'null-co', 'node-name': 'n'}");
    GLOBAL_STATE_CODE();
    blk_set_event_ops(&ops);
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_get_error_action(blk, false, ENOSPC),
                     BLOCK_ERROR_ACTION_STOP);
    assert_int_equal(blk_get_error_action(blk, false, EIO),
                     BLOCK_ERROR_ACTION_REPORT);
    assert_int_equal(blk_get_error_action(blk, true, EIO),
                     BLOCK_ERROR_ACTION_REPORT);
    blk_set_on_error(blk, BLOCKDEV_ON_ERROR_IGNORE, BLOCKDEV_ON_ERROR_STOP);
    assert_int_equal(blk_get_error_action(blk, true, EIO),
                     BLOCK_ERROR_ACTION_IGNORE);
    blk_iostatus_enable(blk);
    blk_error_action(blk, BLOCK_ERROR_ACTION_STOP, false, ENOSPC);
    assert_int_equal(blk_iostatus(blk), BLOCK_DEVICE_IO_STATUS_NOSPACE);
    AIO_WAIT_WHILE(main_loop_context(), told.errors < 1);
    assert_int_equal(told.stops, 1);
    assert_true(told.nospace);
    blk_iostatus_reset(blk);
    assert_int_equal(blk_iostatus(blk), BLOCK_DEVICE_IO_STATUS_OK);
    assert_true(blk_parse_on_error("enospc", false, &how, NULL));
    assert_false(blk_parse_on_error("enospc", true, &how, &error));
    expect_error(error, "rerror=enospc");
    blk_set_event_ops(NULL);
    blk_unref(blk);
    del("n");
}

static void test_write_log(void **state)
{
    g_autofree char *path = g_build_filename(fixture_dir, "log", NULL);
    char buf[1024] = { 5 };
    g_autofree char *log = NULL;
    gsize length;
    BlockBackend *blk;

    make_file("log", 0);
    add("{'driver': 'blklogwrites', 'node-name': 'l',"
        " 'file': {'driver': 'null-co'},"
        " 'log': {'driver': 'file', 'filename': '@/log'}}");
    GLOBAL_STATE_CODE();
    blk = backend("l", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_pwrite(blk, 4096, 1024, buf, 0), 0);
    assert_int_equal(blk_flush(blk), 0);
    blk_unref(blk);
    del("l");
    /* The write, the flush, and another one when it was closed. */
    assert_true(g_file_get_contents(path, &log, &length, NULL));
    assert_memory_equal(log, "rhswfsj\0\1\0\0\0\0\0\0\0\3", 17);
    assert_int_equal(log[512], 8);     /* sector */
    assert_int_equal(log[512 + 8], 2); /* sectors */
    assert_memory_equal(log + 1024, buf, 1024);
    assert_int_equal(log[2048 + 16], 1); /* flush */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queued_while_drained),
        cmocka_unit_test(test_waits_for_request),
        cmocka_unit_test(test_iothread),
        cmocka_unit_test(test_throttle),
        cmocka_unit_test(test_throttle_drain),
        cmocka_unit_test(test_injection),
        cmocka_unit_test(test_error_actions),
        cmocka_unit_test(test_write_log),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
