/* SPDX-License-Identifier: MIT */
/*
 * lower_text.c - marker macros and macros kept as one call, found in text.
 *
 * A macro that expands to nothing, or to a loop that never runs, leaves
 * nothing behind that libclang would show without its preprocessing record,
 * and that record is incomplete once precompiled headers are in play.  So
 * the few places that matter are read again: the text around a declarator
 * and, once, the text of each body.
 */
#include "lower_text.h"
#include <string.h>

/* ---- bodies ------------------------------------------------------------- */

typedef struct {
    HfLower *u;
    HfSource *s;
    HfLexer lexer;
    HfId symbol;
    GArray *sites;
} Scan;

static void add_marker(Scan *scan, HfToken t)
{
    HfAnnot annot = { .owner_kind = HF_OWNER_SYMBOL,
                      .owner = scan->symbol,
                      .flags = HF_ANNOT_MARKER | HF_ANNOT_IN_BODY };
    g_autofree char *text = g_strdup_printf(
        "macro:%.*s", (int)(t.end - t.start), scan->s->text + t.start);

    annot.text = hf_facts_string(scan->u->b, text);
    annot.loc = hf_loc_at(scan->u, scan->s, t.start);
    hf_facts_add_annots(scan->u->b, &annot);
}

static void add_site(Scan *scan, HfToken name)
{
    HfLexer ahead = scan->lexer;
    HfToken t = hf_lex(&ahead);
    HfMacroSite site = { .start = name.start };

    if (!hf_token_is(&ahead, t, '(')) {
        return;
    }
    t = hf_lex_partner(&ahead, t);
    if (t.kind != HF_TOKEN_END) {
        site.end = t.end;
        g_array_append_val(scan->sites, site);
    }
}

static gboolean ends_statement(const Scan *scan, HfToken t)
{
    const char *text = scan->s->text + t.start;

    if (t.kind == HF_TOKEN_NAME) {
        return t.end - t.start == 4 && !strncmp(text, "else", 4);
    }
    return t.kind == HF_TOKEN_PUNCT && strchr(";{}:)", *text);
}

void hf_scan_body(HfLower *u, HfSource *s, guint start, guint end,
                  HfId symbol, GArray *sites)
{
    Scan scan = { u, s, { s->text, start, end, FALSE }, symbol, sites };
    HfToken before = { HF_TOKEN_END, 0, 0 };
    HfToken t;

    if (hf_name_set_is_empty(&u->markers) &&
        hf_name_set_is_empty(&u->macro_calls)) {
        return;
    }
    while ((t = hf_lex(&scan.lexer)).kind != HF_TOKEN_END) {
        if (t.kind == HF_TOKEN_NAME) {
            const char *name = s->text + t.start;

            if (hf_name_set_has(&u->macro_calls, name, t.end - t.start)) {
                add_site(&scan, t);
            }
            if (hf_name_set_has(&u->markers, name, t.end - t.start) &&
                ends_statement(&scan, before)) {
                add_marker(&scan, t);
            }
        }
        before = t;
    }
}

void hf_macro_arguments(HfSource *s, const HfMacroSite *site, GArray *out)
{
    HfLexer l = { s->text, site->start, site->end, FALSE };
    HfTextRange r = { 0, 0 };
    guint first = out->len;
    int depth = 0;
    HfToken t;

    hf_lex(&l); /* the name */
    hf_lex(&l); /* ( */
    while ((t = hf_lex(&l)).kind != HF_TOKEN_END) {
        char c = t.kind == HF_TOKEN_PUNCT ? s->text[t.start] : 0;

        if (!depth && (c == ',' || c == ')')) {
            g_array_append_val(out, r);
            r = (HfTextRange){ 0, 0 };
            continue;
        }
        depth += c == '(' || c == '[' || c == '{';
        depth -= c == ')' || c == ']' || c == '}';
        r.start = r.end ? r.start : t.start;
        r.end = t.end;
    }
    if (out->len == first + 1 &&
        !g_array_index(out, HfTextRange, first).end) {
        g_array_set_size(out, first); /* M() has none */
    }
}

/* ---- declarations ------------------------------------------------------- */

/* Start of a line comment on the line that ends at pos, or pos. */
static guint before_line_comment(HfSource *s, guint line, guint pos)
{
    HfLexer l = { s->text, line, pos, TRUE };
    guint at = line;

    while (at < pos) {
        char c = s->text[at];

        if (c == '"' || c == '\'') {
            l.pos = at;
            at = hf_lex(&l).end;
        } else if (c == '/' && at + 1 < pos && s->text[at + 1] == '/') {
            return at;
        } else {
            at++;
        }
    }
    return pos;
}

