/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static void test_golden(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text = render("gitlab", &r);

    check_golden("gitlab.json", text);
    g_free(text);
    hf_findings_free(fs);
}

/* What GitLab requires of each entry; it drops equal fingerprints. */
static void test_entries(void **state)
{
    static const char *const severities[] = {"info", "minor", "major",
                                             "critical", "blocker", NULL};
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    JsonNode *root;
    char *text;

    r.show_low = TRUE;
    text = render("gitlab", &r);
    root = parse_json(text);
    assert_int_equal(len_at(root, NULL), 5);
    for (guint i = 0; i < len_at(root, NULL); i++) {
        JsonNode *e = json_array_get_element(json_node_get_array(root), i);

        assert_true(str_at(e, "description")[0] != '\0');
        assert_true(str_at(e, "check_name")[0] != '\0');
        assert_true(g_strv_contains(severities, str_at(e, "severity")));
        assert_true(g_str_has_prefix(str_at(e, "location/path"), "store/"));
        assert_true(int_at(e, "location/lines/begin") >= 1);
        assert_true(g_hash_table_add(
            seen, (char *)str_at(e, "fingerprint")));
    }
    g_hash_table_unref(seen);
    json_node_unref(root);
    g_free(text);
    hf_findings_free(fs);
}

static void test_severity(void **state)
{
    static const struct {
        HfTier tier;
        HfImpact impact;
        const char *expected;
    } cases[] = {
        {HF_TIER_HIGH, HF_IMPACT_HIGH, "critical"},
        {HF_TIER_HIGH, HF_IMPACT_LOW, "major"},
        {HF_TIER_MEDIUM, HF_IMPACT_HIGH, "major"},
        {HF_TIER_MEDIUM, HF_IMPACT_LOW, "minor"},
        {HF_TIER_LOW, HF_IMPACT_HIGH, "info"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        HfFindings *fs = hf_findings_new();
        HfReport r = fixture_report(fs);
        HfFinding *f = hf_finding_new("C", "");
        JsonNode *root;
        char *text;

        f->tier = cases[i].tier;
        f->impact = cases[i].impact;
        hf_finding_main(f, NULL, "c", 0, "m");
        hf_findings_add(fs, f);
        hf_findings_finish(fs);
        r.show_low = TRUE;
        text = render("gitlab", &r);
        root = parse_json(text);
        assert_string_equal(str_at(root, "0/severity"), cases[i].expected);
        json_node_unref(root);
        g_free(text);
        hf_findings_free(fs);
    }
}

static void test_nothing_found(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *text = render("gitlab", &r);

    assert_string_equal(text, "[]\n");
    g_free(text);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_severity),
        cmocka_unit_test(test_nothing_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
