/* SPDX-License-Identifier: MIT */
#include "deps_file.h"

static guint hash_hash(gconstpointer p)
{
    guint value;

    memcpy(&value, ((const HfHash *)p)->bytes, sizeof(value));
    return value;
}

static gboolean hash_equal(gconstpointer a, gconstpointer b)
{
    return hf_hash_equal(a, b);
}

static void free_units(gpointer p)
{
    for (HfDepUnit *unit = p, *next; unit; unit = next) {
        next = unit->next;
        g_free(unit->file);
        g_free(unit->message);
        g_array_unref(unit->deps);
        g_free(unit);
    }
}

HfDeps *hf_deps_new(void)
{
    HfDeps *deps = g_new0(HfDeps, 1);

    deps->files = g_array_new(FALSE, FALSE, sizeof(HfDepFile));
    deps->numbers = g_hash_table_new_full(hash_hash, hash_equal, g_free, NULL);
    deps->paths = g_string_chunk_new(65536);
    /* The key is the first unit's own id. */
    deps->units = g_hash_table_new_full(hash_hash, hash_equal, NULL,
                                        free_units);
    return deps;
}

void hf_deps_free(HfDeps *deps)
{
    if (!deps) {
        return;
    }
    g_array_unref(deps->files);
    g_hash_table_unref(deps->numbers);
    g_string_chunk_free(deps->paths);
    g_hash_table_unref(deps->units);
    g_free(deps);
}

HfDepUnit *hf_deps_find(const HfDeps *deps, const HfHash *id)
{
    return g_hash_table_lookup(deps->units, id);
}

HfDepUnit *hf_deps_add(HfDeps *deps, const HfHash *id)
{
    HfDepUnit *unit = g_new0(HfDepUnit, 1);
    HfDepUnit *first = hf_deps_find(deps, id);

    unit->id = *id;
    unit->deps = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (first) {
        unit->next = first->next;
        first->next = unit;
    } else {
        g_hash_table_insert(deps->units, &unit->id, unit);
    }
    return unit;
}

void hf_deps_remove(HfDeps *deps, const HfHash *id)
{
    g_hash_table_remove(deps->units, id);
}

guint32 hf_deps_file(HfDeps *deps, const char *path, const HfFileState *state)
{
    HfDigest *digest = hf_digest_new();
    HfDepFile file = { NULL, *state, HF_DEP_UNKNOWN };
    HfHash key;
    gpointer value;

    hf_digest_string(digest, path);
    hf_digest_add(digest, &state->hash, sizeof(state->hash));
    hf_digest_finish(digest, &key);
    value = g_hash_table_lookup(deps->numbers, &key);
    if (value) {
        return GPOINTER_TO_UINT(value) - 1;
    }
    file.path = g_string_chunk_insert_const(deps->paths, path);
    g_array_append_val(deps->files, file);
    g_hash_table_insert(deps->numbers, g_memdup2(&key, sizeof(key)),
                        GUINT_TO_POINTER(deps->files->len));
    return deps->files->len - 1;
}
