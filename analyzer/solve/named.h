/* SPDX-License-Identifier: MIT */
/*
 * named.h - objects that only annotations mention.  Private to solve.
 *
 * A token or a role is declared and never touched by code, so the facts have
 * no symbol for it.  A name in the contract of a function that takes no
 * parameters can only be such an object; with that it is known wherever else
 * it is written.
 */
#ifndef HOLDFAST_NAMED_H
#define HOLDFAST_NAMED_H

#include "solve/expr.h"

G_BEGIN_DECLS

typedef struct HfNamed HfNamed;

/* known() tells whether a name means something already. */
typedef gboolean (*HfNameKnown)(const char *name, gconstpointer data);

HfNamed *hf_named_new(const HfProgram *p, HfNameKnown known,
                      gconstpointer data);
void hf_named_free(HfNamed *named);

/* The object of that name, 0 when there is none. */
HfX hf_named_find(const HfNamed *named, HfXTable *t, const char *name);
/* Can it be acquired?  A role cannot. */
gboolean hf_named_is_token(const HfNamed *named, const char *name);

G_END_DECLS

#endif
