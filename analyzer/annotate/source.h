/* SPDX-License-Identifier: MIT */
/*
 * source.h - texts of files, and places in them where an annotation goes.
 * Private to annotate.
 */
#ifndef HOLDFAST_ANNOTATE_SOURCE_H
#define HOLDFAST_ANNOTATE_SOURCE_H

#include <glib.h>

typedef struct {
    GHashTable *texts;    /* path -> char*; "" when unreadable */
    GHashTable *reached;  /* "file\nheader" -> 1 no, 2 yes */
    GHashTable *found;    /* "directory\nheader" -> path, "" none */
    const char *const *include_dirs; /* NULL-terminated, or NULL */
    const char *root;
} HfSources;

void hf_sources_open(HfSources *s, const char *root,
                     const char *const *include_dirs);
void hf_sources_close(HfSources *s);

/* Contents, NUL-terminated; borrowed. */
const char *hf_sources_text(HfSources *s, const char *path);
/* Offset of a line and column, from 1; -1 when there is no such place. */
gssize hf_text_offset(const char *text, int line, int col);
int hf_text_line(const char *text, gsize offset);
int hf_text_column(const char *text, gsize offset);

/* The word stands there as a whole. */
gboolean hf_text_is_word(const char *text, gsize offset, const char *word);
/* Over white space and comments. */
gsize hf_text_skip(const char *text, gsize pos);
/* pos is at an opening bracket: just past its partner, 0 when there is none.
 * Comments and literals are skipped. */
gsize hf_text_partner(const char *text, gsize pos);

/* name: offset of a function's name.  Just past its parameters; 0 when what
 * follows is no parameter list. */
gsize hf_place_after_params(const char *text, gsize name);
/* Of a member or variable: just past its brackets and width. */
gsize hf_place_after_member(const char *text, gsize name);
/* Name of a parameter in the list; NULL when it has none.  To be freed. */
char *hf_text_param_name(const char *text, gsize name, int param);
/* The opening brace of the body; 0: not a definition. */
gsize hf_place_body(const char *text, gsize name);
/* Just past the declarations that start a body at its brace; starts: offsets
 * of the names of its locals, sorted.  *first: there are none. */
gsize hf_place_after_locals(const char *text, gsize brace,
                            const GArray *starts, gboolean *first);

/* #include "x": does the file include that header, itself or by others? */
gboolean hf_sources_reach(HfSources *s, const char *file, const char *header);
/* The path of a header as #include finds it, NULL: not found.  To be freed. */
char *hf_sources_find(HfSources *s, const char *from, const char *header);
/* Offset just past the last #include of the file; 0: it has none. */
gsize hf_place_include(const char *text);

#endif
