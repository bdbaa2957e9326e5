/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <glib/gstdio.h>

static char *dir;

static int make_dir(void **state)
{
    dir = g_dir_make_tmp("hf-baseline-XXXXXX", NULL);
    return dir ? 0 : -1;
}

static int remove_dir(void **state)
{
    g_rmdir(dir);
    g_free(dir);
    return 0;
}

/* Applies text as a baseline; *error is NULL on success. */
static void apply(HfFindings *fs, const char *text, gssize length,
                  GError **error)
{
    char *path = g_build_filename(dir, "base", NULL);

    assert_true(g_file_set_contents(path, text, length, NULL));
    assert_true(hf_findings_apply_baseline(fs, path, error) == !*error);
    g_unlink(path);
    g_free(path);
}

static void check_left(const char *text, guint left)
{
    HfFindings *fs = fixture_findings(0);
    GError *error = NULL;

    apply(fs, text, -1, &error);
    if (error) {
        fail_msg("%s", error->message);
    }
    assert_int_equal(fs->list->len, left);
    hf_findings_free(fs);
}

/* A report of the first n findings, as writer prints it. */
static char *report_of(const char *writer, guint n)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text;

    g_ptr_array_set_size(fs->list, (int)n);
    r.show_low = TRUE;
    for (guint i = 0; i < n; i++) {
        ((HfFinding *)fs->list->pdata[i])->suppressed = FALSE;
    }
    text = render(writer, &r);
    hf_findings_free(fs);
    return text;
}

/* What a report has is not new to the next run. */
static void test_own_reports(void **state)
{
    static const char *const writers[] = {"coverity-json", "sarif"};

    for (guint w = 0; w < G_N_ELEMENTS(writers); w++) {
        for (guint n = 0; n <= 6; n++) {
            char *text = report_of(writers[w], n);

            check_left(text, 6 - n);
            g_free(text);
        }
    }
}

static void test_as_many_occurrences_as_it_has(void **state)
{
    HfFinding *f = finding_missing_lock();
    char *key = hf_finding_make_key(f);
    char *once = g_strdup_printf("%s\n", key);
    char *twice = g_strdup_printf("# comment\n\n  %s:1 \r\n%.32s\n", key, key);
    char *thrice = g_strdup_printf("%s:1\n%s:2\n%s:3", key, key, key);

    check_left(once, 5);
    check_left(twice, 4);
    check_left(thrice, 4);
    for (char *p = once; *p; p++) {
        *p = g_ascii_toupper(*p);
    }
    check_left(once, 5);
    g_free(once);
    g_free(twice);
    g_free(thrice);
    g_free(key);
    hf_finding_free(f);
}

static void test_nothing_known(void **state)
{
    check_left("", 6);
    check_left("\n\n# only a comment", 6);
    check_left("\xef\xbb\xbf", 6);
    check_left("{\"issues\": []}", 6);
    check_left("\xef\xbb\xbf {\"issues\": []}", 6);
    check_left("{\"runs\": []}", 6);
    check_left("{\"runs\": [{}, {\"results\": []}]}", 6);
    check_left("00000000000000000000000000000000", 6);
}

static void test_order_and_numbers_stay(void **state)
{
    HfFindings *fs = fixture_findings(0);
    const HfFinding *first = fs->list->pdata[0];
    char *key = g_strdup(first->merge_key);
    GError *error = NULL;

    apply(fs, key, -1, &error);
    assert_null(error);
    /* The first occurrence went, the second keeps its number. */
    assert_string_equal(((HfFinding *)fs->list->pdata[2])->merge_key, key);
    assert_int_equal(((HfFinding *)fs->list->pdata[2])->occurrence, 2);
    g_free(key);
    hf_findings_free(fs);
}

static void check_error(const char *text, gssize length, const char *expected)
{
    HfFindings *fs = fixture_findings(0);
    GError *error = NULL;

    apply(fs, text, length, &error);
    if (!error) {
        fail_msg("no error for %s", text);
    }
    assert_true(g_error_matches(error, HF_REPORT_ERROR,
                                HF_REPORT_ERROR_FORMAT));
    assert_true(g_str_has_prefix(error->message, dir));
    if (!g_str_has_prefix(error->message + strlen(dir), "/base") ||
        !strstr(error->message, expected)) {
        fail_msg("expected %s in: %s", expected, error->message);
    }
    assert_int_equal(fs->list->len, 6);
    g_error_free(error);
    hf_findings_free(fs);
}

