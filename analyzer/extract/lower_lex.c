/* SPDX-License-Identifier: MIT */
#include "lower_text.h"
#include <string.h>

static gboolean is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (guchar)c >= 0x80;
}

static guint skip_comment(const HfLexer *l, guint pos)
{
    if (l->text[pos + 1] == '/') {
        while (pos < l->end && l->text[pos] != '\n') {
            pos += l->text[pos] == '\\' && pos + 1 < l->end ? 2 : 1;
        }
        return MIN(pos, l->end);
    }
    for (pos += 2; pos + 1 < l->end; pos++) {
        if (l->text[pos] == '*' && l->text[pos + 1] == '/') {
            return pos + 2;
        }
    }
    return l->end;
}

/* To the newline that ends the directive at pos. */
static guint skip_line(const HfLexer *l, guint pos)
{
    while (pos < l->end && l->text[pos] != '\n') {
        if (l->text[pos] == '/' && pos + 1 < l->end &&
            l->text[pos + 1] == '*') {
            pos = skip_comment(l, pos);
        } else {
            pos += l->text[pos] == '\\' && pos + 1 < l->end ? 2 : 1;
        }
    }
    return MIN(pos, l->end);
}

static gboolean directive_is(const HfLexer *l, guint pos, const char *word)
{
    gsize len = strlen(word);

    for (pos++; pos < l->end && g_ascii_isspace(l->text[pos]); pos++) {
    }
    return l->end - pos > len && !strncmp(l->text + pos, word, len) &&
           !is_name_char(l->text[pos + len]);
}

static guint next_line_start(const HfLexer *l, guint pos)
{
    pos = skip_line(l, pos);
    for (; pos < l->end && g_ascii_isspace(l->text[pos]); pos++) {
    }
    return pos;
}

/* pos is at the '#' of "#if 0": to the directive that ends the group. */
static guint skip_dead_group(const HfLexer *l, guint pos)
{
    guint depth = 0;

    for (pos = next_line_start(l, pos); pos < l->end;
         pos = next_line_start(l, pos)) {
        if (l->text[pos] != '#') {
            continue;
        }
        if (directive_is(l, pos, "if") || directive_is(l, pos, "ifdef") ||
            directive_is(l, pos, "ifndef")) {
            depth++;
        } else if (depth && directive_is(l, pos, "endif")) {
            depth--;
        } else if (!depth && (directive_is(l, pos, "endif") ||
                              directive_is(l, pos, "else") ||
                              directive_is(l, pos, "elif"))) {
            return skip_line(l, pos);
        }
    }
    return pos;
}

static gboolean starts_line(const HfLexer *l, guint pos)
{
    while (pos > 0 && (l->text[pos - 1] == ' ' || l->text[pos - 1] == '\t')) {
        pos--;
    }
    return pos == 0 || l->text[pos - 1] == '\n';
}

static guint skip_directive(const HfLexer *l, guint pos)
{
    guint p = pos + 1;

    if (directive_is(l, pos, "if")) {
        for (; p < l->end && !g_ascii_isdigit(l->text[p]) &&
               l->text[p] != '\n'; p++) {
            if (!g_ascii_isspace(l->text[p]) && l->text[p] != 'i' &&
                l->text[p] != 'f') {
                return skip_line(l, pos);
            }
        }
        if (p + 1 < l->end && l->text[p] == '0' &&
            g_ascii_isspace(l->text[p + 1])) {
            return skip_dead_group(l, pos);
        }
    }
    return skip_line(l, pos);
}

static void skip_space(HfLexer *l)
{
    while (l->pos < l->end) {
        char c = l->text[l->pos];
        char next = l->pos + 1 < l->end ? l->text[l->pos + 1] : 0;

        if (g_ascii_isspace(c)) {
            l->pos++;
        } else if (c == '\\' && (next == '\n' || next == '\r')) {
            l->pos += 2;
        } else if (c == '/' && (next == '*' || next == '/')) {
            l->pos = skip_comment(l, l->pos);
        } else if (c == '#' && !l->keep_directives &&
                   starts_line(l, l->pos)) {
            l->pos = skip_directive(l, l->pos);
        } else {
            return;
        }
    }
}

static guint skip_literal(const HfLexer *l, guint pos)
{
    char quote = l->text[pos++];

    while (pos < l->end && l->text[pos] != quote && l->text[pos] != '\n') {
        pos += l->text[pos] == '\\' && pos + 1 < l->end ? 2 : 1;
    }
    return MIN(pos + 1, l->end);
}

HfToken hf_lex(HfLexer *l)
{
    HfToken t = { HF_TOKEN_END, 0, 0 };
    char c;

    skip_space(l);
    t.start = t.end = l->pos;
    if (l->pos >= l->end) {
        return t;
    }
    c = l->text[l->pos];
    if (g_ascii_isdigit(c)) {
        t.kind = HF_TOKEN_NUMBER;
        while (l->pos < l->end && (is_name_char(l->text[l->pos]) ||
                                   l->text[l->pos] == '.')) {
            l->pos++;
        }
    } else if (is_name_char(c)) {
        t.kind = HF_TOKEN_NAME;
        while (l->pos < l->end && is_name_char(l->text[l->pos])) {
            l->pos++;
        }
    } else if (c == '"' || c == '\'') {
        t.kind = HF_TOKEN_LITERAL;
        l->pos = skip_literal(l, l->pos);
    } else {
        t.kind = HF_TOKEN_PUNCT;
        l->pos++;
    }
    t.end = l->pos;
    return t;
}

gboolean hf_token_is(const HfLexer *l, HfToken t, char c)
{
    return t.kind == HF_TOKEN_PUNCT && l->text[t.start] == c;
}

HfToken hf_lex_partner(HfLexer *l, HfToken t)
{
    char open = l->text[t.start];
    char close = open == '(' ? ')' : open == '[' ? ']' : '}';
    int depth = 1;

    while (depth && (t = hf_lex(l)).kind != HF_TOKEN_END) {
        if (hf_token_is(l, t, open)) {
            depth++;
        } else if (hf_token_is(l, t, close)) {
            depth--;
        }
    }
    return t;
}
