/* SPDX-License-Identifier: MIT */
#include "report/mark.h"

#include <string.h>

static const char intentional[] = "Intentional";
static const char false_positive[] = "False Positive";
static const char bug[] = "Bug";

/* The verbs of "holdfast:" and of "codechecker_". */
static const struct {
    const char *verb;
    const char *verdict;
    gboolean suppress;
    gboolean codechecker_only;
} verbs[] = {
    {"intentional", intentional, TRUE, FALSE},
    {"false_positive", false_positive, TRUE, FALSE},
    {"confirmed", bug, FALSE, FALSE},
    {"suppress", false_positive, TRUE, TRUE},
};

void hf_directive_free(HfDirective *d)
{
    if (d) {
        g_strfreev(d->names);
        g_free(d->names_text);
        g_free(d->reason);
        g_free(d);
    }
}

static void free_directive(void *p)
{
    hf_directive_free(p);
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* "a, b" -> {"a", "b"}; empty names are left out. */
static char **split_names(const char *text)
{
    char **parts = g_strsplit(text, ",", -1);
    guint n = 0;

    for (guint i = 0; parts[i]; i++) {
        char *name = g_strstrip(parts[i]);

        if (name[0]) {
            parts[n++] = name;
        } else {
            g_free(parts[i]);
        }
    }
    parts[n] = NULL;
    return parts;
}

static HfDirective *add_directive(GPtrArray *to, HfDirectiveKind kind,
                                  const char *names, gsize n)
{
    HfDirective *d = g_new0(HfDirective, 1);

    d->kind = kind;
    d->suppress = TRUE;
    d->verdict = intentional;
    d->names_text = g_strstrip(g_strndup(names, n));
    d->names = split_names(d->names_text);
    g_ptr_array_add(to, d);
    return d;
}

/* The rest of a comment on one line, without the marks of a box comment. */
static char *reason_text(const char *text, gsize n)
{
    GString *s = g_string_new(NULL);

    for (gsize i = 0; i < n; i++) {
        gboolean space = g_ascii_isspace(text[i]);

        if (!space) {
            g_string_append_c(s, text[i]);
        } else if (s->len && s->str[s->len - 1] != ' ') {
            g_string_append_c(s, ' ');
        }
        if (text[i] == '\n') { /* " * " or "// " of the next line */
            while (i + 1 < n && strchr(" \t*/", text[i + 1])) {
                i++;
            }
        }
    }
    g_strchomp(s->str);
    return g_string_free(s, FALSE);
}

/* p after "(" or "[": the length up to the closing one, or -1. */
static gssize bracket_length(const char *p, char close)
{
    const char *end = strchr(p, close);

    return end ? end - p : -1;
}

/* ---- holdfast: verb(CHECKER) reason -------------------------------------- */

static int find_verb(const char *p, gsize n, gboolean codechecker)
{
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (strlen(verbs[i].verb) == n && strncmp(p, verbs[i].verb, n) == 0 &&
            (codechecker || !verbs[i].codechecker_only)) {
            return (int)i;
        }
    }
    return -1;
}

static void parse_own(const char *p, GPtrArray *to, const char **problem)
{
    gsize word = 0;
    gssize inside;
    int verb;
    HfDirective *d;

    p += strspn(p, " \t");
    while (is_word(p[word])) {
        word++;
    }
    verb = find_verb(p, word, FALSE);
    if (verb < 0) {
        *problem = "expected intentional, false_positive or confirmed after "
                   "\"holdfast:\"";
        return;
    }
    p += word;
    p += strspn(p, " \t");
    inside = *p == '(' ? bracket_length(p + 1, ')') : -1;
    if (inside < 0) {
        *problem = "expected a checker in parentheses, as in "
                   "intentional(MISSING_LOCK)";
        return;
    }
    d = add_directive(to, HF_DIRECTIVE_LINE, p + 1, (gsize)inside);
    d->ours = TRUE;
    d->verdict = verbs[verb].verdict;
    d->suppress = verbs[verb].suppress;
    p += inside + 2;
    d->reason = reason_text(p, strlen(p));
    if (!d->names[0]) {
        *problem = "names no checker";
    } else if (!d->reason[0]) {
        *problem = "gives no reason";
    }
}

/* ---- codechecker_verb [CHECKER] reason ----------------------------------- */

static void parse_codechecker(const char *p, GPtrArray *to)
{
    const char *next = strstr(p, "codechecker_");
    const char *end = next ? next : p + strlen(p);
    gsize word = 0;
    gssize inside;
    int verb;
    HfDirective *d;

    while (is_word(p[word])) {
        word++;
    }
    verb = find_verb(p, word, TRUE);
    p += word;
    p += strspn(p, " \t\r\n");
    inside = verb >= 0 && *p == '[' ? bracket_length(p + 1, ']') : -1;
    if (inside < 0 || p + inside + 2 > end) {
        return;
    }
    d = add_directive(to, HF_DIRECTIVE_LINE, p + 1, (gsize)inside);
    d->verdict = verbs[verb].verdict;
    d->suppress = verbs[verb].suppress;
    p += inside + 2;
    d->reason = reason_text(p, (gsize)(end - p));
}

/* ---- coverity[tag] ------------------------------------------------------- */

