/* SPDX-License-Identifier: MIT */
/* Timers on both clocks, and the virtual clock itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/aio.h"
#include "base/main_loop.h"
#include "base/thread.h"

static GString *trace;
static AioContext *ctx;

/* The clock knows no way back from manual: each test in order. */
static int NO_TSA setup(void **state)
{
    trace = g_string_new("");
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    ctx = main_loop_context();
    vm_clock_stop();
    vm_clock_set_virtual(0);
    return 0;
}

static int NO_TSA teardown(void **state)
{
    vm_clock_stop();
    main_loop_free();
    bql_unlock();
    g_string_free(trace, TRUE);
    return 0;
}

static void note(void *opaque)
{
    g_string_append(trace, opaque);
}

static void test_virtual_clock(void **state)
{
    int64_t t;

    GLOBAL_STATE_CODE();
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 0);
    usleep(2000);
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 0);
    vm_clock_start();
    vm_clock_start();
    t = vm_clock_get_ns(VM_CLOCK_VIRTUAL);
    usleep(2000);
    assert_true(vm_clock_get_ns(VM_CLOCK_VIRTUAL) - t >= 2000000);
    vm_clock_stop();
    vm_clock_stop();
    t = vm_clock_get_ns(VM_CLOCK_VIRTUAL);
    usleep(2000);
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), t);
    vm_clock_start();
    assert_true(vm_clock_get_ns(VM_CLOCK_VIRTUAL) - t < 1000000000);
    vm_clock_set_virtual(5000000000000);
    assert_in_range(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 5000000000000,
                    5001000000000);
    /* What a stream might say. */
    vm_clock_set_virtual(INT64_MIN);
    assert_in_range(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 0, 1000000000);
    vm_clock_set_virtual(INT64_MAX);
    t = vm_clock_get_ns(VM_CLOCK_VIRTUAL);
    assert_true(t > 0 && vm_clock_get_ns(VM_CLOCK_VIRTUAL) >= t);
}

static void test_not_while_stopped(void **state)
{
    AioTimer *t = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, note, "v");
    AioTimer *r = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "r");

    GLOBAL_STATE_CODE();
    aio_timer_mod(t, 1000000);
    aio_timer_mod(r, vm_clock_ns() + 5000000);
    assert_true(aio_timer_pending(t));
    while (!trace->len) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "r");
    assert_false(aio_timer_pending(r));
    vm_clock_start();
    while (trace->len < 2) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "rv");
    aio_timer_mod(t, 0);
    aio_timer_cancel(t);
    aio_timer_cancel(t);
    assert_false(aio_timer_pending(t));
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "rv");
    aio_timer_delete(t);
    aio_timer_delete(r);
}

static void stop_clock(void *opaque)
{
    GLOBAL_STATE_CODE();
    note(opaque);
    vm_clock_stop();
}

/* Due at once; the first stops the clock, so the second stays. */
static void test_stop_in_callback(void **state)
{
    AioTimer *a = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, stop_clock, "a");
    AioTimer *b = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, note, "b");

    GLOBAL_STATE_CODE();
    aio_timer_mod(a, 1);
    aio_timer_mod(b, 1);
    vm_clock_set_virtual(10);
    vm_clock_start();
    aio_poll(ctx, false);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "a");
    assert_true(aio_timer_pending(b));
    vm_clock_start();
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "ab");
    aio_timer_delete(a);
    aio_timer_delete(b);
}

static AioTimer *victim;

static void delete_victim(void *opaque)
{
    note(opaque);
    aio_timer_delete(victim);
    victim = NULL;
}

/* Both are due; nothing may look at the second. */
static void test_delete_due(void **state)
{
    AioTimer *t = aio_timer_new(ctx, VM_CLOCK_REALTIME, delete_victim, "d");

    GLOBAL_STATE_CODE();
    victim = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "!");
    aio_timer_mod(t, 1);
    aio_timer_mod(victim, 2);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "d");
    aio_timer_delete(t);
}

static int64_t last_due;
static int n_due;

typedef struct Random {
    AioTimer *timer;
    int64_t due;
} Random;

