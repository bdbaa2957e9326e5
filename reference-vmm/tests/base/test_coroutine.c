/* SPDX-License-Identifier: MIT */
/* Coroutines: switching, nesting, pools, waking through loops, mistakes. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/coroutine.h"
#include "base/rcu.h"
#include "base/thread.h"

static GString *trace;
static AioContext *ctx;

static int setup(void **state)
{
    trace = g_string_new("");
    ctx = aio_context_new(NULL);
    aio_context_adopt(ctx);
    return 0;
}

static int teardown(void **state)
{
    aio_context_free(ctx);
    g_string_free(trace, TRUE);
    return 0;
}

static void coroutine_fn three_steps(void *opaque)
{
    const char *name = opaque;

    assert_true(in_coroutine());
    for (int i = 0; i < 3; i++) {
        g_string_append_printf(trace, "%s%d", name, i);
        coroutine_yield();
    }
    g_string_append_printf(trace, "%s!", name);
}

static void test_interleave(void **state)
{
    Coroutine *a = coroutine_create(three_steps, "a");
    Coroutine *b = coroutine_create(three_steps, "b");

    assert_false(in_coroutine());
    assert_null(coroutine_self());
    for (int i = 0; i < 4; i++) {
        coroutine_enter(a);
        coroutine_enter(b);
    }
    assert_string_equal(trace->str, "a0b0a1b1a2b2a!b!");
}

typedef struct Nest {
    int depth;
    int64_t sum;
} Nest;

static void coroutine_fn nest(void *opaque)
{
    Nest *n = opaque, inner = { .depth = n->depth - 1 };
    Coroutine *self = coroutine_self(), *co;
    char filler[200];

    memset(filler, n->depth, sizeof(filler));
    if (n->depth) {
        co = coroutine_create(nest, &inner);
        coroutine_enter(co);
        assert_ptr_equal(coroutine_self(), self);
        coroutine_yield();
        coroutine_enter(co);
    } else {
        coroutine_yield();
    }
    for (size_t i = 0; i < sizeof(filler); i++) {
        assert_int_equal((unsigned char)filler[i], n->depth);
    }
    n->sum = n->depth + inner.sum;
}

/* Each inside another, each stopped once. */
static void test_nested(void **state)
{
    Nest n = { .depth = 100 };
    Coroutine *co = coroutine_create(nest, &n);

    coroutine_enter(co);
    assert_int_equal(n.sum, 0);
    coroutine_enter(co);
    assert_int_equal(n.sum, 5050);
}

static void coroutine_fn add_twice(void *opaque)
{
    ++*(int *)opaque;
    coroutine_yield();
    ++*(int *)opaque;
}

/* More at once than the pools hold, twice. */
static void test_many(void **state)
{
    enum { N = 1000 };
    Coroutine *co[N];
    int n = 0;

    for (int round = 0; round < 2; round++) {
        n = 0;
        for (int i = 0; i < N; i++) {
            co[i] = coroutine_create(add_twice, &n);
            coroutine_enter(co[i]);
        }
        for (int i = N - 1; i >= 0; i--) {
            coroutine_enter(co[i]);
        }
        assert_int_equal(n, 2 * N);
    }
}

static void *enter_in_thread(void *opaque)
{
    coroutine_enter(opaque);
    return NULL;
}

typedef struct Where {
    int tid[3];
} Where;

static void coroutine_fn move_about(void *opaque)
{
    Where *w = opaque;

    for (int i = 0; i < 3; i++) {
        w->tid[i] = gettid();
        if (i < 2) {
            coroutine_yield();
        }
    }
}

/* Started in one thread, gone on in others. */
static void test_across_threads(void **state)
{
    Where w;
    Coroutine *co = coroutine_create(move_about, &w);

    coroutine_enter(co);
    for (int i = 0; i < 2; i++) {
        vm_thread_join(vm_thread_create("enter", VM_ROLE_CLIENT,
                                        enter_in_thread, co, NULL));
    }
    assert_int_equal(w.tid[0], gettid());
    assert_int_not_equal(w.tid[1], gettid());
    assert_int_not_equal(w.tid[2], gettid());
}

/* ---- loops -------------------------------------------------------------- */

typedef struct Ball {
    AioContext *court[2];
    bool over; /* atomic */
    int tid[2];
    int faults;
} Ball;

static void *court_thread(void *opaque)
{
    Ball *ball = opaque;

    aio_context_adopt(ball->court[1]);
    ball->tid[1] = gettid();
    while (!__atomic_load_n(&ball->over, __ATOMIC_ACQUIRE)) {
        aio_poll(ball->court[1], true);
    }
    return NULL;
}

