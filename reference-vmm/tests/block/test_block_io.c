/* SPDX-License-Identifier: MIT */
/* Reads and writes of any alignment, by both ways of the file driver, against
 * a copy in memory; limits of drivers; generated wrappers. */
#include "block_fixture.h"
#include <errno.h>
#include <fcntl.h>

#define SIZE (256 * 1024)

typedef struct Rng {
    uint64_t s;
} Rng;

static uint64_t next(Rng *r)
{
    r->s ^= r->s << 13;
    r->s ^= r->s >> 7;
    r->s ^= r->s << 17;
    return r->s;
}

/* One random request, and the same on the copy. */
static void step(BlockBackend *blk, Rng *r, uint8_t *copy)
{
    int64_t offset = (int64_t)(next(r) % SIZE);
    int64_t bytes = (int64_t)(next(r) % (next(r) % 4 ? 3000 : 40000)) + 1;
    g_autofree uint8_t *buf = NULL;

    GLOBAL_STATE_CODE();
    bytes = MIN(bytes, SIZE - offset);
    if (next(r) % 3 == 0) {
        offset &= ~511;
        bytes = MIN((bytes + 511) & ~511, SIZE - offset);
    }
    buf = g_malloc((gsize)bytes);
    switch (next(r) % 5) {
    case 0:
    case 1:
        memset(buf, (int)next(r), (size_t)bytes);
        assert_int_equal(blk_pwrite(blk, offset, bytes, buf,
                                    next(r) % 8 ? 0 : BDRV_REQ_FUA), 0);
        memcpy(copy + offset, buf, (size_t)bytes);
        break;
    case 2:
        assert_int_equal(blk_pwrite_zeroes(blk, offset, bytes,
                                           next(r) % 2 ? BDRV_REQ_MAY_UNMAP
                                                       : 0), 0);
        memset(copy + offset, 0, (size_t)bytes);
        break;
    case 3:
        assert_int_equal(blk_pread(blk, offset, bytes, buf, 0), 0);
        assert_memory_equal(buf, copy + offset, (size_t)bytes);
        break;
    case 4:
        assert_int_equal(blk_flush(blk), 0);
        break;
    }
}

static void run_random(const char *options, uint64_t seed, int steps)
{
    g_autofree uint8_t *copy = g_malloc0(SIZE), *buf = g_malloc(SIZE);
    Rng r = { seed };
    BlockBackend *blk;

    make_file("data", SIZE);
    add(options);
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    for (int i = 0; i < steps; i++) {
        step(blk, &r, copy);
    }
    assert_int_equal(blk_pread(blk, 0, SIZE, buf, 0), 0);
    assert_memory_equal(buf, copy, SIZE);
    blk_unref(blk);
    del("n");
}

#define RAW(file) "{'driver': 'raw', 'node-name': 'n', 'discard': 'unmap'," \
    " 'file': {'driver': 'file', 'filename': '@/data'" file "}}"

static void test_buffered(void **state)
{
    run_random(RAW(""), 1, 600);
}

static void test_threads(void **state)
{
    run_random(RAW(", 'aio': 'threads'"), 2, 600);
}

static void test_direct(void **state)
{
    int fd = open(fixture_path("probe"), O_RDWR | O_CREAT | O_DIRECT, 0600);

    if (fd < 0) {
        skip();
    }
    close(fd);
    run_random(RAW(", 'cache': {'direct': true}"), 3, 400);
    run_random(RAW(", 'cache': {'direct': true}, 'aio': 'threads'"), 4, 400);
}

/* A device that takes 4k blocks, at most two of them. */
static void test_limits(void **state)
{
    run_random("{'driver': 'blkdebug', 'node-name': 'n', 'align': 4096,"
               " 'max-transfer': 8192, 'opt-write-zero': 8192,"
               " 'max-write-zero': 16384, 'discard': 'unmap',"
               " 'image': {'driver': 'file', 'filename': '@/data'}}", 5, 600);
}

