/* SPDX-License-Identifier: MIT */
/*
 * pch_plan.h - which headers to share among which units.  Private to extract.
 *
 * Parsing is most of the cost of extraction, and most parsing is headers.
 * Units with the same arguments form a group; the headers many of them start
 * with go into one precompiled header, a superset of what any of them needs.
 */
#ifndef HOLDFAST_EXTRACT_PCH_PLAN_H
#define HOLDFAST_EXTRACT_PCH_PLAN_H

#include "extract.h"
#include "names.h"

typedef struct {
    char *directory;
    char *const *args;  /* borrowed from the first unit */
    GPtrArray *headers; /* char*: as they follow #include, in order */
    GArray *uses;       /* guint: how many units start with each of them */
    GArray *units;      /* guint: indices of entries */
} HfPchGroup;

/*
 * entries[i] goes with args[i].  Groups come in the order of their first
 * unit; every unit is in exactly one, most groups may have no headers.
 */
GPtrArray *hf_pch_plan(HfNames *names, const GPtrArray *entries,
                       char **const *args);

#endif
