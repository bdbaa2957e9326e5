/* SPDX-License-Identifier: MIT */
/*
 * convention.h - annotations that are missing where the rest of the program
 * has them.  Part of ANNOTATION, private to check.
 *
 * Nothing is demanded of a program that does not annotate.  Where nearly all
 * functions (or members) of one kind say something, the one that does not is
 * told, with how many do: the annotation was forgotten, or got lost.
 */
#ifndef HOLDFAST_CONVENTION_H
#define HOLDFAST_CONVENTION_H

#include "check/guard.h"

G_BEGIN_DECLS

/* How many say it; who does not. */
typedef struct {
    guint n, n_says;
} HfCustom;

/* Enough of them, and nearly all: those that do not are exceptions. */
gboolean hf_custom_holds(const HfCustom *c);
/* The same of a few that belong together (one header, one file): all but
 * very few. */
gboolean hf_custom_holds_among_few(const HfCustom *c);

/* A finding about a function, at its declaration; the caller adds events. */
HfFinding *hf_convention_finding(HfCheck *c, HfSymId sym, const char *what,
                                 const char *subject);
HfPlace hf_convention_place(const HfCheck *c, HfSymId sym);
/* The context that a function's declarations name, those in its body left
 * out. */
HfContextClass hf_convention_declared(const HfCheck *c, HfSymId sym);
const char *hf_convention_class_name(HfContextClass cls);

/* A function that calls nothing of the program and changes nothing: many
 * leave the check out there. */
gboolean hf_convention_is_plain(const HfCheck *c, const HfFlow *flow);

/* Contexts of functions that headers declare, and their checks in bodies. */
void hf_convention_contexts(HfCheck *c);
/* Function pointers, and what is stored in them. */
void hf_convention_slots(HfCheck *c);
/* Locks that callers must hold or that are dropped. */
void hf_convention_locks(HfCheck *c);
/* Do functions of this program declare the locks that they leave to their
 * callers?  cap: that named capability; NULL: locks without a name. */
gboolean hf_convention_strict(HfCheck *c, const char *cap);
/* Guards of members and variables. */
void hf_convention_guards(HfCheck *c);

G_END_DECLS

#endif
