/* SPDX-License-Identifier: MIT */
/*
 * prototypes.h - the functions of one header that carry an annotation, as
 * text, for programs that generate code.
 *
 *     GPtrArray *all = hf_prototypes_parse("block/block_io.h", args, n_args,
 *                                          "hf:co_wrapper", &error);
 *     for (guint i = 0; i < all->len; i++) {
 *         HfPrototype *p = all->pdata[i];
 *         ...
 *     }
 *     g_ptr_array_unref(all);
 *
 * Only functions declared in the header itself are returned, in its order,
 * each once.
 *
 * Threads: one at a time.
 */
#ifndef HOLDFAST_EXTRACT_PROTOTYPES_H
#define HOLDFAST_EXTRACT_PROTOTYPES_H

#include <glib.h>

typedef struct {
    char *type; /* as clang spells it: "const char *" */
    char *name; /* "" when it has none */
} HfParameter;

typedef struct {
    char *name;
    char *returns;
    char *annotation;      /* the one that was looked for, whole */
    GPtrArray *parameters; /* HfParameter */
    char *file;            /* as given */
    unsigned line;
} HfPrototype;

/*
 * args: as for clang; __HOLDFAST__ is defined on top.  prefix: of the
 * annotations to look for.  NULL with an error when the header does not parse
 * cleanly.
 */
GPtrArray *hf_prototypes_parse(const char *header, const char *const *args,
                               int n_args, const char *prefix,
                               GError **error);

#endif
