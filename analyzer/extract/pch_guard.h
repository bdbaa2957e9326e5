/* SPDX-License-Identifier: MIT */
/*
 * pch_guard.h - may this unit be parsed with that precompiled header?
 * Private to extract.
 *
 * A shared header holds more than the unit includes, and holds it before the
 * unit's first line.  Most of that makes no difference, or makes an error and
 * is noticed.  What could silently make one is looked for in the text:
 *
 *  - the unit uses a macro that a header it does not include defines;
 *  - the unit defines a macro and then includes a shared header that
 *    mentions or defines it;
 *  - a header it includes mentions or defines a macro that another header
 *    defines, and the unit reads the two in another order, or does not read
 *    the other.
 *
 * And in the facts: a declaration from a header the unit does not include.
 * When in doubt the answer is no, and costs one slower parse.
 */
#ifndef HOLDFAST_EXTRACT_PCH_GUARD_H
#define HOLDFAST_EXTRACT_PCH_GUARD_H

#include "facts/facts.h"
#include "pch.h"

typedef struct HfPchGuard HfPchGuard;

/* Reads every file of pch. names and pch must outlive it. */
HfPchGuard *hf_pch_guard_new(HfNames *names, const HfPch *pch,
                             const char *directory, char *const *args);
void hf_pch_guard_free(HfPchGuard *guard);

typedef struct {
    guint64 *included; /* bit i: the unit includes pch->files[i] */
    guint *steps;      /* of each file: which #include of a shared file, in
                          the order of the unit, brings it in */
    gboolean computed; /* it has an #include MACRO, and may include more */
    char *why_not;     /* NULL: it may be used as far as the text says */
} HfPchVerdict;

/* own: the files the unit read outside the header, its main file included. */
void hf_pch_guard_check(HfPchGuard *guard, const char *main_file,
                        const GPtrArray *own, HfPchVerdict *out);
/* Look at the facts too; sets why_not. */
void hf_pch_guard_check_facts(const HfPchGuard *guard, const HfFacts *facts,
                              HfPchVerdict *verdict);
/* TRUE as well when it cannot be told. */
gboolean hf_pch_verdict_includes(const HfPchVerdict *verdict, guint file);
void hf_pch_verdict_clear(HfPchVerdict *verdict);

#endif
