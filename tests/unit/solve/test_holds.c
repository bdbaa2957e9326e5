/* SPDX-License-Identifier: MIT */
/* Lock sets: one number for one set, weakest and strongest of two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "solve/solver.h"

static HfHold hold(HfX lock, int now)
{
    return (HfHold){ .lock = lock, .now = now };
}

static int setup(void **state)
{
    *state = hf_holds_pool_new();
    return 0;
}

static int teardown(void **state)
{
    hf_holds_pool_free(*state);
    return 0;
}

static int now_of(HfHoldsPool *pool, HfHolds id, HfX lock)
{
    guint n;
    const HfHold *rows = hf_holds_rows(pool, id, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].lock == lock) {
            return rows[i].now;
        }
    }
    return HF_HOLD_INHERITED;
}

static void equal_sets_are_one(void **state)
{
    HfHold a[] = { hold(1, HF_HOLD_HELD), hold(2, HF_HOLD_ABSENT) };
    HfHold b[] = { hold(1, HF_HOLD_HELD), hold(2, HF_HOLD_HELD) };

    assert_int_equal(hf_holds_intern(*state, a, 2),
                     hf_holds_intern(*state, a, 2));
    assert_int_not_equal(hf_holds_intern(*state, a, 2),
                         hf_holds_intern(*state, b, 2));
    assert_int_equal(hf_holds_intern(*state, NULL, 0), 0);
}

/* held here and not there is not held; given up on one way is given up */
static void the_weakest_is_what_all_ways_have(void **state)
{
    HfHold a[] = { hold(1, HF_HOLD_HELD), hold(2, HF_HOLD_HELD),
                   hold(3, HF_HOLD_ABSENT) };
    HfHold b[] = { hold(1, HF_HOLD_HELD), hold(3, HF_HOLD_HELD),
                   hold(4, HF_HOLD_ABSENT) };
    HfHolds w = hf_holds_weakest(*state, hf_holds_intern(*state, a, 3),
                                 hf_holds_intern(*state, b, 3));

    assert_int_equal(now_of(*state, w, 1), HF_HOLD_HELD);
    assert_int_equal(now_of(*state, w, 2), HF_HOLD_INHERITED);
    assert_int_equal(now_of(*state, w, 3), HF_HOLD_ABSENT);
    assert_int_equal(now_of(*state, w, 4), HF_HOLD_ABSENT);
}

static void the_strongest_is_what_some_way_has(void **state)
{
    HfHold a[] = { hold(2, HF_HOLD_HELD), hold(3, HF_HOLD_ABSENT) };
    HfHold b[] = { hold(3, HF_HOLD_HELD), hold(4, HF_HOLD_ABSENT) };
    HfHolds s = hf_holds_strongest(*state, hf_holds_intern(*state, a, 2),
                                   hf_holds_intern(*state, b, 2));

    assert_int_equal(now_of(*state, s, 2), HF_HOLD_HELD);
    assert_int_equal(now_of(*state, s, 3), HF_HOLD_HELD);
    assert_int_equal(now_of(*state, s, 4), HF_HOLD_INHERITED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(equal_sets_are_one),
        TEST(the_weakest_is_what_all_ways_have),
        TEST(the_strongest_is_what_some_way_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
