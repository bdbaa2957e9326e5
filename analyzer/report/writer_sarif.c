/* SPDX-License-Identifier: MIT */
/*
 * writer_sarif.c - SARIF 2.1.0, with what GitHub code scanning needs.
 *
 * Chosen for its readers:
 *  - paths are relative to the root and have no uriBaseId, because one reader
 *    rejects the file when it cannot resolve it;
 *  - one location a result;
 *  - suppressed results are left out, because GitHub shows them;
 *  - columns are converted from bytes to UTF-16 units;
 *  - examples beside the path are related locations, linked from the message
 *    (GitHub shows only those that are linked);
 *  - no times, so that equal runs give equal bytes.
 */
#include "report/checker_page.h"
#include "report/json_out.h"
#include "report/source_lines.h"
#include "report/writer.h"

#include <string.h>

#define SCHEMA                                                       \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/"    \
    "schemas/sarif-schema-2.1.0.json"

typedef struct {
    const HfReport *report;
    JsonBuilder *b;
    HfSourceLines *lines;
    GPtrArray *rules; /* char*: checkers, sorted, borrowed */
} Sarif;

/* ---- places -------------------------------------------------------------- */

static char *make_uri(const HfReport *r, const char *file)
{
    const char *path = hf_report_path(r, file);
    GString *uri = g_string_new(path[0] == '/' ? "file://" : NULL);

    for (; *path; path++) {
        if (g_ascii_isalnum(*path) || strchr("/-._~+", *path)) {
            g_string_append_c(uri, *path);
        } else {
            g_string_append_printf(uri, "%%%02X", (unsigned char)*path);
        }
    }
    return g_string_free(uri, FALSE);
}

/* Byte column to UTF-16 column; as it is when the line cannot be read. */
static int utf16_column(const char *line, gsize length, int col)
{
    const char *p = line;
    const char *end;
    int column = 1;

    if (!line || col < 1) {
        return MAX(1, col);
    }
    end = line + MIN(length, (gsize)col - 1);
    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, line + length - p);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            p++;
            column++;
        } else {
            p = g_utf8_next_char(p);
            column += c > 0xffff ? 2 : 1;
        }
    }
    return column;
}

/* Where the name or the token at col ends, for places without an end. */
static int token_end(const char *line, gsize length, int col)
{
    gsize at = (gsize)MAX(1, col) - 1;
    gsize end = at;

    while (line && end < length &&
           (g_ascii_isalnum(line[end]) || line[end] == '_')) {
        end++;
    }
    return (int)MAX(end, at + 1) + 1;
}

static void write_region(Sarif *s, const HfPlace *p)
{
    gsize length;
    const char *line = hf_source_line(s->lines, p->file, p->line, &length);
    int start_line = MAX(1, p->line);
    int start = utf16_column(line, length, p->col);
    int end_line = start_line;
    int end;

    if (p->end_line > p->line && p->line > 0) {
        line = hf_source_line(s->lines, p->file, p->end_line, &length);
        end_line = p->end_line;
        end = utf16_column(line, length, p->end_col);
    } else if (p->end_line == p->line && p->end_col > p->col) {
        end = utf16_column(line, length, p->end_col);
    } else {
        end = utf16_column(line, length, token_end(line, length, p->col));
    }
    hf_json_begin_object(s->b, "region");
    hf_json_member_int(s->b, "startLine", start_line);
    hf_json_member_int(s->b, "startColumn", start);
    hf_json_member_int(s->b, "endLine", end_line);
    hf_json_member_int(s->b, "endColumn",
                       end_line > start_line ? MAX(1, end)
                                             : MAX(start + 1, end));
    json_builder_end_object(s->b);
}

static void write_physical(Sarif *s, const HfPlace *p)
{
    char *uri = make_uri(s->report, p->file);

    hf_json_begin_object(s->b, "physicalLocation");
    hf_json_begin_object(s->b, "artifactLocation");
    hf_json_member(s->b, "uri", uri);
    json_builder_end_object(s->b);
    write_region(s, p);
    json_builder_end_object(s->b);
    g_free(uri);
}

/* ---- messages ------------------------------------------------------------ */

/* "[text](target)" is a link in SARIF; code like a[i](x) must not be one. */
static char *escape_links(const char *message)
{
    GString *s = g_string_new(NULL);
    gboolean escape = strstr(message, "](") != NULL;

    for (; *message; message++) {
        if (escape && strchr("[]\\", *message)) {
            g_string_append_c(s, '\\');
        }
        g_string_append_c(s, *message);
    }
    return g_string_free(s, FALSE);
}

