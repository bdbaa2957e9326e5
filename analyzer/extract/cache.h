/* SPDX-License-Identifier: MIT */
/*
 * cache.h - which shards on disk are still true.  Private to extract.
 *
 * DIR/shards/ has one shard for each unit, with its cache key in its header.
 * DIR/deps.bin says which files each unit read and what was in them.  A unit
 * is current when its flags, the rules, the tool and every one of those files
 * are as they were.
 *
 * Known limit: a new header that would be found earlier on the include path
 * than one that was read is not noticed.
 */
#ifndef HOLDFAST_EXTRACT_CACHE_H
#define HOLDFAST_EXTRACT_CACHE_H

#include "extract.h"
#include "file_hash.h"

typedef struct HfCache HfCache;

/*
 * Makes the directories.  A deps.bin that is missing, broken or of another
 * version counts as empty.  Runs that each do a part of the units keep their
 * own, deps-INDEX-COUNT.bin, and all are read.
 */
HfCache *hf_cache_open(const char *dir, int shard_index, int shard_count,
                       GError **error);
void hf_cache_free(HfCache *cache);

/* Shared by everything that hashes files in this run. */
HfFileHashes *hf_cache_files(HfCache *cache);

char *hf_cache_pch_dir(const HfCache *cache);

/* id names the unit, base covers what is not in files. */
char *hf_cache_shard_path(const HfCache *cache, const HfHash *id,
                          const char *file);
/* Base and the contents of deps (char*, sorted). */
void hf_cache_key(HfFileHashes *files, const HfHash *base,
                  const GPtrArray *deps, HfHash *key);

typedef struct {
    HfUnitStatus status;
    const char *message; /* NULL when there is none */
} HfCached;

/* TRUE: the shard at path is current. message lives as long as the cache. */
gboolean hf_cache_lookup(HfCache *cache, const HfHash *id, const HfHash *base,
                         const char *path, HfCached *out);
/* Not stored when a file has changed since the key was made. */
void hf_cache_store(HfCache *cache, const HfHash *id, const HfHash *base,
                    const HfHash *key, const char *file, HfUnitStatus status,
                    const char *message, const GPtrArray *deps);
/* Writes deps.bin when there is something new to write. */
gboolean hf_cache_save(HfCache *cache, GError **error);

#endif
