/* SPDX-License-Identifier: MIT */
#include "check/said_unlocked.h"

#include "check/claim_words.h"
#include "check/source_text.h"

#include <string.h>

/* A comment speaks of code that begins so many lines after its last, or that
 * ends so many before its first. */
#define ABOVE 2
#define BELOW 2
/* How many words may lie between those that belong together. */
#define NEAR 6

static const char *const needs[] = {
    "need", "needs", "needed", "necessary", "require", "requires", "required",
    "unnecessary", "needn't", "needless", NULL,
};
static const char *const denials[] = {
    "no", "not", "never", "don't", "doesn't", "isn't", "nor", NULL,
};
static const char *const fine[] = { "safe", "safely", "fine", "ok", "okay",
                                    "harmless", NULL };
static const char *const alone[] = { "concurrency", "concurrent", "thread",
                                     "threads", NULL };
static const char *const doubts[] = {
    "fixme", "xxx", "todo", "hack", "should", "hopefully", "probably",
    "unless", "until", "if", "may", "might", "bug", NULL,
};

static gboolean is_in(const char *word, const char *const *list)
{
    return g_strv_contains(list, word);
}

static gboolean is_lock(const char *word)
{
    return g_str_has_prefix(word, "lock") || g_str_has_suffix(word, "lock") ||
           strstr(word, "mutex") || g_str_has_prefix(word, "synchroni");
}

/* One of the list, or a word for a lock (NULL), from i on. */
static gboolean follows(const HfSentence *s, guint i, guint near,
                        const char *const *list)
{
    for (guint k = i + 1; k < s->n && k <= i + near; k++) {
        if (list ? is_in(s->folded[k], list) : is_lock(s->folded[k])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean precedes(const HfSentence *s, guint i, guint near,
                         const char *const *list)
{
    for (guint k = i; k > 0 && k + near > i; k--) {
        if (list ? is_in(s->folded[k - 1], list)
                 : is_lock(s->folded[k - 1])) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean says_at(const HfSentence *s, guint i)
{
    const char *word = s->folded[i];

    if (is_in(word, needs)) {
        gboolean denied = g_str_has_prefix(word, "unn") ||
                          strcmp(word, "needn't") == 0 ||
                          strcmp(word, "needless") == 0 ||
                          precedes(s, i, 3, denials);

        return denied && (follows(s, i, NEAR, NULL) ||
                          precedes(s, i, NEAR, NULL));
    }
    if (strcmp(word, "without") == 0) {
        return follows(s, i, 3, NULL) &&
               (precedes(s, i, NEAR, fine) || follows(s, i, NEAR, fine));
    }
    return (strcmp(word, "no") == 0 && follows(s, i, 2, alone)) ||
           strcmp(word, "single-threaded") == 0;
}

static gboolean sentence_says(const HfSentence *s)
{
    gboolean says = FALSE;

    for (guint i = 0; i < s->n; i++) {
        if (is_in(s->folded[i], doubts)) {
            return FALSE;
        }
        says |= says_at(s, i);
    }
    return says;
}

static gboolean comment_says(const char *text, gsize len)
{
    g_autofree char *plain = g_strndup(text, len);
    GPtrArray *sentences;
    gboolean says = FALSE;

    for (char *p = plain; *p; p++) {
        if (*p == '*' || (*p == '/' && (p == plain || p[1] == '/' ||
                                        g_ascii_isspace(p[-1])))) {
            *p = ' ';
        }
    }
    sentences = hf_sentences(plain);
    for (guint i = 0; i < sentences->len; i++) {
        says |= sentence_says(g_ptr_array_index(sentences, i));
    }
    g_ptr_array_unref(sentences);
    return says;
}

/* Just past the string or character constant at p. */
static const char *skip_quoted(const char *p, const char *end)
{
    char quote = *p++;

    while (p < end && *p != quote && *p != '\n') {
        p += *p == '\\' ? 2 : 1;
    }
    return MIN(p + 1, end);
}

/* Just past the comment at p; further ones of a line each, in the lines that
 * follow, belong to it. */
static const char *skip_comment(const char *p, const char *end)
{
    if (p[1] == '*') {
        const char *close = g_strstr_len(p + 2, end - p - 2, "*/");

        return close ? close + 2 : end;
    }
    for (;;) {
        const char *line = memchr(p, '\n', end - p);
        const char *next = line;

        while (next && next < end && g_ascii_isspace(*next)) {
            next++;
        }
        if (!next || next + 1 >= end || next[0] != '/' || next[1] != '/') {
            return line ? line : end;
        }
        p = next;
    }
}

static gboolean is_beside(const HfSourceText *s, const HfPlace *at,
                          const char *from, const char *to)
{
    int first = hf_source_text_line(s, from - s->text);
    int last = hf_source_text_line(s, to - 1 - s->text);

    return (last <= at->line && last + ABOVE >= at->line) ||
           (first >= at->line && first <= at->line + BELOW);
}

gboolean hf_said_unlocked(const HfPlace *at)
{
    HfSourceText *s = hf_source_text_load(at->file);
    const char *end, *p;
    gboolean says = FALSE;

    if (!s) {
        return FALSE;
    }
    end = s->text + s->len;
    for (p = s->text; p < end && !says;) {
        if (*p == '"' || *p == '\'') {
            p = skip_quoted(p, end);
        } else if (*p == '/' && p + 1 < end && (p[1] == '*' || p[1] == '/')) {
            const char *from = p;

            p = skip_comment(p, end);
            says = is_beside(s, at, from, p) &&
                   comment_says(from, p - from);
        } else {
            p++;
        }
    }
    hf_source_text_free(s);
    return says;
}
