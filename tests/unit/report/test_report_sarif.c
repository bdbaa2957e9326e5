/* SPDX-License-Identifier: MIT */
/*
 * The goldens of this test are what ci/validate-sarif checks with other
 * people's validators.
 */
#include "fixture.h"

static JsonNode *report_of(HfReport *r)
{
    char *text = render("sarif", r);
    JsonNode *node = parse_json(text);

    g_free(text);
    return node;
}

static void add_failures(HfReport *r)
{
    r->unit_failures = g_ptr_array_new();
    g_ptr_array_add(r->unit_failures,
                    (char *)(ROOT "/store/gone.c: no such file"));
    g_ptr_array_add(r->unit_failures, (char *)"nothing known");
}

static void test_golden(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text;

    r.show_low = TRUE;
    add_failures(&r);
    text = render("sarif", &r);
    check_golden("report.sarif", text);
    g_ptr_array_unref(r.unit_failures);
    g_free(text);
    hf_findings_free(fs);
}

static void test_golden_empty(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = {.findings = fs};
    char *text = render("sarif", &r);
    JsonNode *root = parse_json(text);

    assert_int_equal(len_at(root, "runs/0/results"), 0);
    assert_int_equal(len_at(root, "runs/0/tool/driver/rules"), 0);
    check_golden("empty.sarif", text);
    json_node_unref(root);
    g_free(text);
    hf_findings_free(fs);
}

static HfFindings *hostile_findings(void)
{
    static const char *const bad[] = {
        "a\xff\xfe b", "\033[31m\001", "[x](1) and [y](99)", "\xe2\x80\xae",
        "\\ \"quoted\"",
    };
    HfFindings *fs = hf_findings_new();

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        /* a place outside that sorts before every root there may be */
        char *file = g_strdup_printf("%s/%s.c", i & 1 ? ROOT : "/0", bad[i]);
        HfPlace p = place(file, (int)i - 1, (int)i - 1, 0);
        HfFinding *f = hf_finding_new("RCU", bad[i]);

        f->function = g_strdup(bad[i]);
        f->rule = g_strdup(bad[i]);
        f->cwe = -1;
        hf_finding_reason(f, "%s", bad[i]);
        hf_finding_event(f, &p, "call", -3, "%s", bad[i]);
        hf_finding_event(f, NULL, "note", 0, "%s", "");
        hf_finding_main(f, &p, bad[i], 7, "%s", bad[i]);
        hf_findings_add(fs, f);
        g_free(file);
    }
    hf_findings_finish(fs);
    return fs;
}

static void test_golden_hostile(void **state)
{
    HfFindings *fs = hostile_findings();
    HfReport r = fixture_report(fs);
    char *text = render("sarif", &r);

    check_golden("hostile.sarif", text);
    g_free(text);
    hf_findings_free(fs);
}

/* ---- what GitHub asks for ------------------------------------------------ */

static void check_region(JsonNode *location)
{
    JsonNode *region = node_at(location, "physicalLocation/region");
    gint64 line = int_at(region, "startLine");
    gint64 col = int_at(region, "startColumn");
    gint64 end_line = int_at(region, "endLine");
    gint64 end_col = int_at(region, "endColumn");

    assert_true(line >= 1);
    assert_true(col >= 1);
    assert_true(end_line >= line);
    assert_true(end_col >= 1);
    assert_true(end_line > line || end_col > col);
    assert_true(
        str_at(location, "physicalLocation/artifactLocation/uri")[0] != 0);
    assert_false(
        has(node_at(location, "physicalLocation/artifactLocation"),
            "uriBaseId"));
}

static void check_flow(JsonNode *result)
{
    JsonNode *steps;

    if (!has(result, "codeFlows")) {
        return;
    }
    assert_int_equal(len_at(result, "codeFlows"), 1);
    steps = node_at(result, "codeFlows/0/threadFlows/0/locations");
    assert_true(len_at(steps, NULL) >= 2);
    for (guint i = 0; i < len_at(steps, NULL); i++) {
        JsonNode *step =
            json_array_get_element(json_node_get_array(steps), i);

        check_region(node_at(step, "location"));
        assert_true(str_at(step, "location/message/text")[0] != '\0');
        assert_true(int_at(step, "nestingLevel") >= 1);
    }
}

