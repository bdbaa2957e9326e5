/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static JsonNode *report_of(HfReport *r)
{
    char *text = render("coverity-json", r);
    JsonNode *node = parse_json(text);

    g_free(text);
    return node;
}

static void test_golden(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text = render("coverity-json", &r);

    check_golden("coverity.json", text);
    g_free(text);
    hf_findings_free(fs);
}

static void check_issue(JsonNode *issue, const HfFinding *f)
{
    const HfTraceEvent *main_event = hf_finding_main_event(f);
    JsonNode *events = node_at(issue, "events");
    char *key = g_strndup(f->merge_key, 32);
    int mains = 0;

    assert_string_equal(str_at(issue, "mergeKey"), key);
    assert_int_equal(int_at(issue, "occurrenceNumberInMK"), f->occurrence);
    assert_string_equal(str_at(issue, "checkerName"), f->checker);
    assert_string_equal(str_at(issue, "subcategory"), f->subcategory);
    assert_string_equal(str_at(issue, "domain"), "STATIC_C");
    assert_string_equal(str_at(issue, "functionDisplayName"), f->function);
    assert_true(g_str_has_prefix(str_at(issue, "strippedMainEventFilePathname"),
                                 "store/"));
    assert_string_equal(str_at(issue, "mainEventFilePathname"),
                        main_event->place.file);
    assert_int_equal(len_at(events, NULL), f->events->len);
    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);
        JsonNode *node = json_array_get_element(json_node_get_array(events),
                                                i);

        assert_string_equal(str_at(node, "eventTag"), e->tag);
        assert_string_equal(str_at(node, "eventDescription"), e->message);
        assert_string_equal(str_at(node, "filePathname"), e->place.file);
        assert_int_equal(int_at(node, "lineNumber"), e->place.line);
        assert_int_equal(int_at(node, "eventNumber"), i + 1);
        assert_true(json_node_get_boolean(node_at(node, "main")) == e->main);
        assert_true(has(node, "events"));
        mains += e->main;
    }
    assert_int_equal(mains, 1);
    g_free(key);
}

static void test_every_field(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    JsonNode *root;
    guint k = 0;

    r.show_low = TRUE;
    root = report_of(&r);
    assert_int_equal(int_at(root, "formatVersion"), 7);
    assert_int_equal(int_at(root, "suppressedIssueCount"), 1);
    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = fs->list->pdata[i];

        if (!f->suppressed) {
            check_issue(json_array_get_element(
                            json_node_get_array(node_at(root, "issues")),
                            k++),
                        f);
        }
    }
    assert_int_equal(len_at(root, "issues"), k);
    json_node_unref(root);
    hf_findings_free(fs);
}

static void test_checker_properties(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    JsonNode *root = report_of(&r);
    JsonNode *p = node_at(root, "issues/0/checkerProperties");

    assert_string_equal(str_at(p, "category"),
                        "Concurrent data access violations");
    assert_string_equal(str_at(p, "impact"), "High");
    assert_string_equal(str_at(p, "cweCategory"), "667");
    assert_string_equal(str_at(p, "subcategoryShortDescription"),
                        "Unlocked read");
    assert_string_equal(
        str_at(p, "subcategoryLongDescription"),
        "access without the lock that usually guards the field");
    assert_int_equal(int_at(root, "issues/0/occurrenceCountForMK"), 2);
    assert_string_equal(str_at(root, "issues/0/holdfast/tier"), "high");
    assert_int_equal(len_at(root, "issues/0/holdfast/reasons"), 2);
    json_node_unref(root);
    hf_findings_free(fs);
}

static void test_nothing_found(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    JsonNode *root;

    hf_findings_finish(fs);
    r.unit_failures = g_ptr_array_new();
    g_ptr_array_add(r.unit_failures, (char *)(ROOT "/a.c: crashed"));
    root = report_of(&r);
    assert_int_equal(len_at(root, "issues"), 0);
    assert_string_equal(str_at(root, "warnings/0"), "a.c: crashed");
    g_ptr_array_unref(r.unit_failures);
    json_node_unref(root);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_checker_properties),
        cmocka_unit_test(test_nothing_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