static void coroutine_fn play(void *opaque)
{
    Ball *ball = opaque;

    for (int i = 1; i < 2000; i++) {
        aio_co_reschedule_self(ball->court[i & 1]);
        ball->faults += gettid() != ball->tid[i & 1] ||
                        aio_context_home() != ball->court[i & 1] ||
                        coroutine_context(coroutine_self()) !=
                            ball->court[i & 1];
    }
    aio_co_reschedule_self(ball->court[0]);
    __atomic_store_n(&ball->over, true, __ATOMIC_RELEASE);
    aio_notify(ball->court[1]);
}

static void test_reschedule(void **state)
{
    Ball ball = {
        .court = { ctx, aio_context_new(NULL) },
        .tid = { gettid(), 0 },
    };
    VmThread *t = vm_thread_create("court", VM_ROLE_CLIENT, court_thread,
                                   &ball, NULL);

    aio_co_enter(ctx, coroutine_create(play, &ball));
    while (!__atomic_load_n(&ball.over, __ATOMIC_ACQUIRE)) {
        aio_poll(ctx, true);
    }
    vm_thread_join(t);
    assert_int_equal(ball.faults, 0);
    aio_context_free(ball.court[1]);
}

static void coroutine_fn sleeper(void *opaque)
{
    int64_t start = vm_clock_ns();

    co_sleep_ns(VM_CLOCK_REALTIME, 5000000);
    assert_true(vm_clock_ns() - start >= 5000000);
    g_string_append(trace, opaque);
}

static int fds[2];

static void coroutine_fn reader(void *opaque)
{
    char c;

    for (int i = 0; i < 2; i++) {
        co_yield_until_fd(fds[0], false);
        assert_int_equal(read(fds[0], &c, 1), 1);
        g_string_append_c(trace, c);
    }
}

static void coroutine_fn waker(void *opaque)
{
    /* Not at once: we are in a coroutine. */
    aio_co_wake(opaque);
    g_string_append(trace, "w");
}

static void test_waiting(void **state)
{
    Coroutine *a;

    coroutine_enter(coroutine_create(sleeper, "s"));
    assert_int_equal(pipe(fds), 0);
    coroutine_enter(coroutine_create(reader, NULL));
    aio_poll(ctx, false);
    assert_string_equal(trace->str, "");
    while (!trace->len) {
        aio_poll(ctx, true);
    }
    assert_int_equal(write(fds[1], "xy", 2), 2);
    while (trace->len < 3) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "sxy");
    close(fds[0]);
    close(fds[1]);

    g_string_truncate(trace, 0);
    a = coroutine_create(three_steps, "a");
    coroutine_enter(a);
    coroutine_enter(coroutine_create(waker, a));
    assert_string_equal(trace->str, "a0w");
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "a0wa1");
    aio_co_wake(a); /* at once: our context, no coroutine */
    assert_string_equal(trace->str, "a0wa1a2");
    aio_co_schedule(ctx, a);
    assert_string_equal(trace->str, "a0wa1a2");
    aio_poll(ctx, true);
    assert_string_equal(trace->str, "a0wa1a2a!");
}

/* ---- mistakes ----------------------------------------------------------- */

/* In a new process: ThreadSanitizer knows nothing of fibers after a fork. */
static int run_child(const char *mistake, char text[8192])
{
    int pipe_fds[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(pipe_fds), 0);
    pid = fork();
    if (!pid) {
        dup2(pipe_fds[1], STDERR_FILENO);
        close(pipe_fds[0]);
        execl("/proc/self/exe", "test", mistake, NULL);
        _exit(0);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], text + len, 8191 - len)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void expect_abort(const char *mistake, const char *words)
{
    char text[8192];
    int status = run_child(mistake, text);

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        fail_msg("status %x: %s", (unsigned)status, text);
    }
    if (!strstr(text, words)) {
        fail_msg("'%s' is not in: %s", words, text);
    }
}

static void coroutine_fn enter_self(void *opaque)
{
    coroutine_enter(coroutine_self());
}

static void enter_twice(void)
{
    coroutine_enter(coroutine_create(enter_self, NULL));
}

static void wake_twice(void)
{
    Coroutine *co = coroutine_create(three_steps, "a");

    aio_co_schedule(ctx, co);
    aio_co_schedule(ctx, co);
}

