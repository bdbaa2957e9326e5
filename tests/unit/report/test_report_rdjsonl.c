/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static void test_golden(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text = render("rdjsonl", &r);

    check_golden("report.rdjsonl", text);
    g_free(text);
    hf_findings_free(fs);
}

static void check_range(JsonNode *location)
{
    JsonNode *range;

    assert_true(str_at(location, "path")[0] != '\0');
    if (!has(location, "range")) {
        return;
    }
    range = node_at(location, "range");
    assert_true(int_at(range, "start/line") >= 1);
    if (has(range, "end")) {
        assert_true(int_at(range, "end/line") > int_at(range, "start/line") ||
                    int_at(range, "end/column") >
                        int_at(range, "start/column"));
    }
}

static void check_line(const char *line)
{
    static const char *const severities[] = {"ERROR", "WARNING", "INFO",
                                             NULL};
    JsonNode *d = parse_json(line);

    assert_true(str_at(d, "message")[0] != '\0');
    assert_true(g_strv_contains(severities, str_at(d, "severity")));
    assert_string_equal(str_at(d, "source/name"), "holdfast");
    assert_true(str_at(d, "code/value")[0] != '\0');
    check_range(node_at(d, "location"));
    for (guint i = 0; has(d, "relatedLocations") &&
                      i < len_at(d, "relatedLocations");
         i++) {
        JsonNode *related = json_array_get_element(
            json_node_get_array(node_at(d, "relatedLocations")), i);

        check_range(node_at(related, "location"));
    }
    json_node_unref(d);
}

static void test_one_object_a_line(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text;
    char **lines;

    r.show_low = TRUE;
    text = render("rdjsonl", &r);
    lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 5 + 1);
    assert_string_equal(lines[5], "");
    for (guint i = 0; i < 5; i++) {
        check_line(lines[i]);
    }
    g_strfreev(lines);
    g_free(text);
    hf_findings_free(fs);
}

static void test_nothing_found(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *text = render("rdjsonl", &r);

    assert_string_equal(text, "");
    g_free(text);
    hf_findings_free(fs);
}

static void test_places_that_are_not_known(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    HfFinding *f = hf_finding_new("C", "");
    JsonNode *root;
    char *text;

    hf_finding_main(f, NULL, "c", 0, "m");
    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    text = render("rdjsonl", &r);
    root = parse_json(text);
    assert_string_equal(str_at(root, "location/path"), "<unknown>");
    assert_false(has(node_at(root, "location"), "range"));
    json_node_unref(root);
    g_free(text);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_one_object_a_line),
        cmocka_unit_test(test_nothing_found),
        cmocka_unit_test(test_places_that_are_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
