/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define FILE_A "/p/a.c"

static HfFinding *finding_at(const char *checker, int line)
{
    HfFinding *f = hf_finding_new(checker, "sub");
    HfPlace p = place(FILE_A, line, 5, 0);
    HfPlace earlier = place(FILE_A, line - 5, 1, 0);

    hf_finding_event(f, &earlier, "call", 0, "before");
    hf_finding_main(f, &p, "main_tag", 0, "m");
    return f;
}

static HfSourceMark mark_at(int line, const char *text)
{
    HfSourceMark m = {.file = FILE_A, .line = line, .text = text};

    return m;
}

/* One comment for one MISSING_LOCK/sub finding on line 10. */
static HfFindings *apply_one(HfSourceMark *m)
{
    HfFindings *fs = hf_findings_new();

    hf_findings_add(fs, finding_at("MISSING_LOCK", 10));
    hf_findings_suppress(fs, m, 1);
    return fs;
}

typedef struct {
    const char *text;
    HfMarkState state;
    const char *classification; /* NULL: untouched */
    gboolean suppressed;
} Case;

static void check_case(const Case *c)
{
    HfSourceMark m = mark_at(10, c->text);
    HfFindings *fs = apply_one(&m);
    const HfFinding *f = fs->list->pdata[0];

    if (m.state != c->state || f->suppressed != c->suppressed ||
        g_strcmp0(f->classification, c->classification) != 0) {
        fail_msg("%s: state %d, suppressed %d, %s", c->text, m.state,
                 f->suppressed, f->classification);
    }
    assert_true((m.state == HF_MARK_BROKEN) == (m.problem != NULL));
    assert_true(f->suppressed == (f->suppression != NULL));
    hf_findings_free(fs);
}

