/* SPDX-License-Identifier: MIT */
/* Coroutine locks: fairness, exclusion across loops, mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/co_lock.h"
#include "base/thread.h"
#include "tests/expect_abort.h"

static AioContext *ctx;
static GString *trace;

static int setup(void **state)
{
    ctx = aio_context_new(NULL);
    aio_context_adopt(ctx);
    trace = g_string_new("");
    return 0;
}

static int teardown(void **state)
{
    aio_context_free(ctx);
    g_string_free(trace, TRUE);
    return 0;
}

/* ---- one loop ----------------------------------------------------------- */

static CoMutex mutex;

static void coroutine_fn hold_a_turn(void *opaque)
{
    co_mutex_lock(&mutex);
    g_string_append(trace, opaque);
    aio_co_schedule(ctx, coroutine_self());
    coroutine_yield();
    g_string_append(trace, opaque);
    co_mutex_unlock(&mutex);
}

static void test_mutex_order(void **state)
{
    co_mutex_init(&mutex);
    coroutine_enter(coroutine_create(hold_a_turn, "a"));
    coroutine_enter(coroutine_create(hold_a_turn, "b"));
    coroutine_enter(coroutine_create(hold_a_turn, "c"));
    while (trace->len < 6) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "aabbcc");
    co_mutex_destroy(&mutex);
}

static CoQueue queue;

static void coroutine_fn wait_in_queue(void *opaque)
{
    co_mutex_lock(&mutex);
    co_queue_wait(&queue, &mutex);
    g_string_append(trace, opaque);
    co_mutex_unlock(&mutex);
}

static void coroutine_fn wake_one(void *opaque)
{
    co_mutex_lock(&mutex);
    assert_true(co_queue_next(&queue));
    g_string_append(trace, "1");
    co_mutex_unlock(&mutex);
}

static void coroutine_fn wake_all(void *opaque)
{
    co_mutex_lock(&mutex);
    co_queue_restart_all(&queue);
    assert_false(co_queue_next(&queue));
    assert_true(co_queue_empty(&queue));
    co_mutex_unlock(&mutex);
}

static void test_queue(void **state)
{
    co_mutex_init(&mutex);
    co_queue_init(&queue);
    coroutine_enter(coroutine_create(wait_in_queue, "a"));
    coroutine_enter(coroutine_create(wait_in_queue, "b"));
    coroutine_enter(coroutine_create(wait_in_queue, "c"));
    coroutine_enter(coroutine_create(wake_one, NULL));
    while (trace->len < 2) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "1a");
    coroutine_enter(coroutine_create(wake_all, NULL));
    while (trace->len < 4) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "1abc");
    co_mutex_destroy(&mutex);
}

static VmMutex thread_lock;
static bool go GUARDED_BY(thread_lock);

static void coroutine_fn wait_with_thread_lock(void *opaque)
{
    vm_mutex_lock(&thread_lock);
    while (!go) {
        co_queue_wait_mutex(&queue, &thread_lock);
    }
    vm_mutex_unlock(&thread_lock);
    g_string_append(trace, "g");
}

static void *say_go(void *opaque)
{
    vm_mutex_lock(&thread_lock);
    go = true;
    co_queue_restart_all(&queue);
    vm_mutex_unlock(&thread_lock);
    return NULL;
}

static void test_queue_of_thread(void **state)
{
    vm_mutex_init(&thread_lock, "go", 1);
    co_queue_init(&queue);
    coroutine_enter(coroutine_create(wait_with_thread_lock, NULL));
    coroutine_enter(coroutine_create(wait_with_thread_lock, NULL));
    assert_int_equal(trace->len, 0);
    vm_thread_join(vm_thread_create("go", VM_ROLE_CLIENT, say_go, NULL, NULL));
    while (trace->len < 2) {
        aio_poll(ctx, true);
    }
    vm_mutex_destroy(&thread_lock);
}

static CoRwlock rwlock;

static void coroutine_fn one_turn(void)
{
    aio_co_schedule(ctx, coroutine_self());
    coroutine_yield();
}

static void coroutine_fn read_a_turn(void *opaque)
{
    co_rwlock_rdlock(&rwlock);
    g_string_append(trace, "r");
    one_turn();
    g_string_append(trace, "/");
    co_rwlock_rdunlock(&rwlock);
}

static void coroutine_fn write_a_turn(void *opaque)
{
    co_rwlock_wrlock(&rwlock);
    g_string_append(trace, "W");
    one_turn();
    if (opaque) {
        co_rwlock_downgrade(&rwlock);
        g_string_append(trace, "d");
        one_turn();
        co_rwlock_rdunlock(&rwlock);
    } else {
        g_string_append(trace, "\\");
        co_rwlock_wrunlock(&rwlock);
    }
}

static void test_rwlock_order(void **state)
{
    co_rwlock_init(&rwlock);
    coroutine_enter(coroutine_create(read_a_turn, NULL));
    coroutine_enter(coroutine_create(read_a_turn, NULL));
    coroutine_enter(coroutine_create(write_a_turn, NULL));
    /* Not before the writer that waits. */
    coroutine_enter(coroutine_create(read_a_turn, NULL));
    coroutine_enter(coroutine_create(write_a_turn, ""));
    /* With the writer, once that reads. */
    coroutine_enter(coroutine_create(read_a_turn, NULL));
    while (trace->len < 12) {
        aio_poll(ctx, true);
    }
    assert_string_equal(trace->str, "rr//W\\r/Wdr/");
    co_rwlock_destroy(&rwlock);
}

