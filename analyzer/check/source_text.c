/* SPDX-License-Identifier: MIT */
#include "check/source_text.h"

#include <string.h>

#define TOO_LARGE (8u << 20)
#define CONTEXT 3

HfSourceText *hf_source_text_load(const char *file)
{
    HfSourceText *s;
    gsize start = 0;
    char *text;
    gsize len;

    if (!g_file_test(file, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(file, &text, &len, NULL)) {
        return NULL;
    }
    if (len > TOO_LARGE || memchr(text, 0, len)) {
        g_free(text);
        return NULL;
    }
    s = g_new0(HfSourceText, 1);
    s->text = text;
    s->len = len;
    s->lines = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_array_append_val(s->lines, start);
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '\n') {
            start = i + 1;
            g_array_append_val(s->lines, start);
        }
    }
    return s;
}

void hf_source_text_free(HfSourceText *s)
{
    if (s) {
        g_array_unref(s->lines);
        g_free(s->text);
        g_free(s);
    }
}

gsize hf_source_text_at(const HfSourceText *s, int line, int col)
{
    gsize at;

    if (line < 1 || (guint)line > s->lines->len || col < 1) {
        return G_MAXSIZE;
    }
    at = g_array_index(s->lines, gsize, line - 1) + col - 1;
    return at < s->len ? at : G_MAXSIZE;
}

