/* SPDX-License-Identifier: MIT */
/*
 * coverity_parser.h - a strict reader of Coverity's error text for the tests.
 *
 * It follows the rules csgrep parses by, and adds strictness: what csgrep
 * would take for the continuation of a message is an error here, because we
 * print each message on one line.
 */
#ifndef COVERITY_PARSER_H
#define COVERITY_PARSER_H

#include "fixture.h"

typedef struct {
    char *path;
    int line;
    int col;
    char *tag; /* "#" for a comment, whose text is the message */
    char *message;
} CovEvent;

typedef struct {
    char *checker;
    int cwe;
    GPtrArray *events; /* CovEvent*, comments too */
    int key;           /* index of the key event */
} CovDefect;

static void cov_event_free(void *p)
{
    CovEvent *e = p;

    g_free(e->path);
    g_free(e->tag);
    g_free(e->message);
    g_free(e);
}

static void cov_defect_free(void *p)
{
    CovDefect *d = p;

    g_free(d->checker);
    g_ptr_array_unref(d->events);
    g_free(d);
}

/* Checkers whose key events have other tags, as csgrep knows them. */
static gboolean cov_is_key_tag(const char *checker, const char *tag)
{
    char *lower;
    gboolean same;

    if (strcmp(checker, "LOCK") == 0) {
        return strcmp(tag, "double_lock") == 0 ||
               strcmp(tag, "double_unlock") == 0;
    }
    if (strcmp(checker, "ORDER_REVERSAL") == 0) {
        return strcmp(tag, "lock_acquire") == 0;
    }
    lower = g_ascii_strdown(checker, -1);
    same = strcmp(lower, tag) == 0;
    g_free(lower);
    return same;
}

static gboolean cov_never_key(const char *tag)
{
    static const char *const tags[] = {
        "example_access", "example_lock", "example_assign", "note",
        "remediation",    "scope_hint",   "path",           "cond_true",
        "cond_false",     "return",       "loop",           "loop_begin",
        "loop_end",       "break",        "continue",       "goto",
        "label",          "switch",       "switch_case",    "if_end",
    };

    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (strcmp(tags[i], tag) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* From the end: a tag of the checker, else one that is no step or aside. */
static int cov_guess_key(const CovDefect *d)
{
    for (int pass = 0; pass < 3; pass++) {
        for (int i = (int)d->events->len - 1; i >= 0; i--) {
            const CovEvent *e = d->events->pdata[i];

            if (strcmp(e->tag, "#") == 0) {
                continue;
            }
            if (pass == 0 ? cov_is_key_tag(d->checker, e->tag)
                          : pass == 1 ? !cov_never_key(e->tag) : TRUE) {
                return i;
            }
        }
    }
    return -1;
}

static char *cov_group(GMatchInfo *m, int group)
{
    char *s = g_match_info_fetch(m, group);

    return s ? s : g_strdup("");
}

static int cov_number(GMatchInfo *m, int group)
{
    char *s = cov_group(m, group);
    int n = (int)g_ascii_strtoll(s, NULL, 10);

    g_free(s);
    return n;
}

static gboolean cov_match(const char *pattern, const char *line,
                          GMatchInfo **m)
{
    GRegex *re = g_regex_new(pattern, G_REGEX_RAW, 0, NULL);
    gboolean found = g_regex_match(re, line, 0, m);

    g_regex_unref(re);
    return found;
}

/* A line that begins with a path and ends like one is joined to the next.
 * csgrep looks closer at the end; we never need to print such a line. */
static gboolean cov_is_joined(const char *line)
{
    return (line[0] == '/' || g_str_has_prefix(line, "path:")) &&
           g_str_has_suffix(line, ":");
}

#define COV_CHECKER                                                   \
    "^Error: *([A-Za-z][0-9A-Za-z_.]+)( *\\(CWE-([0-9]+)\\))? *:"     \
    "(?: \\[#def[0-9]+\\])?$"
static CovDefect *cov_new_defect(GMatchInfo *m)
{
    CovDefect *d = g_new0(CovDefect, 1);

    d->checker = cov_group(m, 1);
    d->cwe = cov_number(m, 3);
    d->events = g_ptr_array_new_with_free_func(cov_event_free);
    return d;
}

/* ":12" or nothing */
static const char *cov_digits(const char *p, int *number)
{
    char *end;

    *number = 0;
    if (p[0] != ':' || !g_ascii_isdigit(p[1])) {
        return p;
    }
    *number = (int)g_ascii_strtoll(p + 1, &end, 10);
    return end;
}

/* path[:line][:col]: tag: message - by hand, because lines may be longer than
 * a regular expression takes. */
static gboolean cov_add_event(CovDefect *d, const char *line)
{
    CovEvent *e = g_new0(CovEvent, 1);
    gsize n = strcspn(line, ":");
    const char *p = line + n;
    gsize tag = 0;

    g_ptr_array_add(d->events, e);
    e->path = g_strndup(line, n);
    p = cov_digits(p, &e->line);
    p = cov_digits(p, &e->col);
    if (n == 0 || !g_str_has_prefix(p, ": ")) {
        return FALSE;
    }
    p += 2;
    while (g_ascii_isalnum(p[tag]) || p[tag] == '_' || p[tag] == '-') {
        tag++;
    }
    e->tag = g_strndup(p, tag);
    e->message = g_strdup(g_str_has_prefix(p + tag, ": ") ? p + tag + 2 : "");
    return tag >= 2 && g_ascii_isalpha(p[0]) &&
           g_str_has_prefix(p + tag, ": ");
}

static void cov_add_comment(CovDefect *d, const char *line)
{
    CovEvent *e = g_new0(CovEvent, 1);

    e->tag = g_strdup("#");
    e->message = g_strdup(line + 1);
    g_ptr_array_add(d->events, e);
}

/* One line of a defect or between defects. */
static void cov_parse_line(GPtrArray *defects, gboolean *open,
                           const char *line, guint number)
{
    CovDefect *last = *open ? defects->pdata[defects->len - 1] : NULL;
    GMatchInfo *m = NULL;

    if (cov_is_joined(line)) {
        fail_msg("line %u would be joined to the next: %s", number, line);
    }
    if (!line[0]) {
        *open = FALSE;
    } else if (g_str_has_prefix(line, "Error:") &&
               cov_match(COV_CHECKER, line, &m)) {
        g_ptr_array_add(defects, cov_new_defect(m));
        *open = TRUE;
    } else if (line[0] == '#' && last) {
        cov_add_comment(last, line);
    } else if (!last || !cov_add_event(last, line)) {
        fail_msg("line %u is no event: %s", number, line);
    }
    g_match_info_free(m);
}

static GPtrArray *cov_parse(const char *text)
{
    GPtrArray *defects = g_ptr_array_new_with_free_func(cov_defect_free);
    char **lines = g_strsplit(text, "\n", -1);
    gboolean open = FALSE;

    /* By these the format is recognised. */
    if (text[0] && text[0] != '#' && !g_str_has_prefix(text, "Er")) {
        fail_msg("starts with neither Er nor #: %.20s", text);
    }
    for (guint i = 0; lines[i]; i++) {
        cov_parse_line(defects, &open, lines[i], i + 1);
    }
    for (guint i = 0; i < defects->len; i++) {
        CovDefect *d = defects->pdata[i];

        d->key = cov_guess_key(d);
        if (d->key < 0) {
            fail_msg("defect %u has no key event", i);
        }
    }
    g_strfreev(lines);
    return defects;
}

#endif
