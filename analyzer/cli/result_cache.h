/* SPDX-License-Identifier: MIT */
/*
 * result_cache.h - the findings of a run, kept for the next one.
 *
 * Findings are a pure function of the shards, the rules, the root, the
 * checkers asked for and this program.  When none of them changed, link,
 * solve and check are left out.
 */
#ifndef HOLDFAST_RESULT_CACHE_H
#define HOLDFAST_RESULT_CACHE_H

#include "cli/cli.h"

/* What the report needs of the program besides the findings. */
typedef struct {
    HfFindings *findings; /* as the checkers made them, finished */
    GPtrArray *warnings;  /* char* */
    GPtrArray *failed;    /* char* */
    int n_units, n_functions;
} HfCheckResult;

/* Key over everything that decides the result; "" when it cannot be told (a
 * unit without a shard). (transfer full) */
char *hf_result_key(const HfPipeline *p, const char *const *checkers);

/* FALSE when there is none, or not one that can be read. */
gboolean hf_result_load(const HfPipeline *p, const char *key, HfCheckResult *r);
/* Failing to keep a result is no failure of the run. */
void hf_result_save(const HfPipeline *p, const char *key,
                    const HfCheckResult *r);
void hf_result_clear(HfCheckResult *r);

#endif
