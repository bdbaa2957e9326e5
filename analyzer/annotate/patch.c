/* SPDX-License-Identifier: MIT */
/*
 * Edits of many proposals to one text a file, as a unified diff or written
 * in place.
 */
#define _GNU_SOURCE
#include "annotate/annotate.h"

#include <string.h>

#define CONTEXT 3

static gint by_offset(gconstpointer a, gconstpointer b)
{
    const HfEdit *l = *(HfEdit *const *)a;
    const HfEdit *r = *(HfEdit *const *)b;
    int d = strcmp(l->file, r->file);

    if (d) {
        return d;
    }
    if (l->offset != r->offset) {
        return l->offset < r->offset ? -1 : 1;
    }
    return strcmp(l->text, r->text);
}

/* Of all chosen proposals, by file and place, each once. */
static GPtrArray *collect(const HfProposals *p, gboolean all)
{
    GPtrArray *out = g_ptr_array_new();

    for (guint i = 0; i < p->list->len; i++) {
        const HfProposal *x = g_ptr_array_index(p->list, i);

        for (guint k = 0; (all || x->sure) && k < x->edits->len; k++) {
            g_ptr_array_add(out, g_ptr_array_index(x->edits, k));
        }
    }
    g_ptr_array_sort(out, by_offset);
    for (guint i = 1; i < out->len;) {
        if (by_offset(&out->pdata[i - 1], &out->pdata[i]) == 0) {
            g_ptr_array_remove_index(out, i);
        } else {
            i++;
        }
    }
    return out;
}

static char *edited(const char *text, GPtrArray *edits, guint first, guint n)
{
    GString *out = g_string_new(NULL);
    gsize at = 0;

    for (guint i = first; i < first + n; i++) {
        const HfEdit *e = g_ptr_array_index(edits, i);

        g_string_append_len(out, text + at, (gssize)(e->offset - at));
        g_string_append(out, e->text);
        at = e->offset;
    }
    g_string_append(out, text + at);
    return g_string_free(out, FALSE);
}

/* Calls fn for each file with what it is and what it becomes. */
typedef gboolean (*FileFn)(const char *file, const char *old, const char *new,
                           gpointer data, GError **error);

static gboolean each_file(const HfProposals *p, gboolean all, FileFn fn,
                          gpointer data, GError **error)
{
    g_autoptr(GPtrArray) edits = collect(p, all);
    guint first = 0;

    while (first < edits->len) {
        const char *file = ((HfEdit *)g_ptr_array_index(edits, first))->file;
        g_autofree char *old = NULL;
        g_autofree char *new = NULL;
        guint n = 0;

        while (first + n < edits->len &&
               strcmp(((HfEdit *)g_ptr_array_index(edits, first + n))->file,
                      file) == 0) {
            n++;
        }
        if (!g_file_get_contents(file, &old, NULL, error)) {
            return FALSE;
        }
        new = edited(old, edits, first, n);
        if (!fn(file, old, new, data, error)) {
            return FALSE;
        }
        first += n;
    }
    return TRUE;
}

/* ---- diff ---------------------------------------------------------------- */

typedef struct {
    char **lines;
    guint n;
    gboolean open; /* the last has no newline */
} Lines;

static Lines split(const char *text)
{
    Lines l = { g_strsplit(text, "\n", -1), 0, FALSE };

    l.n = g_strv_length(l.lines);
    if (l.n && !*l.lines[l.n - 1]) {
        l.n--;
    } else {
        l.open = l.n > 0;
    }
    return l;
}

/* Only insertions were made, so the next line that both have in common is
 * never far in the new text. */
typedef struct {
    guint old, new;     /* first lines that differ */
    guint n_old, n_new; /* how many */
} Change;

static guint resync(const Lines *a, guint i, const Lines *b, guint k,
                    guint *skip_old)
{
    for (guint d = 1; d < 400; d++) {
        for (guint x = 0; x <= d; x++) {
            guint y = d - x;

            if (i + x < a->n && k + y < b->n &&
                strcmp(a->lines[i + x], b->lines[k + y]) == 0 &&
                (i + x + 1 >= a->n || k + y + 1 >= b->n ||
                 strcmp(a->lines[i + x + 1], b->lines[k + y + 1]) == 0 ||
                 x + y <= 2)) {
                *skip_old = x;
                return y;
            }
        }
    }
    *skip_old = a->n - i;
    return b->n - k;
}

