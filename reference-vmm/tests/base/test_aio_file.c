/* SPDX-License-Identifier: MIT */
/* Files from coroutines, with io_uring and without; the thread pool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/aio_file.h"
#include "base/main_loop.h"
#include "base/thread_pool.h"

static AioContext *ctx;
static int fd;
static int finished;

static int setup(void **state)
{
    char name[] = "test-aio-file-XXXXXX";

    ctx = aio_context_new(NULL);
    aio_context_adopt(ctx);
    fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    finished = 0;
    return 0;
}

static int setup_fallback(void **state)
{
    setenv("REFVMM_NO_IO_URING", "1", 1);
    setup(state);
    assert_false(aio_file_uses_io_uring(ctx));
    unsetenv("REFVMM_NO_IO_URING");
    assert_false(aio_file_uses_io_uring(ctx));
    return 0;
}

static int teardown(void **state)
{
    close(fd);
    aio_context_free(ctx);
    bql_lock();
    thread_pool_finish();
    bql_unlock();
    return 0;
}

static void run(CoroutineEntry *entry, void *opaque)
{
    finished = 0;
    coroutine_enter(coroutine_create(entry, opaque));
    while (!finished) {
        aio_poll(ctx, true);
    }
}

static void coroutine_fn write_and_read(void *opaque)
{
    char a[3000], b[5000], back[9000];
    struct iovec out[3] = { { a, sizeof(a) }, { NULL, 0 }, { b, sizeof(b) } };
    struct iovec in[2] = { { back, 100 }, { back + 100, sizeof(back) - 100 } };
    struct stat st;

    memset(a, 'a', sizeof(a));
    memset(b, 'b', sizeof(b));
    assert_int_equal(aio_file_pwritev(fd, out, 3, 1000), 8000);
    assert_int_equal(aio_file_fdatasync(fd), 0);
    memset(back, 'x', sizeof(back));
    assert_int_equal(aio_file_preadv(fd, in, 2, 500), 8500);
    for (int i = 0; i < 9000; i++) {
        assert_int_equal(back[i], i < 500    ? 0
                                  : i < 3500 ? 'a'
                                  : i < 8500 ? 'b' : 'x');
    }
    assert_int_equal(aio_file_preadv(fd, in, 2, 9000), 0);
    assert_int_equal(aio_file_preadv(fd, in, 2, 1 << 30), 0);
    assert_int_equal(aio_file_preadv(fd, in, 0, 0), 0);

    assert_int_equal(aio_file_fallocate(fd, 0, 0, 100000), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 100000);
    assert_int_equal(aio_file_fallocate(fd, 0, -1, 5), -EINVAL);
    assert_int_equal(aio_file_preadv(-1, in, 1, 0), -EBADF);
    assert_int_equal(aio_file_pwritev(-1, in, 1, 0), -EBADF);
    assert_int_equal(aio_file_fdatasync(-1), -EBADF);
    finished = 1;
}

/* More pieces than one call takes: the rest is asked for again. */
static void coroutine_fn many_pieces(void *opaque)
{
    enum { PIECES = 2500, SIZE = 7 };
    struct iovec *iov = g_new0(struct iovec, PIECES);
    char *data = g_malloc(PIECES * SIZE), *back = g_malloc0(PIECES * SIZE);
    struct iovec one = { back, PIECES * SIZE };

    for (int i = 0; i < PIECES; i++) {
        iov[i] = (struct iovec){ data + i * SIZE, SIZE };
        memset(data + i * SIZE, i, SIZE);
    }
    assert_int_equal(aio_file_pwritev(fd, iov, PIECES, 3), PIECES * SIZE);
    assert_int_equal(aio_file_preadv(fd, &one, 1, 3), PIECES * SIZE);
    assert_memory_equal(back, data, PIECES * SIZE);
    memset(data, 0, PIECES * SIZE);
    assert_int_equal(aio_file_preadv(fd, iov, PIECES, 3), PIECES * SIZE);
    assert_memory_equal(back, data, PIECES * SIZE);
    /* As the caller gave it. */
    assert_ptr_equal(iov[PIECES - 1].iov_base, data + (PIECES - 1) * SIZE);
    g_free(iov);
    g_free(data);
    g_free(back);
    finished = 1;
}

static void test_file(void **state)
{
    run(write_and_read, NULL);
    assert_int_equal(ftruncate(fd, 0), 0);
    run(many_pieces, NULL);
}

/* The end of a file that is no multiple of a block, with O_DIRECT. */
static void coroutine_fn read_odd_end(void *opaque)
{
    int direct = *(int *)opaque;
    void *buf = aligned_alloc(4096, 8192);
    struct iovec iov = { buf, 8192 };

    assert_int_equal(aio_file_preadv(direct, &iov, 1, 0), 4096 + 300);
    free(buf);
    finished = 1;
}

