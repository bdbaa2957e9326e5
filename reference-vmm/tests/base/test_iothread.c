/* SPDX-License-Identifier: MIT */
/* IOThreads; waiting for them, and for each other, with the BQL and without;
 * vCPU-like threads that poll the main loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/coroutine.h"
#include "base/iothread.h"
#include "base/main_loop.h"

static int NO_TSA setup(void **state)
{
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    return 0;
}

static int NO_TSA teardown(void **state)
{
    iothread_free_all();
    main_loop_free();
    bql_unlock();
    return 0;
}

static void count(IOThread *t, void *opaque)
{
    g_string_append(opaque, iothread_id(t));
}

static void test_life(void **state)
{
    GString *ids = g_string_new("");
    GError *error = NULL;
    IOThread *a;

    GLOBAL_STATE_CODE();
    a = iothread_new("a", NULL);
    assert_non_null(a);
    assert_non_null(iothread_new("b", NULL));
    assert_null(iothread_new("a", &error));
    assert_string_equal(error->message, "there is an iothread 'a' already");
    g_clear_error(&error);
    assert_ptr_equal(iothread_find("a"), a);
    assert_null(iothread_find("c"));
    assert_true(iothread_tid(a) > 0 && iothread_tid(a) != gettid());
    iothread_foreach(count, ids);
    assert_string_equal(ids->str, "ab");
    g_string_free(ids, TRUE);

    iothread_ref(a);
    assert_false(iothread_del("a", &error));
    assert_string_equal(error->message, "iothread 'a' is in use");
    g_clear_error(&error);
    iothread_unref(a);
    assert_true(iothread_del("a", NULL));
    assert_null(iothread_find("a"));
    assert_false(iothread_del("a", &error));
    assert_string_equal(error->message, "there is no iothread 'a'");
    g_clear_error(&error);
}

static int seen_tid;

static void note_tid(void *opaque)
{
    seen_tid = gettid();
    assert_false(bql_locked());
    assert_ptr_equal(aio_context_home(), opaque);
}

static void take_bql(void *opaque)
{
    bql_lock();
    GLOBAL_STATE_CODE();
    ++*(int *)opaque;
    bql_unlock();
}

static void test_bh_oneshot(void **state)
{
    IOThread *t;
    int n = 0;

    GLOBAL_STATE_CODE();
    t = iothread_new("io", NULL);
    aio_wait_bh_oneshot(iothread_context(t), note_tid, iothread_context(t));
    assert_int_equal(seen_tid, iothread_tid(t));
    /* We wait for somebody who wants our lock. */
    for (int i = 0; i < 100; i++) {
        aio_wait_bh_oneshot(iothread_context(t), take_bql, &n);
    }
    assert_int_equal(n, 100);
    assert_true(bql_locked());
}

static void set_flag(void *opaque)
{
    usleep(2000); /* they sleep, most likely */
    __atomic_store_n((bool *)opaque, true, __ATOMIC_RELEASE);
}

/* The end of a loop's turn wakes who waits: nobody kicks. */
static void test_turn_kicks(void **state)
{
    IOThread *t;
    bool flag = false;

    GLOBAL_STATE_CODE();
    t = iothread_new("io", NULL);
    aio_bh_schedule_oneshot(iothread_context(t), set_flag, &flag);
    AIO_WAIT_WHILE(iothread_context(t),
                   !__atomic_load_n(&flag, __ATOMIC_ACQUIRE));
}

typedef struct PingPong {
    AioContext *io;
    int left;
    bool done; /* atomic */
} PingPong;

static void ping(void *opaque);

static void pong(void *opaque)
{
    PingPong *p = opaque;

    assert_true(bql_locked());
    if (--p->left) {
        aio_bh_schedule_oneshot(p->io, ping, p);
    } else {
        __atomic_store_n(&p->done, true, __ATOMIC_RELEASE);
    }
}

static void ping(void *opaque)
{
    aio_bh_schedule_oneshot(main_loop_context(), pong, opaque);
}

/* Between the loops, while somebody else polls the main one. */
static void play(void)
{
    PingPong p = { .left = 200 };

    GLOBAL_STATE_CODE();
    p.io = iothread_context(iothread_find("io"));
    aio_bh_schedule_oneshot(p.io, ping, &p);
    AIO_WAIT_WHILE(p.io, !__atomic_load_n(&p.done, __ATOMIC_ACQUIRE));
    assert_int_equal(p.left, 0);
}

static int players; /* under the BQL */

static void *vcpu(void *opaque)
{
    assert_null(aio_context_home());
    bql_lock();
    assert_ptr_equal(aio_context_home(), main_loop_context());
    for (int i = 0; i < 20; i++) {
        play();
        bql_unlock();
        bql_lock();
    }
    if (--players == 0) {
        main_loop_quit();
    }
    bql_unlock();
    return NULL;
}