static void check_order(void *opaque)
{
    Random *r = opaque;

    assert_true(r->due >= last_due);
    last_due = r->due;
    n_due++;
}

static void test_heap(void **state)
{
    enum { N = 500 };
    Random r[N];
    GRand *rand = g_rand_new_with_seed(1);
    int expected = N;

    last_due = n_due = 0;
    for (int i = 0; i < N; i++) {
        r[i].timer = aio_timer_new(ctx, VM_CLOCK_REALTIME, check_order, &r[i]);
    }
    for (int i = 0; i < 5 * N; i++) {
        Random *one = &r[g_rand_int_range(rand, 0, N)];

        one->due = g_rand_int_range(rand, 1, 1000);
        aio_timer_mod(one->timer, one->due);
    }
    for (int i = 0; i < N; i++) {
        if (!aio_timer_pending(r[i].timer)) {
            expected--;
        } else if (i % 7 == 0) {
            aio_timer_cancel(r[i].timer);
            expected--;
        }
    }
    aio_poll(ctx, false);
    assert_int_equal(n_due, expected);
    for (int i = 0; i < N; i++) {
        aio_timer_delete(r[i].timer);
    }
    g_rand_free(rand);
}

static AioTimer *shared_timer;

static void *arm_earlier(void *opaque)
{
    usleep(5000);
    aio_timer_mod(shared_timer, vm_clock_ns() + 1000000);
    return NULL;
}

/* A sleep that would last an hour ends for an earlier deadline. */
static void test_earlier_from_thread(void **state)
{
    AioTimer *hour = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "h");
    VmThread *t;

    GLOBAL_STATE_CODE();
    shared_timer = aio_timer_new(ctx, VM_CLOCK_REALTIME, note, "s");
    aio_timer_mod(hour, vm_clock_ns() + 3600000000000);
    t = vm_thread_create("arm", VM_ROLE_CLIENT, arm_earlier, NULL, NULL);
    while (!trace->len) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "s");
    main_loop_join(t);
    aio_timer_delete(hour);
    aio_timer_delete(shared_timer);
}

/* ---- by hand ------------------------------------------------------------ */

static void note_time(void *opaque)
{
    g_string_append_printf(trace, "%s%" G_GINT64_FORMAT " ", (char *)opaque,
                           vm_clock_get_ns(VM_CLOCK_VIRTUAL));
}

static AioTimer *periodic;

static void each_hundred(void *opaque)
{
    GLOBAL_STATE_CODE();
    note_time(opaque);
    aio_timer_mod(periodic, vm_clock_get_ns(VM_CLOCK_VIRTUAL) + 100);
}

static void test_manual(void **state)
{
    AioTimer *a = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, note_time, "a");
    AioTimer *b = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, note_time, "b");

    GLOBAL_STATE_CODE();
    vm_clock_use_manual();
    assert_true(vm_clock_next_deadline() == INT64_MAX);
    aio_timer_mod(a, 250);
    aio_timer_mod(b, 50);
    vm_clock_step_to(60); /* stopped: time goes on, timers do not fire */
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 60);
    assert_string_equal(trace->str, "");
    vm_clock_start();
    usleep(1000);
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 60);
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "b60 ");
    assert_int_equal(vm_clock_next_deadline(), 250);

    periodic = aio_timer_new(ctx, VM_CLOCK_VIRTUAL, each_hundred, "p");
    aio_timer_mod(periodic, 100);
    aio_timer_mod(b, 250);
    vm_clock_step_to(400);
    assert_string_equal(trace->str,
                        "b60 p100 p200 a250 b250 p300 p400 ");
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 400);
    assert_int_equal(vm_clock_next_deadline(), 500);
    vm_clock_step_to(300); /* not back */
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 400);
    vm_clock_stop();
    vm_clock_start();
    assert_int_equal(vm_clock_get_ns(VM_CLOCK_VIRTUAL), 400);
    aio_timer_delete(a);
    aio_timer_delete(b);
    aio_timer_delete(periodic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_virtual_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_while_stopped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_stop_in_callback, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_delete_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_heap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_earlier_from_thread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_manual, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
