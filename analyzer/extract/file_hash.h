/* SPDX-License-Identifier: MIT */
/*
 * file_hash.h - contents of files as hashes, each file read once a run.
 * Private to extract.
 *
 * A file whose size, time and inode are as they were when it was last hashed
 * is not read again.
 */
#ifndef HOLDFAST_EXTRACT_FILE_HASH_H
#define HOLDFAST_EXTRACT_FILE_HASH_H

#include "digest.h"

typedef struct {
    HfHash hash; /* all zero: no such file */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode;
    gboolean fresh; /* may change again without looking different */
} HfFileState;

typedef struct HfFileHashes HfFileHashes;

HfFileHashes *hf_file_hashes_new(void);
void hf_file_hashes_free(HfFileHashes *files);
/* What an earlier run saw; used when the file still looks the same. */
void hf_file_hashes_remember(HfFileHashes *files, const char *path,
                             const HfFileState *state);
/* Never NULL; valid until the table is freed. */
const HfFileState *hf_file_hashes_get(HfFileHashes *files, const char *path);
/* FALSE: it was written to since the table was made, so that what a unit read
 * may not be what was hashed. */
gboolean hf_file_hashes_stable(HfFileHashes *files, const char *path);
/* Was any file read, and not just recognised? */
gboolean hf_file_hashes_read_any(const HfFileHashes *files);

#endif