static void check_result(JsonNode *root, JsonNode *result)
{
    char *rule = g_strdup_printf("runs/0/tool/driver/rules/%d/id",
                                 (int)int_at(result, "ruleIndex"));

    assert_string_equal(str_at(root, rule), str_at(result, "ruleId"));
    assert_true(str_at(result, "message/text")[0] != '\0');
    assert_int_equal(len_at(result, "locations"), 1);
    check_region(node_at(result, "locations/0"));
    assert_non_null(strchr(
        str_at(result, "partialFingerprints/primaryLocationLineHash"), ':'));
    assert_false(has(result, "suppressions"));
    check_flow(result);
    for (guint i = 0; has(result, "relatedLocations") &&
                      i < len_at(result, "relatedLocations");
         i++) {
        JsonNode *related = json_array_get_element(
            json_node_get_array(node_at(result, "relatedLocations")), i);

        check_region(related);
        assert_int_equal(int_at(related, "id"), i + 1);
        assert_true(str_at(related, "message/text")[0] != '\0');
    }
    g_free(rule);
}

static void check_rules(JsonNode *root)
{
    JsonNode *rules = node_at(root, "runs/0/tool/driver/rules");
    const char *before = "";

    for (guint i = 0; i < len_at(rules, NULL); i++) {
        JsonNode *rule =
            json_array_get_element(json_node_get_array(rules), i);

        assert_true(strcmp(before, str_at(rule, "id")) < 0);
        before = str_at(rule, "id");
        assert_true(str_at(rule, "shortDescription/text")[0] != '\0');
        assert_true(str_at(rule, "fullDescription/text")[0] != '\0');
        assert_true(str_at(rule, "help/text")[0] != '\0');
    }
}

static void test_github_needs(void **state)
{
    HfFindings *sets[] = {fixture_findings(0), hostile_findings()};

    for (guint s = 0; s < G_N_ELEMENTS(sets); s++) {
        HfReport r = fixture_report(sets[s]);
        JsonNode *root;
        JsonNode *results;

        r.show_low = TRUE;
        root = report_of(&r);
        assert_string_equal(str_at(root, "version"), "2.1.0");
        assert_true(has(root, "$schema"));
        assert_string_equal(str_at(root, "runs/0/tool/driver/name"),
                            "holdfast");
        check_rules(root);
        results = node_at(root, "runs/0/results");
        assert_int_equal(len_at(results, NULL), 5);
        for (guint i = 0; i < len_at(results, NULL); i++) {
            check_result(root, json_array_get_element(
                                   json_node_get_array(results), i));
        }
        json_node_unref(root);
        hf_findings_free(sets[s]);
    }
}

static void test_help_is_the_page(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    JsonNode *root = report_of(&r);
    JsonNode *rule = node_at(root, "runs/0/tool/driver/rules/1");
    char *page;

    assert_true(g_file_get_contents(TEST_DIR "/pages/MISSING_LOCK.md", &page,
                                    NULL, NULL));
    assert_string_equal(str_at(rule, "id"), "MISSING_LOCK");
    assert_string_equal(str_at(rule, "name"), "MissingLock");
    assert_string_equal(str_at(rule, "help/markdown"), page);
    assert_string_equal(
        str_at(rule, "shortDescription/text"),
        "Access without the lock that usually guards the field.");
    assert_string_equal(str_at(rule, "properties/cwe/0"), "CWE-667");
    assert_string_equal(str_at(rule, "properties/tags/1"),
                        "external/cwe/cwe-667");
    g_free(page);
    json_node_unref(root);
    hf_findings_free(fs);
}

/* Keys do not change when code moves, so neither do fingerprints. */
static void test_fingerprints(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    const HfFinding *f = fs->list->pdata[0];
    JsonNode *root = report_of(&r);
    char *first = g_strdup_printf("%s:1", f->merge_key);
    char *again = g_strdup_printf("%s:2", f->merge_key);
    const char *path = "partialFingerprints/primaryLocationLineHash";

    assert_string_equal(str_at(node_at(root, "runs/0/results/0"), path),
                        first);
    assert_string_equal(str_at(node_at(root, "runs/0/results/2"), path),
                        again);
    assert_string_equal(str_at(root, "runs/0/results/0/partialFingerprints/"
                                     "holdfastMergeKey|v1"),
                        f->merge_key);
    g_free(first);
    g_free(again);
    json_node_unref(root);
    hf_findings_free(fs);
}