static GArray *changes(const Lines *a, const Lines *b)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(Change));
    guint i = 0, k = 0;

    while (i < a->n || k < b->n) {
        Change c = { i, k, 0, 0 };

        if (i < a->n && k < b->n && strcmp(a->lines[i], b->lines[k]) == 0) {
            i++;
            k++;
            continue;
        }
        c.n_new = resync(a, i, b, k, &c.n_old);
        i += c.n_old;
        k += c.n_new;
        g_array_append_val(out, c);
    }
    return out;
}

static void add_lines(GString *out, char mark, const Lines *l, guint from,
                      guint to)
{
    for (guint i = from; i < to; i++) {
        g_string_append_printf(out, "%c%s\n", mark, l->lines[i]);
        if (l->open && i + 1 == l->n) {
            g_string_append(out, "\\ No newline at end of file\n");
        }
    }
}

/* Changes first..last are near enough to share their context. */
static void add_hunk(GString *out, const Lines *a, const Lines *b,
                     const GArray *list, guint first, guint last)
{
    const Change *f = &g_array_index(list, Change, first);
    const Change *l = &g_array_index(list, Change, last);
    guint before = MIN(CONTEXT, f->old);
    guint end = MIN(l->old + l->n_old + CONTEXT, a->n);
    guint after = end - l->old - l->n_old;
    guint from = f->old - before, at = from;
    guint n_old = end - from;
    guint n_new = l->new + l->n_new + after - (f->new - before);

    g_string_append_printf(out, "@@ -%u,%u +%u,%u @@\n",
                           n_old ? from + 1 : from, n_old,
                           f->new - before + 1, n_new);
    for (guint i = first; i <= last; i++) {
        const Change *c = &g_array_index(list, Change, i);

        add_lines(out, ' ', a, at, c->old);
        add_lines(out, '-', a, c->old, c->old + c->n_old);
        add_lines(out, '+', b, c->new, c->new + c->n_new);
        at = c->old + c->n_old;
    }
    add_lines(out, ' ', a, at, end);
}

typedef struct {
    const char *root;
    GString *out;
} Diff;

static gboolean diff_file(const char *file, const char *old, const char *new,
                          gpointer data, GError **error)
{
    Diff *d = data;
    size_t n = strlen(d->root);
    const char *name = strncmp(file, d->root, n) == 0 && file[n] == '/'
                           ? file + n + 1 : file;
    Lines a = split(old), b = split(new);
    GArray *list = changes(&a, &b);

    if (list->len) {
        g_string_append_printf(d->out, "--- a/%s\n+++ b/%s\n", name, name);
    }
    for (guint first = 0; first < list->len;) {
        guint last = first;

        while (last + 1 < list->len) {
            const Change *c = &g_array_index(list, Change, last);

            if (g_array_index(list, Change, last + 1).old >
                c->old + c->n_old + 2 * CONTEXT) {
                break;
            }
            last++;
        }
        add_hunk(d->out, &a, &b, list, first, last);
        first = last + 1;
    }
    g_array_unref(list);
    g_strfreev(a.lines);
    g_strfreev(b.lines);
    return TRUE;
}

gboolean hf_annotate_patch(const HfProposals *p, gboolean all,
                           const char *root, GString *out, GError **error)
{
    return each_file(p, all, diff_file, &(Diff){ root, out }, error);
}

static gboolean write_file(const char *file, const char *old, const char *new,
                           gpointer data, GError **error)
{
    guint *n = data;

    ++*n;
    return g_file_set_contents(file, new, -1, error);
}

gboolean hf_annotate_apply(const HfProposals *p, gboolean all, guint *n_files,
                           GError **error)
{
    *n_files = 0;
    return each_file(p, all, write_file, n_files, error);
}