static const Case forms[] = {
    /* our own */
    {"holdfast: intentional(MISSING_LOCK) a hint", HF_MARK_USED,
     "Intentional", TRUE},
    {" * holdfast: intentional(MISSING_LOCK) boxed", HF_MARK_USED,
     "Intentional", TRUE},
    {"holdfast: false_positive(MISSING_LOCK) wrong", HF_MARK_USED,
     "False Positive", TRUE},
    {"holdfast: intentional(RCU, MISSING_LOCK) why", HF_MARK_USED,
     "Intentional", TRUE},
    {"holdfast: intentional(MISSING_LOCK/sub) why", HF_MARK_USED,
     "Intentional", TRUE},
    {"holdfast: intentional(all) why", HF_MARK_USED, "Intentional",
     TRUE},
    {"holdfast: confirmed(MISSING_LOCK) see #12", HF_MARK_USED, "Bug",
     FALSE},
    {"holdfast:intentional (MISSING_LOCK) blanks", HF_MARK_USED,
     "Intentional", TRUE},
    {"holdfast: intentional(MISSING_LOCK/other) why", HF_MARK_UNUSED,
     NULL, FALSE},
    {"holdfast: intentional(LOCK) why", HF_MARK_UNUSED, NULL, FALSE},
    {"holdfast: intentional(MISSING) why", HF_MARK_UNUSED, NULL, FALSE},
    {"holdfast: intentional(missing_lock) why", HF_MARK_UNUSED, NULL,
     FALSE},
    /* our own, broken */
    {"holdfast: intentional(MISSING_LOCK)", HF_MARK_BROKEN,
     "Intentional", TRUE},
    {"holdfast: intentinal(MISSING_LOCK) typo", HF_MARK_BROKEN, NULL,
     FALSE},
    {"holdfast: suppress(MISSING_LOCK) x", HF_MARK_BROKEN, NULL, FALSE},
    {"holdfast: intentional MISSING_LOCK", HF_MARK_BROKEN, NULL, FALSE},
    {"holdfast: intentional(MISSING_LOCK", HF_MARK_BROKEN, NULL, FALSE},
    {"holdfast: intentional() why", HF_MARK_BROKEN, NULL, FALSE},
    {"holdfast:", HF_MARK_BROKEN, NULL, FALSE},
    /* Coverity */
    {"coverity[main_tag]", HF_MARK_USED, "Intentional", TRUE},
    {"coverity[main_tag : FALSE]", HF_MARK_USED, "False Positive", TRUE},
    {"coverity[main_tag:FALSE]", HF_MARK_USED, "False Positive", TRUE},
    {"coverity[missing_lock] why", HF_MARK_USED, "Intentional", TRUE},
    {"coverity[MISSING_LOCK]", HF_MARK_USED, "Intentional", TRUE},
    {"coverity[leaked_storage]", HF_MARK_FOREIGN, NULL, FALSE},
    {"coverity[a] coverity[main_tag]", HF_MARK_USED, "Intentional",
     TRUE},
    {"coverity[+alloc]", HF_MARK_FOREIGN, NULL, FALSE},
    {"coverity[main_tag", HF_MARK_FOREIGN, NULL, FALSE},
    {"xcoverity[main_tag]", HF_MARK_FOREIGN, NULL, FALSE},
    /* CodeChecker */
    {"codechecker_suppress [MISSING_LOCK] why", HF_MARK_USED,
     "False Positive", TRUE},
    {"codechecker_false_positive[MISSING_LOCK] why", HF_MARK_USED,
     "False Positive", TRUE},
    {"codechecker_intentional [RCU,MISSING_LOCK] why", HF_MARK_USED,
     "Intentional", TRUE},
    {"codechecker_intentional [all] why", HF_MARK_USED, "Intentional",
     TRUE},
    {"codechecker_intentional [holdfast-MISSING_LOCK] why", HF_MARK_USED,
     "Intentional", TRUE},
    {"codechecker_confirmed [MISSING_LOCK] why", HF_MARK_USED, "Bug",
     FALSE},
    {"codechecker_suppress [core.NullDeref] why", HF_MARK_FOREIGN, NULL,
     FALSE},
    {"codechecker_wrong [all] why", HF_MARK_FOREIGN, NULL, FALSE},
    {"codechecker_suppress all", HF_MARK_FOREIGN, NULL, FALSE},
    {"codechecker_suppress [a] x\n// codechecker_intentional "
     "[MISSING_LOCK] y",
     HF_MARK_USED, "Intentional", TRUE},
    {"codechecker_suppress codechecker_intentional [MISSING_LOCK] y",
     HF_MARK_USED, "Intentional", TRUE},
    /* clang-tidy */
    {"NOLINT(holdfast-MISSING_LOCK)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(holdfast-missing-lock)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(holdfast-*)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(bugprone-x, holdfast-missing-*): why", HF_MARK_USED,
     "Intentional", TRUE},
    {"see NOLINT(holdfast*)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(holdfast-*ing*ck)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(holdfast-**)", HF_MARK_USED, "Intentional", TRUE},
    {"NOLINT(holdfast-*x)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(holdfast-*k*x)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(holdfast)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(holdfast-?issing-lock)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(holdfast-*\322\322)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(holdfast-LOCK)", HF_MARK_UNUSED, NULL, FALSE},
    {"NOLINT(bugprone-x)", HF_MARK_FOREIGN, NULL, FALSE},
    {"NOLINT(*)", HF_MARK_FOREIGN, NULL, FALSE},
    {"NOLINT", HF_MARK_FOREIGN, NULL, FALSE},
    {"NOLINT(holdfast-*", HF_MARK_FOREIGN, NULL, FALSE},
    {"NOLINTED(holdfast-*)", HF_MARK_FOREIGN, NULL, FALSE},
    {"MY_NOLINT(holdfast-*)", HF_MARK_FOREIGN, NULL, FALSE},
    /* neither */
    {"", HF_MARK_FOREIGN, NULL, FALSE},
    {"a comment about holdfast: nothing", HF_MARK_FOREIGN, NULL, FALSE},
    {NULL, HF_MARK_FOREIGN, NULL, FALSE},
};

static void test_forms(void **state)
{
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        check_case(&forms[i]);
    }
}

static void test_says_where_and_why(void **state)
{
    HfSourceMark m = mark_at(10, "holdfast: intentional(MISSING_LOCK) the\n"
                                 " *  value is only a hint ");
    HfFindings *fs;

    m.comment_line = 8;
    fs = apply_one(&m);
    assert_string_equal(((HfFinding *)fs->list->pdata[0])->suppression,
                        FILE_A ":8: Intentional: the value is only a hint");
    hf_findings_free(fs);
}

static void test_only_its_line_and_file(void **state)
{
    static const struct {
        const char *file;
        int line;
    } places[] = {{FILE_A, 9}, {FILE_A, 11}, {"/p/b.c", 10}, {"a.c", 10},
                  {NULL, 10},  {FILE_A, 5}, /* of the call */ };

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        HfSourceMark m = {
            .file = places[i].file,
            .line = places[i].line,
            .text = "holdfast: intentional(MISSING_LOCK) why",
        };
        HfFindings *fs = apply_one(&m);

        assert_false(((HfFinding *)fs->list->pdata[0])->suppressed);
        assert_int_equal(m.state, places[i].file ? HF_MARK_UNUSED
                                                 : HF_MARK_FOREIGN);
        hf_findings_free(fs);
    }
}

