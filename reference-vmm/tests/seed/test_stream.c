/* SPDX-License-Identifier: MIT */
/* The byte stream: contents, ends, errors, and the kick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/thread.h"
#include "seed/stream.h"

static Stream *a, *b;

static int setup(void **state)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    a = stream_new(fds[0]);
    b = stream_new(fds[1]);
    return 0;
}

static void test_round_trip(void **state)
{
    char text[6];

    stream_put_u8(a, 0xa5);
    stream_put_u64(a, UINT64_C(0x0123456789abcdef));
    stream_put(a, "hello", 6);
    assert_true(stream_flush(a));
    assert_int_equal(stream_get_u8(b), 0xa5);
    assert_true(stream_get_u64(b) == UINT64_C(0x0123456789abcdef));
    stream_get(b, text, 6);
    assert_string_equal(text, "hello");
    stream_put_u8(b, 7);
    stream_flush(b);
    assert_int_equal(stream_get_u8(a), 7);
    assert_true(stream_ok(a) && stream_ok(b));
    assert_null(stream_error(a));
    stream_close(a);
    stream_close(b);
}

#define LONG 300000 /* more than the buffers of stream and socket */

static void *writer_thread(void *opaque)
{
    for (uint64_t i = 0; i < LONG; i++) {
        stream_put_u64(a, i);
    }
    stream_flush(a);
    return NULL;
}

static void test_long(void **state)
{
    VmThread *t = vm_thread_create("writer", VM_ROLE_CLIENT, writer_thread,
                                   NULL, NULL);

    for (uint64_t i = 0; i < LONG; i++) {
        assert_true(stream_get_u64(b) == i);
    }
    vm_thread_join(t);
    stream_close(a);
    stream_close(b);
}

static void test_end(void **state)
{
    stream_put(a, "abc", 3);
    stream_flush(a);
    stream_close(a);
    /* Eight bytes are not there: zeroes, and an error that stays. */
    stream_get_u64(b);
    assert_string_equal(stream_error(b), "the peer is gone");
    assert_int_equal(stream_get_u8(b), 0);
    stream_put_u8(b, 1);
    assert_false(stream_flush(b));
    stream_set_error(b, "another");
    assert_string_equal(stream_error(b), "the peer is gone");
    stream_close(b);
}

static void test_broken_pipe(void **state)
{
    stream_close(b);
    stream_put_u8(a, 1);
    assert_true(stream_ok(a));
    assert_false(stream_flush(a));
    assert_string_equal(stream_error(a), "Broken pipe");
    stream_close(a);
}

static void *blocked_thread(void *opaque)
{
    assert_int_equal(stream_get_u8(b), 0);
    return NULL;
}

static void test_kick(void **state)
{
    VmThread *t = vm_thread_create("blocked", VM_ROLE_CLIENT, blocked_thread,
                                   NULL, NULL);

    usleep(10000);
    stream_kick(b);
    vm_thread_join(t);
    assert_false(stream_ok(b));
    /* The other end sees it too. */
    assert_int_equal(stream_get_u8(a), 0);
    assert_string_equal(stream_error(a), "the peer is gone");
    stream_close(a);
    stream_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_round_trip, setup),
        cmocka_unit_test_setup(test_long, setup),
        cmocka_unit_test_setup(test_end, setup),
        cmocka_unit_test_setup(test_broken_pipe, setup),
        cmocka_unit_test_setup(test_kick, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
