/* SPDX-License-Identifier: MIT */
#include "pch_plan.h"
#include "text.h"
#include <string.h>

/*
 * A group smaller than this costs less parsed one by one.  A header is worth
 * having from three units on; the share keeps rare ones, which clash more
 * often than they help, out of the header of a big group.
 */
#define MIN_UNITS 4
#define MIN_USES 3
#define MIN_SHARE_PERCENT 3

/* Files without a guard may include one another. */
#define MAX_DEPTH 8
#define MAX_INCLUDES 1000

typedef struct {
    char *spelling; /* owned; as after #include */
    guint uses;
    guint64 positions; /* sum of places in the units' include lists */
} Header;

static void header_free(gpointer p)
{
    Header *header = p;

    g_free(header->spelling);
    g_free(header);
}

static void group_free(gpointer p)
{
    HfPchGroup *group = p;

    g_free(group->directory);
    g_ptr_array_unref(group->headers);
    g_array_unref(group->uses);
    g_array_unref(group->units);
    g_free(group);
}

typedef struct {
    HfNames *names;
    GHashTable *files;   /* char* -> HfText* of its head, NULL: no such file */
    GHashTable *headers; /* spelling -> Header */
    guint position;
} Count;

static HfText *head(Count *count, const char *path)
{
    g_autofree char *text = NULL;
    gpointer value;
    HfText *scan = NULL;
    gsize len;

    if (g_hash_table_lookup_extended(count->files, path, NULL, &value)) {
        return value;
    }
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
        g_file_get_contents(path, &text, &len, NULL)) {
        scan = hf_text_scan_head(count->names, text, len);
    }
    g_hash_table_insert(count->files, g_strdup(path), scan);
    return scan;
}

static void count_spelling(Count *count, char *spelling)
{
    Header *header = g_hash_table_lookup(count->headers, spelling);

    if (header) {
        g_free(spelling);
    } else {
        header = g_new0(Header, 1);
        header->spelling = spelling;
        g_hash_table_insert(count->headers, spelling, header);
    }
    header->uses++;
    header->positions += count->position++;
}

static void count_includes(Count *count, const char *file, int depth);

/*
 * The same spelling must mean the same file from anywhere.  A file beside the
 * one that includes it is found there first, and needs its full path.  One
 * without an include guard cannot be shared, but what it includes can.
 */
static void count_include(Count *count, const char *dir, const char *name,
                          gboolean angled, int depth)
{
    g_autofree char *beside = NULL;
    HfText *scan = NULL;

    if (!angled) {
        beside = g_canonicalize_filename(name, dir);
        scan = head(count, beside);
    }
    if (scan && !scan->guarded) {
        count_includes(count, beside, depth + 1);
    } else {
        count_spelling(count, angled ? g_strdup_printf("<%s>", name)
                                     : g_strdup_printf("\"%s\"", scan ? beside
                                                                     : name));
    }
}

static void count_includes(Count *count, const char *file, int depth)
{
    g_autofree char *dir = g_path_get_dirname(file);
    HfText *scan = depth < MAX_DEPTH ? head(count, file) : NULL;

    for (guint i = 0; scan && i < scan->n_leading &&
                      count->position < MAX_INCLUDES; i++) {
        HfTextItem *item = &g_array_index(scan->items, HfTextItem, i);
        g_autofree char *name = g_strdup(hf_names_get(count->names,
                                                      item->name));

        count_include(count, dir, name, item->angled, depth);
    }
}

/* By mean position, so that what everybody includes first comes first. */
static gint header_cmp(gconstpointer pa, gconstpointer pb)
{
    const Header *a = *(Header *const *)pa, *b = *(Header *const *)pb;
    guint64 x = a->positions * b->uses, y = b->positions * a->uses;

    return x != y ? (x > y) - (x < y) : strcmp(a->spelling, b->spelling);
}

static void choose_headers(HfNames *names, const GPtrArray *entries,
                           GHashTable *files, HfPchGroup *group)
{
    g_autoptr(GHashTable) headers = g_hash_table_new_full(
        g_str_hash, g_str_equal, NULL, header_free);
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    Count count = { names, files, headers, 0 };
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < group->units->len; i++) {
        HfCompileEntry *entry =
            entries->pdata[g_array_index(group->units, guint, i)];

        count.position = 0;
        count_includes(&count, entry->file, 0);
    }
    g_hash_table_iter_init(&iter, headers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Header *header = value;

        if (header->uses >= MIN_USES &&
            header->uses * 100 >= group->units->len * MIN_SHARE_PERCENT) {
            g_ptr_array_add(chosen, header);
        }
    }
    g_ptr_array_sort(chosen, header_cmp);
    for (guint i = 0; i < chosen->len; i++) {
        Header *header = chosen->pdata[i];

        g_ptr_array_add(group->headers, g_strdup(header->spelling));
        g_array_append_val(group->uses, header->uses);
    }
}

static char *group_key(const HfCompileEntry *entry, char *const *args)
{
    GString *key = g_string_new(entry->directory);

    for (char *const *p = args; *p; p++) {
        g_string_append_c(key, '\n');
        g_string_append(key, *p);
    }
    return g_string_free(key, FALSE);
}

GPtrArray *hf_pch_plan(HfNames *names, const GPtrArray *entries,
                       char **const *args)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
    g_autoptr(GHashTable) by_key = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) files = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, (GDestroyNotify)hf_text_free);

    for (guint i = 0; i < entries->len; i++) {
        HfCompileEntry *entry = entries->pdata[i];
        g_autofree char *key = group_key(entry, args[i]);
        HfPchGroup *group = g_hash_table_lookup(by_key, key);

        if (!group) {
            group = g_new0(HfPchGroup, 1);
            group->directory = g_strdup(entry->directory);
            group->args = args[i];
            group->headers = g_ptr_array_new_with_free_func(g_free);
            group->uses = g_array_new(FALSE, FALSE, sizeof(guint));
            group->units = g_array_new(FALSE, FALSE, sizeof(guint));
            g_hash_table_insert(by_key, g_steal_pointer(&key), group);
            g_ptr_array_add(groups, group);
        }
        g_array_append_val(group->units, i);
    }
    for (guint i = 0; i < groups->len; i++) {
        HfPchGroup *group = groups->pdata[i];

        if (group->units->len >= MIN_UNITS) {
            choose_headers(names, entries, files, group);
        }
    }
    return groups;
}
