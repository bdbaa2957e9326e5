/* SPDX-License-Identifier: MIT */
/*
 * Finding the last rule whose pattern matches: plain names by hash, patterns
 * by a list from the end.  Nothing is changed by a search, so any number of
 * threads may search at once.
 */
#include "rules/loader.h"
#include <string.h>

typedef struct {
    char *pattern;
    gsize prefix; /* bytes before the first wildcard */
    guint order;
    gpointer rule;
} Entry;

struct HfPatternIndex {
    const char *wild;
    gboolean (*match)(const char *pattern, const char *text);
    GHashTable *exact; /* Entry.pattern -> Entry */
    GPtrArray *globs;  /* Entry*, in order */
    guint n;
};

static void entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->pattern);
    g_free(entry);
}

HfPatternIndex *hf_pattern_index_new(const char *wild,
                                     gboolean (*match)(const char *pattern,
                                                       const char *text))
{
    HfPatternIndex *index = g_new0(HfPatternIndex, 1);

    index->wild = wild;
    index->match = match;
    index->exact = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                         entry_free);
    index->globs = g_ptr_array_new_with_free_func(entry_free);
    return index;
}

void hf_pattern_index_free(HfPatternIndex *index)
{
    if (!index)
        return;
    g_hash_table_unref(index->exact);
    g_ptr_array_unref(index->globs);
    g_free(index);
}

void hf_pattern_index_add(HfPatternIndex *index, const char *pattern,
                          gpointer rule)
{
    Entry *entry = g_new0(Entry, 1);

    entry->pattern = g_strdup(pattern);
    entry->prefix = strcspn(pattern, index->wild);
    entry->order = index->n++;
    entry->rule = rule;
    if (pattern[entry->prefix])
        g_ptr_array_add(index->globs, entry);
    else
        g_hash_table_replace(index->exact, entry->pattern, entry);
}

gpointer hf_pattern_index_find(const HfPatternIndex *index, const char *text)
{
    const Entry *exact = g_hash_table_lookup(index->exact, text);

    for (guint i = index->globs->len; i-- > 0;) {
        const Entry *glob = g_ptr_array_index(index->globs, i);

        if (exact && exact->order > glob->order)
            break;
        if (strncmp(glob->pattern, text, glob->prefix) == 0 &&
            index->match(glob->pattern, text))
            return glob->rule;
    }
    return exact ? exact->rule : NULL;
}

gboolean hf_pattern_match(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text || (*pattern == '?' && *text != '.')) {
            pattern++;
            text++;
        } else if (star && *resume != '.') {
            /* Let the last * take one byte more; an earlier one taking more
             * could not match anything else. */
            pattern = star;
            text = ++resume;
        } else {
            return FALSE;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

gboolean hf_annotation_match(const char *pattern, const char *text)
{
    gsize prefix = strcspn(pattern, "*");
    gsize suffix = strlen(pattern + prefix + 1);
    gsize len = strlen(text);

    return len >= prefix + suffix && strncmp(pattern, text, prefix) == 0 &&
        strcmp(text + len - suffix, pattern + prefix + 1) == 0;
}

static void add_member(HfPatternIndex *index, const char *record,
                       const char *field, gpointer rule)
{
    char *text = g_strconcat(record, ".", field, NULL);

    hf_pattern_index_add(index, text, rule);
    g_free(text);
}

void hf_rules_build_index(HfRules *r)
{
    HfRulesAll *all = (HfRulesAll *)r;

    all->functions = hf_pattern_index_new("*?", hf_pattern_match);
    all->fields = hf_pattern_index_new("*?", hf_pattern_match);
    all->slots = hf_pattern_index_new("*?", hf_pattern_match);
    all->annotations = hf_pattern_index_new("*", hf_annotation_match);
    all->checkers = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < r->functions->len; i++) {
        HfFunctionRule *f = g_ptr_array_index(r->functions, i);

        hf_pattern_index_add(all->functions, f->pattern, f);
    }
    for (guint i = 0; i < r->annotations->len; i++) {
        HfAnnotationRule *a = g_ptr_array_index(r->annotations, i);

        hf_pattern_index_add(all->annotations, a->match, a);
    }
    for (guint i = 0; i < r->fields->len; i++) {
        HfFieldRule *f = g_ptr_array_index(r->fields, i);

        add_member(all->fields, f->record, f->field, f);
    }
    for (guint i = 0; i < r->slots->len; i++) {
        HfSlotRule *s = g_ptr_array_index(r->slots, i);

        add_member(all->slots, s->record, s->field, s);
    }
    for (guint i = 0; i < r->checkers->len; i++) {
        HfCheckerRule *c = g_ptr_array_index(r->checkers, i);

        g_hash_table_insert(all->checkers, c->name, c);
    }
}