/* ---- several loops ------------------------------------------------------ */

enum { THREADS = 3, WORKERS = 8, ROUNDS = 300 };

typedef struct Loop {
    AioContext *ctx;
    VmThread *thread;
    bool stop; /* atomic */
} Loop;

static int in_mutex, readers, writers, errors, finished; /* atomic */
static int plain;

static void *loop_thread(void *opaque)
{
    Loop *l = opaque;

    aio_context_adopt(l->ctx);
    while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
        aio_poll(l->ctx, true);
    }
    return NULL;
}

static int add(int *counter, int by)
{
    return __atomic_add_fetch(counter, by, __ATOMIC_RELAXED);
}

static void coroutine_fn pause_here(int i)
{
    if (i % 3 == 0) {
        aio_co_schedule(aio_context_home(), coroutine_self());
        coroutine_yield();
    }
}

static void coroutine_fn compete(void *opaque)
{
    for (int i = 0; i < ROUNDS; i++) {
        co_mutex_lock(&mutex);
        add(&errors, add(&in_mutex, 1) != 1);
        plain++;
        pause_here(i);
        add(&in_mutex, -1);
        co_mutex_unlock(&mutex);

        if (i % 4) {
            co_rwlock_rdlock(&rwlock);
            add(&readers, 1);
            add(&errors, __atomic_load_n(&writers, __ATOMIC_RELAXED) != 0);
            pause_here(i);
            add(&readers, -1);
            co_rwlock_rdunlock(&rwlock);
        } else {
            co_rwlock_wrlock(&rwlock);
            add(&errors, add(&writers, 1) != 1 ||
                             __atomic_load_n(&readers, __ATOMIC_RELAXED));
            pause_here(i);
            add(&writers, -1);
            co_rwlock_wrunlock(&rwlock);
        }
    }
    add(&finished, 1);
    aio_notify(ctx);
}

static void test_across_loops(void **state)
{
    Loop loops[THREADS];

    co_mutex_init(&mutex);
    co_rwlock_init(&rwlock);
    for (int i = 0; i < THREADS; i++) {
        loops[i].ctx = aio_context_new(NULL);
        loops[i].stop = false;
        loops[i].thread = vm_thread_create("loop", VM_ROLE_CLIENT, loop_thread,
                                           &loops[i], NULL);
        for (int j = 0; j < WORKERS; j++) {
            aio_co_enter(loops[i].ctx, coroutine_create(compete, NULL));
        }
    }
    while (__atomic_load_n(&finished, __ATOMIC_RELAXED) < THREADS * WORKERS) {
        aio_poll(ctx, true);
    }
    for (int i = 0; i < THREADS; i++) {
        __atomic_store_n(&loops[i].stop, true, __ATOMIC_RELEASE);
        aio_notify(loops[i].ctx);
        vm_thread_join(loops[i].thread);
        aio_context_free(loops[i].ctx);
    }
    assert_int_equal(errors, 0);
    assert_int_equal(plain, THREADS * WORKERS * ROUNDS);
    co_mutex_destroy(&mutex);
    co_rwlock_destroy(&rwlock);
}

/* ---- mistakes ----------------------------------------------------------- */

static CoroutineEntry *culprit;

static void run_culprit(void)
{
    co_mutex_init(&mutex);
    co_rwlock_init(&rwlock);
    coroutine_enter(coroutine_create_named(culprit, NULL, "culprit"));
}

static void expect_abort_of(CoroutineEntry *fn, const char *words)
{
    culprit = fn;
    expect_abort(run_culprit, words);
}

static void NO_ANALYSIS coroutine_fn lock_twice(void *opaque)
{
    co_mutex_lock(&mutex);
    co_mutex_lock(&mutex);
}

static void NO_ANALYSIS coroutine_fn unlock_free(void *opaque)
{
    co_mutex_unlock(&mutex);
}

static void NO_ANALYSIS coroutine_fn end_with_lock(void *opaque)
{
    co_mutex_lock(&mutex);
}

static void NO_ANALYSIS coroutine_fn end_with_rwlock(void *opaque)
{
    co_rwlock_wrlock(&rwlock);
    co_rwlock_downgrade(&rwlock);
}

static void NO_ANALYSIS coroutine_fn unlock_wrong_way(void *opaque)
{
    co_rwlock_rdlock(&rwlock);
    co_rwlock_wrunlock(&rwlock);
}

static void test_mistakes(void **state)
{
    expect_abort_of(lock_twice, "coroutine \"culprit\" takes a CoMutex twice");
    expect_abort_of(unlock_free, "\"culprit\" releases a CoMutex that nobody");
    expect_abort_of(end_with_lock, "\"culprit\" ends with 1 coroutine locks");
    expect_abort_of(end_with_rwlock, "\"culprit\" ends with 1 coroutine locks");
    expect_abort_of(unlock_wrong_way,
                 "releases a CoRwlock that is not locked for writing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mutex_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queue_of_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rwlock_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_across_loops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mistakes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
