/* SPDX-License-Identifier: MIT */
/*
 * pch.h - precompiled headers on disk.  Private to extract.
 *
 * DIR/KEY.h is the source, DIR/KEY-CONTENTS.pch what clang made of it, and
 * DIR/KEY.meta says what went in; the .meta is written last.  KEY covers
 * arguments, directory, headers asked for and versions; CONTENTS the text of
 * every file read.
 */
#ifndef HOLDFAST_EXTRACT_PCH_H
#define HOLDFAST_EXTRACT_PCH_H

#include "file_hash.h"
#include "pch_plan.h"

typedef struct {
    guint from, to; /* indices of files: from has an #include of to */
} HfPchEdge;

typedef struct {
    char *path;       /* of the .pch, absolute */
    GPtrArray *files; /* char*: absolute, in the order they were entered */
    GArray *hashes;   /* HfHash of each file */
    GArray *edges;    /* HfPchEdge */
    GArray *again;    /* gboolean for each file: entered more than once */
    GPtrArray *macros; /* char* for each file: names of the macros it defined,
                          blanks between; "" when none */
} HfPch;

void hf_pch_free(HfPch *pch);

/* tool covers everything that is neither arguments nor headers. */
void hf_pch_key(const HfPchGroup *group, const HfHash *tool, HfHash *key);

/* NULL when there is none or a file it was made of has changed. */
HfPch *hf_pch_load(const char *dir, const HfHash *key, HfFileHashes *files);

/* Remove what belongs to none of keys (HfHash) and has not been written for
 * so many days: headers of flags and header lists that are no more. */
#define HF_PCH_PRUNE_DAYS 14
void hf_pch_prune(const char *dir, const GArray *keys);

/*
 * Changes to the group's directory.  Headers that do not go together with the
 * ones before them, or that may be included more than once, are left out.
 */
gboolean hf_pch_build(const char *dir, const HfHash *key,
                      const HfPchGroup *group, HfFileHashes *files,
                      GError **error);

/* For the builder: name of the .pch (owned), and the .meta. */
char *hf_pch_name(const HfPch *pch, const HfHash *key);
HfPch *hf_pch_new(void);
void hf_pch_add_file(HfPch *pch, const char *path);
gboolean hf_pch_write_meta(const char *dir, const HfHash *key,
                           const HfPch *pch, GError **error);

#endif