static void test_errors_name_file_and_place(void **state)
{
    char *deep = g_strnfill(100000, '[');

    check_error("hello\n", -1, "base:1: expected a merge key");
    check_error("# x\n\nabcdef\n", -1, "base:3: expected a merge key");
    check_error("12345678901234567890123456789012345\n", -1, "base:1: ");
    check_error("0123456789abcdef0123456789abcdef x\n", -1, "base:1: ");
    check_error("<?xml?>\n", -1, "found \"<?xml?>\"");
    check_error("{\"issues\": [", -1, "base:1:");
    check_error("{\n\"issues\":\n ]", -1, "base:3:");
    check_error("{}", -1, "neither Coverity JSON");
    check_error("[1, 2]", -1, "neither Coverity JSON");
    check_error("{\"issues\": 3}", -1, "base: issues: expected an array");
    check_error("{\"issues\": null}", -1, "base: issues: expected an array");
    check_error("{\"issues\": [null]}", -1, "issues[0].mergeKey");
    check_error("{\"issues\": [{\"mergeKey\": 5}]}", -1, "issues[0].mergeKey");
    check_error("{\"issues\": [{\"mergeKey\": \"zz\"}]}", -1,
                "issues[0].mergeKey");
    check_error("{\"runs\": {}}", -1, "base: runs: expected an array");
    check_error("{\"runs\": [7]}", -1, "runs[0]: expected an object");
    check_error("{\"runs\": [{\"results\": \"\"}]}", -1,
                "runs[0].results: expected an array");
    check_error("{\"runs\": [{}, {\"results\": [{}]}]}", -1,
                "runs[1].results[0].partialFingerprints");
    check_error("{\"runs\": [{\"results\": [{\"partialFingerprints\": "
                "{\"primaryLocationLineHash\": \"39fa2ee980eb94b0:1\"}}]}]}",
                -1, "runs[0].results[0].partialFingerprints");
    check_error("{\"issues\": [\n \"\xff\"]}", -1, "base:2:3: not valid UTF-8");
    check_error("{\"a\": \0\"\"}", 10, "base:1:7: ");
    check_error("ab\0cd", 5, "neither JSON nor text");
    check_error(deep, -1, "base:1:201: nested too deeply");
    g_free(deep);
}

static void test_missing_file(void **state)
{
    HfFindings *fs = fixture_findings(0);
    GError *error = NULL;

    assert_false(
        hf_findings_apply_baseline(fs, "/nonexistent/base.json", &error));
    assert_non_null(strstr(error->message, "/nonexistent/base.json"));
    assert_int_equal(fs->list->len, 6);
    g_clear_error(&error);
    assert_false(hf_findings_apply_baseline(fs, "/tmp", &error));
    assert_non_null(strstr(error->message, "/tmp"));
    g_clear_error(&error);
    hf_findings_free(fs);
}

/* Reports with bytes changed: an error or not, but nothing worse. */
static void test_broken_reports(void **state)
{
    GRand *rand = g_rand_new_with_seed(5);
    char *texts[] = {report_of("sarif", 2), report_of("coverity-json", 2)};

    for (guint round = 0; round < 400; round++) {
        char *text = g_strdup(texts[round % 2]);
        gsize length = strlen(text);
        HfFindings *fs = fixture_findings(0);
        GError *error = NULL;

        for (int i = 0; i < 3; i++) {
            gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)length);

            text[at] = "{}[]\",:\\x0\n\377"[g_rand_int_range(rand, 0, 12)];
        }
        if (round % 3 == 0) {
            length = (gsize)g_rand_int_range(rand, 0, (gint32)length);
        }
        apply(fs, text, (gssize)length, &error);
        g_clear_error(&error);
        g_free(text);
        hf_findings_free(fs);
    }
    g_free(texts[0]);
    g_free(texts[1]);
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_reports),
        cmocka_unit_test(test_as_many_occurrences_as_it_has),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_order_and_numbers_stay),
        cmocka_unit_test(test_errors_name_file_and_place),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_broken_reports),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
