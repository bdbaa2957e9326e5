/* SPDX-License-Identifier: MIT */
/*
 * include_path.h - which of a known set of files an #include may mean.
 * Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_INCLUDE_PATH_H
#define HOLDFAST_EXTRACT_INCLUDE_PATH_H

#include <glib.h>

typedef struct HfIncludePath HfIncludePath;

/* files: char*, absolute; must outlive it. */
HfIncludePath *hf_include_path_new(const char *directory, char *const *args,
                                   const GPtrArray *files);
void hf_include_path_free(HfIncludePath *path);

/* Index of a file, -1 when it is none of the set. */
int hf_include_path_file(const HfIncludePath *path, const char *file);

/*
 * Appends the indices (guint) an #include in a file of directory dir may
 * mean: at most one when it lies beside the file or in a directory named by
 * the arguments, else all whose paths end like it (clang's own search path
 * is not known here).
 */
void hf_include_path_find(const HfIncludePath *path, const char *dir,
                          const char *name, gboolean angled, GArray *found);

#endif