static guint line_start(HfSource *s, guint pos)
{
    while (pos > 0 && s->text[pos - 1] != '\n') {
        pos--;
    }
    return pos;
}

static gboolean is_directive_line(HfSource *s, guint line)
{
    while (line > 1 && s->text[line - 2] == '\\') {
        line = line_start(s, line - 1);
    }
    while (line < s->len && (s->text[line] == ' ' || s->text[line] == '\t')) {
        line++;
    }
    return line < s->len && s->text[line] == '#';
}

/* One step back over white space and comments; FALSE at a directive. */
static gboolean skip_back(HfSource *s, guint *pos)
{
    while (*pos > 0) {
        char c = s->text[*pos - 1];

        if (c == '\n') {
            guint line = line_start(s, *pos - 1);

            if (is_directive_line(s, line)) {
                return FALSE;
            }
            *pos = before_line_comment(s, line, *pos - 1);
        } else if (g_ascii_isspace(c)) {
            (*pos)--;
        } else if (c == '/' && *pos > 3 && s->text[*pos - 2] == '*') {
            const char *open = g_strrstr_len(s->text, *pos - 2, "/*");

            if (!open) {
                return FALSE;
            }
            *pos = (guint)(open - s->text);
        } else {
            return TRUE;
        }
    }
    return FALSE;
}

static guint partner_back(HfSource *s, guint pos)
{
    int depth = 0;

    do {
        char c = s->text[--pos];

        depth += c == ')' ? 1 : c == '(' ? -1 : 0;
    } while (pos > 0 && depth > 0);
    return pos;
}

/* What an empty macro in front of a declaration left out of its extent. */
static guint reach_back(HfSource *s, guint pos)
{
    guint start = pos;

    while (skip_back(s, &pos)) {
        char c = s->text[pos - 1];

        if (g_ascii_isalnum(c) || c == '_') {
            while (pos > 0 && (g_ascii_isalnum(s->text[pos - 1]) ||
                               s->text[pos - 1] == '_')) {
                pos--;
            }
        } else if (c == ')') {
            pos = partner_back(s, pos);
        } else {
            break;
        }
        start = pos;
    }
    return start;
}

gboolean hf_decl_text(HfLower *u, CXCursor decl, HfDeclText *out)
{
    CXSourceRange extent = clang_getCursorExtent(decl);
    CXSourceLocation name = clang_getCursorLocation(decl);
    guint start, end, spelled;
    HfSource *s = hf_expansion(u, name, &out->name);

    if (!s || hf_spelling(u, name, &spelled) != s || spelled != out->name ||
        hf_expansion(u, clang_getRangeStart(extent), &start) != s ||
        hf_expansion(u, clang_getRangeEnd(extent), &end) != s ||
        start > out->name || out->name >= s->len) {
        return FALSE;
    }
    out->source = s;
    out->start = reach_back(s, start);
    out->end = MAX(end, out->name);
    return TRUE;
}

/* Names before the declarator's, except in brackets closed before it. */
static void markers_before(HfLower *u, const HfDeclText *d, GArray *out)
{
    const char *text = d->source->text;
    HfLexer l = { text, d->start, d->name, FALSE };
    guint kept[32];
    guint depth = 0;
    HfToken t;

    while ((t = hf_lex(&l)).kind != HF_TOKEN_END) {
        if (hf_token_is(&l, t, '(') && depth < G_N_ELEMENTS(kept)) {
            kept[depth++] = out->len;
        } else if (hf_token_is(&l, t, ')') && depth) {
            g_array_set_size(out, kept[--depth]);
        } else if (t.kind == HF_TOKEN_NAME &&
                   hf_name_set_has(&u->markers, text + t.start,
                                   t.end - t.start)) {
            g_array_append_val(out, t.start);
        }
    }
}

static void markers_after(HfLower *u, const HfDeclText *d, GArray *out)
{
    HfSource *s = d->source;
    HfLexer l = { s->text, d->name, (guint)s->len, FALSE };
    HfToken t = hf_lex(&l);

    while ((t = hf_lex(&l)).kind != HF_TOKEN_END) {
        if (hf_token_is(&l, t, '(') || hf_token_is(&l, t, '[')) {
            hf_lex_partner(&l, t);
        } else if (t.kind == HF_TOKEN_NAME) {
            if (hf_name_set_has(&u->markers, s->text + t.start,
                                t.end - t.start)) {
                g_array_append_val(out, t.start);
            }
        } else if (!hf_token_is(&l, t, ')')) {
            return; /* ; , = { and whatever else does not belong */
        }
    }
}

void hf_decl_markers(HfLower *u, const HfDeclText *d, GArray *out)
{
    if (!hf_name_set_is_empty(&u->markers)) {
        markers_before(u, d, out);
        markers_after(u, d, out);
    }
}
