/* SPDX-License-Identifier: MIT */
/*
 * source_lines.h - lines of source files, for excerpts.
 *
 * Keeps the last few files in memory.  A file that is missing, is not a
 * regular file or is too large simply has no lines: a report without an
 * excerpt is still a report.  Private to report/; one thread.
 */
#ifndef HOLDFAST_SOURCE_LINES_H
#define HOLDFAST_SOURCE_LINES_H

#include <glib.h>

typedef struct HfSourceLines HfSourceLines;

HfSourceLines *hf_source_lines_new(void);
void hf_source_lines_free(HfSourceLines *s);

/*
 * Line number line (from 1) without its end; NULL when there is none.  Not
 * terminated by NUL and may contain any byte.  Valid until the next call.
 */
const char *hf_source_line(HfSourceLines *s, const char *file, int line,
                           gsize *length);

#endif