int hf_source_text_line(const HfSourceText *s, gsize offset)
{
    guint lo = 0, hi = s->lines->len;

    while (hi - lo > 1) {
        guint mid = (lo + hi) / 2;

        if (g_array_index(s->lines, gsize, mid) <= offset) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return lo + 1;
}

/* ---- statements --------------------------------------------------------- */

/* Behind a comment, a string or a character that starts at i; i itself when
 * none does. */
static gsize skip(const HfSourceText *s, gsize i)
{
    char c = s->text[i], next = i + 1 < s->len ? s->text[i + 1] : 0;
    const char *end;

    if (c == '/' && next == '*') {
        end = g_strstr_len(s->text + i + 2, s->len - i - 2, "*/");
        return end ? (gsize)(end - s->text) + 2 : s->len;
    }
    if (c == '/' && next == '/') {
        end = memchr(s->text + i, '\n', s->len - i);
        return end ? (gsize)(end - s->text) : s->len;
    }
    if (c != '"' && c != '\'') {
        return i;
    }
    for (gsize k = i + 1; k < s->len; k++) {
        if (s->text[k] == '\\') {
            k++;
        } else if (s->text[k] == c) {
            return k + 1;
        }
    }
    return s->len;
}

typedef struct {
    gsize start, end;
    gboolean body, directive;
} Scan;

/* Finds the pieces between `;`, `{` and `}` up to the one that holds offset. */
static gboolean scan(const HfSourceText *s, gsize from, gsize offset,
                     Scan *out)
{
    gsize start = from;
    int parens = 0;

    *out = (Scan){ 0 };
    for (gsize i = from; i < s->len;) {
        gsize next = skip(s, i);
        char c = s->text[i];

        if (next != i) {
            i = next;
            continue;
        }
        out->directive |= c == '#' && parens == 0;
        parens += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (parens <= 0 && (c == ';' || c == '{' || c == '}')) {
            if (i >= offset) {
                out->start = start;
                out->end = i + 1;
                out->body = c == '{';
                return c != '}';
            }
            parens = 0;
            start = i + 1;
            out->directive = FALSE;
        }
        i++;
    }
    return FALSE;
}

static gsize skip_blanks(const HfSourceText *s, gsize i, gsize end)
{
    while (i < end) {
        gsize next = g_ascii_isspace(s->text[i]) ? i + 1
                     : s->text[i] == '/' ? skip(s, i) : i;

        if (next == i) {
            break;
        }
        i = next;
    }
    return i;
}

static gboolean starts_with(const HfSourceText *s, gsize at, const char *word)
{
    gsize n = strlen(word);

    return at + n < s->len && strncmp(s->text + at, word, n) == 0 &&
           !g_ascii_isalnum(s->text[at + n]) && s->text[at + n] != '_';
}

/* Behind the parenthesis that closes the one at or behind i. */
static gsize behind_parens(const HfSourceText *s, gsize i, gsize end)
{
    int depth = 0;

    while (i < end) {
        gsize next = skip(s, i);

        if (next != i) {
            i = next;
            continue;
        }
        if (s->text[i] == '(') {
            depth++;
        } else if (s->text[i] == ')' && --depth == 0) {
            return i + 1;
        }
        i++;
    }
    return end;
}

/* MACRO(...) statement; */
static gboolean runs_a_statement(const HfSourceText *s, gsize i, gsize end)
{
    gsize start = i;

    while (i < end && (g_ascii_isalnum(s->text[i]) || s->text[i] == '_')) {
        i++;
    }
    if (i == start || s->text[i] != '(' || starts_with(s, start, "if")) {
        return FALSE;
    }
    i = skip_blanks(s, behind_parens(s, i, end), end);
    return i < end && (g_ascii_isalpha(s->text[i]) || s->text[i] == '_');
}

static gboolean refuse(const char **why, const char *text)
{
    *why = text;
    return FALSE;
}

gboolean hf_source_statement(const HfSourceText *s, gsize from, gsize offset,
                             HfStatement *out, const char **why)
{
    static const char *const loops[] = { "while", "for", "do", "switch",
                                         "else", "case", "default" };
    Scan piece;
    gsize i;

    if (!scan(s, from, offset, &piece)) {
        return refuse(why, "its statement was not found");
    }
    if (piece.directive) {
        return refuse(why, "preprocessor directives are in between");
    }
    i = skip_blanks(s, piece.start, piece.end);
    for (guint k = 0; k < G_N_ELEMENTS(loops); k++) {
        if (starts_with(s, i, loops[k])) {
            return refuse(why, "it is part of a loop, an else or a switch");
        }
    }
    if (starts_with(s, i, "if")) {
        gsize close = behind_parens(s, i, piece.end);

        if (offset >= close) {
            return refuse(why, "it stands in a branch without braces");
        }
        piece.end = piece.body ? piece.end : close;
        piece.body = TRUE;
    } else if (piece.body) {
        return refuse(why, "it is part of a loop or an initialiser");
    }
    if (runs_a_statement(s, i, piece.end)) {
        return refuse(why, "it stands behind a macro, in a branch without "
                      "braces");
    }
    for (gsize k = i; k < piece.end &&
                      (g_ascii_isalnum(s->text[k]) || s->text[k] == '_' ||
                       s->text[k] == ' ' || s->text[k] == ':'); k++) {
        if (s->text[k] == ':') {
            return refuse(why, "a label is in front of it");
        }
    }
    *out = (HfStatement){ i, piece.end, piece.body };
    return TRUE;
}

gboolean hf_source_call(const HfSourceText *s, gsize offset, char **name,
                        char **args)
{
    gsize i = offset, end, open;

    while (i > 0 && g_ascii_isspace(s->text[i - 1])) {
        i--;
    }
    if (i > 0 && !strchr(";{}/", s->text[i - 1])) {
        return FALSE; /* its result is used, or something is in front */
    }
    for (open = offset; open < s->len && (g_ascii_isalnum(s->text[open]) ||
                                          s->text[open] == '_');
         open++) {
    }
    if (open == offset || open >= s->len || s->text[open] != '(') {
        return FALSE;
    }
    end = behind_parens(s, open, s->len);
    if (end >= s->len || s->text[end] != ';') {
        return FALSE;
    }
    *name = g_strndup(s->text + offset, open - offset);
    *args = g_strndup(s->text + open + 1, end - open - 2);
    return TRUE;
}

/* ---- diffs -------------------------------------------------------------- */

static void add_lines(const HfSourceText *s, GString *out, int from, int to,
                      char mark)
{
    for (int l = MAX(from, 1); l <= to && (guint)l <= s->lines->len; l++) {
        gsize start = g_array_index(s->lines, gsize, l - 1);
        const char *end = memchr(s->text + start, '\n', s->len - start);
        gsize n = end ? (gsize)(end - s->text) - start : s->len - start;

        if (start >= s->len) {
            break;
        }
        g_string_append_c(out, mark);
        g_string_append_len(out, s->text + start, n);
        g_string_append_c(out, '\n');
    }
}

static int last_line(const HfSourceText *s)
{
    return s->len && s->text[s->len - 1] == '\n' ? (int)s->lines->len - 1
                                                 : (int)s->lines->len;
}

static char *line_text(const HfSourceText *s, int line)
{
    gsize start = g_array_index(s->lines, gsize, line - 1);
    const char *end = memchr(s->text + start, '\n', s->len - start);

    return g_strndup(s->text + start,
                     end ? (gsize)(end - s->text) - start : s->len - start);
}

static gboolean comes_later(char **lines, int from, int n, const char *text)
{
    for (int i = from; i < n; i++) {
        if (strcmp(lines[i], text) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Old lines that are among the new ones stay. */
static void add_changes(const HfSourceText *s, GString *out, int first,
                        int last, char **lines, int n)
{
    int k = 0;

    for (int l = first; l <= last; l++) {
        g_autofree char *old = line_text(s, l);

        if (!comes_later(lines, k, n, old)) {
            g_string_append_printf(out, "-%s\n", old);
            continue;
        }
        for (; strcmp(lines[k], old) != 0; k++) {
            g_string_append_printf(out, "+%s\n", lines[k]);
        }
        g_string_append_printf(out, " %s\n", lines[k++]);
    }
    for (; k < n; k++) {
        g_string_append_printf(out, "+%s\n", lines[k]);
    }
}

char *hf_source_diff(const HfSourceText *s, const char *path, int first,
                     int last, const char *replacement)
{
    int from = MAX(first - CONTEXT, 1);
    int to = MIN(last + CONTEXT, last_line(s));
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(replacement, "\n", -1);
    int n = (int)g_strv_length(lines);

    n -= n && !*lines[n - 1];
    g_string_append_printf(out, "--- a/%s\n+++ b/%s\n@@ -%d,%d +%d,%d @@\n",
                           path, path, from, to - from + 1, from,
                           to - from + 1 - (last - first + 1) + n);
    add_lines(s, out, from, first - 1, ' ');
    add_changes(s, out, first, last, lines, n);
    add_lines(s, out, last + 1, to, ' ');
    return g_string_free(out, FALSE);
}
