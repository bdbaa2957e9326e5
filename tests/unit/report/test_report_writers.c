/* SPDX-License-Identifier: MIT */
/* What holds for every writer. */
#include "coverity_parser.h"

static void test_names(void **state)
{
    const HfWriter *const *w = hf_writers();
    guint n = 0;

    for (; w[n]; n++) {
        assert_non_null(w[n]->name);
        assert_non_null(w[n]->write);
        assert_true(strlen(w[n]->summary) > 10);
        assert_ptr_equal(hf_writer_find(w[n]->name), w[n]);
        for (guint k = 0; k < n; k++) {
            assert_string_not_equal(w[n]->name, w[k]->name);
        }
    }
    assert_int_equal(n, 6);
    assert_null(hf_writer_find("xml"));
    assert_null(hf_writer_find(""));
    assert_null(hf_writer_find(NULL));
}

static void test_documented(void **state)
{
    char *page;

    assert_true(g_file_get_contents(PROJECT_DIR "/analyzer/report/README.md",
                                    &page, NULL, NULL));
    for (const HfWriter *const *w = hf_writers(); *w; w++) {
        char *row = g_strdup_printf("| `%s` |", (*w)->name);

        if (!strstr(page, row)) {
            fail_msg("analyzer/report/README.md has no row %s", row);
        }
        g_free(row);
    }
    g_free(page);
}

static void test_order_of_insertion_does_not_matter(void **state)
{
    for (const HfWriter *const *w = hf_writers(); *w; w++) {
        char *first = NULL;

        for (guint turn = 0; turn < 12; turn++) {
            HfFindings *fs = fixture_findings(turn);
            HfReport r = fixture_report(fs);
            char *text;

            r.show_low = TRUE;
            r.statistics = TRUE;
            text = render((*w)->name, &r);
            if (!first) {
                first = g_strdup(text);
            }
            assert_string_equal(text, first);
            g_free(text);
            hf_findings_free(fs);
        }
        g_free(first);
    }
}

static void test_suppressed_and_low_are_left_out(void **state)
{
    HfFindings *fs = fixture_findings(0);

    for (const HfWriter *const *w = hf_writers(); *w; w++) {
        HfReport r = fixture_report(fs);
        char *text = render((*w)->name, &r);

        assert_null(strstr(text, "SUPPRESSED FINDING"));
        assert_null(strstr(text, "UNSIGNED_DIFF"));
        assert_non_null(strstr(text, "ORDER_REVERSAL"));
        g_free(text);
        r.show_low = TRUE;
        text = render((*w)->name, &r);
        assert_null(strstr(text, "SUPPRESSED FINDING"));
        assert_non_null(strstr(text, "UNSIGNED_DIFF"));
        g_free(text);
    }
    hf_findings_free(fs);
}

/* ---- hostile strings ----------------------------------------------------- */

/* Everything a byte string can be: all bytes but NUL, and then some. */
static char *nasty(guint seed)
{
    GString *s = g_string_new(NULL);
    GRand *rand = g_rand_new_with_seed(seed);
    gint32 n = g_rand_int_range(rand, 0, 300);

    if (seed % 7 == 0) {
        n = 200000;
    }
    for (gint32 i = 0; i < n; i++) {
        g_string_append_c(s, (char)g_rand_int_range(rand, 1, 256));
    }
    if (seed % 3 == 0) {
        g_string_append(s, "\r\n\r\nError: X: [#def1]\n\xe2\x80\xae](1)[");
    }
    g_rand_free(rand);
    return g_string_free(s, FALSE);
}

