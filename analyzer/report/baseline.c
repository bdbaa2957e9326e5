/* SPDX-License-Identifier: MIT */
/*
 * baseline.c - dropping what an earlier report already had.
 *
 * Keys are compared by their first 32 digits, because that is all Coverity
 * JSON has room for.
 */
#include "report/report.h"

#include <json-glib/json-glib.h>
#include <string.h>

enum {
    KEY_DIGITS = 32,
    FULL_DIGITS = 64,
    MAX_NESTING = 200, /* json-glib's parser recurses */
};

G_DEFINE_QUARK(hf-report-error-quark, hf_report_error)

typedef struct {
    const char *file;
    GHashTable *keys; /* 32 digits -> how many */
    GError **error;
} Baseline;

static gboolean fail(Baseline *b, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(Baseline *b, const char *fmt, ...)
{
    va_list ap;
    char *message;

    va_start(ap, fmt);
    message = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error(b->error, HF_REPORT_ERROR, HF_REPORT_ERROR_FORMAT, "%s%s",
                b->file, message);
    g_free(message);
    return FALSE;
}

static gsize hex_digits(const char *s)
{
    gsize n = 0;

    while (g_ascii_isxdigit(s[n])) {
        n++;
    }
    return n;
}

/* s starts with a key that ends at a colon or at the end. */
static gboolean is_key(const char *s)
{
    gsize n = hex_digits(s);

    return (n == KEY_DIGITS || n == FULL_DIGITS) && (!s[n] || s[n] == ':');
}

static void add_key(Baseline *b, const char *s)
{
    char *head = g_strndup(s, KEY_DIGITS);
    char *key = g_ascii_strdown(head, -1);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(b->keys, key));

    g_hash_table_insert(b->keys, key, GUINT_TO_POINTER(n + 1));
    g_free(head);
}

/* What was found instead, short enough for a message. */
static char *quote(const char *s)
{
    char *valid = g_utf8_make_valid(s, (gssize)strnlen(s, 40));
    char *escaped = g_strescape(valid, NULL);
    char *quoted = g_strdup_printf("\"%s\"%s", escaped,
                                   strnlen(s, 41) > 40 ? "..." : "");

    g_free(valid);
    g_free(escaped);
    return quoted;
}

/* ---- plain lists --------------------------------------------------------- */

static gboolean read_plain(Baseline *b, const char *text)
{
    char **lines = g_strsplit(text, "\n", -1);
    gboolean ok = TRUE;

    for (guint i = 0; ok && lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);

        if (!line[0] || line[0] == '#') {
            continue;
        }
        if (is_key(line)) {
            add_key(b, line);
        } else {
            char *found = quote(line);

            ok = fail(b, ":%u: expected a merge key of 32 or 64 hex digits, "
                         "found %s",
                      i + 1, found);
            g_free(found);
        }
    }
    g_strfreev(lines);
    return ok;
}

/* ---- JSON ---------------------------------------------------------------- */

static JsonNode *member(JsonNode *node, const char *name)
{
    return node && JSON_NODE_HOLDS_OBJECT(node)
               ? json_object_get_member(json_node_get_object(node), name)
               : NULL;
}

static const char *string_member(JsonNode *node, const char *name)
{
    JsonNode *m = member(node, name);

    return m && JSON_NODE_HOLDS_VALUE(m) &&
                   json_node_get_value_type(m) == G_TYPE_STRING
               ? json_node_get_string(m)
               : NULL;
}

/* Keys of the accesses that one finding stands for. */
static void add_access_keys(Baseline *b, JsonNode *properties)
{
    JsonNode *list = member(properties, "accessKeys");
    JsonArray *keys = list && JSON_NODE_HOLDS_ARRAY(list)
                          ? json_node_get_array(list) : NULL;

    for (guint i = 0; keys && i < json_array_get_length(keys); i++) {
        JsonNode *n = json_array_get_element(keys, i);
        const char *key = JSON_NODE_HOLDS_VALUE(n) &&
                                  json_node_get_value_type(n) == G_TYPE_STRING
                              ? json_node_get_string(n) : "";

        if (is_key(key)) {
            add_key(b, key);
        }
    }
}

static gboolean read_issues(Baseline *b, JsonNode *node)
{
    JsonArray *issues;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        return fail(b, ": issues: expected an array");
    }
    issues = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(issues); i++) {
        JsonNode *issue = json_array_get_element(issues, i);
        const char *key = string_member(issue, "mergeKey");

        if (!key || !is_key(key)) {
            return fail(b, ": issues[%u].mergeKey: expected a string of 32 "
                           "hex digits",
                        i);
        }
        add_key(b, key);
        add_access_keys(b, member(issue, "holdfast"));
    }
    return TRUE;
}

