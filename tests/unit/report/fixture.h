/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - findings and checks that the report tests share.
 *
 * A test program includes it once, after nothing else.
 */
#ifndef REPORT_FIXTURE_H
#define REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/report.h"
#include <json-glib/json-glib.h>
#include <string.h>

#define ROOT TEST_DIR "/src"
#define PAGE ROOT "/store/page.c"
#define ODD ROOT "/store/odd.c"
#define OUTSIDE "/nonexistent/include/out side.h"

#define UNUSED_OK G_GNUC_UNUSED static

UNUSED_OK HfPlace place(const char *file, int line, int col, int end_col)
{
    HfPlace p = {(char *)file, line, col, end_col ? line : 0, end_col};

    return p;
}

UNUSED_OK void set_key(HfFinding *f, const char *function,
                       const char *subject, const char *lock,
                       const char *shape)
{
    f->function = g_strdup(function);
    f->key_function = g_strdup(function);
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup(shape);
}

/* Called from store_fill: with steps, examples and reasons. */
UNUSED_OK HfFinding *finding_missing_lock(void)
{
    HfFinding *f = hf_finding_new("MISSING_LOCK", "unlocked_read");
    HfPlace at;

    f->tier = HF_TIER_HIGH;
    f->impact = HF_IMPACT_HIGH;
    f->cwe = 667;
    f->rule = g_strdup("inferred");
    set_key(f, "store_count", "page_store.n_pages", "page_store.lock",
            "read");
    at = place(PAGE, 28, 9, 20);
    hf_finding_event(f, &at, "call", 0, "Calling \"store_count\".");
    at = place(PAGE, 12, 17, 0);
    hf_finding_event(f, &at, "enter", 1, "Entering \"store_count\".");
    at = place(PAGE, 14, 16, 23);
    hf_finding_main(f, &at, "missing_lock", 1,
                    "Accessing \"st->n_pages\" without holding lock "
                    "\"page_store.lock\". Elsewhere, \"page_store.n_pages\" "
                    "is accessed with \"page_store.lock\" held 14 out of 15 "
                    "times.");
    at = place(PAGE, 19, 5, 0);
    hf_finding_event(f, &at, "example_lock", 0, "Locking \"st->lock\".");
    at = place(PAGE, 22, 9, 16);
    hf_finding_event(f, &at, "example_access", 0,
                     "\"st->n_pages\" is accessed with lock \"st->lock\" "
                     "held.");
    hf_finding_reason(f, "written with the lock held 14 of 14 times");
    hf_finding_reason(f, "two roles witnessed: %s and %s", "main loop",
                      "page writer");
    return f;
}

UNUSED_OK HfFinding *finding_lock(void)
{
    HfFinding *f = hf_finding_new("LOCK", "missing_unlock");
    HfPlace at;

    f->tier = HF_TIER_MEDIUM;
    f->impact = HF_IMPACT_MEDIUM;
    f->cwe = 667;
    f->rule = g_strdup(ROOT "/rules/store.yaml:12");
    set_key(f, "store_fill", "page_store.lock", "page_store.lock",
            "missing_unlock");
    at = place(PAGE, 31, 5, 0);
    hf_finding_event(f, &at, "lock", 0, "Locking \"st->lock\".");
    at = place(PAGE, 33, 13, 0);
    hf_finding_event(f, &at, "cond_true", 0,
                     "Condition \"!page_new(st)\", taking true branch.");
    at = place(PAGE, 34, 13, 0);
    hf_finding_main(f, &at, "missing_unlock", 0,
                    "Returning without unlocking \"st->lock\".");
    at = place(PAGE, 37, 5, 0);
    hf_finding_event(f, &at, "unlock_elsewhere", 0,
                     "The other path unlocks it.");
    return f;
}

UNUSED_OK HfFinding *finding_order(void)
{
    HfFinding *f = hf_finding_new("ORDER_REVERSAL", "cycle");
    HfPlace at;

    f->tier = HF_TIER_HIGH;
    f->impact = HF_IMPACT_MEDIUM;
    f->cwe = 833;
    set_key(f, "store_index", "page_store.lock", "page_store.index_lock",
            "cycle");
    at = place(PAGE, 43, 5, 0);
    hf_finding_event(f, &at, "getlock", 0, "Acquiring \"st->index_lock\".");
    at = place(PAGE, 44, 5, 9);
    hf_finding_main(f, &at, "lock_order", 0,
                    "Acquiring \"st->lock\" while \"st->index_lock\" is held "
                    "closes a cycle.");
    at = place(OUTSIDE, 7, 3, 0);
    hf_finding_event(f, &at, "lock_acquire", 2,
                     "The other order: ops[i](st) is called under it.");
    return f;
}

UNUSED_OK HfFinding *finding_low(void)
{
    HfFinding *f = hf_finding_new("UNSIGNED_DIFF", "condition");
    HfPlace at = place(ODD, 2, 29, 0);

    f->tier = HF_TIER_LOW;
    f->impact = HF_IMPACT_LOW;
    f->classification = g_strdup("Intentional");
    f->reason_code = g_strdup("lock_free_hint");
    set_key(f, "odd", "a", "", "gt0");
    hf_finding_main(f, &at, "unsigned_diff", 0,
                    "The difference of unsigned values is never negative.");
    return f;
}

UNUSED_OK HfFinding *finding_suppressed(void)
{
    HfFinding *f = hf_finding_new("STALE_CHECK", "reread");
    HfPlace at = place(PAGE, 36, 5, 0);

    f->tier = HF_TIER_HIGH;
    f->suppressed = TRUE;
    f->suppression = g_strdup(PAGE ":35: Intentional: known");
    set_key(f, "store_fill", "page_store.first", "page_store.lock", "stale");
    hf_finding_main(f, &at, "stale_check", 0, "SUPPRESSED FINDING");
    return f;
}