static HfFinding *nasty_finding(guint seed)
{
    char *t = nasty(seed);
    HfFinding *f = hf_finding_new(t, t);
    HfPlace p = place(t, (int)seed - 3, (int)seed * 7 - 9, (int)seed);

    f->tier = seed % 2 ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    f->cwe = (int)seed - 5;
    f->function = g_strdup(t);
    f->key_subject = g_strdup(t);
    f->classification = g_strdup(t);
    f->reason_code = g_strdup(t);
    f->rule = g_strdup(t);
    hf_finding_reason(f, "%s", t);
    hf_finding_event(f, &p, t, G_MININT, "%s", t);
    hf_finding_event(f, &p, "example_lock", G_MAXINT, "%s", t);
    if (seed % 5) {
        hf_finding_main(f, &p, t, 3, "%s", t);
    }
    g_free(t);
    return f;
}

/* Line ends are the only control characters any format may contain. */
static void check_clean(const char *writer, const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        fail_msg("%s: not UTF-8", writer);
    }
    for (const char *p = text; *p; p++) {
        if (((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f) {
            fail_msg("%s: byte %02x", writer, (unsigned char)*p);
        }
    }
}

static void check_nasty(const HfReport *r)
{
    for (const HfWriter *const *w = hf_writers(); *w; w++) {
        char *text = render((*w)->name, r);

        check_clean((*w)->name, text);
        if (strcmp((*w)->name, "coverity") == 0) {
            g_ptr_array_unref(cov_parse(text));
        }
        if (strcmp((*w)->name, "coverity-json") == 0 ||
            strcmp((*w)->name, "sarif") == 0 ||
            strcmp((*w)->name, "gitlab") == 0) {
            json_node_unref(parse_json(text));
        }
        if (strcmp((*w)->name, "rdjsonl") == 0 && text[0]) {
            char **lines = g_strsplit(text, "\n", -1);

            for (guint i = 0; lines[i] && lines[i][0]; i++) {
                json_node_unref(parse_json(lines[i]));
            }
            g_strfreev(lines);
        }
        g_free(text);
    }
}

static void test_hostile_strings(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *name = nasty(1);

    for (guint seed = 0; seed < 24; seed++) {
        hf_findings_add(fs, nasty_finding(seed));
    }
    hf_findings_finish(fs);
    assert_int_equal(fs->list->len, 24);
    r.root = "/";
    r.statistics = TRUE;
    r.tool_version = name;
    r.profile = name;
    r.unit_failures = g_ptr_array_new();
    g_ptr_array_add(r.unit_failures, name);
    g_ptr_array_add(r.unit_failures, (char *)"");
    g_ptr_array_add(r.unit_failures, (char *)": ");
    check_nasty(&r);
    g_ptr_array_unref(r.unit_failures);
    g_free(name);
    hf_findings_free(fs);
}

/* JSON carries every character, also those a terminal must not see. */
static void test_control_characters_in_json(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    HfFinding *f = hf_finding_new("C", "");
    char all[0x21] = "";
    static const struct {
        const char *writer;
        const char *path;
    } cases[] = {
        {"coverity-json", "issues/0/events/0/eventDescription"},
        {"sarif", "runs/0/results/0/message/text"},
        {"gitlab", "0/description"},
        {"rdjsonl", "message"},
    };

    for (int c = 1; c < 0x20; c++) {
        all[c - 1] = (char)c;
    }
    all[0x1f] = 0x7f;
    hf_finding_main(f, NULL, "c", 0, "%s", all);
    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *text = render(cases[i].writer, &r);
        JsonNode *root = parse_json(text);

        assert_string_equal(str_at(root, cases[i].path), all);
        json_node_unref(root);
        g_free(text);
    }
    hf_findings_free(fs);
}

static void test_bare_minimum(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = {.findings = fs, .show_trace = TRUE, .statistics = TRUE};

    check_nasty(&r);
    hf_findings_add(fs, hf_finding_new(NULL, NULL));
    check_nasty(&r); /* not even finished */
    hf_findings_finish(fs);
    check_nasty(&r);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_order_of_insertion_does_not_matter),
        cmocka_unit_test(test_suppressed_and_low_are_left_out),
        cmocka_unit_test(test_hostile_strings),
        cmocka_unit_test(test_control_characters_in_json),
        cmocka_unit_test(test_bare_minimum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
