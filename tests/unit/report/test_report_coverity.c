/* SPDX-License-Identifier: MIT */
#include "coverity_parser.h"

static GPtrArray *parse_report(const HfReport *r)
{
    char *text = render("coverity", r);
    GPtrArray *defects = cov_parse(text);

    g_free(text);
    return defects;
}

static const CovEvent *key_of(const CovDefect *d)
{
    return d->events->pdata[d->key];
}

static void test_golden(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    char *text = render("coverity", &r);

    check_golden("coverity.err", text);
    g_free(text);
    hf_findings_free(fs);
}

/* Everything that went in comes out of the parser. */
static void test_round_trip(void **state)
{
    HfFindings *fs = fixture_findings(0);
    HfReport r = fixture_report(fs);
    GPtrArray *defects;
    guint k = 0;

    r.show_low = TRUE;
    defects = parse_report(&r);
    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = fs->list->pdata[i];
        const HfTraceEvent *main_event = hf_finding_main_event(f);
        const CovDefect *d;

        if (f->suppressed) {
            continue;
        }
        assert_true(k < defects->len);
        d = defects->pdata[k++];
        assert_string_equal(d->checker, f->checker);
        assert_int_equal(d->cwe, f->cwe);
        assert_string_equal(key_of(d)->message, f->message);
        assert_int_equal(key_of(d)->line, main_event->place.line);
        assert_int_equal(key_of(d)->col, main_event->place.col);
        for (guint n = 0; n < f->events->len; n++) {
            const HfTraceEvent *e =
                &g_array_index(f->events, HfTraceEvent, n);
            const CovEvent *c = d->events->pdata[n];

            assert_string_equal(c->message, e->message);
            assert_int_equal(c->line, e->place.line);
            assert_int_equal(c->col, e->place.col);
        }
    }
    assert_int_equal(k, defects->len);
    g_ptr_array_unref(defects);
    hf_findings_free(fs);
}

static CovDefect *parse_one(HfFinding *f, GPtrArray **defects)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);

    hf_findings_add(fs, f);
    hf_findings_finish(fs);
    *defects = parse_report(&r);
    assert_int_equal((*defects)->len, 1);
    hf_findings_free(fs);
    return (*defects)->pdata[0];
}

static void check_key(const char *checker, const char *main_tag,
                      const char *other_tag)
{
    HfFinding *f = hf_finding_new(checker, "");
    HfPlace p = place(PAGE, 3, 1, 0);
    GPtrArray *defects;
    const CovDefect *d;

    hf_finding_event(f, &p, other_tag, 0, "before");
    hf_finding_main(f, &p, main_tag, 0, "THE ONE");
    hf_finding_event(f, &p, other_tag, 0, "after");
    hf_finding_event(f, &p, "example_access", 0, "elsewhere");
    d = parse_one(f, &defects);
    if (strcmp(key_of(d)->message, "THE ONE") != 0) {
        fail_msg("%s with %s and %s: key event is %s: %s", checker, main_tag,
                 other_tag, key_of(d)->tag, key_of(d)->message);
    }
    g_ptr_array_unref(defects);
}

/* Whatever tags a checker uses, the main event is the key event. */
static void test_main_is_the_key_event(void **state)
{
    static const char *const checkers[] = {
        "MISSING_LOCK", "LOCK", "ORDER_REVERSAL", "RCU",
    };
    static const char *const tags[] = {
        "missing_lock", "double_lock", "double_unlock", "missing_unlock",
        "lock_order",   "lock_acquire", "call",         "return",
        "note",         "lock",         "rcu",          "cond_true",
        "x",            "Missing Lock", "1. weird",     "",
    };

    for (guint c = 0; c < G_N_ELEMENTS(checkers); c++) {
        for (guint m = 0; m < G_N_ELEMENTS(tags); m++) {
            for (guint o = 0; o < G_N_ELEMENTS(tags); o++) {
                check_key(checkers[c], tags[m], tags[o]);
            }
        }
    }
}

static void test_context_lines(void **state)
{
    GPtrArray *defects;
    const CovDefect *d = parse_one(finding_again(), &defects);
    const CovEvent *e;

    assert_int_equal(d->events->len, 1 + 5);
    e = d->events->pdata[1];
    assert_string_equal(e->tag, "#");
    assert_string_equal(e->message, "   30|       }");
    e = d->events->pdata[3];
    assert_string_equal(e->message,
                        "   32|->     while (st->n_pages < want) {");
    g_ptr_array_unref(defects);
}

static void test_hostile_names(void **state)
{
    static const char *const bad[] = {
        "a:b.c",       "#x.c",       "Error: X:", "a\nError: Y: [#def9]",
        "\033[2J",     "\xff\xfe.c", "path:1",    "/abs:12",
        "  blank.c",   "",           "/x <y>",    "a\r\n\r\nb",
    };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        for (guint k = 0; k < G_N_ELEMENTS(bad); k++) {
            HfFinding *f = hf_finding_new(bad[k], bad[i]);
            HfPlace p = place(bad[i], 12, (int)k, 0);
            GPtrArray *defects;
            const CovDefect *d;

            hf_finding_event(f, &p, bad[k], 0, "%s", bad[k]);
            hf_finding_main(f, &p, "c", 0, "%s:12:", bad[k]);
            d = parse_one(f, &defects);
            assert_int_equal(d->events->len, 2);
            assert_int_equal(d->key, 1);
            assert_int_equal(key_of(d)->line, 12);
            g_ptr_array_unref(defects);
        }
    }
}

static void test_places_that_are_not_known(void **state)
{
    HfFinding *f = hf_finding_new("RCU", "");
    GPtrArray *defects;
    const CovDefect *d;

    hf_finding_main(f, NULL, "rcu", 0, "m");
    d = parse_one(f, &defects);
    assert_string_equal(key_of(d)->path, "<unknown>");
    assert_int_equal(key_of(d)->line, 0);
    g_ptr_array_unref(defects);
}

static void test_nothing_found(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfReport r = fixture_report(fs);
    char *text;

    /* No events: nothing a parser could show. */
    hf_findings_add(fs, hf_finding_new("RCU", ""));
    hf_findings_finish(fs);
    text = render("coverity", &r);
    assert_string_equal(text, "");
    g_free(text);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_main_is_the_key_event),
        cmocka_unit_test(test_context_lines),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_places_that_are_not_known),
        cmocka_unit_test(test_nothing_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
