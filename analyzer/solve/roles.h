/* SPDX-License-Identifier: MIT */
/*
 * roles.h - who runs what: roles of threads and callbacks, from the profile,
 * from ROLE_ENTRY and from calls that start threads or register callbacks.
 *
 * A role tells threads apart as far as that is of use: threads that start in
 * the same function are one role, unique when at most one of them lives at a
 * time.  Callbacks belong to the role that the profile names for them, else
 * to one for their kind.
 */
#ifndef HOLDFAST_ROLES_H
#define HOLDFAST_ROLES_H

#include "solve/loops.h"

G_BEGIN_DECLS

/* Fills s->roles and what belongs to it, from the flows. */
void hf_roles_collect(HfSolved *s);
void hf_roles_clear(HfSolved *s);

/* The role in which the function is run; never -1. */
int hf_role_of_run(const HfSolved *s, const HfLoopRun *run);

/* Some effect runs the function, or a rule says that threads start there:
 * nobody needs to be seen to call it. */
gboolean hf_role_is_entry(const HfSolved *s, HfSymId sym);

/* The word for how it is run: "thread", "bottom half", ... */
const char *hf_role_kind_text(HfRunKind run);

/* Both name the same threads. */
gboolean hf_handle_same(const HfSolved *s, const HfHandle *a,
                        const HfHandle *b);

G_END_DECLS

#endif
