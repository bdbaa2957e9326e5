/* SPDX-License-Identifier: MIT */
/*
 * printable.h - names and code from somebody's sources, made safe for a
 * terminal and for formats that live on lines.
 *
 * What comes out is always valid UTF-8 without control characters and
 * without the invisible ones that reorder text: those appear as \x1b or
 * \u202e.  Private to report/.
 */
#ifndef HOLDFAST_PRINTABLE_H
#define HOLDFAST_PRINTABLE_H

#include <glib.h>

/* A message: white space of any kind becomes a blank.  text may be NULL. */
void hf_printable_message(GString *out, const char *text);
/* A path: white space other than blanks is shown as \x09, so that different
 * paths stay different. */
void hf_printable_path(GString *out, const char *path);

typedef struct {
    int caret; /* display columns before the caret, -1: no caret */
    int width; /* display columns marked, at least 1 */
} HfMarked;

/*
 * A line of code for display: tabs expanded, a window around col when the
 * line is very long.  col and end_col count bytes from 1; end_col is just
 * past the end, 0 when unknown.
 */
HfMarked hf_printable_code(GString *out, const char *line, gsize length,
                           int col, int end_col);

#endif
