/* SPDX-License-Identifier: MIT */
/*
 * builder.c - growing tables, interned strings and places.
 *
 * This sits on the hot path of extraction (about a thousand events and paths
 * a unit, thousands of units), hence hashing of whole rows by XXH3 and no
 * allocation a row.
 */
#include "facts/builder.h"
#include <string.h>
#include <xxhash.h>

HfFactsBuilder *hf_facts_builder_new(void)
{
    HfFactsBuilder *b = g_new0(HfFactsBuilder, 1);

    b->strings = g_byte_array_sized_new(16384);
    g_byte_array_append(b->strings, (const guint8 *)"", 1);
#define X(member, type, name)                                         \
    {                                                                 \
        b->member = g_array_sized_new(FALSE, TRUE, sizeof(type), 64); \
        g_array_set_size(b->member, 1);                               \
    }
    HF_FACTS_TABLES(X)
#undef X
    b->path_depths = g_byte_array_sized_new(64);
    g_byte_array_append(b->path_depths, (const guint8 *)"", 1);
    b->next_unknown = UINT32_MAX;
    hf_intern_init(&b->string_index);
    hf_intern_init(&b->loc_index);
    hf_intern_init(&b->path_index);
    return b;
}

/* Everything but the tables, which finish hands on. */
static void free_scaffolding(HfFactsBuilder *b)
{
    hf_intern_clear(&b->string_index);
    hf_intern_clear(&b->loc_index);
    hf_intern_clear(&b->path_index);
    g_byte_array_unref(b->path_depths);
    g_free(b);
}

void hf_facts_builder_free(HfFactsBuilder *b)
{
    if (!b)
        return;
    g_byte_array_unref(b->strings);
#define X(member, type, name) g_array_unref(b->member);
    HF_FACTS_TABLES(X)
#undef X
    free_scaffolding(b);
}

HfFacts *hf_facts_builder_finish(HfFactsBuilder *b)
{
    HfFacts *f = g_new0(HfFacts, 1);
    HfFactsBacking *backing = g_new0(HfFactsBacking, 1);

    f->status = b->status;
    f->main_file = b->main_file;
    f->output = b->output;
    f->n_strings = b->strings->len;
    backing->strings = g_byte_array_free(b->strings, FALSE);
    f->strings = (const char *)backing->strings;
#define X(member, type, name)                                \
    {                                                        \
        f->n_##member = b->member->len;                      \
        backing->member = g_array_free(b->member, FALSE);    \
        f->member = (const type *)(gpointer)backing->member; \
    }
    HF_FACTS_TABLES(X)
#undef X
    f->backing = backing;
    free_scaffolding(b);
    return f;
}

void hf_facts_free(HfFacts *facts)
{
    HfFactsBacking *backing;

    if (!facts)
        return;
    backing = facts->backing;
    if (backing->bytes)
        g_bytes_unref(backing->bytes);
    g_free(backing->strings);
#define X(member, type, name) g_free(backing->member);
    HF_FACTS_TABLES(X)
#undef X
    g_free(backing);
    g_free(facts);
}

void hf_facts_set_unit(HfFactsBuilder *b, HfUnitStatus status, HfId main_file,
                       const char *output)
{
    b->status = status;
    b->main_file = main_file;
    b->output = hf_facts_string(b, output);
}

/* ---- strings ------------------------------------------------------------ */

typedef struct {
    const guint8 *section;
    const char *s;
    size_t size; /* with the terminator */
    size_t section_size;
} StringKey;

static gboolean same_string(const void *context, uint32_t id)
{
    const StringKey *k = context;

    return k->size <= k->section_size - id &&
           memcmp(k->section + id, k->s, k->size) == 0;
}

HfStr hf_facts_string(HfFactsBuilder *b, const char *s)
{
    StringKey key;
    HfInternSlot *slot;
    uint32_t hash;
    HfStr id;

    if (!s || !*s)
        return 0;
    key = (StringKey){ b->strings->data, s, strlen(s) + 1, b->strings->len };
    /* an offset has 32 bits: past that, no text rather than a wrong one */
    if (key.size > UINT32_MAX - b->strings->len)
        return 0;
    hash = (uint32_t)XXH3_64bits(s, key.size - 1);
    slot = hf_intern_slot(&b->string_index, hash, same_string, &key);
    if (slot->id)
        return slot->id;
    id = b->strings->len;
    *slot = (HfInternSlot){ hash, id };
    g_byte_array_append(b->strings, (const guint8 *)s, (guint)key.size);
    hf_intern_added(&b->string_index);
    return id;
}

const char *hf_facts_string_get(HfFactsBuilder *b, HfStr s)
{
    return s < b->strings->len ? (const char *)b->strings->data + s : "";
}

/* ---- places ------------------------------------------------------------- */

typedef struct {
    const HfLoc *rows;
    const HfLoc *row;
} LocKey;

static gboolean same_loc(const void *context, uint32_t id)
{
    const LocKey *k = context;

    return memcmp(&k->rows[id], k->row, sizeof(HfLoc)) == 0;
}

HfId hf_facts_loc(HfFactsBuilder *b, const HfLoc *loc)
{
    HfLoc row = *loc;
    LocKey key = { (const HfLoc *)(gpointer)b->locs->data, &row };
    HfInternSlot *slot;
    uint32_t hash;
    HfId id;

    if (row.spell_file == row.file && row.spell_line == row.line &&
        row.spell_col == row.col)
        row.spell_file = row.spell_line = row.spell_col = 0;
    if (same_loc(&key, 0))
        return 0;
    hash = (uint32_t)XXH3_64bits(&row, sizeof(row));
    slot = hf_intern_slot(&b->loc_index, hash, same_loc, &key);
    if (slot->id)
        return slot->id;
    id = b->locs->len;
    *slot = (HfInternSlot){ hash, id };
    g_array_append_val(b->locs, row);
    hf_intern_added(&b->loc_index);
    return id;
}

/* ---- tables ------------------------------------------------------------- */

/* Interned tables go through their constructors, so that no duplicate and no
 * path out of normal form slips in as a raw row. */
static HfId append(HfFactsBuilder *b, GArray *table, const void *row)
{
    const HfPath *path = row;

    if (table == b->locs)
        return hf_facts_loc(b, row);
    if (table == b->paths)
        return hf_facts_path(b, path->kind, path->parent, path->ref,
                             path->value);
    g_array_append_vals(table, row, 1);
    return table->len - 1;
}

#define X(member, type, name)                                      \
    HfId hf_facts_add_##member(HfFactsBuilder *b, const type *row) \
    {                                                              \
        return append(b, b->member, row);                          \
    }                                                              \
    type *hf_facts_at_##member(HfFactsBuilder *b, HfId id)         \
    {                                                              \
        return &g_array_index(b->member, type, id);                \
    }                                                              \
    uint32_t hf_facts_count_##member(const HfFactsBuilder *b)      \
    {                                                              \
        return b->member->len;                                     \
    }
HF_FACTS_TABLES(X)
#undef X
