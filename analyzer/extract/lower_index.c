/* SPDX-License-Identifier: MIT */
#include "lower_index.h"
#include <string.h>

#define MIN_SLOTS 64u

void hf_decl_map_init(HfDeclMap *m)
{
    m->n_slots = MIN_SLOTS;
    m->n_used = 0;
    m->slots = g_new0(HfDeclSlot, m->n_slots);
}

void hf_decl_map_clear(HfDeclMap *m)
{
    g_clear_pointer(&m->slots, g_free);
    m->n_slots = m->n_used = 0;
}

void hf_decl_map_reset(HfDeclMap *m)
{
    if (m->n_used) {
        memset(m->slots, 0, m->n_slots * sizeof(*m->slots));
        m->n_used = 0;
    }
}

static HfDeclSlot *find(const HfDeclMap *m, CXCursor key)
{
    guint mask = m->n_slots - 1;
    guint i = clang_hashCursor(key) * 0x9e3779b1u;

    for (i = (i ^ (i >> 15)) & mask;; i = (i + 1) & mask) {
        HfDeclSlot *slot = &m->slots[i];

        if (!slot->used || clang_equalCursors(slot->key, key)) {
            return slot;
        }
    }
}

guint32 hf_decl_map_get(const HfDeclMap *m, CXCursor key)
{
    return find(m, key)->value;
}

static void grow(HfDeclMap *m)
{
    HfDeclMap bigger = { .n_slots = m->n_slots * 2 };

    bigger.slots = g_new0(HfDeclSlot, bigger.n_slots);
    for (guint i = 0; i < m->n_slots; i++) {
        if (m->slots[i].used) {
            *find(&bigger, m->slots[i].key) = m->slots[i];
        }
    }
    bigger.n_used = m->n_used;
    g_free(m->slots);
    *m = bigger;
}

void hf_decl_map_set(HfDeclMap *m, CXCursor key, guint32 value)
{
    HfDeclSlot *slot = find(m, key);

    if (!slot->used) {
        if ((m->n_used + 1) * 4 > m->n_slots * 3) {
            grow(m);
            slot = find(m, key);
        }
        m->n_used++;
    }
    *slot = (HfDeclSlot){ key, value, TRUE };
}

/* ---- names -------------------------------------------------------------- */

static guint name_hash(const char *name, gsize len)
{
    guint h = 2166136261u;

    for (gsize i = 0; i < len; i++) {
        h = (h ^ (guchar)name[i]) * 16777619u;
    }
    return h;
}

static guint name_slot(const HfNameSet *s, const char *name, gsize len)
{
    guint i = name_hash(name, len) & (s->n_slots - 1);

    while (s->names[i] &&
           (strncmp(s->names[i], name, len) || s->names[i][len])) {
        i = (i + 1) & (s->n_slots - 1);
    }
    return i;
}

void hf_name_set_init(HfNameSet *s, const GPtrArray *names)
{
    guint n = names ? names->len : 0;

    memset(s, 0, sizeof(*s));
    if (!n) {
        return;
    }
    for (s->n_slots = 16; s->n_slots < n * 2; s->n_slots *= 2) {
    }
    s->names = g_new0(const char *, s->n_slots);
    for (guint i = 0; i < n; i++) {
        const char *name = g_ptr_array_index(names, i);

        s->names[name_slot(s, name, strlen(name))] = name;
    }
}

void hf_name_set_clear(HfNameSet *s)
{
    g_clear_pointer(&s->names, g_free);
    s->n_slots = 0;
}

gboolean hf_name_set_has(const HfNameSet *s, const char *name, gsize len)
{
    return s->n_slots && s->names[name_slot(s, name, len)] != NULL;
}
