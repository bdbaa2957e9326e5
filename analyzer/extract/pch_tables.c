/* SPDX-License-Identifier: MIT */
#include "pch_tables.h"
#include <string.h>

static guint64 *row(HfPchTables *t, guint64 *bits, guint i)
{
    return bits + (gsize)i * t->words;
}

/*
 * Headers include one another in circles (and let their guards sort it out),
 * so this runs until nothing changes.
 */
static void find_closures(HfPchTables *t)
{
    const GArray *edges = t->pch->edges;
    gboolean changed = TRUE;

    for (guint i = 0; i < t->n; i++) {
        hf_bit_set(row(t, t->closure, i), i);
    }
    while (changed) {
        changed = FALSE;
        /* Includers mostly come before what they include. */
        for (guint e = edges->len; e-- > 0;) {
            const HfPchEdge *edge = &g_array_index(edges, HfPchEdge, e);
            guint64 *from = row(t, t->closure, edge->from);
            const guint64 *to = row(t, t->closure, edge->to);

            for (guint w = 0; w < t->words; w++) {
                changed |= (to[w] & ~from[w]) != 0;
                from[w] |= to[w];
            }
        }
    }
}

static GArray *definers_of(HfPchTables *t, uint32_t macro)
{
    GArray *files = g_hash_table_lookup(t->definers, GUINT_TO_POINTER(macro));

    if (!files) {
        files = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(t->definers, GUINT_TO_POINTER(macro), files);
    }
    return files;
}

static gboolean undefines(const HfText *text, uint32_t macro, guint from)
{
    for (guint i = from; text && i < text->items->len; i++) {
        HfTextItem *item = &g_array_index(text->items, HfTextItem, i);

        if (item->kind == HF_TEXT_UNDEF && item->name == macro) {
            return TRUE;
        }
    }
    return FALSE;
}

/*
 * Is the macro gone again behind the file?  #undef follows in the file, or in
 * one it includes (as <stddef.h> does with __need_size_t).
 */
static gboolean is_transient(const HfPchTables *t, guint file, uint32_t macro)
{
    const HfText *text = t->texts[file];
    const GArray *edges = t->pch->edges;
    guint last = 0;

    for (guint i = 0; text && i < text->items->len; i++) {
        HfTextItem *item = &g_array_index(text->items, HfTextItem, i);

        if (item->kind == HF_TEXT_DEFINE && item->name == macro) {
            last = i + 1;
        }
    }
    if (!last) {
        return FALSE;
    }
    if (undefines(text, macro, last)) {
        return TRUE;
    }
    if (g_array_index(text->items, HfTextItem, text->items->len - 1).kind ==
            HF_TEXT_DEFINE && last == text->items->len) {
        return FALSE;
    }
    for (guint e = 0; e < edges->len; e++) {
        const HfPchEdge *edge = &g_array_index(edges, HfPchEdge, e);

        if (edge->from == file && undefines(t->texts[edge->to], macro, 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Macros that some file undefines: only those can be transient. */
static GHashTable *find_undefined(const HfPchTables *t)
{
    GHashTable *set = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < t->n; i++) {
        const GArray *items = t->texts[i] ? t->texts[i]->items : NULL;

        for (guint k = 0; items && k < items->len; k++) {
            HfTextItem *item = &g_array_index(items, HfTextItem, k);

            if (item->kind == HF_TEXT_UNDEF) {
                g_hash_table_add(set, GUINT_TO_POINTER(item->name));
            }
        }
    }
    return set;
}

static void find_definers(HfPchTables *t, HfNames *names)
{
    g_autoptr(GHashTable) undefined = find_undefined(t);

    for (guint i = 0; i < t->n; i++) {
        g_auto(GStrv) macros = g_strsplit(t->pch->macros->pdata[i], " ", -1);

        for (char **p = macros; *p; p++) {
            uint32_t macro = hf_names_intern(names, *p, strlen(*p));
            GArray *files = definers_of(t, macro);

            if ((!files->len ||
                 g_array_index(files, guint, files->len - 1) != i) &&
                (!g_hash_table_contains(undefined, GUINT_TO_POINTER(macro)) ||
                 !is_transient(t, i, macro))) {
                g_array_append_val(files, i);
            }
        }
    }
}

static void add_definers(HfPchTables *t, const GArray *names, guint64 *out)
{
    for (guint k = 0; k < names->len; k++) {
        uint32_t name = g_array_index(names, uint32_t, k);
        GArray *files = g_hash_table_lookup(t->definers,
                                            GUINT_TO_POINTER(name));

        for (guint f = 0; files && f < files->len; f++) {
            hf_bit_set(out, g_array_index(files, guint, f));
        }
    }
}

static void add_sensitive(HfPchTables *t, guint file, guint64 *out)
{
    if (t->texts[file]) {
        add_definers(t, t->texts[file]->mentioned, out);
        add_definers(t, t->texts[file]->defined, out);
    }
}

/*
 * What a file means may depend on whether it is read before or after these.
 * One that is entered more than once counts as a part of each that includes
 * it.
 */
static void find_sensitive(HfPchTables *t)
{
    const GArray *edges = t->pch->edges;

    for (guint i = 0; i < t->n; i++) {
        if (!g_array_index(t->pch->again, gboolean, i)) {
            add_sensitive(t, i, row(t, t->sensitive, i));
        }
    }
    for (guint e = 0; e < edges->len; e++) {
        const HfPchEdge *edge = &g_array_index(edges, HfPchEdge, e);

        if (g_array_index(t->pch->again, gboolean, edge->to)) {
            add_sensitive(t, edge->to, row(t, t->sensitive, edge->from));
        }
    }
    for (guint i = 0; i < t->n; i++) {
        guint64 *out = row(t, t->sensitive, i);

        for (guint w = 0; w < t->words; w++) {
            out[w] &= ~row(t, t->closure, i)[w];
        }
    }
}

HfPchTables *hf_pch_tables_new(HfNames *names, const HfPch *pch)
{
    HfPchTables *t = g_new0(HfPchTables, 1);
    gsize bits;

    t->pch = pch;
    t->n = pch->files->len;
    t->words = (t->n + 63) / 64;
    bits = (gsize)t->words * t->n;
    t->closure = g_new0(guint64, bits);
    t->sensitive = g_new0(guint64, bits);
    t->texts = g_new0(HfText *, t->n);
    t->definers = g_hash_table_new_full(NULL, NULL, NULL,
                                        (GDestroyNotify)g_array_unref);
    t->bodies = hf_text_bodies_new();
    for (guint i = 0; i < t->n; i++) {
        t->texts[i] = hf_text_read(names, pch->files->pdata[i]);
        if (t->texts[i]) {
            hf_text_bodies_add(t->bodies, t->texts[i]);
        }
    }
    find_closures(t);
    find_definers(t, names);
    find_sensitive(t);
    return t;
}

void hf_pch_tables_free(HfPchTables *t)
{
    if (!t) {
        return;
    }
    for (guint i = 0; i < t->n; i++) {
        hf_text_free(t->texts[i]);
    }
    g_free(t->texts);
    g_free(t->closure);
    g_free(t->sensitive);
    g_hash_table_unref(t->definers);
    g_hash_table_unref(t->bodies);
    g_free(t);
}
