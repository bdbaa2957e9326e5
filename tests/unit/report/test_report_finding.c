/* SPDX-License-Identifier: MIT */
#include "fixture.h"

/* SHA-256 of five strings, each after its length as a 64-bit big-endian
 * number; computed with another implementation. */
#define KNOWN_KEY \
    "b68515ce5627e6068a4b0e38d7f6aae0" \
    "50b33e06928502e9ace32637369013c7"

static HfFinding *keyed(const char *function, const char *subject,
                        const char *lock, const char *shape)
{
    HfFinding *f = hf_finding_new("C", "");

    f->key_function = g_strdup(function);
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup(shape);
    return f;
}

static char *key_of(const char *function, const char *subject,
                    const char *lock, const char *shape)
{
    HfFinding *f = keyed(function, subject, lock, shape);
    char *key = hf_finding_make_key(f);

    hf_finding_free(f);
    return key;
}

static void test_key_is_the_documented_hash(void **state)
{
    char *key = key_of("fn", "s.f", "l", "read");

    assert_string_equal(key, KNOWN_KEY);
    g_free(key);
}

static void test_key_fields_do_not_run_together(void **state)
{
    static const char *const fields[][4] = {
        {"ab", "c", "", ""}, {"a", "bc", "", ""}, {"abc", "", "", ""},
        {"", "abc", "", ""}, {"", "", "abc", ""}, {"", "", "", "abc"},
    };
    char *keys[G_N_ELEMENTS(fields)];

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        keys[i] = key_of(fields[i][0], fields[i][1], fields[i][2],
                         fields[i][3]);
        for (guint k = 0; k < i; k++) {
            assert_string_not_equal(keys[i], keys[k]);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_free(keys[i]);
    }
}

static void test_key_takes_null_for_empty(void **state)
{
    char *a = key_of(NULL, "x", NULL, NULL);
    char *b = key_of("", "x", "", "");

    assert_string_equal(a, b);
    g_free(a);
    g_free(b);
}

static void test_key_survives_moved_code(void **state)
{
    HfFinding *f = finding_missing_lock();
    char *before = hf_finding_make_key(f);
    char *after;

    for (guint i = 0; i < f->events->len; i++) {
        HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        e->place.line += 100;
        e->place.end_line += 100;
        g_free(e->message);
        e->message = g_strdup("held 15 out of 17 times");
    }
    g_free(f->message);
    f->message = g_strdup("held 15 out of 17 times");
    f->tier = HF_TIER_LOW;
    hf_finding_reason(f, "one more");
    after = hf_finding_make_key(f);
    assert_string_equal(before, after);
    g_free(before);
    g_free(after);
    hf_finding_free(f);
}

static void test_one_main_event(void **state)
{
    HfFinding *f = hf_finding_new("C", NULL);
    HfPlace p = place("/a.c", 1, 1, 0);

    assert_null(hf_finding_main_event(f));
    hf_finding_event(f, &p, "call", 0, "first");
    assert_null(hf_finding_main_event(f));
    hf_finding_main(f, &p, "c", 0, "%s", "second");
    hf_finding_main(f, NULL, "c", 0, "third");
    assert_string_equal(hf_finding_main_event(f)->message, "third");
    assert_string_equal(f->message, "third");
    assert_int_equal(f->events->len, 3);
    assert_false(g_array_index(f->events, HfTraceEvent, 1).main);
    assert_null(g_array_index(f->events, HfTraceEvent, 2).place.file);
    hf_finding_free(f);
}

static void test_events_own_their_strings(void **state)
{
    char file[] = "/tmp/a.c";
    char tag[] = "call";
    HfPlace p = place(file, 3, 4, 9);
    HfFinding *f = hf_finding_new("C", "s");
    const HfTraceEvent *e;

    hf_finding_event(f, &p, tag, 2, "m");
    memset(file, 'x', sizeof(file) - 1);
    memset(tag, 'x', sizeof(tag) - 1);
    e = &g_array_index(f->events, HfTraceEvent, 0);
    assert_string_equal(e->place.file, "/tmp/a.c");
    assert_string_equal(e->tag, "call");
    assert_int_equal(e->place.end_line, 3);
    assert_int_equal(e->place.end_col, 9);
    assert_int_equal(e->depth, 2);
    hf_finding_free(f);
}

/* ---- finish -------------------------------------------------------------- */

static char *order_of(const HfFindings *fs)
{
    GString *s = g_string_new(NULL);

    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = fs->list->pdata[i];
        const HfTraceEvent *e = hf_finding_main_event(f);

        g_string_append_printf(s, "%d %s:%d:%d %s %s %.8s %d\n", f->tier,
                               e->place.file, e->place.line, e->place.col,
                               f->checker, f->message, f->merge_key,
                               f->occurrence);
    }
    return g_string_free(s, FALSE);
}

