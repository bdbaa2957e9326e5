/* SPDX-License-Identifier: MIT */
/*
 * names.c - an open-addressing table: scanning headers interns millions of
 * tokens, and copying each into a GHashTable key costs more than the scan.
 */
#include "names.h"
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

typedef struct {
    uint32_t offset;
    uint32_t len;
    uint32_t hash;
} Name;

struct HfNames {
    GByteArray *text;
    GArray *names;   /* Name; the number is the index + 1 */
    uint32_t *slots; /* number, or 0 */
    uint32_t mask;
};

HfNames *hf_names_new(void)
{
    HfNames *names = g_new0(HfNames, 1);

    names->text = g_byte_array_new();
    names->names = g_array_new(FALSE, FALSE, sizeof(Name));
    names->mask = 4095;
    names->slots = g_new0(uint32_t, names->mask + 1);
    return names;
}

void hf_names_free(HfNames *names)
{
    if (!names) {
        return;
    }
    g_byte_array_unref(names->text);
    g_array_unref(names->names);
    g_free(names->slots);
    g_free(names);
}

static uint32_t *find_slot(const HfNames *names, const char *name, gsize len,
                           uint32_t hash)
{
    for (uint32_t i = hash & names->mask;; i = (i + 1) & names->mask) {
        uint32_t id = names->slots[i];
        const Name *n;

        if (!id) {
            return &names->slots[i];
        }
        n = &g_array_index(names->names, Name, id - 1);
        if (n->hash == hash && n->len == len &&
            !memcmp(names->text->data + n->offset, name, len)) {
            return &names->slots[i];
        }
    }
}

static void grow(HfNames *names)
{
    g_free(names->slots);
    names->mask = names->mask * 2 + 1;
    names->slots = g_new0(uint32_t, (gsize)names->mask + 1);
    for (uint32_t id = 1; id <= names->names->len; id++) {
        uint32_t i = g_array_index(names->names, Name, id - 1).hash;

        while (names->slots[i & names->mask]) {
            i++;
        }
        names->slots[i & names->mask] = id;
    }
}

uint32_t hf_names_find(const HfNames *names, const char *name, gsize len)
{
    return *find_slot(names, name, len, (uint32_t)XXH3_64bits(name, len));
}

uint32_t hf_names_intern(HfNames *names, const char *name, gsize len)
{
    uint32_t hash = (uint32_t)XXH3_64bits(name, len);
    uint32_t *slot = find_slot(names, name, len, hash);
    Name n = { names->text->len, (uint32_t)len, hash };

    if (*slot) {
        return *slot;
    }
    g_byte_array_append(names->text, (const guint8 *)name, len);
    g_byte_array_append(names->text, (const guint8 *)"", 1);
    g_array_append_val(names->names, n);
    *slot = names->names->len;
    if (names->names->len * 2 > names->mask) {
        grow(names);
    }
    return names->names->len;
}

const char *hf_names_get(const HfNames *names, uint32_t id)
{
    return (const char *)names->text->data +
           g_array_index(names->names, Name, id - 1).offset;
}

uint32_t hf_names_count(const HfNames *names)
{
    return names->names->len;
}