/* coverity[tag] speaks of an event, wherever it is in the trace; but a mere
 * step of the path is no event to mark. */
static void test_coverity_marks_events(void **state)
{
    HfSourceMark m = mark_at(5, "coverity[call]");
    HfFindings *fs = apply_one(&m);

    assert_int_equal(m.state, HF_MARK_USED);
    assert_true(((HfFinding *)fs->list->pdata[0])->suppressed);
    hf_findings_free(fs);
    m = mark_at(5, "coverity[missing_lock]"); /* the checker's, elsewhere */
    fs = apply_one(&m);
    assert_int_equal(m.state, HF_MARK_FOREIGN);
    hf_findings_free(fs);
}

/* NOLINTNEXTLINE behind code means the line after, whatever the comment was
 * taken to apply to. */
static void test_next_line(void **state)
{
    static const struct {
        int comment_line;
        int line;
        gboolean used;
    } cases[] = {{9, 10, TRUE}, {9, 9, TRUE}, {10, 10, FALSE},
                 {8, 10, TRUE}, {0, 9, TRUE}, {11, 11, FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        HfSourceMark m =
            mark_at(cases[i].line, "NOLINTNEXTLINE(holdfast-*)");
        HfFindings *fs;

        m.comment_line = cases[i].comment_line;
        fs = apply_one(&m);
        assert_int_equal(m.state,
                         cases[i].used ? HF_MARK_USED : HF_MARK_UNUSED);
        hf_findings_free(fs);
    }
}

static HfFindings *on_lines(const int *lines, guint n)
{
    HfFindings *fs = hf_findings_new();

    for (guint i = 0; i < n; i++) {
        hf_findings_add(fs, finding_at("MISSING_LOCK", lines[i]));
    }
    return fs;
}

static void test_regions(void **state)
{
    static const int lines[] = {9, 10, 15, 20, 21};
    static const gboolean inside[] = {FALSE, TRUE, TRUE, TRUE, FALSE};
    HfFindings *fs = on_lines(lines, G_N_ELEMENTS(lines));
    HfSourceMark marks[] = {
        mark_at(21, "NOLINTEND(holdfast-*)"),
        mark_at(11, "NOLINTBEGIN(holdfast-*) why"),
    };

    marks[0].comment_line = 20; /* the next code is line 21 */
    marks[1].comment_line = 10;
    hf_findings_suppress(fs, marks, 2);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        assert_true(((HfFinding *)fs->list->pdata[i])->suppressed ==
                    inside[i]);
    }
    assert_int_equal(marks[0].state, HF_MARK_FOREIGN);
    assert_int_equal(marks[1].state, HF_MARK_USED);
    hf_findings_free(fs);
}

static void test_nested_regions(void **state)
{
    static const int lines[] = {15, 25, 35};
    HfFindings *fs = on_lines(lines, G_N_ELEMENTS(lines));
    HfSourceMark marks[] = {
        mark_at(10, "NOLINTBEGIN(holdfast-rcu)"),
        mark_at(20, "NOLINTBEGIN(holdfast-missing-lock)"),
        mark_at(30, "NOLINTEND(holdfast-missing-lock)"),
        mark_at(40, "NOLINTEND(holdfast-rcu)"),
    };

    hf_findings_suppress(fs, marks, G_N_ELEMENTS(marks));
    assert_false(((HfFinding *)fs->list->pdata[0])->suppressed);
    assert_true(((HfFinding *)fs->list->pdata[1])->suppressed);
    assert_false(((HfFinding *)fs->list->pdata[2])->suppressed);
    assert_int_equal(marks[0].state, HF_MARK_UNUSED);
    assert_int_equal(marks[1].state, HF_MARK_USED);
    hf_findings_free(fs);
}