static void write_message(Sarif *s, const char *message)
{
    char *text = escape_links(message ? message : "");

    hf_json_text_object(s->b, "message", text[0] ? text : "-");
    g_free(text);
}

/* The main message, with links to the related locations. */
static void write_main_message(Sarif *s, const HfFinding *f)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);
    char *escaped = escape_links(f->message ? f->message : f->checker);
    GString *text = g_string_new(escaped);
    int id = 0;

    for (guint i = 0; i < n; i++) {
        if (hf_event_is_aside(&e[i])) {
            id++;
            g_string_append_printf(text, "%s[%s](%d)",
                                   id == 1 ? " See " : ", ", e[i].tag, id);
        }
    }
    if (id) {
        g_string_append_c(text, '.');
    }
    hf_json_text_object(s->b, "message", text->str);
    g_string_free(text, TRUE);
    g_free(escaped);
}

/* ---- results ------------------------------------------------------------- */

static const char *level(const HfFinding *f)
{
    if (f->tier == HF_TIER_LOW) {
        return "note";
    }
    return f->tier == HF_TIER_HIGH && f->impact == HF_IMPACT_HIGH ? "error"
                                                                  : "warning";
}

static void write_location(Sarif *s, const HfFinding *f)
{
    hf_json_begin_array(s->b, "locations");
    json_builder_begin_object(s->b);
    write_physical(s, hf_report_place(f));
    if (f->function && f->function[0]) {
        hf_json_begin_array(s->b, "logicalLocations");
        json_builder_begin_object(s->b);
        hf_json_member(s->b, "name", f->function);
        hf_json_member(s->b, "kind", "function");
        json_builder_end_object(s->b);
        json_builder_end_array(s->b);
    }
    json_builder_end_object(s->b);
    json_builder_end_array(s->b);
}

static void write_related(Sarif *s, const HfFinding *f)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);
    int id = 0;

    for (guint i = 0; i < n; i++) {
        if (!hf_event_is_aside(&e[i])) {
            continue;
        }
        if (++id == 1) {
            hf_json_begin_array(s->b, "relatedLocations");
        }
        json_builder_begin_object(s->b);
        hf_json_member_int(s->b, "id", id);
        write_physical(s, &e[i].place);
        write_message(s, e[i].message);
        json_builder_end_object(s->b);
    }
    if (id) {
        json_builder_end_array(s->b);
    }
}

static void write_step(Sarif *s, const HfTraceEvent *e, int least)
{
    gint64 nesting = 1 + (gint64)e->depth - least;

    json_builder_begin_object(s->b);
    hf_json_begin_object(s->b, "location");
    write_physical(s, &e->place);
    write_message(s, e->message);
    json_builder_end_object(s->b);
    hf_json_begin_array(s->b, "kinds");
    hf_json_string(s->b, e->tag);
    json_builder_end_array(s->b);
    /* From 1: csgrep takes level 0 for the key event. */
    hf_json_member_int(s->b, "nestingLevel", nesting);
    hf_json_member(s->b, "importance",
                   e->main               ? "essential"
                   : hf_event_is_path(e) ? "unimportant"
                                         : "important");
    json_builder_end_object(s->b);
}

static void write_code_flow(Sarif *s, const HfFinding *f)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);
    guint steps = 0;
    int least = G_MAXINT;

    for (guint i = 0; i < n; i++) {
        if (!hf_event_is_aside(&e[i])) {
            steps++;
            least = MIN(least, e[i].depth);
        }
    }
    if (steps < 2) {
        return;
    }
    hf_json_begin_array(s->b, "codeFlows");
    json_builder_begin_object(s->b);
    hf_json_begin_array(s->b, "threadFlows");
    json_builder_begin_object(s->b);
    hf_json_begin_array(s->b, "locations");
    for (guint i = 0; i < n; i++) {
        if (!hf_event_is_aside(&e[i])) {
            write_step(s, &e[i], least);
        }
    }
    json_builder_end_array(s->b);
    json_builder_end_object(s->b);
    json_builder_end_array(s->b);
    json_builder_end_object(s->b);
    json_builder_end_array(s->b);
}

