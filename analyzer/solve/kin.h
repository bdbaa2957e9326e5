/* SPDX-License-Identifier: MIT */
/*
 * kin.h - which functions belong to the same class of objects.  Private to
 * solve.
 *
 * Members are shared by all objects of a type, so a handler kept in one may
 * be anybody's.  What one class puts into its tables has a maker in common:
 * the function that fills the table in, the variable that is one, or whoever
 * names those.  Going up from two functions, over direct calls and over places
 * that name them, meets there, or not at all.
 */
#ifndef HOLDFAST_KIN_H
#define HOLDFAST_KIN_H

#include "link/program.h"

G_BEGIN_DECLS

typedef struct HfKin HfKin;

HfKin *hf_kin_new(const HfProgram *p);
void hf_kin_free(HfKin *k);

/* Some way up from one meets one from the other.  Symbols that too much of
 * the program leads to are no meeting. */
gboolean hf_kin_related(const HfKin *k, HfSymId a, HfSymId b);

G_END_DECLS

#endif
