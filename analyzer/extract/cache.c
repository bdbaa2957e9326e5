/* SPDX-License-Identifier: MIT */
#include "cache.h"
#include "deps_file.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct HfCache {
    char *dir;
    char *deps_path;
    HfFileHashes *files;
    HfDeps *deps;
    gboolean dirty;
};

static gboolean make_dir(const char *dir, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    if (g_mkdir_with_parents(path, 0755)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "cannot make directory %s: %s", path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static gint name_cmp(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_all_deps(HfCache *cache)
{
    g_autoptr(GDir) d = g_dir_open(cache->dir, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        if (g_str_has_prefix(name, "deps") && g_str_has_suffix(name, ".bin")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, name_cmp);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(cache->dir, names->pdata[i],
                                                 NULL);

        hf_deps_read(cache->deps, path);
    }
}

static void remember_files(HfCache *cache)
{
    for (guint i = 0; i < cache->deps->files->len; i++) {
        HfDepFile *file = &g_array_index(cache->deps->files, HfDepFile, i);

        hf_file_hashes_remember(cache->files, file->path, &file->state);
    }
}

HfCache *hf_cache_open(const char *dir, int shard_index, int shard_count,
                       GError **error)
{
    g_autofree char *cwd = g_get_current_dir(), *name = NULL;
    HfCache *cache = g_new0(HfCache, 1);

    cache->dir = g_canonicalize_filename(dir, cwd);
    cache->files = hf_file_hashes_new();
    cache->deps = hf_deps_new();
    name = shard_count > 1 ? g_strdup_printf("deps-%d-%d.bin", shard_index,
                                             shard_count)
                           : g_strdup("deps.bin");
    cache->deps_path = g_build_filename(cache->dir, name, NULL);
    if (!make_dir(cache->dir, "shards", error) ||
        !make_dir(cache->dir, "pch", error)) {
        hf_cache_free(cache);
        return NULL;
    }
    read_all_deps(cache);
    remember_files(cache);
    return cache;
}

void hf_cache_free(HfCache *cache)
{
    if (!cache) {
        return;
    }
    g_free(cache->dir);
    g_free(cache->deps_path);
    hf_file_hashes_free(cache->files);
    hf_deps_free(cache->deps);
    g_free(cache);
}

HfFileHashes *hf_cache_files(HfCache *cache)
{
    return cache->files;
}

char *hf_cache_pch_dir(const HfCache *cache)
{
    return g_build_filename(cache->dir, "pch", NULL);
}

char *hf_cache_shard_path(const HfCache *cache, const HfHash *id,
                          const char *file)
{
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *hex = hf_hash_hex(id);

    return g_strdup_printf("%s/shards/%s-%.16s.hfs", cache->dir, base, hex);
}

void hf_cache_key(HfFileHashes *files, const HfHash *base,
                  const GPtrArray *deps, HfHash *key)
{
    HfDigest *digest = hf_digest_new();

    hf_digest_add(digest, base->bytes, sizeof(base->bytes));
    for (guint i = 0; i < deps->len; i++) {
        const HfFileState *state = hf_file_hashes_get(files, deps->pdata[i]);

        hf_digest_string(digest, deps->pdata[i]);
        hf_digest_add(digest, state->hash.bytes, sizeof(state->hash.bytes));
    }
    hf_digest_finish(digest, key);
}

/* ---- looking up --------------------------------------------------------- */

static gboolean file_is_current(HfCache *cache, HfDepFile *file)
{
    if (file->current == HF_DEP_UNKNOWN) {
        const HfFileState *now = hf_file_hashes_get(cache->files, file->path);

        file->current = hf_hash_equal(&now->hash, &file->state.hash)
                            ? HF_DEP_SAME : HF_DEP_CHANGED;
    }
    return file->current == HF_DEP_SAME;
}

static gboolean deps_are_current(HfCache *cache, const HfDepUnit *unit)
{
    for (guint i = 0; i < unit->deps->len; i++) {
        guint file = g_array_index(unit->deps, guint32, i);

        if (!file_is_current(cache, &g_array_index(cache->deps->files,
                                                   HfDepFile, file))) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hf_cache_lookup(HfCache *cache, const HfHash *id, const HfHash *base,
                         const char *path, HfCached *out)
{
    HfHash key;

    if (!hf_deps_find(cache->deps, id) ||
        !hf_facts_peek_key(path, key.bytes)) {
        return FALSE;
    }
    /* Several runs may have known the unit; the shard says whose it is. */
    for (HfDepUnit *unit = hf_deps_find(cache->deps, id); unit;
         unit = unit->next) {
        if (hf_hash_equal(&unit->base, base) &&
            hf_hash_equal(&unit->key, &key) && deps_are_current(cache, unit)) {
            unit->chosen = TRUE;
            out->status = unit->status;
            out->message = unit->message;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- storing ------------------------------------------------------------ */

static gboolean changed_meanwhile(HfCache *cache, const HfHash *base,
                                  const HfHash *key, const GPtrArray *deps)
{
    HfHash now;

    for (guint i = 0; i < deps->len; i++) {
        if (!hf_file_hashes_stable(cache->files, deps->pdata[i])) {
            return TRUE;
        }
    }
    hf_cache_key(cache->files, base, deps, &now);
    return !hf_hash_equal(&now, key);
}

void hf_cache_store(HfCache *cache, const HfHash *id, const HfHash *base,
                    const HfHash *key, const char *file, HfUnitStatus status,
                    const char *message, const GPtrArray *deps)
{
    HfDepUnit *unit;

    cache->dirty = TRUE;
    hf_deps_remove(cache->deps, id);
    if (changed_meanwhile(cache, base, key, deps)) {
        return;
    }
    unit = hf_deps_add(cache->deps, id);
    unit->base = *base;
    unit->key = *key;
    unit->status = status;
    unit->file = g_strdup(file);
    unit->message = g_strdup(message);
    for (guint i = 0; i < deps->len; i++) {
        guint32 number = hf_deps_file(
            cache->deps, deps->pdata[i],
            hf_file_hashes_get(cache->files, deps->pdata[i]));

        g_array_append_val(unit->deps, number);
    }
}

/* Shards of sources that are gone would stay for ever. */
static void drop_orphans(HfCache *cache)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, cache->deps->units);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HfDepUnit *unit = value;

        if (!g_file_test(unit->file, G_FILE_TEST_EXISTS)) {
            g_autofree char *path = hf_cache_shard_path(cache, &unit->id,
                                                        unit->file);

            g_unlink(path);
            g_hash_table_iter_remove(&iter);
        }
    }
}

gboolean hf_cache_save(HfCache *cache, GError **error)
{
    if (!cache->dirty && !hf_file_hashes_read_any(cache->files)) {
        return TRUE;
    }
    drop_orphans(cache);
    /* Looks of files that were only touched. */
    for (guint i = 0; i < cache->deps->files->len; i++) {
        HfDepFile *file = &g_array_index(cache->deps->files, HfDepFile, i);

        if (file->current == HF_DEP_SAME) {
            file->state = *hf_file_hashes_get(cache->files, file->path);
        }
    }
    return hf_deps_write(cache->deps, cache->deps_path, error);
}
