/* SPDX-License-Identifier: MIT */
/*
 * lower_comment.c - comments people write to say that a finding is known.
 */
#define _GNU_SOURCE
#include "lower_text.h"
#include <string.h>

static const char *const tags[] = {
    "holdfast:",
    "coverity[",
    "codechecker_suppress",
    "codechecker_false_positive",
    "codechecker_intentional",
    "codechecker_confirmed",
    "NOLINT",
};

static gboolean mentions_tag(const char *text, gsize len)
{
    for (guint i = 0; i < G_N_ELEMENTS(tags); i++) {
        if (memmem(text, len, tags[i], strlen(tags[i]))) {
            return TRUE;
        }
    }
    return FALSE;
}

char *hf_comment_text(const char *text, gsize len)
{
    g_autofree char *inside = NULL;
    g_auto(GStrv) lines = NULL;
    gsize n = len - 2;

    if (text[1] == '*' && len >= 4) {
        n -= 2;
    }
    inside = g_strndup(text + 2, n);
    lines = g_strsplit(inside, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        char *start = lines[i];

        while (g_ascii_isspace(*start) || *start == '*' || *start == '/' ||
               *start == '!') {
            start++;
        }
        memmove(lines[i], start, strlen(start) + 1);
        g_strchomp(lines[i]);
    }
    g_free(inside);
    inside = g_strjoinv(" ", lines);
    return g_strdup(g_strstrip(inside));
}

static gboolean code_before(HfSource *s, guint start)
{
    while (start > 0 && s->text[start - 1] != '\n') {
        if (!g_ascii_isspace(s->text[start - 1])) {
            return TRUE;
        }
        start--;
    }
    return FALSE;
}

static guint applies_to(HfSource *s, guint start, guint end, const char *text)
{
    HfLexer l = { s->text, end, (guint)s->len, FALSE };
    guint line, col, here;
    HfToken t;

    hf_source_lexer_line(s, start, &here, &col);
    if (strstr(text, "NOLINTNEXTLINE")) {
        hf_source_lexer_line(s, end, &line, &col);
        return line + 1;
    }
    if (code_before(s, start) || strstr(text, "NOLINT")) {
        return here;
    }
    t = hf_lex(&l);
    if (t.kind == HF_TOKEN_END) {
        return here;
    }
    hf_source_lexer_line(s, t.start, &line, &col);
    return line;
}

static void add_comment(HfLower *u, HfSource *s, guint start, guint end)
{
    g_autofree char *text = hf_comment_text(s->text + start, end - start);
    HfComment row = { 0 };

    row.loc = hf_loc_at(u, s, start);
    row.applies_line = applies_to(s, start, end, text);
    row.text = hf_facts_string(u->b, text);
    hf_facts_add_comments(u->b, &row);
}

guint hf_comment_end(HfSource *s, guint pos)
{
    const char *end = s->text[pos + 1] == '*'
                          ? g_strstr_len(s->text + pos + 2,
                                         (gssize)(s->len - pos - 2), "*/")
                          : memchr(s->text + pos, '\n', s->len - pos);

    if (!end) {
        return (guint)s->len;
    }
    return (guint)(end - s->text) + (s->text[pos + 1] == '*' ? 2 : 0);
}

static guint literal_end(HfSource *s, guint pos)
{
    char quote = s->text[pos++];

    while (pos < s->len && s->text[pos] != quote && s->text[pos] != '\n') {
        pos += s->text[pos] == '\\' ? 2 : 1;
    }
    return (guint)MIN(pos + 1, s->len);
}

static void scan_file(HfLower *u, HfSource *s)
{
    guint pos = 0;

    if (!mentions_tag(s->text, s->len)) {
        return;
    }
    while (pos + 1 < s->len) {
        char c = s->text[pos];
        char next = s->text[pos + 1];

        if (c == '/' && (next == '*' || next == '/')) {
            guint end = hf_comment_end(s, pos);

            if (mentions_tag(s->text + pos, end - pos)) {
                add_comment(u, s, pos, end);
            }
            pos = end;
        } else if (c == '"' || c == '\'') {
            pos = literal_end(s, pos);
        } else {
            pos++;
        }
    }
}

static gint source_order(gconstpointer a, gconstpointer b)
{
    const HfSource *l = *(HfSource *const *)a;
    const HfSource *r = *(HfSource *const *)b;

    if (l->is_main != r->is_main) {
        return l->is_main ? -1 : 1;
    }
    return strcmp(l->path, r->path);
}

void hf_lower_comments(HfLower *u)
{
    g_ptr_array_sort(u->sources, source_order);
    for (guint i = 0; i < u->sources->len; i++) {
        HfSource *s = g_ptr_array_index(u->sources, i);

        if (s->is_main || s->lowered) {
            scan_file(u, s);
        }
    }
}