/* The same key as finding_missing_lock() at another place. */
UNUSED_OK HfFinding *finding_again(void)
{
    HfFinding *f = hf_finding_new("MISSING_LOCK", "unlocked_read");
    HfPlace at = place(PAGE, 32, 16, 23);

    f->tier = HF_TIER_MEDIUM;
    f->impact = HF_IMPACT_HIGH;
    f->cwe = 667;
    set_key(f, "store_count", "page_store.n_pages", "page_store.lock",
            "read");
    hf_finding_main(f, &at, "missing_lock", 0,
                    "Accessing \"st->n_pages\" without holding lock "
                    "\"page_store.lock\".");
    return f;
}

typedef HfFinding *(*MakeFinding)(void);

static const MakeFinding all_findings[] = {
    finding_missing_lock, finding_lock,       finding_order,
    finding_low,          finding_suppressed, finding_again,
};

/* All of them, added in an order that depends on turn. */
UNUSED_OK HfFindings *fixture_findings(guint turn)
{
    HfFindings *fs = hf_findings_new();
    guint n = G_N_ELEMENTS(all_findings);

    for (guint i = 0; i < n; i++) {
        guint k = turn % 2 ? n - 1 - i : i;

        hf_findings_add(fs, all_findings[(k + turn) % n]());
    }
    hf_findings_finish(fs);
    return fs;
}

UNUSED_OK HfReport fixture_report(const HfFindings *fs)
{
    HfReport r = {
        .findings = fs,
        .root = ROOT,
        .tool_version = "9.8.7",
        .profile = "store",
        .rules_checks_dir = TEST_DIR "/pages",
        .show_trace = TRUE,
        .n_units = 2,
        .n_functions = 4,
    };

    return r;
}

UNUSED_OK char *render(const char *writer, const HfReport *r)
{
    const HfWriter *w = hf_writer_find(writer);
    GString *out = g_string_new(NULL);

    assert_non_null(w);
    w->write(r, out);
    return g_string_free(out, FALSE);
}

UNUSED_OK JsonNode *parse_json(const char *text)
{
    GError *error = NULL;
    JsonNode *node = json_from_string(text, &error);

    if (error) {
        fail_msg("not JSON: %s\n%s", error->message, text);
    }
    assert_non_null(node);
    return node;
}

/* The node at a path like "runs/0/results/2/ruleId"; fails when missing. */
UNUSED_OK JsonNode *node_at(JsonNode *node, const char *path)
{
    char **parts = g_strsplit(path, "/", -1);

    for (guint i = 0; parts[i]; i++) {
        if (JSON_NODE_HOLDS_ARRAY(node)) {
            JsonArray *a = json_node_get_array(node);
            guint k = (guint)g_ascii_strtoull(parts[i], NULL, 10);

            if (k >= json_array_get_length(a)) {
                fail_msg("%s: no element %u", path, k);
            }
            node = json_array_get_element(a, k);
        } else if (JSON_NODE_HOLDS_OBJECT(node)) {
            JsonObject *o = json_node_get_object(node);

            g_strdelimit(parts[i], "|", '/');
            if (!json_object_has_member(o, parts[i])) {
                fail_msg("%s: no member %s", path, parts[i]);
            }
            node = json_object_get_member(o, parts[i]);
        } else {
            fail_msg("%s: nothing below a value", path);
        }
    }
    g_strfreev(parts);
    return node;
}

UNUSED_OK gboolean has(JsonNode *node, const char *member)
{
    return json_object_has_member(json_node_get_object(node), member);
}

UNUSED_OK const char *str_at(JsonNode *node, const char *path)
{
    JsonNode *n = node_at(node, path);

    assert_true(JSON_NODE_HOLDS_VALUE(n));
    assert_true(json_node_get_value_type(n) == G_TYPE_STRING);
    return json_node_get_string(n);
}

UNUSED_OK gint64 int_at(JsonNode *node, const char *path)
{
    JsonNode *n = node_at(node, path);

    assert_true(JSON_NODE_HOLDS_VALUE(n));
    assert_true(json_node_get_value_type(n) == G_TYPE_INT64);
    return json_node_get_int(n);
}

UNUSED_OK guint len_at(JsonNode *node, const char *path)
{
    JsonNode *n = path ? node_at(node, path) : node;

    assert_true(JSON_NODE_HOLDS_ARRAY(n));
    return json_array_get_length(json_node_get_array(n));
}

/*
 * Compares with golden/<name>, in which the directory of the tests is @DIR@.
 * With HF_UPDATE_GOLDEN set it writes that file instead; look at the diff.
 */
UNUSED_OK void check_golden(const char *name, const char *text)
{
    char *path = g_build_filename(TEST_DIR, "golden", name, NULL);
    GString *portable = g_string_new(text);
    char *expected = NULL;
    GError *error = NULL;

    g_string_replace(portable, TEST_DIR, "@DIR@", 0);
    if (g_getenv("HF_UPDATE_GOLDEN")) {
        assert_true(g_file_set_contents(path, portable->str, -1, NULL));
    } else if (!g_file_get_contents(path, &expected, NULL, &error)) {
        fail_msg("%s", error->message);
    } else if (strcmp(expected, portable->str) != 0) {
        fail_msg("output differs from %s:\n%s", path, portable->str);
    }
    g_free(expected);
    g_string_free(portable, TRUE);
    g_free(path);
}

#endif
