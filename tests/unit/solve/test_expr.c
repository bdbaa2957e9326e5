/* SPDX-License-Identifier: MIT */
/* Access paths: normal forms, and what a call makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "solve/expr.h"

enum { LOCK = 7, SUB = 8, NEXT = 9 }; /* members, by number */

static int setup(void **state)
{
    *state = hf_x_table_new();
    return 0;
}

static int teardown(void **state)
{
    hf_x_table_free(*state);
    return 0;
}

static HfX param(HfXTable *t, int i)
{
    return hf_x_leaf(t, HF_X_PARAM, i);
}

/* p->member */
static HfX arrow(HfXTable *t, HfX p, HfFieldId member)
{
    return hf_x_field(t, hf_x_deref(t, p), member);
}

static void equal_paths_are_one(void **state)
{
    HfXTable *t = *state;

    assert_int_equal(arrow(t, param(t, 0), LOCK), arrow(t, param(t, 0), LOCK));
    assert_int_not_equal(arrow(t, param(t, 0), LOCK),
                         arrow(t, param(t, 1), LOCK));
    assert_int_not_equal(arrow(t, param(t, 0), LOCK),
                         arrow(t, param(t, 0), SUB));
}

static void address_and_dereference_cancel(void **state)
{
    HfXTable *t = *state;
    HfX x = arrow(t, param(t, 0), LOCK);

    assert_int_equal(hf_x_deref(t, hf_x_addr(t, x)), x);
    assert_int_equal(hf_x_addr(t, hf_x_deref(t, param(t, 0))), param(t, 0));
}

static void container_of_undoes_the_member(void **state)
{
    HfXTable *t = *state;
    HfX sub = hf_x_addr(t, arrow(t, param(t, 0), SUB));

    assert_int_equal(hf_x_container(t, sub, SUB), param(t, 0));
    assert_int_not_equal(hf_x_container(t, sub, NEXT), param(t, 0));
}

static void equality_has_no_order_and_less_than_has(void **state)
{
    HfXTable *t = *state;
    HfX a = param(t, 0), b = param(t, 1);

    assert_int_equal(hf_x_compare(t, HF_X_EQ, a, b),
                     hf_x_compare(t, HF_X_EQ, b, a));
    assert_int_not_equal(hf_x_compare(t, HF_X_LT, a, b),
                         hf_x_compare(t, HF_X_LT, b, a));
}

static void a_path_too_deep_is_given_up(void **state)
{
    HfXTable *t = *state;
    HfX x = param(t, 0);

    for (int i = 0; i < HF_X_MAX_DEPTH && x; i++) {
        x = arrow(t, x, NEXT);
    }
    assert_int_equal(x, 0);
}

static void a_callees_lock_is_named_by_the_argument(void **state)
{
    HfXTable *t = *state;
    HfX local = hf_x_leaf(t, HF_X_LOCAL, 3);
    HfX args[] = { hf_x_addr(t, hf_x_field(t, local, SUB)) };
    HfX inside = arrow(t, param(t, 0), LOCK);
    HfX outside = hf_x_field(t, hf_x_field(t, local, SUB), LOCK);

    assert_int_equal(hf_x_to_caller(t, inside, args, 1), outside);
    assert_int_equal(hf_x_to_callee(t, outside, args, 1), inside);
}

static void what_a_callee_cannot_name_is_dropped(void **state)
{
    HfXTable *t = *state;
    HfX other = arrow(t, hf_x_leaf(t, HF_X_LOCAL, 4), LOCK);
    HfX args[] = { hf_x_leaf(t, HF_X_LOCAL, 3) };

    assert_int_equal(hf_x_to_callee(t, other, args, 1), 0);
    assert_int_equal(hf_x_to_caller(t, other, args, 1), 0);
    assert_int_equal(hf_x_to_caller(t, param(t, 2), args, 1), 0);
}

static void the_object_around_an_argument_is_found(void **state)
{
    HfXTable *t = *state;
    HfX s = param(t, 0);
    HfX args[] = { hf_x_addr(t, arrow(t, s, SUB)) };
    HfX lock = arrow(t, s, LOCK);
    HfX inside = hf_x_to_callee(t, lock, args, 1);

    /* container_of(arg, sub)->lock, and back */
    assert_int_not_equal(inside, 0);
    assert_int_equal(hf_x_to_caller(t, inside, args, 1), lock);
}

static void globals_and_capabilities_are_the_same_everywhere(void **state)
{
    HfXTable *t = *state;
    HfX global = hf_x_leaf(t, HF_X_GLOBAL, 5);
    HfX cap = hf_x_leaf(t, HF_X_CAP, 1);

    assert_int_equal(hf_x_to_callee(t, global, NULL, 0), global);
    assert_int_equal(hf_x_to_caller(t, global, NULL, 0), global);
    assert_int_equal(hf_x_to_callee(t, cap, NULL, 0), cap);
    assert_int_equal(hf_x_to_caller(t, cap, NULL, 0), cap);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(equal_paths_are_one),
        TEST(address_and_dereference_cancel),
        TEST(container_of_undoes_the_member),
        TEST(equality_has_no_order_and_less_than_has),
        TEST(a_path_too_deep_is_given_up),
        TEST(a_callees_lock_is_named_by_the_argument),
        TEST(what_a_callee_cannot_name_is_dropped),
        TEST(the_object_around_an_argument_is_found),
        TEST(globals_and_capabilities_are_the_same_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
