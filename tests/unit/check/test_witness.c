/* SPDX-License-Identifier: MIT */
/* With whom an access races, or why with nobody. */
#include "solved.h"

#include "check/witness.h"
#include "report/report.h"

static const char head[] =
    "#include <pthread.h>\n"
    "#include <stdlib.h>\n"
    "static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;\n"
    "static pthread_t one, two;\n"
    "static int x;\n"
    "static char *p;\n"
    "static void under(int n)\n"
    "{ pthread_mutex_lock(&lock); x = n; pthread_mutex_unlock(&lock); }\n";

static const char threads[] =
    "int main(void)\n"
    "{\n"
    "    first();\n"
    "    pthread_create(&one, 0, a, 0);\n"
    "    pthread_create(&two, 0, b, 0);\n"
    "    between();\n"
    "    pthread_join(one, 0);\n"
    "    pthread_join(two, 0);\n"
    "    last();\n"
    "    return 0;\n"
    "}\n";

typedef struct {
    Solved *s;
    HfCheck check;
    HfWitnesses *w;
    HfWitness found;
} Asked;

static void ask(Asked *k, const char *body, const char *function,
                const char *variable)
{
    g_autofree char *all = g_strconcat(head, body, threads, NULL);
    const HfAccess *a;

    memset(k, 0, sizeof(*k));
    k->s = solved_new(all);
    k->check = (HfCheck){ .solved = k->s->solved, .program = k->s->program,
                          .checker = hf_checker_find("MISSING_LOCK") };
    k->w = hf_witnesses_new(&k->check);
    a = solved_access(k->s, function, variable, 0);
    hf_witness_find(k->w, solved_flow(k->s, function), a, 0, &k->found);
}

static void done(Asked *k)
{
    hf_witness_clear(&k->found);
    hf_witnesses_free(k->w);
    solved_free(k->s);
}

static void expect_code(const char *body, const char *function,
                        const char *variable, const char *code)
{
    Asked k;

    ask(&k, body, function, variable);
    assert_int_equal(k.found.verdict, HF_PARALLEL_NO);
    assert_non_null(k.found.code);
    assert_string_equal(k.found.code, code);
    assert_non_null(k.found.reason);
    done(&k);
}

static const char idle[] = "static void first(void) { }\n"
                           "static void between(void) { }\n"
                           "static void last(void) { }\n";

static void the_other_side_is_who_writes(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "static void *a(void *o) { if (x) { under(1); } return o; }\n"
              "static void *b(void *o) { under(2); return o; }\n", NULL);
    Asked k;
    const HfRole *role;

    ask(&k, body, "a", "x");
    assert_int_equal(k.found.verdict, HF_PARALLEL_YES);
    assert_false(k.found.self.write);
    assert_true(k.found.other.write);
    assert_ptr_equal(k.found.other.flow, solved_flow(k.s, "under"));
    role = &g_array_index(k.s->solved->roles, HfRole,
                          k.found.other.ctx->role);
    assert_string_equal(role->name, "b");
    assert_int_equal(k.found.other.locks->len, 1);
    done(&k);
}

static void an_unknown_caller_is_a_weaker_witness(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "void outside(void) { under(3); }\n"
              "static void *a(void *o) { return x ? o : 0; }\n"
              "static void *b(void *o) { return o; }\n", NULL);
    Asked k;

    ask(&k, body, "a", "x");
    assert_int_equal(k.found.verdict, HF_PARALLEL_MAYBE);
    assert_int_equal(k.found.how.why, HF_PARALLEL_UNKNOWN_ROLE);
    assert_null(k.found.code);
    done(&k);
}

static void who_alone_writes_may_read(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "static void *a(void *o) { if (x) { under(1); } return o; }\n"
              "static void *b(void *o)\n"
              "{ pthread_mutex_lock(&lock); if (x) { o = 0; }\n"
              "  pthread_mutex_unlock(&lock); return o; }\n", NULL);

    expect_code(body, "a", "x", "sole_writer");
}

static void who_alone_takes_away_may_read(void **state)
{
    static const char a[] =
        "static void *a(void *o) { if (p) {\n"
        "  pthread_mutex_lock(&lock); free(p); p = 0;\n"
        "  pthread_mutex_unlock(&lock); } return o; }\n";
    g_autofree char *gives = g_strconcat(
        idle, a, "static void *b(void *o)\n"
                 "{ pthread_mutex_lock(&lock); p = malloc(1);\n"
                 "  pthread_mutex_unlock(&lock); return o; }\n", NULL);
    g_autofree char *replaces = g_strconcat(
        idle, a, "static void *b(void *o)\n"
                 "{ pthread_mutex_lock(&lock); free(p); p = malloc(1);\n"
                 "  pthread_mutex_unlock(&lock); return o; }\n", NULL);
    Asked k;

    expect_code(gives, "a", "p", "sole_writer");
    ask(&k, replaces, "a", "p");
    assert_int_equal(k.found.verdict, HF_PARALLEL_YES);
    done(&k);
}

static void before_and_after_the_threads(void **state)
{
    static const char body[] =
        "static void first(void) { x = 1; }\n"
        "static void between(void) { x = 2; }\n"
        "static void last(void) { x = 3; }\n"
        "static void *a(void *o) { under(1); return o; }\n"
        "static void *b(void *o) { return o; }\n";
    Asked k;

    expect_code(body, "first", "x", "init_phase");
    expect_code(body, "last", "x", "joined");
    ask(&k, body, "between", "x");
    assert_int_equal(k.found.verdict, HF_PARALLEL_YES);
    done(&k);
}

