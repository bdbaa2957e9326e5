/* SPDX-License-Identifier: MIT */
/*
 * source_text.h - a source file as text: the statement at a place, and edits
 * as a diff.  Private to check.
 *
 * What cannot be told apart by reading characters (macros that hold
 * statements, conditional compilation) is refused.
 */
#ifndef HOLDFAST_SOURCE_TEXT_H
#define HOLDFAST_SOURCE_TEXT_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    char *text;
    gsize len;
    GArray *lines; /* gsize: where each starts; [0] is line 1 */
} HfSourceText;

/* NULL when the file cannot be read, or is too large to be source. */
HfSourceText *hf_source_text_load(const char *file);
void hf_source_text_free(HfSourceText *s);
/* Offset of a place; G_MAXSIZE: there is none. */
gsize hf_source_text_at(const HfSourceText *s, int line, int col);
int hf_source_text_line(const HfSourceText *s, gsize offset);

/* From its first to just past its last character: `;`, or the `{` that the
 * statement's body begins with. */
typedef struct {
    gsize start, end;
    gboolean body; /* ends in `{` */
} HfStatement;

/*
 * The statement around offset, in a function that begins at from.  FALSE, and
 * why: it does not stand in a block of its own.
 */
gboolean hf_source_statement(const HfSourceText *s, gsize from, gsize offset,
                             HfStatement *out, const char **why);

/* The call at offset: NAME and what is between the parentheses; FALSE when it
 * is not a statement of its own.  (transfer full) */
gboolean hf_source_call(const HfSourceText *s, gsize offset, char **name,
                        char **args);

/* Unified diff, three lines around, from the text to `after`, in which lines
 * first to last (of the text) became others.  (transfer full) */
char *hf_source_diff(const HfSourceText *s, const char *path, int first,
                     int last, const char *replacement);

G_END_DECLS

#endif
