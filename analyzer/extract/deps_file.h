/* SPDX-License-Identifier: MIT */
/*
 * deps_file.h - the table of units and the files they read, in memory and on
 * disk.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_DEPS_FILE_H
#define HOLDFAST_EXTRACT_DEPS_FILE_H

#include "facts/facts.h"
#include "file_hash.h"

typedef enum { HF_DEP_UNKNOWN, HF_DEP_SAME, HF_DEP_CHANGED } HfDepCurrent;

/* One version of one file. */
typedef struct {
    const char *path; /* interned in HfDeps */
    HfFileState state;
    HfDepCurrent current; /* the file as it is now; not on disk */
} HfDepFile;

typedef struct HfDepUnit {
    HfHash id, base, key;
    HfUnitStatus status;
    char *file;
    char *message; /* may be NULL */
    GArray *deps;  /* guint32: indices of files */
    gboolean chosen; /* of several with the same id, this one is true */
    struct HfDepUnit *next; /* another with the same id */
} HfDepUnit;

typedef struct {
    GArray *files;       /* HfDepFile */
    GHashTable *numbers; /* HfHash of path and contents -> index + 1 */
    GStringChunk *paths;
    GHashTable *units;   /* HfHash* id -> HfDepUnit */
} HfDeps;

HfDeps *hf_deps_new(void);
void hf_deps_free(HfDeps *deps);

/* First of a list, or NULL. */
HfDepUnit *hf_deps_find(const HfDeps *deps, const HfHash *id);
HfDepUnit *hf_deps_add(HfDeps *deps, const HfHash *id);
void hf_deps_remove(HfDeps *deps, const HfHash *id);
guint32 hf_deps_file(HfDeps *deps, const char *path, const HfFileState *state);

/* Adds what is in the file; nothing when it is not sound. */
void hf_deps_read(HfDeps *deps, const char *path);
gboolean hf_deps_write(const HfDeps *deps, const char *path, GError **error);

#endif
