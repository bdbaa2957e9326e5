/* SPDX-License-Identifier: MIT */
/*
 * run.h - one call of hf_extract_run.  Private to extract.
 *
 * extract.c decides which units have to be done; run_pch.c gets the shared
 * headers they need; run_units.c has the workers do them.
 */
#ifndef HOLDFAST_EXTRACT_RUN_H
#define HOLDFAST_EXTRACT_RUN_H

#include "cache.h"
#include "clang_env.h"
#include "pch_guard.h"
#include "pch_plan.h"

typedef struct {
    const HfCompileEntry *entry;
    char **args;    /* of hf_clang_env_args */
    HfHash id, base;
    gboolean ours;  /* of this --shard */
    gboolean to_do;
    HfUnitResult *result; /* owned by HfExtractResult; NULL when not ours */
    guint group;
} HfRunUnit;

typedef struct {
    const HfPchGroup *plan;
    HfHash key;
    HfPch *pch;        /* NULL: none, units are parsed without */
    HfPchGuard *guard;
    guint n_to_do;
} HfRunGroup;

typedef struct {
    const HfExtractOptions *options;
    int jobs;
    HfClangEnv *env;
    HfHash tool;       /* versions, and what of the rules matters */
    HfCache *cache;
    char *pch_dir;
    HfNames *names;
    GArray *units;     /* HfRunUnit, as in the database */
    GPtrArray *plan;   /* HfPchGroup*; NULL without precompiled headers */
    GArray *groups;    /* HfRunGroup, as in plan */
    HfExtractResult *result;
    int done;          /* units with a result */
} HfRun;

static inline HfRunUnit *hf_run_unit(const HfRun *run, guint i)
{
    return &g_array_index(run->units, HfRunUnit, i);
}

/* Fill in the groups' pch and guard, building what is worth it. */
gboolean hf_run_pch(HfRun *run, GError **error);

/* Extract every unit that is to_do. */
gboolean hf_run_units(HfRun *run, GError **error);

/* One more unit has its result. */
void hf_run_progress(HfRun *run, const HfRunUnit *unit);

#endif
