/* SPDX-License-Identifier: MIT */
/* Places in the text of a declaration.  Enough of C's tokens to step over
 * comments, literals and brackets. */
#include "annotate/source.h"

#include <string.h>

static gboolean is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

gboolean hf_text_is_word(const char *text, gsize offset, const char *word)
{
    gsize n = strlen(word);

    return strncmp(text + offset, word, n) == 0 && !is_name(text[offset + n]) &&
           (offset == 0 || !is_name(text[offset - 1]));
}

/* Past a comment or literal that starts at pos, else pos. */
static gsize skip_one(const char *text, gsize pos)
{
    char c = text[pos];

    if (c == '/' && text[pos + 1] == '*') {
        const char *end = strstr(text + pos + 2, "*/");

        return end ? (gsize)(end - text) + 2 : pos + strlen(text + pos);
    }
    if (c == '/' && text[pos + 1] == '/') {
        return pos + strcspn(text + pos, "\n");
    }
    if (c == '"' || c == '\'') {
        for (pos++; text[pos] && text[pos] != c; pos++) {
            pos += text[pos] == '\\' && text[pos + 1];
        }
        return text[pos] ? pos + 1 : pos;
    }
    return pos;
}

gsize hf_text_skip(const char *text, gsize pos)
{
    for (;;) {
        gsize next = pos + strspn(text + pos, " \t\r\n");

        if (text[next] == '/') {
            next = skip_one(text, next);
        }
        if (next == pos) {
            return pos;
        }
        pos = next;
    }
}

gsize hf_text_partner(const char *text, gsize pos)
{
    int depth = 0;

    while (text[pos]) {
        gsize next = skip_one(text, pos);

        if (next != pos) {
            pos = next;
            continue;
        }
        depth += strchr("([{", text[pos]) != NULL;
        depth -= strchr(")]}", text[pos]) != NULL;
        pos++;
        if (!depth) {
            return pos;
        }
    }
    return 0;
}

static gsize skip_word(const char *text, gsize pos)
{
    while (is_name(text[pos])) {
        pos++;
    }
    return pos;
}

static gsize parameters(const char *text, gsize name)
{
    gsize pos = hf_text_skip(text, skip_word(text, name));

    return text[pos] == '(' ? pos : 0;
}

gsize hf_place_after_params(const char *text, gsize name)
{
    gsize pos = parameters(text, name);

    return pos ? hf_text_partner(text, pos) : 0;
}

gsize hf_place_after_member(const char *text, gsize name)
{
    gsize end = skip_word(text, name);
    gsize pos = hf_text_skip(text, end);

    while (text[pos] == '[') {
        end = hf_text_partner(text, pos);
        if (!end) {
            return 0;
        }
        pos = hf_text_skip(text, end);
    }
    if (text[pos] == ':') {
        pos++;
        while (text[pos] && !strchr(";,", text[pos])) {
            pos++;
        }
        end = pos;
    }
    return text[pos] == '(' || text[pos] == ')' ? 0 : end;
}

char *hf_text_param_name(const char *text, gsize name, int param)
{
    gsize pos = parameters(text, name);
    gsize start = 0, end = 0;
    int at = 0;

    if (!pos) {
        return NULL;
    }
    pos++;
    while (text[pos]) {
        gsize next = skip_one(text, pos);

        if (next != pos) {
            pos = next;
        } else if (text[pos] == ',' || text[pos] == ')') {
            if (at == param || text[pos] == ')') {
                break;
            }
            at++;
            start = end = 0;
            pos++;
        } else if (text[pos] == '(' || text[pos] == '[') {
            pos = MAX(hf_text_partner(text, pos), pos + 1);
        } else if (is_name(text[pos])) {
            /* a type comes first: one word alone is no name */
            gboolean second = end > 0;

            end = skip_word(text, pos);
            start = second || start ? pos : 0;
            pos = end;
        } else {
            start = text[pos] == '*' && end ? pos + 1 : start;
            pos++;
        }
    }
    if (at != param || !start || !end || start >= end) {
        return NULL;
    }
    return g_strndup(text + start, end - start);
}

/* ---- bodies -------------------------------------------------------------- */

gsize hf_place_body(const char *text, gsize name)
{
    gsize pos = hf_place_after_params(text, name);

    while (pos && text[pos]) {
        pos = hf_text_skip(text, pos);
        if (text[pos] == '{') {
            return pos;
        }
        if (text[pos] == '(') {
            pos = hf_text_partner(text, pos);
        } else if (is_name(text[pos])) {
            pos = skip_word(text, pos);
        } else {
            return 0;
        }
    }
    return 0;
}

/* Just past the statement's semicolon; 0 when it has none of its own. */
static gsize statement_end(const char *text, gsize pos)
{
    while (text[pos]) {
        gsize next = skip_one(text, pos);

        if (next != pos) {
            pos = next;
        } else if (text[pos] == ';') {
            return pos + 1;
        } else if (strchr("([{", text[pos])) {
            pos = hf_text_partner(text, pos);
            if (!pos) {
                return 0;
            }
        } else if (text[pos] == '}' || text[pos] == '#') {
            return 0;
        } else {
            pos++;
        }
    }
    return 0;
}

static gboolean has_start(const GArray *starts, gsize from, gsize to)
{
    for (guint i = 0; i < starts->len; i++) {
        gsize at = g_array_index(starts, gsize, i);

        if (at >= from && at < to) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_other_declaration(const char *text, gsize pos)
{
    return hf_text_is_word(text, pos, "static") ||
           hf_text_is_word(text, pos, "extern") ||
           hf_text_is_word(text, pos, "typedef");
}

gsize hf_place_after_locals(const char *text, gsize brace,
                            const GArray *starts, gboolean *first)
{
    gsize place = brace + 1;

    *first = TRUE;
    for (;;) {
        gsize pos = hf_text_skip(text, place);
        gsize end = statement_end(text, pos);

        if (!end || (!has_start(starts, pos, end) &&
                     !is_other_declaration(text, pos))) {
            return place;
        }
        /* a loop's or block's own locals are none of the body's */
        if (hf_text_is_word(text, pos, "for") ||
            hf_text_is_word(text, pos, "if") ||
            hf_text_is_word(text, pos, "while") ||
            hf_text_is_word(text, pos, "switch") ||
            hf_text_is_word(text, pos, "do") || text[pos] == '{') {
            return place;
        }
        place = end;
        *first = FALSE;
    }
}
