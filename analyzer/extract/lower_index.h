/* SPDX-License-Identifier: MIT */
/* lower_index.h - lookups by declaration and by name.  Private to lowering. */
#ifndef HOLDFAST_EXTRACT_LOWER_INDEX_H
#define HOLDFAST_EXTRACT_LOWER_INDEX_H

#include <clang-c/Index.h>
#include <glib.h>

typedef struct {
    CXCursor key;
    guint32 value;
    gboolean used;
} HfDeclSlot;

/* Cursor to a number other than 0. */
typedef struct {
    HfDeclSlot *slots;
    guint n_slots; /* power of two */
    guint n_used;
} HfDeclMap;

void hf_decl_map_init(HfDeclMap *m);
void hf_decl_map_clear(HfDeclMap *m);
void hf_decl_map_reset(HfDeclMap *m); /* empty, memory kept */
/* 0 when not there. */
guint32 hf_decl_map_get(const HfDeclMap *m, CXCursor key);
void hf_decl_map_set(HfDeclMap *m, CXCursor key, guint32 value);

/* Set of identifiers looked up in text that is not NUL-terminated. */
typedef struct {
    const char **names;
    guint n_slots;
} HfNameSet;

void hf_name_set_init(HfNameSet *s, const GPtrArray *names);
void hf_name_set_clear(HfNameSet *s);
gboolean hf_name_set_has(const HfNameSet *s, const char *name, gsize len);

static inline gboolean hf_name_set_is_empty(const HfNameSet *s)
{
    return s->n_slots == 0;
}

#endif