static void test_failed_units_are_notifications(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    JsonNode *root;
    JsonNode *n;

    hf_findings_finish(fs);
    add_failures(&r);
    root = report_of(&r);
    n = node_at(root, "runs/0/invocations/0/toolExecutionNotifications");
    assert_int_equal(len_at(n, NULL), 2);
    assert_string_equal(str_at(n, "0/message/text"),
                        "store/gone.c: no such file");
    assert_string_equal(
        str_at(n, "0/locations/0/physicalLocation/artifactLocation/uri"),
        "store/gone.c");
    assert_string_equal(str_at(n, "1/message/text"), "nothing known");
    assert_false(has(node_at(n, "1"), "locations"));
    g_ptr_array_unref(r.unit_failures);
    json_node_unref(root);
    hf_findings_free(fs);
}

/* ---- places -------------------------------------------------------------- */

static JsonNode *region_of(const char *file, int line, int col, int end_col,
                           JsonNode **root)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    HfFinding *f = hf_finding_new("C", "");
    HfPlace p = place(file, line, col, end_col);

    hf_finding_main(f, &p, "c", 0, "m");
    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    *root = report_of(&r);
    hf_findings_free(fs);
    return node_at(*root, "runs/0/results/0/locations/0/physicalLocation");
}

static void check_columns(const char *file, int line, int col, int end_col,
                          int start, int end)
{
    JsonNode *root;
    JsonNode *p = region_of(file, line, col, end_col, &root);

    assert_int_equal(int_at(p, "region/startColumn"), start);
    assert_int_equal(int_at(p, "region/endColumn"), end);
    json_node_unref(root);
}

static void test_columns_count_utf16_units(void **state)
{
    /* Tab, then  if (st->"größe" - two clefs > limit) {  */
    check_columns(ODD, 2, 2, 0, 2, 4);     /* if */
    check_columns(ODD, 2, 11, 18, 11, 16); /* größe: 7 bytes, 5 units */
    check_columns(ODD, 2, 22, 30, 20, 24); /* clefs: 8 bytes, 4 units */
    check_columns(ODD, 2, 33, 38, 27, 32); /* limit */
    check_columns(PAGE, 14, 16, 0, 16, 23); /* n_pages, by the token */
    check_columns(PAGE, 14, 900, 0, 24, 25); /* past the end of the line */
    check_columns("/nonexistent.c", 5, 7, 9, 7, 9);
    check_columns("/nonexistent.c", 5, 7, 0, 7, 8);
    check_columns("/nonexistent.c", 5, 0, 0, 1, 2);
    check_columns("/nonexistent.c", 5, 7, 3, 7, 8); /* ends before it starts */
}

static void check_uri(const char *file, const char *expected)
{
    JsonNode *root;
    JsonNode *p = region_of(file, 1, 1, 0, &root);

    assert_string_equal(str_at(p, "artifactLocation/uri"), expected);
    json_node_unref(root);
}

static void test_uris(void **state)
{
    check_uri(PAGE, "store/page.c");
    check_uri(OUTSIDE, "file:///nonexistent/include/out%20side.h");
    check_uri(ROOT "/a:b#c?d%e[f].c", "a%3Ab%23c%3Fd%25e%5Bf%5D.c");
    check_uri(ROOT "/gr\xc3\xb6\xff.c", "gr%C3%B6%FF.c");
    check_uri(NULL, "%3Cunknown%3E");
}

static void check_text(const char *message, const char *expected)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    HfFinding *f = hf_finding_new("C", "");
    JsonNode *root;

    hf_finding_main(f, NULL, "c", 0, "%s", message);
    hf_finding_event(f, NULL, "example_lock", 0, "L");
    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    root = report_of(&r);
    assert_string_equal(str_at(root, "runs/0/results/0/message/text"),
                        expected);
    json_node_unref(root);
    hf_findings_free(fs);
}

/* Code must not become a link, links to examples must stay one. */
static void test_links(void **state)
{
    check_text("m", "m See [example_lock](1).");
    check_text("a[i] = x", "a[i] = x See [example_lock](1).");
    check_text("ops[i](o)", "ops\\[i\\](o) See [example_lock](1).");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_empty),
        cmocka_unit_test(test_golden_hostile),
        cmocka_unit_test(test_github_needs),
        cmocka_unit_test(test_help_is_the_page),
        cmocka_unit_test(test_fingerprints),
        cmocka_unit_test(test_failed_units_are_notifications),
        cmocka_unit_test(test_columns_count_utf16_units),
        cmocka_unit_test(test_uris),
        cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
