/* SPDX-License-Identifier: MIT */
/*
 * Requests from several event loops at once, to stripes of the same clusters:
 * each coroutine reads back what it wrote, and the check likes the result.
 * ThreadSanitizer watches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/iothread.h"
#include "powercut/qcow2_image.h"
#include <unistd.h>

#define THREADS 3
#define COROUTINES 4
#define WORKERS (THREADS * COROUTINES)
#define STRIPE 1024
#define ROWS 128
#define REQUESTS 200

typedef struct Worker {
    BlockBackend *blk;
    int id;
    uint8_t rows[ROWS]; /* what is in its stripes; 0: zeros */
    Random random;
} Worker;

static int running; /* atomic */

static int64_t offset_of(const Worker *w, int row)
{
    return ((int64_t)row * WORKERS + w->id) * STRIPE;
}

static void coroutine_fn change(Worker *w, int row, uint8_t *buf)
{
    int64_t at = offset_of(w, row);
    int ret;

    if (random_below(&w->random, 5) == 0) {
        ret = blk_co_pwrite_zeroes(w->blk, at, STRIPE, BDRV_REQ_MAY_UNMAP);
        w->rows[row] = 0;
    } else {
        w->rows[row] = (uint8_t)(random_u64(&w->random) | 1);
        memset(buf, w->rows[row], STRIPE);
        ret = blk_co_pwrite(w->blk, at, STRIPE, buf, 0);
    }
    g_assert_cmpint(ret, ==, 0);
}

static void coroutine_fn worker_entry(void *opaque)
{
    Worker *w = opaque;
    uint8_t *buf = g_malloc(STRIPE);

    for (int i = 0; i < REQUESTS; i++) {
        int row = (int)random_below(&w->random, ROWS);

        change(w, row, buf);
        row = (int)random_below(&w->random, ROWS);
        g_assert_cmpint(blk_co_pread(w->blk, offset_of(w, row), STRIPE, buf,
                                     0),
                        ==, 0);
        for (int k = 0; k < STRIPE; k++) {
            g_assert_cmpint(buf[k], ==, w->rows[row]);
        }
        if (i % 40 == w->id) {
            g_assert_cmpint(blk_co_flush(w->blk), ==, 0);
        }
    }
    g_free(buf);
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    aio_wait_kick();
}

static BlockBackend *NO_TSA make_disk(const char *path)
{
    g_autoptr(JsonObject) opts = json_object_new();
    JsonObject *open = json_object_new();
    GError *error = NULL;
    BlockBackend *blk;

    json_object_set_int_member(opts, "size", ROWS * WORKERS * STRIPE);
    json_object_set_int_member(opts, "cluster_size", 4096);
    if (!bdrv_create(bdrv_find_format("qcow2"), path, opts, &error)) {
        fail_msg("%s", error->message);
    }
    json_object_set_string_member(open, "driver", "qcow2");
    json_object_set_int_member(open, "l2-cache-size", 1);
    blk = blk_new_open(path, NULL, open, BDRV_O_RDWR | BDRV_O_UNMAP, &error);
    json_object_unref(open);
    if (!blk) {
        fail_msg("%s", error->message);
    }
    return blk;
}

static void NO_TSA test_many_loops(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("qcow2-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "disk.qcow2", NULL);
    Worker *workers = g_new0(Worker, WORKERS);
    BlockBackend *blk = make_disk(path);
    IOThread *threads[THREADS];
    BdrvCheckResult r = { 0 };

    for (int i = 0; i < THREADS; i++) {
        g_autofree char *id = g_strdup_printf("t%d", i);

        threads[i] = iothread_new(id, NULL);
        assert_non_null(threads[i]);
    }
    running = WORKERS;
    for (int i = 0; i < WORKERS; i++) {
        workers[i].blk = blk;
        workers[i].id = i;
        workers[i].random.state = (uint64_t)i;
        aio_co_enter(iothread_context(threads[i % THREADS]),
                     coroutine_create(worker_entry, &workers[i]));
    }
    AIO_WAIT_WHILE(main_loop_context(),
                   __atomic_load_n(&running, __ATOMIC_ACQUIRE));
    assert_int_equal(blk_flush(blk), 0);
    assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
    assert_int_equal(r.corruptions + r.check_errors, 0);
    blk_unref(blk);
    iothread_free_all();
    unlink(path);
    rmdir(dir);
    g_free(workers);
}

static int setup(void **state)
{
    test_block_start();
    return 0;
}

static int teardown(void **state)
{
    test_block_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_loops),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
