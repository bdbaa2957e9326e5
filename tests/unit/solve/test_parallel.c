/* SPDX-License-Identifier: MIT */
/* What may run at the same time, and before and after which threads. */
#include "solved.h"

#include "solve/local_phase.h"
#include "solve/parallel.h"

static const char text[] =
    "#include <pthread.h>\n"
    "static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
    "static int x;\n"
    "static pthread_t one, two;\n"
    "static void locked(void)\n"
    "{ pthread_mutex_lock(&lock); x = 3; pthread_mutex_unlock(&lock); }\n"
    "static void *first(void *p)\n"
    "{ x = 1; locked(); return p; }\n"
    "static void *second(void *p) { x = 2; locked(); return p; }\n"
    "static int joins(void *p)\n"
    "{ x = 7; pthread_join(one, p); return x; }\n"
    "void unknown(void) { x = 9; }\n"
    "int main(void)\n"
    "{\n"
    "    x = 4;\n"
    "    pthread_create(&one, 0, first, 0);\n"
    "    x = 5;\n"
    "    pthread_create(&two, 0, second, 0);\n"
    "    joins(0);\n"
    "    x = 6;\n"
    "    pthread_join(two, 0);\n"
    "    x = 8;\n"
    "    return 0;\n"
    "}\n";

static int setup(void **state)
{
    *state = solved_new(text);
    return 0;
}

static int teardown(void **state)
{
    solved_free(*state);
    return 0;
}

static HfPoint point(const Solved *s, const char *function, guint nth)
{
    const HfAccess *a = solved_access(s, function, "x", nth);
    const HfFlow *f = solved_flow(s, function);

    return (HfPoint){ f, &g_array_index(f->contexts, HfContext, 0), a->event,
                      a->must };
}

static HfParallel ask(const Solved *s, const char *a, guint na, const char *b,
                      guint nb)
{
    HfPhases *ph = hf_phases_new(s->solved);
    HfPoint pa = point(s, a, na), pb = point(s, b, nb);
    HfParallel p = hf_parallel(ph, &pa, &pb);
    HfParallel back = hf_parallel(ph, &pb, &pa);

    assert_int_equal(p.verdict, back.verdict);
    hf_phases_free(ph);
    return p;
}

static void threads_run_at_the_same_time(void **state)
{
    assert_int_equal(ask(*state, "first", 0, "second", 0).verdict,
                     HF_PARALLEL_YES);
    assert_int_equal(ask(*state, "main", 1, "first", 0).verdict,
                     HF_PARALLEL_YES);
}

static void one_thread_does_not_race_with_itself(void **state)
{
    HfParallel p = ask(*state, "main", 1, "main", 2);

    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_SAME_ROLE);
}

static void a_common_lock_keeps_them_apart(void **state)
{
    HfParallel p = ask(*state, "locked", 0, "locked", 0);

    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_LOCK);
    assert_int_not_equal(p.lock, 0);
}

static void nothing_runs_before_the_first_thread(void **state)
{
    HfParallel p = ask(*state, "main", 0, "first", 0);

    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_BEFORE_START);
    p = ask(*state, "main", 0, "unknown", 0);
    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_BEFORE_START);
    assert_int_equal(ask(*state, "main", 1, "unknown", 0).verdict,
                     HF_PARALLEL_MAYBE);
}

static void each_thread_begins_by_itself(void **state)
{
    HfParallel p = ask(*state, "main", 1, "second", 0);

    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_BEFORE_START);
}

static void a_joined_thread_has_ended(void **state)
{
    HfParallel p = ask(*state, "joins", 1, "first", 0);

    assert_int_equal(p.verdict, HF_PARALLEL_NO);
    assert_int_equal(p.why, HF_PARALLEL_AFTER_JOIN);
    assert_int_equal(ask(*state, "joins", 0, "first", 0).verdict,
                     HF_PARALLEL_YES);
    assert_int_equal(ask(*state, "main", 2, "first", 0).why,
                     HF_PARALLEL_AFTER_JOIN);
    assert_int_equal(ask(*state, "main", 2, "second", 0).verdict,
                     HF_PARALLEL_YES);
    assert_int_equal(ask(*state, "main", 3, "second", 0).why,
                     HF_PARALLEL_AFTER_JOIN);
}

/* ---- as the function itself sees it -------------------------------------- */

static HfPhase local(const char *body, guint nth, gboolean with_object)
{
    g_autofree char *all = g_strconcat(
        "#include <pthread.h>\n"
        "#include <stdlib.h>\n"
        "struct o { pthread_t t; int running, x; };\n"
        "static int x;\n"
        "static void *run(void *p) { return p; }\n", body, NULL);
    Solved *s = solved_new(all);
    const HfAccess *a = solved_access(s, "f", "x", nth);
    const HfFlow *f = solved_flow(s, "f");
    HfX object = hf_x_deref(s->solved->exprs,
                            hf_x_leaf(s->solved->exprs, HF_X_PARAM, 0));
    int role = s->solved->thread_role[solved_flow(s, "run")->sym];
    HfPhase phase;

    assert_true(role >= 0);
    phase = hf_local_phase(s->solved, role, f,
                           &g_array_index(f->contexts, HfContext, 0),
                           a->event, with_object ? object : 0);
    solved_free(s);
    return phase;
}

static void an_object_has_no_thread_before_it_is_given_one(void **state)
{
    static const char body[] =
        "void f(struct o *o)\n"
        "{ x = 1; pthread_create(&o->t, 0, run, o); x = 2; }\n";

    assert_int_equal(local(body, 0, TRUE), HF_PHASE_BEFORE);
    assert_int_equal(local(body, 1, TRUE), HF_PHASE_ALIVE);
    assert_int_equal(local(body, 0, FALSE), HF_PHASE_ALIVE);
}

static void an_object_has_no_thread_after_its_join(void **state)
{
    static const char body[] =
        "void g(struct o *o) { pthread_create(&o->t, 0, run, o); }\n"
        "void f(struct o *o)\n"
        "{ x = 1; if (o->running) { pthread_join(o->t, 0); } x = 2; }\n";

    assert_int_equal(local(body, 0, TRUE), HF_PHASE_ALIVE);
    assert_int_equal(local(body, 1, TRUE), HF_PHASE_JOINED);
}

static void a_join_that_may_be_left_out_is_none(void **state)
{
    static const char body[] =
        "void g(struct o *o) { pthread_create(&o->t, 0, run, o); }\n"
        "void f(struct o *o, int n)\n"
        "{ if (n) { pthread_join(o->t, 0); } x = 2; }\n";

    assert_int_equal(local(body, 0, TRUE), HF_PHASE_ALIVE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(threads_run_at_the_same_time),
        TEST(one_thread_does_not_race_with_itself),
        TEST(a_common_lock_keeps_them_apart),
        TEST(nothing_runs_before_the_first_thread),
        TEST(each_thread_begins_by_itself),
        TEST(a_joined_thread_has_ended),
        cmocka_unit_test(an_object_has_no_thread_before_it_is_given_one),
        cmocka_unit_test(an_object_has_no_thread_after_its_join),
        cmocka_unit_test(a_join_that_may_be_left_out_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
