/* SPDX-License-Identifier: MIT */
#include "text.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    HfNames *names;
    const char *p, *end;
    HfText *out;
    GHashTable *seen;
    gboolean leading;    /* nothing but includes so far */
    uint32_t guard;      /* macro of a leading #ifndef */
    gboolean line_start; /* only blanks since the last newline */
    uint32_t macro;      /* NAME when behind #define NAME */
} Scan;

static gboolean is_ident(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (c & 0x80);
}

/* A backslash at the end of a line joins it with the next. */
static gsize splice(const Scan *s)
{
    if (*s->p != '\\' || s->p + 1 >= s->end) {
        return 0;
    }
    if (s->p[1] == '\n') {
        return 2;
    }
    return s->p[1] == '\r' && s->p + 2 < s->end && s->p[2] == '\n' ? 3 : 0;
}

static void skip_line_comment(Scan *s)
{
    while (s->p < s->end && *s->p != '\n') {
        gsize n = splice(s);

        s->p += n ? n : 1;
    }
}

static void skip_block_comment(Scan *s)
{
    const char *close = NULL;

    s->p += 2;
    for (const char *q = s->p; !close && q + 1 < s->end; q++) {
        if (q[0] == '*' && q[1] == '/') {
            close = q + 2;
        }
    }
    s->p = close ? close : s->end;
}

/* TRUE when there was a comment. */
static gboolean skip_comment(Scan *s)
{
    if (*s->p != '/' || s->p + 1 >= s->end) {
        return FALSE;
    }
    if (s->p[1] == '/') {
        skip_line_comment(s);
        return TRUE;
    }
    if (s->p[1] == '*') {
        skip_block_comment(s);
        return TRUE;
    }
    return FALSE;
}

/* Ends at the newline too: an apostrophe in inactive text opens nothing. */
static void skip_literal(Scan *s)
{
    char quote = *s->p++;

    while (s->p < s->end && *s->p != quote && *s->p != '\n') {
        s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
    }
    if (s->p < s->end && *s->p == quote) {
        s->p++;
    }
}

/* Blanks and comments, not over the end of the line. */
static void skip_blanks(Scan *s)
{
    while (s->p < s->end) {
        gsize n = splice(s);

        if (n) {
            s->p += n;
        } else if (*s->p == ' ' || *s->p == '\t') {
            s->p++;
        } else if (!skip_comment(s)) {
            return;
        }
    }
}

static gsize ident_length(const Scan *s)
{
    const char *q = s->p;

    if (q < s->end && g_ascii_isdigit(*q)) {
        return 0;
    }
    while (q < s->end && is_ident(*q)) {
        q++;
    }
    return q - s->p;
}

static void mention(Scan *s, const char *name, gsize len)
{
    uint32_t id = hf_names_intern(s->names, name, len);
    HfTextBody body = { s->macro, id };

    if (s->macro) {
        g_array_append_val(s->out->bodies, body);
    } else if (g_hash_table_add(s->seen, GUINT_TO_POINTER(id))) {
        g_array_append_val(s->out->mentioned, id);
    }
}

static void add_item(Scan *s, HfTextKind kind, const char *name, gsize len,
                     gboolean angled)
{
    HfTextItem item = { kind, hf_names_intern(s->names, name, len), angled };

    g_array_append_val(s->out->items, item);
    if (kind == HF_TEXT_DEFINE || kind == HF_TEXT_UNDEF) {
        g_array_append_val(s->out->defined, item.name);
    }
}

static void stop_leading(Scan *s)
{
    s->leading = FALSE;
}

static void include(Scan *s)
{
    char close = *s->p == '<' ? '>' : '"';
    const char *start = s->p + 1;
    const char *q = start;

    if (*s->p != '<' && *s->p != '"') {
        add_item(s, HF_TEXT_COMPUTED, "", 0, FALSE);
        stop_leading(s);
        return;
    }
    while (q < s->end && *q != close && *q != '\n') {
        q++;
    }
    add_item(s, HF_TEXT_INCLUDE, start, q - start, close == '>');
    if (s->leading) {
        s->out->n_leading = s->out->items->len;
    }
    s->p = q < s->end && *q == close ? q + 1 : q;
}

static void define(Scan *s, HfTextKind kind)
{
    gsize len = ident_length(s);
    uint32_t name;

    if (!len) {
        return;
    }
    name = hf_names_intern(s->names, s->p, len);
    if (!s->guard || s->guard != name || s->out->items->len) {
        stop_leading(s);
    }
    if (s->leading) {
        s->guard = 0; /* the guard itself: not an item */
        s->out->guarded = TRUE;
    } else {
        add_item(s, kind, s->p, len, FALSE);
    }
    s->p += len;
    s->macro = name;
}

static gboolean is_word(const char *p, gsize len, const char *word)
{
    return len == strlen(word) && !memcmp(p, word, len);
}

