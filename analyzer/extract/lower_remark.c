/* SPDX-License-Identifier: MIT */
/*
 * lower_remark.c - comments beside declarations that may speak of locks.
 *
 * People write contracts there that no attribute carries: "called with the
 * lock held", "protected by X".  Only words decide here whether a comment is
 * kept; what it means is for stages that know the project's names.
 */
#include "lower_text.h"
#include <string.h>

/* Without one of these, nothing is said of locks, threads or coroutines. */
static const char *const words[] = {
    "lock", "mutex", "held", "hold", "protect", "guard", "thread",
    "coroutine", "outside", "inside", "serial",
};

/* Longer ones are licences and manuals. */
#define MAX_REMARK 4000u

static gboolean has_word(const char *text)
{
    g_autofree char *folded = g_ascii_strdown(text, -1);

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(folded, words[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add(HfLower *u, HfSource *s, const HfRemark *like, guint start,
                guint end)
{
    g_autofree char *text = end - start >= 4 && end - start < MAX_REMARK
                                ? hf_comment_text(s->text + start, end - start)
                                : NULL;
    HfRemark row = *like;

    if (!text || !has_word(text)) {
        return;
    }
    row.loc = hf_loc_at(u, s, start);
    /* Those of one owner are added together; a declaration may be seen more
     * than once. */
    for (guint32 i = hf_facts_count_remarks(u->b); i-- > 1;) {
        const HfRemark *known = hf_facts_at_remarks(u->b, i);

        if (known->owner != row.owner ||
            known->owner_kind != row.owner_kind) {
            break;
        }
        if (known->loc == row.loc) {
            return;
        }
    }
    row.text = hf_facts_string(u->b, text);
    hf_facts_add_remarks(u->b, &row);
}

/* ---- before ------------------------------------------------------------- */

static guint line_start(HfSource *s, guint pos)
{
    while (pos > 0 && s->text[pos - 1] != '\n') {
        pos--;
    }
    return pos;
}

static gboolean blank_between(HfSource *s, guint start, guint end)
{
    for (; start < end; start++) {
        if (!g_ascii_isspace(s->text[start])) {
            return FALSE;
        }
    }
    return TRUE;
}

static guint lines_between(HfSource *s, guint start, guint end)
{
    guint n = 0;

    for (; start < end; start++) {
        n += s->text[start] == '\n';
    }
    return n;
}

/* A line of nothing but a line comment; its start, or the line's end. */
static guint line_comment(HfSource *s, guint line, guint end)
{
    while (line < end && (s->text[line] == ' ' || s->text[line] == '\t')) {
        line++;
    }
    return line + 1 < end && s->text[line] == '/' && s->text[line + 1] == '/'
               ? line : end;
}

/* Line comments one below the other, of which the last ends at end. */
static guint line_comments(HfSource *s, guint end)
{
    guint first = end;

    while (end > 0) {
        guint line = line_start(s, end);
        guint start = line_comment(s, line, end);

        if (start == end) {
            break;
        }
        first = start;
        if (!line) {
            break;
        }
        end = line - 1;
    }
    return first;
}

static void before(HfLower *u, HfSource *s, guint pos, const HfRemark *like)
{
    guint end = pos, start;

    while (end > 0 && g_ascii_isspace(s->text[end - 1])) {
        end--;
    }
    if (lines_between(s, end, pos) > 1) {
        return; /* a heading, not about this one */
    }
    if (end > 3 && s->text[end - 1] == '/' && s->text[end - 2] == '*') {
        const char *open = g_strrstr_len(s->text, end - 2, "/*");

        start = open ? (guint)(open - s->text) : end;
        /* behind code, it speaks of that */
        if (!blank_between(s, line_start(s, start), start)) {
            return;
        }
    } else {
        start = line_comments(s, end);
    }
    add(u, s, like, start, end);
}

/* ---- behind ------------------------------------------------------------- */

static void behind(HfLower *u, const HfDeclText *d, HfRemark row)
{
    HfSource *s = d->source;
    HfLexer l = { s->text, d->end, (guint)s->len, FALSE };
    guint pos, end;
    HfToken t;

    do {
        t = hf_lex(&l);
        if (t.kind == HF_TOKEN_END || hf_token_is(&l, t, '{') ||
            hf_token_is(&l, t, '}')) {
            return;
        }
    } while (!hf_token_is(&l, t, ';') && !hf_token_is(&l, t, ','));
    pos = t.end;
    while (pos < s->len && (s->text[pos] == ' ' || s->text[pos] == '\t')) {
        pos++;
    }
    if (pos + 1 < s->len && s->text[pos] == '/' &&
        (s->text[pos + 1] == '*' || s->text[pos + 1] == '/')) {
        end = hf_comment_end(s, pos);
        row.flags |= HF_REMARK_TRAILING;
        add(u, s, &row, pos, end);
    }
}

void hf_remark(HfLower *u, const HfDeclText *d, HfOwnerKind kind, HfId owner,
               gboolean definition)
{
    HfRemark row = { .owner_kind = kind, .owner = owner };

    if (d->source->is_system) {
        return;
    }
    row.flags = definition && kind == HF_OWNER_SYMBOL
                    ? HF_REMARK_ON_DEFINITION : 0;
    before(u, d->source, d->start, &row);
    behind(u, d, row);
}
