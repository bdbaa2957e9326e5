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
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/thread.h"
#include "memory/flatview.h"
#include "memory/memory.h"
#include "memory/ram_block.h"

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

/* Runs it in a child, which must abort; its last words are left in text. */
static inline void expect_abort(void (*fn)(void), char text[512])
{
    int fds[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (!pid) {
        signal(SIGABRT, SIG_DFL);
        dup2(fds[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], text + len, 511 - len)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* xorshift64*: the same sequence everywhere. */
static inline uint64_t memory_test_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1dull;
}

#endif
