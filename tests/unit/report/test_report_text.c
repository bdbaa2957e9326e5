/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static char *text_of(HfReport *r)
{
    return render("text", r);
}

static void check_report(HfReport *r, const char *golden)
{
    char *text = text_of(r);

    check_golden(golden, text);
    g_free(text);
}

static void test_full(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);

    check_report(&r, "full.txt");
    hf_findings_free(fs);
}

static void test_concise_with_everything(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);

    r.show_trace = FALSE;
    r.show_low = TRUE;
    r.statistics = TRUE;
    r.unit_failures = g_ptr_array_new();
    g_ptr_array_add(r.unit_failures,
                    (char *)(ROOT "/store/gone.c: no such file"));
    g_ptr_array_add(r.unit_failures, (char *)"/x/y.c: crashed\n(signal 11)");
    check_report(&r, "concise.txt");
    g_ptr_array_unref(r.unit_failures);
    hf_findings_free(fs);
}

static void test_color(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *text;
    char *plain;
    GRegex *escapes = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
    char *stripped;

    hf_findings_add(fs, finding_missing_lock());
    hf_findings_finish(fs);
    plain = text_of(&r);
    assert_null(strchr(plain, '\033'));
    r.color = TRUE;
    text = text_of(&r);
    assert_non_null(strstr(text, "\033[1;35mwarning:\033[0m"));
    stripped = g_regex_replace(escapes, text, -1, 0, "", 0, NULL);
    assert_string_equal(stripped, plain);
    g_free(stripped);
    g_free(plain);
    g_free(text);
    g_regex_unref(escapes);
    hf_findings_free(fs);
}

static void test_nothing_found(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *text;

    hf_findings_finish(fs);
    r.n_units = 1;
    r.n_functions = 1;
    text = text_of(&r);
    assert_string_equal(text, "0 findings (0 high, 0 medium, 0 low not "
                              "shown) in 1 function of 1 unit\n");
    g_free(text);
    hf_findings_free(fs);
}

static void test_summary_counts_what_is_shown(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text = text_of(&r);

    assert_true(g_str_has_suffix(
        text, "1 finding suppressed in the sources\n"
              "4 findings (2 high, 2 medium, 1 low not shown) in 4 functions "
              "of 2 units\n"));
    assert_null(strstr(text, "UNSIGNED_DIFF"));
    assert_null(strstr(text, "SUPPRESSED FINDING"));
    g_free(text);
    r.show_low = TRUE;
    text = text_of(&r);
    assert_true(g_str_has_suffix(
        text, "5 findings (2 high, 2 medium, 1 low) in 4 functions of 2 "
              "units\n"));
    assert_non_null(strstr(text, "UNSIGNED_DIFF"));
    g_free(text);
    hf_findings_free(fs);
}

/* Other roots: a sibling with the same prefix is not below it. */
static void test_paths_relative_to_root(void **state)
{
    static const struct {
        const char *root;
        const char *expected;
    } cases[] = {
        {"/a/b", "c.c:1:1: "},      {"/a/b/", "c.c:1:1: "},
        {"/a/b//", "c.c:1:1: "},    {"/a", "b/c.c:1:1: "},
        {"/a/b/c", "/a/b/c.c:1:1: "}, {"/a/", "b/c.c:1:1: "},
        {NULL, "/a/b/c.c:1:1: "},   {"", "/a/b/c.c:1:1: "},
        {"/", "/a/b/c.c:1:1: "},    {"/a/b/c.c", "/a/b/c.c:1:1: "},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        HfFindings *fs = hf_findings_new();
        HfReport r = fixture_report(fs);
        HfFinding *f = hf_finding_new("C", "");
        HfPlace p = place("/a/b/c.c", 1, 1, 0);
        char *text;

        hf_finding_main(f, &p, "c", 0, "m");
        hf_findings_add(fs, f);
        hf_findings_finish(fs);
        r.root = cases[i].root;
        r.show_trace = FALSE;
        text = text_of(&r);
        if (!g_str_has_prefix(text, cases[i].expected)) {
            fail_msg("root %s: %s", cases[i].root, text);
        }
        g_free(text);
        hf_findings_free(fs);
    }
}

static void test_deep_traces_stay_readable(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    HfFinding *f = hf_finding_new("C", "");
    HfPlace p = place("/c.c", 1, 1, 0);
    char *text;

    hf_finding_event(f, &p, "call", G_MININT, "a");
    hf_finding_event(f, &p, "call", 0, "b");
    hf_finding_main(f, &p, "c", G_MAXINT, "m");
    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    text = text_of(&r);
    assert_true(strlen(text) < 600);
    assert_non_null(strstr(text, "\n    /c.c:1:1: call: a\n"));
    g_free(text);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_concise_with_everything),
        cmocka_unit_test(test_color),
        cmocka_unit_test(test_nothing_found),
        cmocka_unit_test(test_summary_counts_what_is_shown),
        cmocka_unit_test(test_paths_relative_to_root),
        cmocka_unit_test(test_deep_traces_stay_readable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