/* At the '#'.  Leaves the rest of the line to be read as tokens. */
static void directive(Scan *s)
{
    const char *word;
    gsize len;

    s->p++;
    skip_blanks(s);
    word = s->p;
    len = ident_length(s);
    s->p += len;
    skip_blanks(s);
    if (s->p >= s->end) {
        return;
    }
    if (is_word(word, len, "include") || is_word(word, len, "include_next") ||
        is_word(word, len, "import")) {
        include(s);
    } else if (is_word(word, len, "define")) {
        define(s, HF_TEXT_DEFINE);
    } else if (is_word(word, len, "undef")) {
        define(s, HF_TEXT_UNDEF);
    } else if (is_word(word, len, "ifndef") && s->leading && !s->guard &&
               !s->out->items->len) {
        len = ident_length(s);
        s->guard = hf_names_intern(s->names, s->p, len);
        s->p += len;
    } else if (is_word(word, len, "pragma") &&
               is_word(s->p, ident_length(s), "once")) {
        s->out->guarded = TRUE;
        skip_line_comment(s); /* the rest of the line, as if it were one */
    } else {
        stop_leading(s);
        if (is_word(word, len, "error") || is_word(word, len, "warning") ||
            is_word(word, len, "pragma")) {
            skip_line_comment(s);
        }
    }
}

static void token(Scan *s)
{
    gsize len = ident_length(s);

    if (len) {
        stop_leading(s);
        mention(s, s->p, len);
        s->p += len;
    } else if (*s->p == '"' || *s->p == '\'') {
        stop_leading(s);
        skip_literal(s);
    } else if (g_ascii_isdigit(*s->p)) {
        stop_leading(s);
        while (s->p < s->end && (is_ident(*s->p) || *s->p == '.')) {
            s->p++;
        }
    } else {
        s->p++;
    }
}

static void scan_all(Scan *s, gboolean head_only)
{
    while (s->p < s->end && (s->leading || !head_only)) {
        gsize n = splice(s);

        if (n) {
            s->p += n;
        } else if (*s->p == '\n') {
            s->line_start = TRUE;
            s->macro = 0;
            s->p++;
        } else if (g_ascii_isspace(*s->p)) {
            s->p++;
        } else if (skip_comment(s)) {
            continue;
        } else if (*s->p == '#' && s->line_start) {
            s->line_start = FALSE;
            directive(s);
        } else {
            s->line_start = FALSE;
            token(s);
        }
    }
}

static gint id_cmp(gconstpointer a, gconstpointer b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static HfText *scan_text(HfNames *names, const char *text, gsize len,
                         gboolean head_only)
{
    HfText *out = g_new0(HfText, 1);
    Scan s = { names, text, text + len, out,
               g_hash_table_new(NULL, NULL), TRUE, 0, TRUE, 0 };

    out->items = g_array_new(FALSE, FALSE, sizeof(HfTextItem));
    out->mentioned = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    out->defined = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    out->bodies = g_array_new(FALSE, FALSE, sizeof(HfTextBody));
    scan_all(&s, head_only);
    g_hash_table_unref(s.seen);
    g_array_sort(out->mentioned, id_cmp);
    g_array_sort(out->defined, id_cmp);
    return out;
}

HfText *hf_text_scan(HfNames *names, const char *text, gsize len)
{
    return scan_text(names, text, len, FALSE);
}

HfText *hf_text_scan_head(HfNames *names, const char *text, gsize len)
{
    return scan_text(names, text, len, TRUE);
}

HfText *hf_text_read(HfNames *names, const char *path)
{
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents(path, &text, &len, NULL)) {
        return NULL;
    }
    return hf_text_scan(names, text, len);
}

void hf_text_free(HfText *text)
{
    if (!text) {
        return;
    }
    g_array_unref(text->items);
    g_array_unref(text->mentioned);
    g_array_unref(text->defined);
    g_array_unref(text->bodies);
    g_free(text);
}

static gboolean has(const GArray *sorted, uint32_t name)
{
    /* an empty array has no data to search */
    return sorted->len && bsearch(&name, sorted->data, sorted->len,
                                  sizeof(uint32_t), id_cmp);
}

gboolean hf_text_mentions(const HfText *text, uint32_t name)
{
    return has(text->mentioned, name);
}

gboolean hf_text_defines(const HfText *text, uint32_t name)
{
    return has(text->defined, name);
}

GHashTable *hf_text_bodies_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL,
                                 (GDestroyNotify)g_array_unref);
}

void hf_text_bodies_add(GHashTable *bodies, const HfText *text)
{
    for (guint i = 0; i < text->bodies->len; i++) {
        HfTextBody *body = &g_array_index(text->bodies, HfTextBody, i);
        gpointer key = GUINT_TO_POINTER(body->macro);
        GArray *names = g_hash_table_lookup(bodies, key);

        if (!names) {
            names = g_array_new(FALSE, FALSE, sizeof(uint32_t));
            g_hash_table_insert(bodies, key, names);
        }
        g_array_append_val(names, body->name);
    }
}
