/* SPDX-License-Identifier: MIT */
/*
 * writers.h - who writes a member or a variable: nobody, one function, or
 * several.  Of whatever object; an address that is taken counts as a write.
 * Private to solve.
 */
#ifndef HOLDFAST_WRITERS_H
#define HOLDFAST_WRITERS_H

#include "link/program.h"

typedef struct HfWriters HfWriters;

HfWriters *hf_writers_new(const HfProgram *program);
void hf_writers_free(HfWriters *w);

/* Some function other than sym does. */
gboolean hf_writers_field(const HfWriters *w, HfFieldId field, HfSymId sym);
gboolean hf_writers_variable(const HfWriters *w, HfSymId var, HfSymId sym);

#endif
