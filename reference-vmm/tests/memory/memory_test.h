/* SPDX-License-Identifier: MIT */
/*
 * memory_test.h - what the tests of this layer share.
 *
 * Thread context: the test's main thread, with the BQL between
 * memory_test_begin() and _end().
 */
#ifndef REFVMM_TESTS_MEMORY_TEST_H
#define REFVMM_TESTS_MEMORY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/thread.h"
#include "memory/flatview.h"
#include "memory/memory.h"
#include "memory/ram_block.h"
#include "tests/expect_abort.h"

/* For cmocka: a test runs with the BQL, and no callback is left after it. */
static inline int NO_ANALYSIS memory_test_begin(void **state)
{
    bql_lock();
    return 0;
}

static inline int NO_ANALYSIS memory_test_end(void **state)
{
    bql_unlock();
    vm_rcu_barrier();
    return 0;
}

static inline void memory_test_init(void)
{
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
}

/* Lets all that was put off until after a grace period happen. */
static inline void NO_TSA REQUIRES(bql) memory_test_barrier(void)
{
    bql_unlock();
    vm_rcu_barrier();
    bql_lock();
}

#define MEMORY_TEST(fn) \
    cmocka_unit_test_setup_teardown(fn, memory_test_begin, memory_test_end)

/* xorshift64*: the same sequence everywhere. */
static inline uint64_t memory_test_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1dull;
}

#endif
