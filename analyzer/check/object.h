/* SPDX-License-Identifier: MIT */
/*
 * object.h - which object of the program a path means, in one context of its
 * function: parameters are followed to what callers pass, and what a thread
 * was given to what its starter gave it (Pratikakis et al., "LOCKSMITH", PLDI
 * 2006, names locks that way).  Private to check.
 */
#ifndef HOLDFAST_OBJECT_H
#define HOLDFAST_OBJECT_H

#include "check/check.h"

G_BEGIN_DECLS

typedef struct {
    HfX x;      /* 0: it cannot be told */
    HfSymId in; /* the function whose local or call x mentions; 0: none */
    gboolean handed; /* given to the thread that the context is of */
} HfObject;

typedef struct HfObjects HfObjects;

/* Remembers answers; belongs to one thread. */
HfObjects *hf_objects_new(const HfCheck *c);
void hf_objects_free(HfObjects *o);

/* The path, in terms of the program. */
HfObject hf_object_of(HfObjects *o, const HfFlow *flow, const HfContext *ctx,
                      HfX path);
/* It means the same memory wherever it is named: (a member or an element of)
 * a variable, or of a local or an allocation that is made once a call. */
gboolean hf_object_is_one(const HfObjects *o, const HfObject *object);

/* But for handed.  Of a local, each call of its function has one: two threads
 * have the same only where one was handed to the other, or to both. */
gboolean hf_object_same(const HfObject *a, const HfObject *b);

G_END_DECLS

#endif
