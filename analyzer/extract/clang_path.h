/* SPDX-License-Identifier: MIT */
/*
 * clang_path.h - paths of libclang's files.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_CLANG_PATH_H
#define HOLDFAST_EXTRACT_CLANG_PATH_H

#include <clang-c/Index.h>
#include <glib.h>

/* Absolute, without "." and ".."; "" for a file without a name. */
static inline char *hf_clang_path(CXFile file, const char *directory)
{
    CXString name = clang_getFileName(file);
    const char *s = clang_getCString(name);
    char *path = s && *s ? g_canonicalize_filename(s, directory)
                         : g_strdup("");

    clang_disposeString(name);
    return path;
}

#endif
