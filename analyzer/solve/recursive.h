/* SPDX-License-Identifier: MIT */
/* recursive.h - locks made recursive when initialised.  Private to solve. */
#ifndef HOLDFAST_RECURSIVE_H
#define HOLDFAST_RECURSIVE_H

#include "solve/contract.h"

typedef struct HfRecursive HfRecursive;

/* Needs the contracts of functions; refers to both arguments. */
HfRecursive *hf_recursive_new(const HfProgram *p, const HfContracts *c);
void hf_recursive_free(HfRecursive *r);

gboolean hf_recursive_field(const HfRecursive *r, HfFieldId field);
gboolean hf_recursive_variable(const HfRecursive *r, HfSymId var);

#endif
