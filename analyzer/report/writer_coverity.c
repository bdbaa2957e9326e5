/* SPDX-License-Identifier: MIT */
/*
 * writer_coverity.c - Coverity's error text, as csgrep and its family parse
 * it.
 *
 *   Error: CHECKER (CWE-667): [#def1]
 *   path:LINE:COL: event_tag: message
 *   # 2217|-> context
 *   <blank line>
 *
 * The parser finds the key event by tag, from the end: one of the checker's
 * own tags if there is any, else the last event whose tag is neither a step
 * of the path nor an aside.  Tags of other events that would win over the
 * main event are printed as "note".
 */
#include "report/printable.h"
#include "report/source_lines.h"
#include "report/writer.h"

#include <string.h>

enum {
    CONTEXT = 2, /* lines either side of the main event */
};

/* Checkers the parser knows by other tags than the lower-cased name. */
static const struct {
    const char *checker;
    const char *tags[4];
} own_tags[] = {
    {"LOCK", {"double_lock", "double_unlock", "missing_unlock"}},
    {"ORDER_REVERSAL", {"lock_acquire", "lock_order"}},
};

/* Not key events, besides those that start with "example_". */
static const char *const never_key[] = {
    "path",       "cond_true",    "cond_false",     "return",
    "note",       "remediation",  "break",          "continue",
    "goto",       "label",        "loop",           "loop_begin",
    "loop_end",   "for_loop",     "switch",         "switch_case",
    "switch_end", "if_end",       "switch_default", "else_branch",
    "scope_hint", "if_fallthrough", "end_of_path",  "included_from",
};

static const char *const *tags_of(const char *checker)
{
    for (guint i = 0; i < G_N_ELEMENTS(own_tags); i++) {
        if (strcmp(own_tags[i].checker, checker) == 0) {
            return own_tags[i].tags;
        }
    }
    return NULL;
}

static gboolean is_key_tag(const char *checker, const char *tag)
{
    const char *const *tags = tags_of(checker);
    char *lower;
    gboolean same;

    for (guint i = 0; tags && tags[i]; i++) {
        if (strcmp(tags[i], tag) == 0) {
            return TRUE;
        }
    }
    lower = g_ascii_strdown(checker, -1);
    same = !tags && strcmp(lower, tag) == 0;
    g_free(lower);
    return same;
}

static gboolean is_never_key(const char *tag)
{
    if (g_str_has_prefix(tag, "example_")) {
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(never_key); i++) {
        if (strcmp(never_key[i], tag) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The parser's form of names is [A-Za-z][A-Za-z0-9_]+, with - too in tags. */
static char *valid_name(const char *name, char also)
{
    GString *s = g_string_new(name);

    for (gsize i = 0; i < s->len; i++) {
        char c = s->str[i];

        if (!g_ascii_isalnum(c) && c != '_' && c != also) {
            s->str[i] = '_';
        }
    }
    if (s->len < 2 || !g_ascii_isalpha(s->str[0])) {
        g_string_prepend(s, "X_");
    }
    return g_string_free(s, FALSE);
}

/* The tag printed for e, so that the main event is the key event. */
static char *event_tag(const char *checker, const HfTraceEvent *e,
                       gboolean after_main)
{
    char *tag = valid_name(e->tag, '-');
    gboolean others = tags_of(checker) != NULL;
    const char *instead = NULL;

    if (!e->main) {
        if (is_key_tag(checker, tag) ||
            (others && after_main && !is_never_key(tag))) {
            instead = "note";
        }
    } else if (!is_key_tag(checker, tag) && (!others || is_never_key(tag))) {
        instead = checker;
    }
    if (instead) {
        g_free(tag);
        tag = g_ascii_strdown(instead, -1);
    }
    return tag;
}

/* The parser ends a path at the first colon, and takes # for a comment. */
static void write_path(const HfReport *r, const char *file, GString *out)
{
    GString *path = g_string_new(NULL);

    hf_printable_path(path, hf_report_path(r, file));
    if (path->str[0] == '#' || path->str[0] == ' ') {
        g_string_append(out, "./");
    }
    for (const char *p = path->str; *p; p++) {
        if (*p == ':') {
            g_string_append(out, "%3A");
        } else {
            g_string_append_c(out, *p);
        }
    }
    g_string_free(path, TRUE);
}

static void write_event(const HfReport *r, const char *checker,
                        const HfTraceEvent *e, gboolean after_main,
                        GString *out)
{
    gsize start = out->len;
    char *tag = event_tag(checker, e, after_main);

    write_path(r, e->place.file, out);
    if (e->place.line > 0) {
        g_string_append_printf(out, ":%d", e->place.line);
    }
    if (e->place.line > 0 && e->place.col > 0) {
        g_string_append_printf(out, ":%d", e->place.col);
    }
    g_string_append_printf(out, ": %s: ", tag);
    hf_printable_message(out, e->message);
    /* A line like "/file... :12:" is glued to the next one by the parser. */
    if (out->str[start] == '/' && g_str_has_suffix(out->str, ":")) {
        g_string_append_c(out, '.');
    }
    g_string_append_c(out, '\n');
    g_free(tag);
}

static void write_context(HfSourceLines *lines, const HfPlace *p,
                          GString *out)
{
    gsize length;

    if (!hf_source_line(lines, p->file, p->line, &length)) {
        return;
    }
    for (int n = MAX(1, p->line - CONTEXT); n <= p->line + CONTEXT; n++) {
        const char *line = hf_source_line(lines, p->file, n, &length);

        if (!line) {
            break;
        }
        g_string_append_printf(out, "#%5d|%s ", n,
                               n == p->line ? "->" : "  ");
        hf_printable_code(out, line, length, 0, 0);
        g_string_append_c(out, '\n');
    }
}

static void write_finding(const HfReport *r, const HfFinding *f, int number,
                          HfSourceLines *lines, GString *out)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);
    char *checker = valid_name(f->checker, '_');
    gboolean after_main = FALSE;

    g_string_append_printf(out, "Error: %s", checker);
    if (f->cwe > 0) {
        g_string_append_printf(out, " (CWE-%d)", f->cwe);
    }
    g_string_append_printf(out, ": [#def%d]\n", number);
    for (guint i = 0; i < n; i++) {
        write_event(r, checker, &e[i], after_main, out);
        after_main |= e[i].main;
    }
    write_context(lines, hf_report_place(f), out);
    g_string_append_c(out, '\n');
    g_free(checker);
}

static void write_coverity(const HfReport *r, GString *out)
{
    const GPtrArray *list = r->findings->list;
    HfSourceLines *lines = hf_source_lines_new();
    int number = 0;

    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];

        /* A defect without events is an error to the parser. */
        if (hf_report_shows(r, f) && f->events->len) {
            write_finding(r, f, ++number, lines, out);
        }
    }
    hf_source_lines_free(lines);
}

const HfWriter hf_writer_coverity = {
    .name = "coverity",
    .summary = "Coverity error text, for csgrep, csdiff and cshtml",
    .write = write_coverity,
};