static gboolean read_results(Baseline *b, JsonNode *node, guint run)
{
    JsonArray *results;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        return fail(b, ": runs[%u].results: expected an array", run);
    }
    results = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(results); i++) {
        JsonNode *prints = member(json_array_get_element(results, i),
                                  "partialFingerprints");
        const char *key = string_member(prints, "holdfastMergeKey/v1");

        if (!key) {
            key = string_member(prints, "primaryLocationLineHash");
        }
        if (!key || !is_key(key)) {
            return fail(b, ": runs[%u].results[%u].partialFingerprints: no "
                           "merge key of holdfast",
                        run, i);
        }
        add_key(b, key);
        add_access_keys(b, member(json_array_get_element(results, i),
                                  "properties"));
    }
    return TRUE;
}

static gboolean read_runs(Baseline *b, JsonNode *node)
{
    JsonArray *runs;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        return fail(b, ": runs: expected an array");
    }
    runs = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(runs); i++) {
        JsonNode *run = json_array_get_element(runs, i);
        JsonNode *results = member(run, "results");

        if (!JSON_NODE_HOLDS_OBJECT(run)) {
            return fail(b, ": runs[%u]: expected an object", i);
        }
        if (results && !read_results(b, results, i)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void position(const char *text, gsize at, guint *line, guint *col)
{
    *line = 1;
    *col = 1;
    for (gsize i = 0; i < at; i++) {
        (*col)++;
        if (text[i] == '\n') {
            (*line)++;
            *col = 1;
        }
    }
}

/* What json-glib would not survive or not locate. */
static gboolean check_text(Baseline *b, const char *text, gsize length)
{
    const char *bad = NULL;
    const char *why = "not valid UTF-8";
    gboolean in_string = FALSE;
    int nesting = 0;
    guint line;
    guint col;

    if (g_utf8_validate(text, (gssize)length, &bad)) {
        bad = NULL;
    }
    for (gsize i = 0; !bad && i < length; i++) {
        if (in_string) {
            i += text[i] == '\\' ? 1 : 0;
            in_string = i >= length || text[i] != '"' || text[i - 1] == '\\';
            continue;
        }
        in_string = text[i] == '"';
        nesting += text[i] == '{' || text[i] == '[';
        nesting -= text[i] == '}' || text[i] == ']';
        if (nesting > MAX_NESTING) {
            bad = text + i;
            why = "nested too deeply";
        }
    }
    if (!bad) {
        return TRUE;
    }
    position(text, (gsize)(bad - text), &line, &col);
    return fail(b, ":%u:%u: %s", line, col, why);
}

static gboolean read_json(Baseline *b, const char *text, gsize length)
{
    JsonParser *parser;
    GError *problem = NULL;
    JsonNode *root;
    gboolean ok;

    if (!check_text(b, text, length)) {
        return FALSE;
    }
    parser = json_parser_new();
    ok = json_parser_load_from_data(parser, text, (gssize)length, &problem);
    root = ok ? json_parser_get_root(parser) : NULL;
    if (!ok) {
        const char *what = problem->message;

        if (g_str_has_prefix(what, "<data>")) { /* the place follows */
            fail(b, "%s", what + strlen("<data>"));
        } else {
            fail(b, ": %s", what);
        }
    } else if (member(root, "issues")) {
        ok = read_issues(b, member(root, "issues"));
    } else if (member(root, "runs")) {
        ok = read_runs(b, member(root, "runs"));
    } else {
        ok = fail(b, ": neither Coverity JSON (no \"issues\") nor SARIF (no "
                     "\"runs\")");
    }
    g_clear_error(&problem);
    g_object_unref(parser);
    return ok;
}

/* ---- the file ------------------------------------------------------------ */

static gboolean read_baseline(Baseline *b)
{
    char *text;
    gsize length;
    gsize start = 0;
    gboolean ok;

    if (!g_file_get_contents(b->file, &text, &length, b->error)) {
        return FALSE;
    }
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        memset(text, ' ', 3); /* and the places in errors stay right */
    }
    while (start < length && g_ascii_isspace(text[start])) {
        start++;
    }
    if (text[start] == '{' || text[start] == '[') {
        ok = read_json(b, text, length);
    } else if (strlen(text) != length) {
        ok = fail(b, ": neither JSON nor text");
    } else {
        ok = read_plain(b, text);
    }
    g_free(text);
    return ok;
}

static gboolean is_new(const HfFinding *f, void *data)
{
    GHashTable *keys = data;
    char *full = f->merge_key ? g_strdup(f->merge_key)
                              : hf_finding_make_key(f);
    char *key = g_strndup(full, KEY_DIGITS);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(keys, key));

    g_free(full);
    if (n > 0) {
        g_hash_table_insert(keys, key, GUINT_TO_POINTER(n - 1));
    } else {
        g_free(key);
    }
    return n == 0;
}

gboolean hf_findings_apply_baseline(HfFindings *fs, const char *file,
                                    GError **error)
{
    Baseline b = {
        .file = file,
        .keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .error = error,
    };
    gboolean ok = read_baseline(&b);

    if (ok) {
        hf_findings_filter(fs, is_new, b.keys);
    }
    g_hash_table_unref(b.keys);
    return ok;
}
