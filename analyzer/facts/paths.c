/* SPDX-License-Identifier: MIT */
/*
 * paths.c - the normalising, hash-consing constructor of access paths.
 *
 * A path is appended after its parent, always: so parent < child, and a path
 * can be followed without looking for cycles.
 */
#include "facts/builder.h"
#include <string.h>
#include <xxhash.h>

typedef struct {
    const HfPath *rows;
    const HfPath *row;
} PathKey;

static const HfPath *path_at(const HfFactsBuilder *b, HfId id)
{
    return &g_array_index(b->paths, HfPath, id);
}

static gboolean same_path(const void *context, uint32_t id)
{
    const PathKey *k = context;

    return memcmp(&k->rows[id], k->row, sizeof(HfPath)) == 0;
}

static HfId intern(HfFactsBuilder *b, HfPath row)
{
    PathKey key = { path_at(b, 0), &row };
    uint32_t hash = (uint32_t)XXH3_64bits(&row, sizeof(row));
    HfInternSlot *slot = hf_intern_slot(&b->path_index, hash, same_path, &key);
    guint8 depth = b->path_depths->data[row.parent] + 1;
    HfId id = b->paths->len;

    if (slot->id)
        return slot->id;
    *slot = (HfInternSlot){ hash, id };
    g_array_append_val(b->paths, row);
    g_byte_array_append(b->path_depths, &depth, 1);
    hf_intern_added(&b->path_index);
    return id;
}

static HfId unknown(HfFactsBuilder *b, uint32_t ref)
{
    return intern(b, (HfPath){
                         .kind = HF_PATH_UNKNOWN,
                         .ref = ref ? ref : b->next_unknown--,
                     });
}

/* A member without a name is how C spells an anonymous struct or union. */
static gboolean is_anonymous_hop(const HfFactsBuilder *b, HfId field)
{
    return field && field < b->fields->len &&
           !g_array_index(b->fields, HfField, field).name;
}

static HfId leaf(HfFactsBuilder *b, HfPathKind kind, uint32_t ref,
                 int64_t value)
{
    switch (kind) {
    case HF_PATH_CONST:
        return intern(b, (HfPath){ .kind = kind, .value = value });
    case HF_PATH_STRING: return intern(b, (HfPath){ .kind = kind, .ref = ref });
    case HF_PATH_LOCAL:
    case HF_PATH_GLOBAL:
    case HF_PATH_FUNCTION:
    case HF_PATH_TEMP:
        if (!ref)
            return unknown(b, 0);
        return intern(b, (HfPath){ .kind = kind, .ref = ref });
    default: return unknown(b, ref);
    }
}

static HfId derived(HfFactsBuilder *b, HfPathKind kind, HfId parent,
                    uint32_t ref, int64_t value)
{
    if (b->path_depths->data[parent] >= HF_PATH_MAX_DEPTH)
        return unknown(b, 0);
    return intern(
        b,
        (HfPath){ .kind = kind, .parent = parent, .ref = ref, .value = value });
}

static HfId field_of(HfFactsBuilder *b, HfId parent, uint32_t field)
{
    const HfPath *object = path_at(b, parent);
    const HfPath *base = path_at(b, object->parent);

    if (is_anonymous_hop(b, field))
        return parent;
    if (!field)
        return unknown(b, 0);
    /* container_of(q, T, f)->f is *q */
    if (object->kind == HF_PATH_DEREF && base->kind == HF_PATH_CONTAINER_OF &&
        base->ref == field)
        return hf_facts_path(b, HF_PATH_DEREF, base->parent, 0, 0);
    return derived(b, HF_PATH_FIELD, parent, field, 0);
}

static HfId container_of(HfFactsBuilder *b, HfId parent, uint32_t field)
{
    const HfPath *pointer = path_at(b, parent);
    const HfPath *member = path_at(b, pointer->parent);

    if (is_anonymous_hop(b, field))
        return parent;
    if (!field)
        return unknown(b, 0);
    if (pointer->kind == HF_PATH_ADDR && member->kind == HF_PATH_FIELD &&
        member->ref == field)
        return hf_facts_path(b, HF_PATH_ADDR, member->parent, 0, 0);
    return derived(b, HF_PATH_CONTAINER_OF, parent, field, 0);
}

HfId hf_facts_path(HfFactsBuilder *b, HfPathKind kind, HfId parent,
                   uint32_t ref, int64_t value)
{
    HfPathKind of;

    if (kind == HF_PATH_NONE)
        return 0;
    if (kind < HF_PATH_DEREF || kind > HF_PATH_COMPUTED)
        return leaf(b, kind, ref, value);
    if (!parent || parent >= b->paths->len)
        parent = unknown(b, 0);
    of = path_at(b, parent)->kind;
    switch (kind) {
    case HF_PATH_DEREF:
        if (of == HF_PATH_FUNCTION)
            return parent; /* C: *f is f again */
        if (of == HF_PATH_ADDR)
            return path_at(b, parent)->parent;
        return derived(b, kind, parent, 0, 0);
    case HF_PATH_ADDR:
        if (of == HF_PATH_FUNCTION)
            return parent; /* C: &f and f are the same value */
        if (of == HF_PATH_DEREF)
            return path_at(b, parent)->parent;
        return derived(b, kind, parent, 0, 0);
    case HF_PATH_FIELD: return field_of(b, parent, ref);
    case HF_PATH_CONTAINER_OF: return container_of(b, parent, ref);
    case HF_PATH_COMPUTED:
        if (of == HF_PATH_UNKNOWN)
            return parent; /* no better known than what it is made of */
        return derived(b, kind, parent, ref, value);
    default: return derived(b, HF_PATH_INDEX, parent, 0, value);
    }
}

HfId hf_facts_path_add(HfFactsBuilder *b, HfId pointer, int64_t n,
                       gboolean constant)
{
    const HfPath *p;
    const HfPath *element;
    HfId base;

    if (constant && n == 0)
        return pointer;
    if (!pointer || pointer >= b->paths->len)
        pointer = unknown(b, 0);
    p = path_at(b, pointer);
    element = path_at(b, p->parent);
    if (p->kind == HF_PATH_ADDR && element->kind == HF_PATH_INDEX) {
        base = element->parent;
        constant = constant && element->value != -1 &&
                   !__builtin_add_overflow(n, element->value, &n);
    } else {
        base = hf_facts_path(b, HF_PATH_DEREF, pointer, 0, 0);
    }
    base = hf_facts_path(b, HF_PATH_INDEX, base, 0, constant ? n : -1);
    return hf_facts_path(b, HF_PATH_ADDR, base, 0, 0);
}
