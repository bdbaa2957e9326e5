/* SPDX-License-Identifier: MIT */
/*
 * The debug reading at run time: which hook a statement calls, with what, and
 * that a program which supplies none runs on.  Compiled a second time with
 * NO_HOOKS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define HOLDFAST_DEBUG_CHECKS
#include <holdfast/annotations.h>

typedef struct HF_CAPABILITY(mutex) Mutex {
    int held;
} Mutex;

HF_TOKEN_DECLARE(transaction);
HF_ROLE_DECLARE(migration_thread);

#ifndef NO_HOOKS

static struct {
    const void *held, *held_shared;
    int context;
    int calls;
    const char *file;
    int line;
} seen;

static void saw(const char *file, int line)
{
    seen.calls++;
    seen.file = file;
    seen.line = line;
}

void hf_debug_assert_held(const void *lock, const char *file, int line)
{
    seen.held = lock;
    saw(file, line);
}

void hf_debug_assert_held_shared(const void *lock, const char *file, int line)
{
    seen.held_shared = lock;
    saw(file, line);
}

void hf_debug_assert_context(HfContext context, const char *file, int line)
{
    seen.context = (int)context;
    saw(file, line);
}

static int reset(void **state)
{
    memset(&seen, 0, sizeof(seen));
    seen.context = -1;
    return 0;
}

static void test_assert_held(void **state)
{
    Mutex m = { 0 };
    int evaluated = 0, line;

    HF_ASSERT_HELD((evaluated++, &m)); line = __LINE__;
    assert_ptr_equal(seen.held, &m);
    assert_int_equal(seen.line, line);
    assert_string_equal(seen.file, __FILE__);
    assert_int_equal(evaluated, 1);
    assert_null(seen.held_shared);
    HF_ASSERT_HELD_SHARED(&m);
    assert_ptr_equal(seen.held_shared, &m);
    assert_int_equal(seen.calls, 2);
}

static void test_tokens_have_addresses(void **state)
{
    HF_ASSERT_HELD(&transaction);
    assert_ptr_equal(seen.held, &transaction);
    HF_ASSERT_HELD(&migration_thread);
    assert_ptr_equal(seen.held, &migration_thread);
    assert_ptr_not_equal((void *)&transaction, (void *)&migration_thread);
    assert_ptr_not_equal((void *)&transaction, (void *)&hf_rcu_read);
}

static void test_contexts(void **state)
{
    HF_GLOBAL_STATE_CODE();
    assert_int_equal(seen.context, HF_CONTEXT_GLOBAL_STATE);
    HF_IO_CODE();
    assert_int_equal(seen.context, HF_CONTEXT_IO);
    HF_IO_OR_GS_CODE();
    assert_int_equal(seen.context, HF_CONTEXT_IO_OR_GS);
    assert_int_equal(seen.calls, 3);
}

static void test_statements_without_effect(void **state)
{
    if (seen.calls == 0)
        HF_INTENTIONAL(MISSING_LOCK, "sole_writer: as a statement of an if");
    else
        HF_GLOBAL_STATE_CODE();
    assert_int_equal(seen.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_assert_held, reset),
        cmocka_unit_test_setup(test_tokens_have_addresses, reset),
        cmocka_unit_test_setup(test_contexts, reset),
        cmocka_unit_test_setup(test_statements_without_effect, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_no_hooks(void **state)
{
    Mutex m = { 0 };
    int evaluated = 0;

    HF_ASSERT_HELD((evaluated++, &m));
    HF_ASSERT_HELD_SHARED((evaluated++, &m));
    assert_int_equal(evaluated, 2);
    HF_GLOBAL_STATE_CODE();
    HF_IO_CODE();
    HF_IO_OR_GS_CODE();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
