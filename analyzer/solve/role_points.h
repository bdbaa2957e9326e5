/* SPDX-License-Identifier: MIT */
/*
 * role_points.h - where threads of a role are started and joined.  Private to
 * solve.
 *
 * Both are followed out of wrappers: a start to whoever names the function, a
 * join to whoever names the handle, where the wrapper serves several roles.
 */
#ifndef HOLDFAST_ROLE_POINTS_H
#define HOLDFAST_ROLE_POINTS_H

#include "solve/roles.h"

/* ---- roles.c ------------------------------------------------------------ */

HfRole *hf_role_at(const HfSolved *s, int id);
/* The one of that name, or a new one. */
int hf_role_make(HfSolved *s, const char *name, HfRunKind run);
void hf_role_add_entry(HfSolved *s, int id, HfSymId sym, HfRunKind run);

/* ---- role_points.c ------------------------------------------------------ */

typedef void (*HfRoleCallFn)(HfSolved *s, const HfFlow *f,
                             const HfCall *call);
void hf_role_each_call(HfSolved *s, HfRoleCallFn fn);

/* Row by function and event; of rows for one entry the first stays. */
void hf_role_add_point(GArray *points, const HfRolePoint *p);
/* An argument's value; 0: there is none, or it is not known. */
HfX hf_role_argument(const HfFlow *f, const HfCall *call, int arg);
HfHandle hf_role_handle(const HfSolved *s, HfSymId in, HfX object);
/* The parameter that an argument of the call just hands on; -1 none. */
int hf_role_handed_on(const HfSolved *s, const HfFlow *f, const HfCall *call,
                      int arg);

/* The call starts threads in entry, as the effect says. */
void hf_role_started(HfSolved *s, const HfFlow *f, const HfCall *call,
                     const HfEffect *e, HfSymId entry);
/* A thread is started for each caller that names its function in argument
 * `param` of the wrapper p is in. */
void hf_role_start_in_callers(HfSolved *s, int role, const HfRolePoint *p,
                              int param, int depth);

/* trampolines.c: once all starts are known: what every thread of a program
 * starts in, which calls the function it was given. */
void hf_role_trampolines(HfSolved *s);
/* role_joins.c: once all starts are known. */
void hf_role_joins(HfSolved *s);

#endif