/* Findings that differ in one thing each, many with equal keys. */
static HfFinding *numbered(guint i)
{
    HfFinding *f = hf_finding_new(i & 1 ? "B" : "A", i & 2 ? "s" : "t");
    HfPlace p = place(i & 4 ? "/b.c" : "/a.c", i & 8 ? 10 : 9, 1, 0);

    f->tier = i & 16 ? HF_TIER_HIGH : HF_TIER_LOW;
    f->key_function = g_strdup(i & 32 ? "f" : "g");
    if (i & 64) {
        hf_finding_reason(f, "r");
    }
    if (i & 128) {
        hf_finding_event(f, &p, "path", 0, "p");
    }
    hf_finding_main(f, &p, "a", 0, "m%u", i & 1);
    return f;
}

static void test_order_does_not_depend_on_insertion(void **state)
{
    enum { N = 256 };
    GRand *rand = g_rand_new_with_seed(7);
    char *first = NULL;

    for (int round = 0; round < 20; round++) {
        HfFindings *fs = hf_findings_new();
        guint order[N];
        char *text;

        for (guint i = 0; i < N; i++) {
            guint k = (guint)g_rand_int_range(rand, 0, (gint32)i + 1);

            order[i] = order[k];
            order[k] = i;
        }
        for (guint i = 0; i < N; i++) {
            hf_findings_add(fs, numbered(order[i]));
        }
        hf_findings_finish(fs);
        assert_int_equal(fs->list->len, N);
        text = order_of(fs);
        if (!first) {
            first = g_strdup(text);
        }
        assert_string_equal(text, first);
        g_free(text);
        hf_findings_free(fs);
    }
    g_free(first);
    g_rand_free(rand);
}

static void test_sorted_by_tier_then_place(void **state)
{
    HfFindings *fs = fixture_findings(3);
    static const char *const expected[] = {
        "MISSING_LOCK", "STALE_CHECK",  "ORDER_REVERSAL",
        "MISSING_LOCK", "LOCK",         "UNSIGNED_DIFF",
    };

    assert_int_equal(fs->list->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = fs->list->pdata[i];

        assert_string_equal(f->checker, expected[i]);
    }
    hf_findings_free(fs);
}

static void test_exact_duplicates_go(void **state)
{
    HfFindings *fs = hf_findings_new();
    const HfFinding *f;

    for (int i = 0; i < 3; i++) {
        hf_findings_add(fs, finding_missing_lock());
        hf_findings_add(fs, finding_lock());
    }
    hf_findings_finish(fs);
    assert_int_equal(fs->list->len, 2);
    for (guint i = 0; i < 2; i++) {
        f = fs->list->pdata[i];
        assert_int_equal(f->occurrence, 1);
    }
    hf_findings_free(fs);
}

static void test_near_duplicates_stay_and_are_numbered(void **state)
{
    HfFindings *fs = hf_findings_new();

    for (int line = 3; line >= 1; line--) {
        HfFinding *f = keyed("f", "s", "l", "read");
        HfPlace p = place("/a.c", line, 1, 0);

        /* Numbers follow the place, not the tier. */
        f->tier = line == 1 ? HF_TIER_LOW : HF_TIER_HIGH;
        hf_finding_main(f, &p, "c", 0, "m");
        hf_findings_add(fs, f);
    }
    hf_findings_finish(fs);
    assert_int_equal(fs->list->len, 3);
    for (guint i = 0; i < 3; i++) {
        const HfFinding *f = fs->list->pdata[i];

        assert_int_equal(f->occurrence,
                         hf_finding_main_event(f)->place.line);
    }
    hf_findings_free(fs);
}

static gboolean keep_high(const HfFinding *f, void *data)
{
    (*(int *)data)++;
    return f->tier == HF_TIER_HIGH;
}

static void test_filter_keeps_order(void **state)
{
    HfFindings *fs = fixture_findings(0);
    int asked = 0;

    hf_findings_filter(fs, keep_high, &asked);
    assert_int_equal(asked, 6);
    assert_int_equal(fs->list->len, 3);
    assert_string_equal(((HfFinding *)fs->list->pdata[2])->checker,
                        "ORDER_REVERSAL");
    hf_findings_free(fs);
}

static void test_free_takes_null(void **state)
{
    hf_finding_free(NULL);
    hf_findings_free(NULL);
}

static void test_finish_of_nothing(void **state)
{
    HfFindings *fs = hf_findings_new();

    hf_findings_finish(fs);
    assert_int_equal(fs->list->len, 0);
    hf_findings_free(fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_the_documented_hash),
        cmocka_unit_test(test_key_fields_do_not_run_together),
        cmocka_unit_test(test_key_takes_null_for_empty),
        cmocka_unit_test(test_key_survives_moved_code),
        cmocka_unit_test(test_one_main_event),
        cmocka_unit_test(test_events_own_their_strings),
        cmocka_unit_test(test_order_does_not_depend_on_insertion),
        cmocka_unit_test(test_sorted_by_tier_then_place),
        cmocka_unit_test(test_exact_duplicates_go),
        cmocka_unit_test(test_near_duplicates_stay_and_are_numbered),
        cmocka_unit_test(test_filter_keeps_order),
        cmocka_unit_test(test_free_takes_null),
        cmocka_unit_test(test_finish_of_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
