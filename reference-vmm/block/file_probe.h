/* SPDX-License-Identifier: MIT */
/*
 * file_probe.h - what a file of the host is like, and making it.
 *
 * Thread context: any; the calls may block for a moment, file_resize() for
 * long.
 */
#ifndef REFVMM_BLOCK_FILE_PROBE_H
#define REFVMM_BLOCK_FILE_PROBE_H

#include "block/block.h"

/* Of a descriptor with O_DIRECT: of offsets and lengths, of memory. */
void file_probe_alignment(int fd, uint32_t *request, size_t *memory) IO_FN;
/* The first place from offset on that has data, and the first that has none;
 * false when the file system does not say. */
bool file_find_allocation(int fd, int64_t offset, int64_t *data,
                          int64_t *hole) IO_FN;

typedef struct FileResize {
    int fd;
    int64_t length;
    PreallocMode prealloc; /* of what is gained */
} FileResize;

/* FileResize *; a ThreadPoolFn.  0 or -errno, the length then unchanged. */
int file_resize(void *opaque) IO_FN;
/* A descriptor of an empty file, new or cut, or -1.  One that is in use by
 * somebody else is left alone. */
int file_create_empty(const char *filename, GError **error) IO_FN;

#endif