static void test_detect_zeroes(void **state)
{
    run_random("{'driver': 'raw', 'node-name': 'n', 'discard': 'unmap',"
               " 'detect-zeroes': 'unmap',"
               " 'file': {'driver': 'file', 'filename': '@/data'}}", 6, 300);
}

static void test_discard_and_holes(void **state)
{
    BlockDriverState *bs;
    BlockBackend *blk;
    int64_t n, before, after;
    char *data = g_malloc(1 << 20);

    memset(data, 7, 1 << 20);
    make_file("holes", 4 << 20);
    add("{'driver': 'raw', 'node-name': 'n', 'discard': 'unmap',"
        " 'file': {'driver': 'file', 'filename': '@/holes'}}");
    GLOBAL_STATE_CODE();
    bs = bdrv_find_node("n");
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_pwrite(blk, 1 << 20, 1 << 20, data, 0), 0);
    assert_int_equal(blk_flush(blk), 0);
    before = bdrv_get_allocated_file_size(bs);
    assert_int_equal(bdrv_block_status_above(bs, NULL, 0, 4 << 20, &n, NULL,
                                             NULL) & BDRV_BLOCK_ZERO,
                     BDRV_BLOCK_ZERO);
    assert_int_equal(n, 1 << 20);
    assert_int_equal(bdrv_block_status_above(bs, NULL, 1 << 20, 3 << 20, &n,
                                             NULL, NULL) & BDRV_BLOCK_DATA,
                     BDRV_BLOCK_DATA);
    assert_int_equal(n, 1 << 20);
    assert_int_equal(blk_pdiscard(blk, 1 << 20, 1 << 20), 0);
    after = bdrv_get_allocated_file_size(bs);
    assert_true(after < before);
    assert_int_equal(blk_pread(blk, 1 << 20, 1 << 20, data, 0), 0);
    assert_true(buffer_is_zero(data, 1 << 20));
    blk_unref(blk);
    del("n");
    g_free(data);
}

/* ---- wrappers ----------------------------------------------------------- */

typedef struct Call {
    BlockBackend *blk;
    int ret;
    bool done;
} Call;

static void coroutine_fn call_mixed(void *opaque)
{
    Call *c = opaque;
    char buf[512];

    /* In a coroutine the wrapper is the function. */
    c->ret = blk_pread(c->blk, 0, 512, buf, 0);
    c->done = true;
    aio_wait_kick();
}

static void test_wrappers(void **state)
{
    Call call = { 0 };
    char buf[512];

    make_file("wrap", SIZE);
    add(RAW(""));
    GLOBAL_STATE_CODE();
    call.blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_pread(call.blk, 0, 512, buf, 0), 0);
    coroutine_enter(coroutine_create(call_mixed, &call));
    AIO_WAIT_WHILE(main_loop_context(), !call.done);
    assert_int_equal(call.ret, 0);
    blk_unref(call.blk);
    del("n");
}

typedef struct Aio {
    int ret;
    bool done, in_call;
} Aio;

static void aio_done(void *opaque, int ret)
{
    Aio *a = opaque;

    assert_false(a->in_call);
    a->ret = ret;
    a->done = true;
}

static void test_aio(void **state)
{
    char buf[4096] = "hello";
    Aio a = { .in_call = true };
    IoVector v;
    BlockBackend *blk;

    add("{'driver': 'null-co', 'node-name': 'n', 'size': 4096}");
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    io_vector_init_buf(&v, buf, sizeof(buf));
    /* At its end before the call returns, and told of afterwards. */
    blk_aio_pwritev(blk, 0, &v, 0, aio_done, &a);
    a.in_call = false;
    assert_false(a.done);
    blk_drain(blk);
    assert_true(a.done);
    assert_int_equal(a.ret, 0);
    a = (Aio){ 0 };
    blk_aio_preadv(blk, 1, &v, 0, aio_done, &a);
    blk_drain(blk);
    assert_int_equal(a.ret, -EIO);
    blk_unref(blk);
    del("n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffered),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_detect_zeroes),
        cmocka_unit_test(test_discard_and_holes),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_aio),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