static void write_properties(Sarif *s, const HfFinding *f)
{
    hf_json_begin_object(s->b, "properties");
    hf_json_member(s->b, "subcategory", f->subcategory);
    hf_json_member(s->b, "tier", hf_tier_name(f->tier));
    hf_json_member(s->b, "impact", hf_impact_name(f->impact));
    hf_json_begin_array(s->b, "reasons");
    for (guint i = 0; i < f->reasons->len; i++) {
        hf_json_string(s->b, f->reasons->pdata[i]);
    }
    json_builder_end_array(s->b);
    if (f->classification) {
        hf_json_member(s->b, "classification", f->classification);
    }
    if (f->reason_code) {
        hf_json_member(s->b, "reasonCode", f->reason_code);
    }
    if (f->reason_text) {
        hf_json_member(s->b, "reasonText", f->reason_text);
    }
    if (f->what_if) {
        hf_json_member(s->b, "whatIf", f->what_if);
    }
    if (f->patch) {
        hf_json_member(s->b, "patch", f->patch);
    }
    hf_json_access_keys(s->b, f);
    if (f->rule) {
        hf_json_member(s->b, "origin", hf_report_path(s->report, f->rule));
    }
    json_builder_end_object(s->b);
}

static int rule_index(const Sarif *s, const char *checker)
{
    for (guint i = 0; i < s->rules->len; i++) {
        if (strcmp(s->rules->pdata[i], checker) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void write_result(Sarif *s, const HfFinding *f)
{
    const char *key = f->merge_key ? f->merge_key : "";
    char *line_hash = g_strdup_printf("%s:%d", key, f->occurrence);

    json_builder_begin_object(s->b);
    hf_json_member(s->b, "ruleId", f->checker);
    hf_json_member_int(s->b, "ruleIndex", rule_index(s, f->checker));
    hf_json_member(s->b, "level", level(f));
    write_main_message(s, f);
    write_location(s, f);
    hf_json_begin_object(s->b, "partialFingerprints");
    hf_json_member(s->b, "primaryLocationLineHash", line_hash);
    hf_json_member(s->b, "holdfastMergeKey/v1", key);
    json_builder_end_object(s->b);
    write_related(s, f);
    write_code_flow(s, f);
    write_properties(s, f);
    json_builder_end_object(s->b);
    g_free(line_hash);
}

/* ---- rules --------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_rules(Sarif *s)
{
    const GPtrArray *list = s->report->findings->list;

    s->rules = g_ptr_array_new();
    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];

        if (hf_report_shows(s->report, f) && rule_index(s, f->checker) < 0) {
            g_ptr_array_add(s->rules, f->checker);
        }
    }
    g_ptr_array_sort(s->rules, compare_names);
}

static int cwe_of(const Sarif *s, const char *checker)
{
    const GPtrArray *list = s->report->findings->list;
    int cwe = 0;

    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];

        if (f->cwe > 0 && strcmp(f->checker, checker) == 0 &&
            hf_report_shows(s->report, f) && (!cwe || f->cwe < cwe)) {
            cwe = f->cwe;
        }
    }
    return cwe;
}

/* "MISSING_LOCK" -> "MissingLock", as SARIF likes names of rules. */
static char *pascal_case(const char *checker)
{
    GString *s = g_string_new(NULL);
    gboolean start = TRUE;

    for (; *checker; checker++) {
        if (*checker == '_') {
            start = TRUE;
        } else {
            g_string_append_c(s, start ? g_ascii_toupper(*checker)
                                       : g_ascii_tolower(*checker));
            start = FALSE;
        }
    }
    return g_string_free(s, FALSE);
}

/* A text that ends like a sentence; the standard asks for it. */
static void write_sentence(Sarif *s, const char *name, const char *text)
{
    GString *t = g_string_new(text);

    if (t->len && !strchr(".!?", t->str[t->len - 1])) {
        g_string_append_c(t, '.');
    }
    t->str[0] = g_ascii_toupper(t->str[0]);
    hf_json_text_object(s->b, name, t->str);
    g_string_free(t, TRUE);
}

static void write_rule(Sarif *s, const char *checker)
{
    HfCheckerPage *page =
        hf_checker_page_load(s->report->rules_checks_dir, checker);
    char *name = pascal_case(checker);
    int cwe = cwe_of(s, checker);

    json_builder_begin_object(s->b);
    hf_json_member(s->b, "id", checker);
    if (g_ascii_strcasecmp(name, checker) != 0) { /* it must say more */
        hf_json_member(s->b, "name", name);
    }
    write_sentence(s, "shortDescription", page->title);
    write_sentence(s, "fullDescription", page->summary);
    hf_json_begin_object(s->b, "help");
    hf_json_member(s->b, "text", page->text);
    hf_json_member(s->b, "markdown", page->text);
    json_builder_end_object(s->b);
    hf_json_begin_object(s->b, "defaultConfiguration");
    hf_json_member(s->b, "level", "warning");
    json_builder_end_object(s->b);
    hf_json_begin_object(s->b, "properties");
    hf_json_begin_array(s->b, "tags");
    hf_json_string(s->b, "concurrency");
    if (cwe) {
        char *tag = g_strdup_printf("external/cwe/cwe-%03d", cwe);

        hf_json_string(s->b, tag);
        g_free(tag);
    }
    json_builder_end_array(s->b);
    if (cwe) {
        char *id = g_strdup_printf("CWE-%d", cwe);

        hf_json_begin_array(s->b, "cwe");
        hf_json_string(s->b, id);
        json_builder_end_array(s->b);
        g_free(id);
    }
    json_builder_end_object(s->b);
    json_builder_end_object(s->b);
    g_free(name);
    hf_checker_page_free(page);
}

/* ---- the run ------------------------------------------------------------- */

/* failure is "file: why". */
static void write_notification(Sarif *s, const char *failure)
{
    const char *colon = strstr(failure, ": ");

    json_builder_begin_object(s->b);
    hf_json_member(s->b, "level", "error");
    write_message(s, hf_report_path(s->report, failure));
    if (colon && colon > failure) {
        char *file = g_strndup(failure, (gsize)(colon - failure));
        char *uri = make_uri(s->report, file);

        hf_json_begin_array(s->b, "locations");
        json_builder_begin_object(s->b);
        hf_json_begin_object(s->b, "physicalLocation");
        hf_json_begin_object(s->b, "artifactLocation");
        hf_json_member(s->b, "uri", uri);
        json_builder_end_object(s->b);
        json_builder_end_object(s->b);
        json_builder_end_object(s->b);
        json_builder_end_array(s->b);
        g_free(uri);
        g_free(file);
    }
    json_builder_end_object(s->b);
}

static void write_invocation(Sarif *s)
{
    const GPtrArray *lost = s->report->unit_failures;

    hf_json_begin_array(s->b, "invocations");
    json_builder_begin_object(s->b);
    hf_json_member_bool(s->b, "executionSuccessful", TRUE);
    if (lost && lost->len) {
        hf_json_begin_array(s->b, "toolExecutionNotifications");
        for (guint i = 0; i < lost->len; i++) {
            write_notification(s, lost->pdata[i]);
        }
        json_builder_end_array(s->b);
    }
    hf_json_begin_object(s->b, "properties");
    hf_json_member_int(s->b, "units", s->report->n_units);
    hf_json_member_int(s->b, "functions", s->report->n_functions);
    json_builder_end_object(s->b);
    json_builder_end_object(s->b);
    json_builder_end_array(s->b);
}

static void write_tool(Sarif *s)
{
    hf_json_begin_object(s->b, "tool");
    hf_json_begin_object(s->b, "driver");
    hf_json_member(s->b, "name", "holdfast");
    if (s->report->tool_version) {
        hf_json_member(s->b, "version", s->report->tool_version);
    }
    hf_json_begin_array(s->b, "rules");
    for (guint i = 0; i < s->rules->len; i++) {
        write_rule(s, s->rules->pdata[i]);
    }
    json_builder_end_array(s->b);
    json_builder_end_object(s->b);
    json_builder_end_object(s->b);
}

static void write_run(Sarif *s)
{
    const GPtrArray *list = s->report->findings->list;

    json_builder_begin_object(s->b);
    write_tool(s);
    if (s->report->profile) {
        char *id = g_strdup_printf("holdfast/%s/", s->report->profile);

        hf_json_begin_object(s->b, "automationDetails");
        hf_json_member(s->b, "id", id);
        json_builder_end_object(s->b);
        g_free(id);
    }
    write_invocation(s);
    hf_json_member(s->b, "columnKind", "utf16CodeUnits");
    hf_json_begin_array(s->b, "results");
    for (guint i = 0; i < list->len; i++) {
        if (hf_report_shows(s->report, list->pdata[i])) {
            write_result(s, list->pdata[i]);
        }
    }
    json_builder_end_array(s->b);
    json_builder_end_object(s->b);
}

static void write_sarif(const HfReport *report, GString *out)
{
    Sarif s = {
        .report = report,
        .b = json_builder_new(),
        .lines = hf_source_lines_new(),
    };

    collect_rules(&s);
    json_builder_begin_object(s.b);
    hf_json_member(s.b, "$schema", SCHEMA);
    hf_json_member(s.b, "version", "2.1.0");
    hf_json_begin_array(s.b, "runs");
    write_run(&s);
    json_builder_end_array(s.b);
    json_builder_end_object(s.b);
    hf_json_finish(s.b, TRUE, out);
    g_ptr_array_unref(s.rules);
    hf_source_lines_free(s.lines);
}

const HfWriter hf_writer_sarif = {
    .name = "sarif",
    .summary = "SARIF 2.1.0, for GitHub and CodeChecker",
    .write = write_sarif,
};
