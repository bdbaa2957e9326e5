/* SPDX-License-Identifier: MIT */
#include "report/printable.h"

#include <string.h>

enum {
    TAB_STOP = 8,
    LONG_LINE = 200, /* bytes shown of a line that is longer */
    BEFORE_CARET = 80,
};

static gboolean is_invisible(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Appends the character at p and returns the next; *width counts columns. */
static const char *append_char(GString *out, const char *p, const char *end,
                               int *width)
{
    gunichar c = g_utf8_get_char_validated(p, end - p);
    gsize before = out->len;
    const char *next;

    if (c == (gunichar)-1 || c == (gunichar)-2) { /* not UTF-8, or NUL */
        g_string_append_printf(out, "\\x%02x", (unsigned char)*p);
        *width += 4;
        return p + 1;
    }
    next = g_utf8_next_char(p);
    if (!is_invisible(c)) {
        g_string_append_len(out, p, next - p);
        *width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        return next;
    }
    g_string_append_printf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
    *width += (int)(out->len - before);
    return next;
}

void hf_printable_message(GString *out, const char *text)
{
    const char *end = text ? text + strlen(text) : NULL;
    int width = 0;

    for (const char *p = text; p && p < end;) {
        if (g_ascii_isspace(*p)) {
            g_string_append_c(out, ' ');
            p++;
        } else {
            p = append_char(out, p, end, &width);
        }
    }
}

void hf_printable_path(GString *out, const char *path)
{
    const char *end = path ? path + strlen(path) : NULL;
    int width = 0;

    for (const char *p = path; p && p < end;) {
        p = append_char(out, p, end, &width);
    }
}

/* Moves p, if it is inside a UTF-8 sequence, to the byte that starts it. */
static gsize char_start(const char *line, gsize p)
{
    for (int i = 0; i < 3 && p > 0 && (line[p] & 0xc0) == 0x80; i++) {
        p--;
    }
    return p;
}

HfMarked hf_printable_code(GString *out, const char *line, gsize length,
                           int col, int end_col)
{
    HfMarked m = {.caret = -1, .width = 1};
    gsize caret = col > 0 ? (gsize)col - 1 : 0;
    gsize mark_end = end_col > col && col > 0 ? (gsize)end_col - 1 : caret + 1;
    gsize from = 0;
    gsize to = length;
    int width = 0;

    if (length > LONG_LINE) {
        from = caret < length && caret > LONG_LINE - BEFORE_CARET
                   ? char_start(line, caret - BEFORE_CARET)
                   : 0;
        to = MIN(length, from + LONG_LINE);
        to = to < length ? char_start(line, to) : to;
    }
    if (from > 0) {
        g_string_append(out, "...");
        width = 3;
    }
    for (const char *p = line + from, *end = line + to; p < end;) {
        gsize at = (gsize)(p - line);

        if (col > 0 && at <= caret) {
            m.caret = width;
        }
        if (*p == '\t') {
            int blanks = TAB_STOP - width % TAB_STOP;

            g_string_append_printf(out, "%*s", blanks, "");
            width += blanks;
            p++;
        } else {
            p = append_char(out, p, end, &width);
        }
        if (m.caret >= 0 && at < mark_end) {
            m.width = MAX(1, width - m.caret);
        }
    }
    if (to < length) {
        g_string_append(out, "...");
    }
    if (col > 0 && caret >= length) { /* at the end of the line, or stale */
        m.caret = caret == length ? width : -1;
        m.width = 1;
    }
    return m;
}