static void test_direct(void **state)
{
    char path[64];
    int direct;

    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(ftruncate(fd, 4096 + 300), 0);
    direct = open(path, O_RDONLY | O_DIRECT);
    if (direct < 0) {
        skip(); /* the file system has no direct access */
    }
    run(read_odd_end, &direct);
    close(direct);
}

enum { JOBS = 600, BLOCK = 512 };

/* More at once than the ring has room for. */
static void coroutine_fn own_block(void *opaque)
{
    int64_t offset = GPOINTER_TO_INT(opaque) * (int64_t)BLOCK;
    char data[BLOCK], back[BLOCK];
    struct iovec out = { data, BLOCK }, in = { back, BLOCK };

    memset(data, GPOINTER_TO_INT(opaque), BLOCK);
    assert_int_equal(aio_file_pwritev(fd, &out, 1, offset), BLOCK);
    assert_int_equal(aio_file_preadv(fd, &in, 1, offset), BLOCK);
    assert_memory_equal(data, back, BLOCK);
    finished++;
}

static void test_many(void **state)
{
    for (int i = 0; i < JOBS; i++) {
        coroutine_enter(coroutine_create(own_block, GINT_TO_POINTER(i)));
    }
    while (finished < JOBS) {
        aio_poll(ctx, true);
    }
}

static void test_ring_there(void **state)
{
    if (!aio_file_uses_io_uring(ctx)) {
        print_message("no io_uring here: both halves test the fallback\n");
        skip();
    }
}

/* ---- the pool ----------------------------------------------------------- */

static int running, most; /* atomic */

static int work(void *opaque)
{
    int now = __atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
    int before = __atomic_load_n(&most, __ATOMIC_RELAXED);

    assert_int_equal(vm_thread_role(), VM_ROLE_WORKER);
    while (now > before &&
           !__atomic_compare_exchange_n(&most, &before, now, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    usleep(200);
    __atomic_sub_fetch(&running, 1, __ATOMIC_RELAXED);
    return GPOINTER_TO_INT(opaque) + 1;
}

static void coroutine_fn submit_work(void *opaque)
{
    int home_thread = gettid();

    assert_int_equal(thread_pool_submit_co(work, opaque),
                     GPOINTER_TO_INT(opaque) + 1);
    assert_int_equal(gettid(), home_thread);
    finished++;
}

static void test_thread_pool(void **state)
{
    for (int round = 0; round < 2; round++) {
        finished = 0;
        for (int i = 0; i < 200; i++) {
            coroutine_enter(coroutine_create(submit_work, GINT_TO_POINTER(i)));
        }
        while (finished < 200) {
            aio_poll(ctx, true);
        }
        assert_in_range(most, 2, 16);
        bql_lock();
        thread_pool_finish();
        bql_unlock();
    }
}

/* ---- figures ------------------------------------------------------------ */

typedef struct Load {
    int depth, left;
} Load;

static void coroutine_fn read_blocks(void *opaque)
{
    Load *load = opaque;
    char buf[4096];
    struct iovec iov = { buf, sizeof(buf) };

    while (load->left-- > 0) {
        aio_file_preadv(fd, &iov, 1, (int64_t)(load->left % 1000) * 4096);
    }
    finished++;
}

static int bench(void)
{
    for (int depth = 1; depth <= 64; depth *= 8) {
        enum { N = 100000 };
        Load load = { depth, N };
        int64_t start;

        setup(NULL);
        assert_int_equal(ftruncate(fd, 4096000), 0);
        start = vm_clock_ns();
        for (int i = 0; i < depth; i++) {
            coroutine_enter(coroutine_create(read_blocks, &load));
        }
        while (finished < depth) {
            aio_poll(ctx, true);
        }
        printf("%s, %d at a time: %.0f reads of 4 KiB a second\n",
               aio_file_uses_io_uring(ctx) ? "io_uring" : "thread pool",
               depth, N * 1e9 / (double)(vm_clock_ns() - start));
        teardown(NULL);
    }
    return 0;
}

int main(int argc, char **argv)
{
#define BOTH(test)                                             \
    cmocka_unit_test_setup_teardown(test, setup, teardown),    \
    { #test " (fallback)", test, setup_fallback, teardown, NULL }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ring_there, setup, teardown),
        BOTH(test_file),
        BOTH(test_direct),
        BOTH(test_many),
        cmocka_unit_test_setup_teardown(test_thread_pool, setup, teardown),
    };

    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        return bench();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