static void parse_coverity(const char *p, GPtrArray *to)
{
    gssize inside = bracket_length(p, ']');
    gsize tag = 0;
    HfDirective *d;
    const char *rest;

    if (inside < 0 || *p == '+' || *p == '-') { /* annotates a function */
        return;
    }
    while (tag < (gsize)inside && p[tag] != ':') {
        tag++;
    }
    rest = p + tag + (p[tag] == ':' ? 1 : 0);
    rest += strspn(rest, " ");
    d = add_directive(to, HF_DIRECTIVE_EVENT, p, tag);
    if (g_ascii_strncasecmp(rest, "FALSE", 5) == 0) {
        d->verdict = false_positive;
    }
    p += inside + 1;
    d->reason = reason_text(p, strlen(p));
}

/* ---- NOLINT(holdfast-CHECKER) -------------------------------------------- */

static void parse_nolint(const char *p, GPtrArray *to)
{
    static const struct {
        const char *suffix;
        HfDirectiveKind kind;
    } forms[] = {
        {"NEXTLINE", HF_DIRECTIVE_NEXT},
        {"BEGIN", HF_DIRECTIVE_BEGIN},
        {"END", HF_DIRECTIVE_END},
        {"", HF_DIRECTIVE_LINE},
    };
    guint form = 0;
    gssize inside;
    HfDirective *d;
    guint n = 0;

    while (!g_str_has_prefix(p, forms[form].suffix)) {
        form++;
    }
    p += strlen(forms[form].suffix);
    inside = *p == '(' ? bracket_length(p + 1, ')') : -1;
    if (inside < 0) {
        return;
    }
    d = add_directive(to, forms[form].kind, p + 1, (gsize)inside);
    d->patterns = TRUE;
    p += inside + 2;
    p += strspn(p, " :-");
    d->reason = reason_text(p, strlen(p));
    for (guint i = 0; d->names[i]; i++) {
        if (g_ascii_strncasecmp(d->names[i], "holdfast", 8) == 0) {
            n++;
        }
    }
    d->ours = n > 0;
    if (!n) { /* for another tool */
        g_ptr_array_set_size(to, (int)to->len - 1);
    }
}

/* ---- the comment --------------------------------------------------------- */

static gboolean starts_word(const char *text, const char *p, const char *word)
{
    return g_str_has_prefix(p, word) && (p == text || !is_word(p[-1]));
}

GPtrArray *hf_mark_parse(const char *text, const char **problem)
{
    GPtrArray *to = g_ptr_array_new_with_free_func(free_directive);
    const char *start = text + strspn(text, " \t\r\n*/!");

    *problem = NULL;
    if (g_str_has_prefix(start, "holdfast:")) {
        parse_own(start + strlen("holdfast:"), to, problem);
        return to;
    }
    for (const char *p = text; *p; p++) {
        if (starts_word(text, p, "NOLINT")) {
            parse_nolint(p + strlen("NOLINT"), to);
        } else if (starts_word(text, p, "coverity[")) {
            parse_coverity(p + strlen("coverity["), to);
        } else if (starts_word(text, p, "codechecker_")) {
            parse_codechecker(p + strlen("codechecker_"), to);
        }
    }
    return to;
}

/* ---- matching ------------------------------------------------------------ */

/* "holdfast-MISSING_LOCK" and "holdfast-missing-lock" are one. */
static char *fold(const char *name)
{
    return g_strdelimit(g_ascii_strdown(name, -1), "_", '-');
}

/* * stands for anything.  By hand, because GLib's asserts valid UTF-8. */
static gboolean glob(const char *pattern, const char *name)
{
    const char *star = NULL;
    const char *retry = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) { /* let the last star take one more */
            pattern = star + 1;
            name = ++retry;
        } else {
            return FALSE;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return !*pattern;
}

static gboolean matches_pattern(const char *pattern, const HfFinding *f)
{
    char *folded = fold(pattern);
    char *prefixed = g_strconcat("holdfast-", f->checker, NULL);
    char *checker = fold(prefixed);
    gboolean match = g_str_has_prefix(folded, "holdfast") &&
                     glob(folded, checker);

    g_free(checker);
    g_free(prefixed);
    g_free(folded);
    return match;
}

static gboolean matches_name(const char *name, const HfFinding *f)
{
    gsize n = strlen(f->checker);

    if (strcmp(name, "all") == 0) {
        return TRUE;
    }
    if (g_ascii_strncasecmp(name, "holdfast-", 9) == 0 ||
        g_ascii_strncasecmp(name, "holdfast.", 9) == 0) {
        name += 9;
    }
    if (strncmp(name, f->checker, n) != 0) {
        return FALSE;
    }
    return !name[n] ||
           (name[n] == '/' && strcmp(name + n + 1, f->subcategory) == 0);
}

gboolean hf_directive_names_checker(const HfDirective *d, const HfFinding *f)
{
    for (guint i = 0; d->names[i]; i++) {
        if (d->patterns ? matches_pattern(d->names[i], f)
                        : matches_name(d->names[i], f)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_directive_names_event(const HfDirective *d, const HfFinding *f,
                                  const HfTraceEvent *e)
{
    for (guint i = 0; d->names[i]; i++) {
        if (strcmp(d->names[i], e->tag) == 0 ||
            (e->main && g_ascii_strcasecmp(d->names[i], f->checker) == 0)) {
            return TRUE;
        }
    }
    return FALSE;
}
