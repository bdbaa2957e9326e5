/* SPDX-License-Identifier: MIT */
/*
 * flags.h - a compiler's command line to what clang's parser needs of it.
 * Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_FLAGS_H
#define HOLDFAST_EXTRACT_FLAGS_H

#include <glib.h>

typedef struct {
    GPtrArray *args; /* char*, NULL-terminated once cleaned */
    char *output;    /* of -o, or NULL */
    char *language;  /* of the last -x, or NULL */
    gboolean cplusplus; /* compiler is a C++ one */
} HfFlags;

/*
 * argv[0] is the compiler.  Response files are looked up in directory.  Keeps
 * what changes the meaning of the source, drops what only steers code
 * generation, warnings, linking and dependency files, and every input file.
 */
gboolean hf_flags_clean(const char *directory, char *const *argv, HfFlags *out,
                        GError **error);
void hf_flags_clear(HfFlags *flags);

/* argv with response files replaced by their contents; char*, owned. */
GPtrArray *hf_flags_expand(const char *directory, char *const *argv,
                           GError **error);

/* TRUE: clang accepts only some values of it, so it has to be asked. */
gboolean hf_flags_must_probe(const char *arg);

#endif