static void coroutine_fn poll_inside(void *opaque)
{
    AIO_WAIT_WHILE(ctx, opaque != NULL);
}

static void poll_in_coroutine(void)
{
    coroutine_enter(coroutine_create(poll_inside, NULL));
}

static void coroutine_fn yield_in_rcu(void *opaque)
{
    vm_rcu_read_lock();
    coroutine_yield();
    vm_rcu_read_unlock();
}

static void yield_in_section(void)
{
    coroutine_enter(coroutine_create(yield_in_rcu, NULL));
}

#ifdef HOLDFAST_DEBUG_CHECKS
static VmMutex lock;

static void NO_ANALYSIS coroutine_fn yield_locked(void *opaque)
{
    vm_mutex_lock_at(&lock, "locked.c", 5);
    coroutine_yield();
}

static void yield_with_lock(void)
{
    vm_mutex_init(&lock, "mine", 1);
    coroutine_enter(coroutine_create(yield_locked, NULL));
}
#endif

static int __attribute__((noinline)) overflow(int n)
{
    volatile char frame[2048];

    frame[0] = 1;
    return n ? overflow(n - 1) + frame[0] : frame[0];
}

static void coroutine_fn overflow_stack(void *opaque)
{
    assert_int_equal(overflow(100000), 100001);
}

static void hit_guard(void)
{
    coroutine_enter(coroutine_create(overflow_stack, NULL));
}

static const struct {
    const char *name;
    void (*fn)(void);
    const char *words; /* NULL: any death will do */
} mistakes[] = {
    { "enter-twice", enter_twice,
      "coroutine \"enter_self\" is entered, but runs" },
    { "wake-twice", wake_twice, "coroutine \"three_steps\" is woken twice" },
    { "poll", poll_in_coroutine, "a coroutine polls" },
    { "rcu", yield_in_section,
      "\"yield_in_rcu\" yields within an RCU section" },
#ifdef HOLDFAST_DEBUG_CHECKS
    { "lock", yield_with_lock, "coroutine \"yield_locked\" yields or ends "
      "with lock \"mine\", taken at locked.c:5" },
#endif
    { "overflow", hit_guard, NULL },
};

static void test_mistakes(void **state)
{
    char text[8192];

    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        if (mistakes[i].words) {
            expect_abort(mistakes[i].name, mistakes[i].words);
        } else {
            /* Sanitizers turn the signal into a status. */
            assert_int_not_equal(run_child(mistakes[i].name, text), 0);
        }
    }
}

static int make_mistake(const char *name)
{
    setup(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        if (strcmp(mistakes[i].name, name) == 0) {
            mistakes[i].fn();
        }
    }
    return 0;
}

/* A lock and a section that it was entered with are the caller's. */
static void test_entered_with_lock(void **state)
{
    VmMutex m;
    Coroutine *co = coroutine_create(three_steps, "a");

    vm_mutex_init(&m, "outer", 1);
    for (int i = 0; i < 4; i++) {
        vm_mutex_lock(&m);
        vm_rcu_read_lock();
        coroutine_enter(co);
        vm_rcu_read_unlock();
        vm_mutex_unlock(&m);
    }
    assert_string_equal(trace->str, "a0a1a2a!");
    vm_mutex_destroy(&m);
}

static void coroutine_fn spin(void *opaque)
{
    for (;;) {
        coroutine_yield();
    }
}

static void coroutine_fn nothing(void *opaque)
{
}

/* `test_vmm_coroutine --bench` */
static int bench(void)
{
    enum { N = 10000000 };
    Coroutine *co = coroutine_create(spin, NULL);
    int64_t start = vm_clock_ns();

    for (int i = 0; i < N; i++) {
        coroutine_enter(co);
    }
    printf("switch: %.1f ns\n", (double)(vm_clock_ns() - start) / (2.0 * N));
    start = vm_clock_ns();
    for (int i = 0; i < N; i++) {
        coroutine_enter(coroutine_create(nothing, NULL));
    }
    printf("create, run, end: %.1f ns\n", (double)(vm_clock_ns() - start) / N);
    start = vm_clock_ns();
    for (int i = 0; i < N; i++) {
        vm_rcu_read_lock();
        vm_rcu_read_unlock();
    }
    printf("RCU section: %.1f ns\n", (double)(vm_clock_ns() - start) / N);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interleave, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_across_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reschedule, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entered_with_lock, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_mistakes, setup, teardown),
    };

    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        return bench();
    }
    if (argc > 1) {
        return make_mistake(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
