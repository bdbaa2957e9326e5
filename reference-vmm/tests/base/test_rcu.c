/* SPDX-License-Identifier: MIT */
/* RCU: readers never see what was freed; callbacks; mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/lock.h"
#include "base/rcu.h"
#include "base/thread.h"
#include "tests/expect_abort.h"
#include <glib.h>

enum { READERS = 3, WRITES = 2000 };

typedef struct Pair {
    int a, b; /* always a == -b */
} Pair;

static Pair *current;
static bool stop; /* atomic */
static int errors, freed; /* atomic */

static void free_pair(void *opaque)
{
    Pair *p = opaque;

    assert_int_equal(vm_thread_role(), VM_ROLE_RCU);
    assert_int_equal(vm_locks_held(), 0);
    p->a = p->b = 77; /* a reader would notice; TSan does */
    g_free(p);
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

/* TSA does not count. */
static void *NO_TSA read_pairs(void *opaque)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        const Pair *p;

        vm_rcu_read_lock();
        p = vm_rcu_dereference(&current);
        vm_rcu_read_lock();
        if (p->a != -p->b) {
            __atomic_add_fetch(&errors, 1, __ATOMIC_RELAXED);
        }
        vm_rcu_read_unlock();
        assert_true(vm_rcu_read_held());
        vm_rcu_read_unlock();
        assert_false(vm_rcu_read_held());
    }
    return NULL;
}

static Pair *new_pair(int i)
{
    Pair *p = g_new(Pair, 1);

    p->a = i;
    p->b = -i;
    return p;
}

static void test_stress(void **state)
{
    VmThread *t[READERS];

    vm_rcu_assign(&current, new_pair(0));
    for (int i = 0; i < READERS; i++) {
        t[i] = vm_thread_create("reader", VM_ROLE_CLIENT, read_pairs, NULL,
                                NULL);
    }
    for (int i = 1; i <= WRITES; i++) {
        Pair *old = current;

        vm_rcu_assign(&current, new_pair(i));
        if (i % 100) {
            vm_rcu_call(free_pair, old);
        } else {
            vm_rcu_synchronize();
            old->a = 5;
            g_free(old);
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    vm_rcu_barrier();
    assert_int_equal(freed, WRITES - WRITES / 100);
    for (int i = 0; i < READERS; i++) {
        vm_thread_join(t[i]);
    }
    assert_int_equal(errors, 0);
    g_free(current);
}

static int order[3], n_order;

static void note(void *opaque)
{
    order[n_order++] = GPOINTER_TO_INT(opaque);
    if (n_order == 2) {
        vm_rcu_call(note, GINT_TO_POINTER(3));
    }
}

static void test_finish(void **state)
{
    for (int round = 0; round < 2; round++) {
        n_order = 0;
        vm_rcu_call(note, GINT_TO_POINTER(1));
        vm_rcu_call(note, GINT_TO_POINTER(2));
        vm_rcu_finish(); /* runs them, and what they ask for */
        assert_int_equal(n_order, 3);
        assert_true(order[0] == 1 && order[1] == 2 && order[2] == 3);
    }
    vm_rcu_finish();
}

static void NO_ANALYSIS wait_in_section(void)
{
    vm_rcu_read_lock();
    vm_rcu_synchronize();
}

static void NO_ANALYSIS unlock_too_often(void)
{
    vm_rcu_read_lock();
    vm_rcu_read_unlock();
    vm_rcu_read_unlock();
}

static void NO_ANALYSIS wait_with_bql(void)
{
    bql_lock();
    vm_rcu_synchronize();
}

static void NO_ANALYSIS assert_outside(void)
{
    ASSERT_HELD_SHARED(&hf_rcu_read);
}

static void test_mistakes(void **state)
{
    expect_abort(wait_in_section, "within an RCU section waits for ever");
    expect_abort(unlock_too_often, "an RCU section ends that never began");
#ifdef HOLDFAST_DEBUG_CHECKS
    expect_abort(wait_with_bql, "goes to sleep with lock \"bql\"");
    expect_abort(assert_outside, "lock \"RCU section\" is not held");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_finish),
    };

    vm_rcu_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
