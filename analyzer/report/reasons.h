/* SPDX-License-Identifier: MIT */
/*
 * reasons.h - codes for why what a checker found is right after all: what it
 * suggests, and what marks and rules say.
 */
#ifndef HOLDFAST_REASONS_H
#define HOLDFAST_REASONS_H

#include "report/finding.h"

G_BEGIN_DECLS

gboolean hf_reason_is_code(const char *word);
/* All of them, joined by ", "; static. */
const char *hf_reason_codes(void);
/* The code that a text starts with, as in "sole_writer: only this thread
 * ...", NULL when it is free text.  Static. */
const char *hf_reason_leading(const char *text);

/* What the finding knows of other threads says that the code cannot be the
 * reason.  Not every code can be disproved. */
gboolean hf_reason_disproved(const HfFinding *f, const char *code);

G_END_DECLS

#endif
