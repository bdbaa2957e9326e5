/* SPDX-License-Identifier: MIT */
/* Mutexes, ranks and conditions; what a debug build says of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/lock.h"
#include "base/thread.h"
#include "tests/expect_abort.h"

static VmMutex outer, inner;

static int setup(void **state)
{
    vm_mutex_init(&outer, "outer", 1);
    vm_mutex_init(&inner, "inner", 2);
    return 0;
}

static void test_order(void **state)
{
    vm_mutex_lock(&outer);
    vm_mutex_lock(&inner);
    assert_true(vm_mutex_held(&outer));
    assert_true(vm_mutex_held(&inner));
    /* Not the reverse order: that is allowed. */
    vm_mutex_unlock(&outer);
    vm_mutex_unlock(&inner);
}

static void test_wait_until(void **state)
{
    int64_t start = vm_clock_ns();
    VmCond c;

    vm_cond_init(&c);
    vm_mutex_lock(&inner);
    assert_false(vm_cond_wait_until(&c, &inner, start + 20000000));
    assert_true(vm_mutex_held(&inner));
    vm_mutex_unlock(&inner);
    assert_true(vm_clock_ns() - start >= 20000000);
    vm_cond_destroy(&c);
}

static struct {
    VmMutex lock;
    VmCond changed;
    int value GUARDED_BY(&lock);
} shared;

static void *counter_thread(void *opaque)
{
    for (int i = 0; i < 10000; i++) {
        vm_mutex_lock(&shared.lock);
        shared.value++;
        vm_cond_broadcast(&shared.changed);
        vm_mutex_unlock(&shared.lock);
    }
    return NULL;
}

static void test_threads(void **state)
{
    VmThread *threads[2];

    vm_mutex_init(&shared.lock, "shared", 3);
    vm_cond_init(&shared.changed);
    vm_mutex_lock(&shared.lock);
    for (int i = 0; i < 2; i++) {
        threads[i] = vm_thread_create("counter", VM_ROLE_CLIENT,
                                      counter_thread, NULL, NULL);
        assert_non_null(threads[i]);
    }
    while (shared.value < 20000) {
        vm_cond_wait(&shared.changed, &shared.lock);
    }
    assert_true(vm_mutex_held(&shared.lock) && shared.value == 20000);
    vm_mutex_unlock(&shared.lock);
    for (int i = 0; i < 2; i++) {
        vm_thread_join(threads[i]);
    }
    vm_cond_destroy(&shared.changed);
    vm_mutex_destroy(&shared.lock);
}

#ifdef HOLDFAST_DEBUG_CHECKS

static void NO_ANALYSIS lock_twice(void)
{
    vm_mutex_lock_at(&outer, "first.c", 3);
    vm_mutex_lock_at(&outer, "second.c", 4);
}

static void NO_ANALYSIS lock_out_of_order(void)
{
    vm_mutex_lock_at(&inner, "first.c", 3);
    vm_mutex_lock_at(&outer, "second.c", 4);
}

/* The places are those of the caller. */
static void NO_ANALYSIS lock_twice_here(void)
{
    vm_mutex_lock(&outer);
    vm_mutex_lock(&outer);
}

static void *NO_ANALYSIS holder_thread(void *opaque)
{
    vm_mutex_lock_at(&outer, "holder.c", 7);
    return NULL;
}

static void NO_ANALYSIS unlock_of_another(void)
{
    vm_thread_join(vm_thread_create("holder", VM_ROLE_CLIENT, holder_thread,
                                    NULL, NULL));
    vm_mutex_unlock_at(&outer, "thief.c", 9);
}

static void NO_ANALYSIS unlock_of_nobody(void)
{
    vm_mutex_unlock_at(&outer, "thief.c", 9);
}

static void NO_ANALYSIS unlock_twice(void)
{
    vm_mutex_lock_at(&outer, "first.c", 3);
    vm_mutex_unlock(&outer);
    vm_mutex_unlock_at(&outer, "again.c", 4);
}

static void NO_ANALYSIS wait_with_another(void)
{
    VmCond c;

    vm_cond_init(&c);
    vm_mutex_lock_at(&outer, "first.c", 3);
    vm_mutex_lock(&inner);
    vm_cond_wait_at(&c, &inner, "wait.c", 5);
}

static void NO_ANALYSIS sleep_with_lock(void)
{
    vm_mutex_lock_at(&outer, "first.c", 3);
    vm_assert_none_held_at("sleep.c", 6);
}

static void assert_not_held(void)
{
    ASSERT_HELD(&outer);
}

static void assert_wrong_role(void)
{
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    ASSERT_HELD(&role_main_loop);
    ASSERT_HELD(&role_vcpu);
}

static void test_mistakes(void **state)
{
    char text[LAST_WORDS];

    last_words(lock_twice, text);
    assert_string_equal(text, "second.c:4: lock \"outer\" is taken twice; "
                        "first at first.c:3\n");
    last_words(lock_twice_here, text);
    assert_ptr_equal(strstr(text, __FILE__ ":"), text);
    assert_non_null(strstr(text, "first at " __FILE__ ":"));
    last_words(lock_out_of_order, text);
    assert_string_equal(text, "second.c:4: lock \"outer\" (rank 1) is taken "
                        "after \"inner\" (rank 2), which was taken at "
                        "first.c:3\n");
    last_words(unlock_of_another, text);
    assert_string_equal(text, "thief.c:9: lock \"outer\" is released by a "
                        "thread that does not hold it; last taken at "
                        "holder.c:7\n");
    last_words(unlock_of_nobody, text);
    assert_string_equal(text, "thief.c:9: lock \"outer\" is released, but was "
                        "never taken\n");
    last_words(unlock_twice, text);
    assert_string_equal(text, "again.c:4: lock \"outer\" is released by a "
                        "thread that does not hold it; last taken at "
                        "first.c:3\n");
    last_words(wait_with_another, text);
    assert_string_equal(text, "wait.c:5: a wait drops \"inner\" but keeps "
                        "\"outer\", taken at first.c:3\n");
    last_words(sleep_with_lock, text);
    assert_string_equal(text, "sleep.c:6: goes to sleep with lock \"outer\", "
                        "taken at first.c:3\n");
    last_words(assert_not_held, text);
    assert_non_null(strstr(text, "lock \"outer\" is not held"));
    last_words(assert_wrong_role, text);
    assert_non_null(strstr(text, "runs in a thread of role 1, not 2"));
}

#else

static void test_mistakes(void **state)
{
    skip(); /* nothing is checked in this build */
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_wait_until, setup),
        cmocka_unit_test_setup(test_threads, setup),
        cmocka_unit_test_setup(test_mistakes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
