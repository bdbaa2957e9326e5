/* SPDX-License-Identifier: MIT */
/* The event loop: order, other threads, callbacks that change the lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/aio.h"
#include "base/main_loop.h"
#include "base/thread.h"

static AioContext *ctx;
static GString *trace;

static int setup(void **state)
{
    ctx = aio_context_new(NULL);
    assert_non_null(ctx);
    aio_context_adopt(ctx);
    trace = g_string_new("");
    return 0;
}

static int teardown(void **state)
{
    aio_context_free(ctx);
    assert_null(aio_context_home());
    g_string_free(trace, TRUE);
    return 0;
}

static void note(void *opaque)
{
    g_string_append(trace, opaque);
}

static void again(void *opaque)
{
    note(opaque);
    aio_bh_schedule_oneshot(ctx, again, opaque);
}

static void test_bottom_halves(void **state)
{
    AioBh *a = aio_bh_new(ctx, note, "a"), *b = aio_bh_new(ctx, note, "b");

    aio_poll(ctx, false);
    assert_string_equal(trace->str, "");
    aio_bh_schedule(b);
    aio_bh_schedule(a);
    aio_bh_schedule(b);
    aio_bh_schedule_oneshot(ctx, note, "c");
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "bac");
    aio_bh_schedule(b);
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "bacb");
    aio_bh_schedule(a);
    aio_bh_delete(a);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "bacb");
    aio_bh_delete(b);
    aio_bh_delete(NULL);
}

static void test_a_turn_ends(void **state)
{
    aio_bh_schedule_oneshot(ctx, again, "x");
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "x");
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "xx");
    /* The third is dropped, and freed, with the context. */
}

static AioBh *self, *other;

static void delete_both(void *opaque)
{
    note("d");
    aio_bh_delete(other);
    aio_bh_delete(self);
}

static void test_delete_in_callback(void **state)
{
    self = aio_bh_new(ctx, delete_both, NULL);
    other = aio_bh_new(ctx, note, "o");
    aio_bh_schedule(self);
    aio_bh_schedule(other);
    aio_poll(ctx, true);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "d");
}

static void *scheduling_thread(void *opaque)
{
    AioBh *bh = opaque;

    usleep(10000);
    aio_bh_schedule(bh);
    return NULL;
}

/* A schedule from another thread ends a wait that has nothing else to end. */
static void test_wakes_from_other_thread(void **state)
{
    AioBh *bh = aio_bh_new(ctx, note, "t");
    VmThread *t = vm_thread_create("scheduler", VM_ROLE_CLIENT,
                                   scheduling_thread, bh, NULL);

    while (!trace->len) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "t");
    vm_thread_join(t);
    aio_bh_delete(bh);
}

static AioTimer *timer;

static void rearm_in_the_past(void *opaque)
{
    note(opaque);
    aio_timer_mod(timer, 0);
}

static void test_timers(void **state)
{
    int64_t now = vm_clock_ns();
    AioTimer *late = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "l");
    AioTimer *soon = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "s");
    AioTimer *never = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "n");

    aio_timer_mod(never, INT64_MAX);
    aio_timer_mod(late, now + 20000000);
    aio_timer_mod(soon, now + 30000000);
    aio_timer_mod(soon, now + 10000000);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "");
    while (trace->len < 2) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "sl");
    assert_true(vm_clock_ns() - now >= 20000000);
    aio_timer_delete(late);
    aio_timer_delete(soon);
    aio_timer_delete(never);

    g_string_truncate(trace, 0);
    timer = aio_timer_new(ctx, VM_CLOCK_REALTIME, rearm_in_the_past, "r");
    aio_timer_mod(timer, 0);
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "r");
    aio_timer_delete(timer);
    aio_timer_delete(NULL);
}

static int fds[2], other_fds[2];

static void on_readable(void *opaque)
{
    char c;

    assert_int_equal(read(fds[0], &c, 1), 1);
    g_string_append_c(trace, c);
    if (c == 'q') {
        /* Both are readable now; the other must not be called any more. */
        aio_set_fd_handler(ctx, other_fds[0], NULL, NULL, NULL, NULL);
        aio_set_fd_handler(ctx, fds[0], NULL, NULL, NULL, NULL);
    }
}

static void test_descriptors(void **state)
{
    GError *error = NULL;

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(pipe(other_fds), 0);
    assert_true(aio_set_fd_handler(ctx, fds[0], on_readable, NULL, NULL,
                                   NULL));
    aio_poll(ctx, false);
    assert_int_equal(write(fds[1], "ab", 2), 2);
    aio_poll(ctx, true);
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "ab");

    assert_true(aio_set_fd_handler(ctx, other_fds[0], note, NULL, "!",
                                   NULL));
    assert_int_equal(write(fds[1], "q", 1), 1);
    aio_poll(ctx, true);
    assert_int_equal(write(fds[1], "c", 1), 1);
    assert_int_equal(write(other_fds[1], "c", 1), 1);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "abq");
    /* Not watched: fine. */
    assert_true(aio_set_fd_handler(ctx, fds[0], NULL, NULL, NULL, NULL));

    assert_false(aio_set_fd_handler(ctx, -1, on_readable, NULL, NULL, &error));
    assert_string_equal(error->message,
                        "cannot watch a file descriptor: Bad file descriptor");
    g_error_free(error);
    for (int i = 0; i < 2; i++) {
        close(fds[i]);
        close(other_fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bottom_halves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_turn_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delete_in_callback, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_wakes_from_other_thread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descriptors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
