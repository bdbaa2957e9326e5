/* SPDX-License-Identifier: MIT */
/*
 * unit.h - one translation unit in this process.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_UNIT_H
#define HOLDFAST_EXTRACT_UNIT_H

#include "clang_env.h"
#include "pch_guard.h"

typedef struct {
    const HfCompileEntry *entry;
    char *const *args; /* of hf_clang_env_args */
    const HfRules *rules; /* may be NULL */
    const HfPch *pch;  /* or NULL */
    HfPchGuard *guard; /* with pch */
} HfUnitJob;

typedef struct {
    HfFacts *facts;  /* never NULL */
    char *message;   /* of the first error, "file:line: why"; NULL when OK */
    GPtrArray *deps; /* char*: absolute paths of the files it depends on,
                        main file included; sorted */
    gboolean misses_file; /* it may fare better when a file comes that is not
                             in deps */
    gboolean used_pch;
    char *why_no_pch; /* NULL when none was given, or it was used */
} HfUnitOutcome;

/* Changes to the entry's directory and stays there. */
void hf_unit_extract(const HfUnitJob *job, HfUnitOutcome *out);
void hf_unit_outcome_clear(HfUnitOutcome *out);

/* Facts of a unit that has none: only status and why. */
HfFacts *hf_unit_failed(const HfCompileEntry *entry, HfUnitStatus status,
                        const char *why);

#endif
