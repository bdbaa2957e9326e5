/* SPDX-License-Identifier: MIT */
/*
 * clang_env.h - the libclang this process runs with, and the arguments it is
 * given.  Private to extract; one thread at a time.
 */
#ifndef HOLDFAST_EXTRACT_CLANG_ENV_H
#define HOLDFAST_EXTRACT_CLANG_ENV_H

#include "extract.h"

typedef struct HfClangEnv HfClangEnv;

/* Fails when clang's own headers are not found. resource_dir may be NULL. */
HfClangEnv *hf_clang_env_new(const char *resource_dir, GError **error);
void hf_clang_env_free(HfClangEnv *env);

/* "Debian clang version 19.1.7 ..." */
const char *hf_clang_env_version(const HfClangEnv *env);

/*
 * Arguments for a unit without those that turn thread-safety attributes into
 * annotations: everything about the unit that tells groups apart.  Values
 * clang does not know are left out.  rules may be NULL.
 */
char **hf_clang_env_args(HfClangEnv *env, const HfCompileEntry *entry,
                         const HfRules *rules);

/* -D arguments of the thread-safety attributes; static. */
const char *const *hf_tsa_defines(guint *n);

#endif