static void test_vcpus_poll(void **state)
{
    VmThread *t[3];

    GLOBAL_STATE_CODE();
    iothread_new("io", NULL);
    players = 3;
    for (int i = 0; i < 3; i++) {
        t[i] = vm_thread_create("vcpu", VM_ROLE_VCPU, vcpu, NULL, NULL);
    }
    play();
    if (players) {
        main_loop_run();
    }
    for (int i = 0; i < 3; i++) {
        main_loop_join(t[i]);
    }
    assert_int_equal(players, 0);
}

/* ---- the main thread must not sleep through ----------------------------- */

static bool polled; /* under the BQL */

static void leave(void *opaque)
{
    GLOBAL_STATE_CODE();
    assert_true(polled);
    main_loop_quit();
}

static void say_polled(void *opaque)
{
    polled = true;
}

/* Arms an earlier timer than the one the main thread sleeps for, and takes
 * the wake-up for it away: by polling. */
static void *poll_and_go(void *opaque)
{
    AioTimer *t;

    usleep(5000); /* the main thread sleeps, most likely */
    bql_lock();
    t = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME, leave, NULL);
    *(AioTimer **)opaque = t;
    aio_timer_mod(t, vm_clock_ns() + 30000000);
    aio_bh_schedule_oneshot(main_loop_context(), say_polled, NULL);
    AIO_WAIT_WHILE(NULL, !polled);
    bql_unlock();
    return NULL;
}

static void test_main_recomputes(void **state)
{
    AioTimer *timer = NULL;
    VmThread *t = vm_thread_create("poller", VM_ROLE_VCPU, poll_and_go, &timer,
                                   NULL);

    GLOBAL_STATE_CODE();
    polled = false;
    main_loop_run(); /* for ever, if it does not look again */
    main_loop_join(t);
    aio_timer_delete(timer);
}

/* ---- nested turns ------------------------------------------------------- */

static GString *trace;
static int fds[2][2];
static bool inner_ran;

static void drain_pipe(int i)
{
    char c;

    assert_int_equal(read(fds[i][0], &c, 1), 1);
    g_string_append_c(trace, c);
}

static void set_inner(void *opaque)
{
    inner_ran = true;
}

static void on_pipe(void *opaque)
{
    int i = GPOINTER_TO_INT(opaque);

    GLOBAL_STATE_CODE();
    drain_pipe(i);
    if (!inner_ran) {
        /* The other pipe is read in here: its event of the outer turn must
         * not reach us, or we would block. */
        aio_bh_schedule_oneshot(main_loop_context(), set_inner, NULL);
        AIO_WAIT_WHILE(NULL, !inner_ran || trace->len < 2);
    }
}

static void test_nested_turns(void **state)
{
    GLOBAL_STATE_CODE();
    trace = g_string_new("");
    inner_ran = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(fds[i]), 0);
        assert_true(aio_set_fd_handler(main_loop_context(), fds[i][0], on_pipe,
                                       NULL, GINT_TO_POINTER(i), NULL));
        assert_int_equal(write(fds[i][1], "x", 1), 1);
    }
    while (trace->len < 2) {
        aio_poll(main_loop_context(), true);
    }
    aio_poll(main_loop_context(), false);
    assert_string_equal(trace->str, "xx");
    for (int i = 0; i < 2; i++) {
        aio_set_fd_handler(main_loop_context(), fds[i][0], NULL, NULL, NULL,
                           NULL);
        close(fds[i][0]);
        close(fds[i][1]);
    }
    g_string_free(trace, TRUE);
}

/* ---- regular files ------------------------------------------------------ */

static void on_file(void *opaque)
{
    char buf[2];
    ssize_t n = read(GPOINTER_TO_INT(opaque), buf, sizeof(buf));

    GLOBAL_STATE_CODE();
    g_string_append_len(trace, buf, n);
    if (n <= 0) {
        aio_set_fd_handler(main_loop_context(), GPOINTER_TO_INT(opaque), NULL,
                           NULL, NULL, NULL);
        g_string_append(trace, ".");
    }
}

static void test_regular_file(void **state)
{
    char name[] = "test-iothread-XXXXXX";
    int fd = mkstemp(name);

    GLOBAL_STATE_CODE();
    unlink(name);
    trace = g_string_new("");
    assert_int_equal(write(fd, "abc", 3), 3);
    lseek(fd, 0, SEEK_SET);
    assert_true(aio_set_fd_handler(main_loop_context(), fd, on_file, NULL,
                                   GINT_TO_POINTER(fd), NULL));
    while (!strchr(trace->str, '.')) {
        aio_poll(main_loop_context(), true);
    }
    assert_string_equal(trace->str, "abc.");
    close(fd);
    g_string_free(trace, TRUE);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_life),           TEST(test_bh_oneshot),
        TEST(test_turn_kicks),     TEST(test_vcpus_poll),
        TEST(test_main_recomputes),
        TEST(test_nested_turns),   TEST(test_regular_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