static void one_role_alone(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "static void *a(void *o) { x = 1; under(2); return o; }\n"
              "static void *b(void *o) { return o; }\n", NULL);

    expect_code(body, "a", "x", "not_shared");
}

static void a_lock_further_up(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "static void set(int n) { x = n; }\n"
              "static void hold(int n)\n"
              "{ pthread_mutex_lock(&lock); set(n);\n"
              "  pthread_mutex_unlock(&lock); }\n"
              "static void *a(void *o) { hold(1); return o; }\n"
              "static void *b(void *o) { hold(2); return o; }\n", NULL);

    expect_code(body, "set", "x", "caller_holds");
}

static void atomic_on_both_sides(void **state)
{
    g_autofree char *body = g_strconcat(
        idle, "static int hint;\n"
              "static void *a(void *o)\n"
              "{ return __atomic_load_n(&hint, __ATOMIC_RELAXED) ? o : 0; }\n"
              "static void *b(void *o)\n"
              "{ __atomic_store_n(&hint, 1, __ATOMIC_RELAXED); return o; }\n",
        NULL);

    expect_code(body, "a", "hint", "atomic_hint");
}

/* ---- findings ------------------------------------------------------------ */

static guint count_tag(const HfFinding *f, const char *tag)
{
    guint n = 0;

    for (guint i = 0; i < f->events->len; i++) {
        n += strcmp(g_array_index(f->events, HfTraceEvent, i).tag, tag) == 0;
    }
    return n;
}

static void one_finding_for_a_variable(void **state)
{
    static const char *const only[] = { "MISSING_LOCK", NULL };
    g_autofree char *all = g_strconcat(
        head, idle,
        "static void more(void)\n"
        "{ pthread_mutex_lock(&lock); x++; pthread_mutex_unlock(&lock); }\n"
        "static int other(void) { return x; }\n"
        "static void *a(void *o) { more(); return x ? o : 0; }\n"
        "static void *b(void *o) { under(other()); more(); return o; }\n",
        threads, NULL);
    Solved *s = solved_new(all);
    HfFindings *fs = hf_findings_new();
    const HfFinding *f;

    hf_check_run(s->solved, only, fs);
    hf_findings_finish(fs);
    assert_int_equal(fs->list->len, 2);
    hf_findings_group(fs);
    assert_int_equal(fs->list->len, 1);
    f = fs->list->pdata[0];
    assert_int_equal(f->race, HF_RACE_WITH_WRITE);
    assert_int_equal(count_tag(f, "witness_enter"), 2);
    assert_int_equal(count_tag(f, "witness_access"), 2);
    assert_int_equal(count_tag(f, "also_access"), 1);
    assert_int_equal(f->access_keys->len, 1);
    hf_findings_free(fs);
    solved_free(s);
}

/* What witness_self says of the read of x in `function`. */
static char *itself(const char *body, const char *function)
{
    Asked k;
    HfFinding *f;
    char *text = NULL;

    ask(&k, body, function, "x");
    f = hf_check_finding(&k.check, k.found.self.flow, "unlocked_read");
    hf_witness_tell(k.w, f, &k.found);
    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        if (strcmp(e->tag, "witness_self") == 0) {
            assert_null(text);
            text = g_strdup(e->message);
        }
    }
    hf_finding_free(f);
    done(&k);
    return text;
}

static void with_itself(void **state)
{
    g_autofree char *once = g_strconcat(
        idle, "static void *a(void *o) { return x ? o : 0; }\n"
              "static void *b(void *o) { under(2); return o; }\n", NULL);
    g_autofree char *both = g_strconcat(
        idle, "static int get(void) { return x; }\n"
              "static void *a(void *o) { return get() ? o : 0; }\n"
              "static void *b(void *o) { under(get()); return o; }\n", NULL);
    g_autofree char *unknown = g_strconcat(
        idle, "int get(void) { return x; }\n"
              "static void *a(void *o) { return get() ? o : 0; }\n"
              "static void *b(void *o) { under(1); return o; }\n"
              "void outside(void) { get(); }\n", NULL);
    g_autofree char *first = itself(once, "a");
    g_autofree char *second = itself(both, "get");
    g_autofree char *third = itself(unknown, "get");

    assert_string_equal(first, "This place does not race with itself: one "
                               "thread alone runs it.");
    assert_string_equal(second, "This place may run twice at once, too: as a "
                                "and as b.");
    assert_string_equal(third, "As a it does not race with itself: one "
                               "thread alone runs it.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_other_side_is_who_writes),
        cmocka_unit_test(an_unknown_caller_is_a_weaker_witness),
        cmocka_unit_test(who_alone_writes_may_read),
        cmocka_unit_test(who_alone_takes_away_may_read),
        cmocka_unit_test(before_and_after_the_threads),
        cmocka_unit_test(one_role_alone),
        cmocka_unit_test(a_lock_further_up),
        cmocka_unit_test(atomic_on_both_sides),
        cmocka_unit_test(one_finding_for_a_variable),
        cmocka_unit_test(with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