static void test_regions_that_do_not_pair(void **state)
{
    static const int lines[] = {15};
    HfFindings *fs = on_lines(lines, 1);
    HfSourceMark marks[] = {
        mark_at(10, "NOLINTBEGIN(holdfast-*)"),
        mark_at(20, "NOLINTEND(holdfast-missing-lock)"),
    };

    hf_findings_suppress(fs, marks, 2);
    assert_false(((HfFinding *)fs->list->pdata[0])->suppressed);
    assert_int_equal(marks[0].state, HF_MARK_BROKEN);
    assert_int_equal(marks[1].state, HF_MARK_BROKEN);
    assert_string_equal(marks[0].problem,
                        "NOLINTBEGIN without its NOLINTEND");
    assert_string_equal(marks[1].problem,
                        "NOLINTEND without its NOLINTBEGIN");
    hf_findings_free(fs);
}

/* All that match are used; the first in the file decides; what suppresses
 * wins over what only confirms; the order of the marks does not matter. */
static void test_several_marks(void **state)
{
    HfSourceMark confirmed = mark_at(10, "holdfast: confirmed(all) first");
    HfSourceMark early = mark_at(10, "holdfast: intentional(all) second");
    HfSourceMark late = mark_at(10, "holdfast: false_positive(all) third");

    confirmed.comment_line = 7;
    early.comment_line = 8;
    late.comment_line = 9;
    for (int turn = 0; turn < 3; turn++) {
        HfSourceMark marks[3];
        HfFindings *fs = hf_findings_new();
        const HfFinding *f;

        marks[turn] = confirmed;
        marks[(turn + 1) % 3] = early;
        marks[(turn + 2) % 3] = late;
        hf_findings_add(fs, finding_at("RCU", 10));
        hf_findings_suppress(fs, marks, 3);
        f = fs->list->pdata[0];
        assert_string_equal(f->suppression,
                            FILE_A ":8: Intentional: second");
        for (int i = 0; i < 3; i++) {
            assert_int_equal(marks[i].state, HF_MARK_USED);
        }
        hf_findings_free(fs);
    }
}

static void test_one_mark_for_several_findings(void **state)
{
    HfSourceMark m = mark_at(10, "holdfast: intentional(RCU) why");
    HfFindings *fs = hf_findings_new();

    hf_findings_add(fs, finding_at("RCU", 10));
    hf_findings_add(fs, finding_at("LOCK", 10));
    hf_findings_add(fs, finding_at("RCU", 10));
    hf_findings_suppress(fs, &m, 1);
    assert_true(((HfFinding *)fs->list->pdata[0])->suppressed);
    assert_false(((HfFinding *)fs->list->pdata[1])->suppressed);
    assert_true(((HfFinding *)fs->list->pdata[2])->suppressed);
    hf_findings_free(fs);
}

static void test_nothing_to_do(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfSourceMark m = mark_at(10, "holdfast: intentional(RCU) why");

    hf_findings_suppress(fs, NULL, 0);
    hf_findings_suppress(fs, &m, 1);
    assert_int_equal(m.state, HF_MARK_UNUSED);
    hf_findings_free(fs);
}

/* Any bytes at all after the words we know. */
static void test_random_comments(void **state)
{
    static const char *const words[] = {
        "holdfast:", "intentional", "(",  ")",   "[",          "]",
        "coverity[", "codechecker_", ",", "*",   "NOLINT",     "BEGIN",
        "END",       "NEXTLINE",     ":", "all", "suppress",   "\xff",
        "\n",        " ",            "/", "-",   "holdfast-*", "RCU",
    };
    GRand *rand = g_rand_new_with_seed(3);

    for (int round = 0; round < 5000; round++) {
        GString *text = g_string_new(NULL);
        HfSourceMark marks[2];
        HfFindings *fs = hf_findings_new();

        for (gint32 n = g_rand_int_range(rand, 0, 12); n > 0; n--) {
            g_string_append(text, words[g_rand_int_range(
                                      rand, 0, G_N_ELEMENTS(words))]);
        }
        marks[0] = mark_at(10, text->str);
        marks[1] = mark_at(12, text->str);
        hf_findings_add(fs, finding_at("RCU", 10));
        hf_findings_suppress(fs, marks, 2);
        hf_findings_free(fs);
        g_string_free(text, TRUE);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_says_where_and_why),
        cmocka_unit_test(test_only_its_line_and_file),
        cmocka_unit_test(test_coverity_marks_events),
        cmocka_unit_test(test_next_line),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_nested_regions),
        cmocka_unit_test(test_regions_that_do_not_pair),
        cmocka_unit_test(test_several_marks),
        cmocka_unit_test(test_one_mark_for_several_findings),
        cmocka_unit_test(test_nothing_to_do),
        cmocka_unit_test(test_random_comments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
