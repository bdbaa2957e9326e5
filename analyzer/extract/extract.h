/* SPDX-License-Identifier: MIT */
/*
 * extract.h - from compile_commands.json to one shard of facts per unit.
 *
 * The only stage that uses libclang.  A shard depends on the text of the unit
 * and every header it read, its flags, the extract part of the rules and the
 * tool version; when none of them changed, the shard on disk is reused.
 *
 *     HfCompileDb *db = hf_compile_db_load("build", &error);
 *     HfExtractOptions opt = { .rules = rules, .cache_dir = "build/.holdfast",
 *                              .jobs = 2, .unit_timeout_s = 60, .pch = TRUE };
 *     HfExtractResult *r = hf_extract_run(db, &opt, &error);
 *
 * Thread context: call from the main thread; hf_extract_run forks workers.
 */
#ifndef HOLDFAST_EXTRACT_H
#define HOLDFAST_EXTRACT_H

#include "facts/facts.h"
#include "rules/rules.h"
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    char *directory;
    char *file;   /* absolute */
    char *output; /* "" when the database does not say */
    char **args;  /* without compiler, -c, -o, -M*; NULL-terminated */
    int line;     /* in the database file, for messages; 0 unknown */
} HfCompileEntry;

typedef struct {
    char *path;         /* of compile_commands.json */
    char *build_dir;
    GPtrArray *entries; /* HfCompileEntry*, in the database's order, sorted by
                           file then output, exact duplicates removed */
    GPtrArray *warnings; /* char*: entries left out, and why */
} HfCompileDb;

#define HF_EXTRACT_ERROR hf_extract_error_quark()
GQuark hf_extract_error_quark(void);
typedef enum {
    HF_EXTRACT_ERROR_DATABASE, /* missing, broken JSON, wrong shape */
    HF_EXTRACT_ERROR_IO,
    HF_EXTRACT_ERROR_TARGET,   /* unknown link target */
} HfExtractError;

/* dir_or_file: a build directory or the .json itself. */
HfCompileDb *hf_compile_db_load(const char *dir_or_file, GError **error);
void hf_compile_db_free(HfCompileDb *db);
/* Keep entries whose file matches one of the glob patterns (relative to
 * root), or lies below one of the directories named. */
void hf_compile_db_filter(HfCompileDb *db, const char *root,
                          const char *const *patterns);
/* Keep what the build system links into targets (ninja -t inputs; for other
 * generators a response or link.txt file of CMake). */
gboolean hf_compile_db_select_targets(HfCompileDb *db,
                                      const char *const *targets,
                                      GError **error);

typedef struct {
    const HfRules *rules; /* NULL: none */
    const char *cache_dir;
    int jobs;            /* <= 0: number of processors */
    int unit_timeout_s;  /* 0: 120 */
    gboolean pch;        /* use shared superset PCHs */
    gboolean force;      /* ignore the cache */
    int shard_index, shard_count; /* 0, 0: all; else units i of every n */
    const char *clang_resource_dir; /* NULL: clang 19's own */
    void (*progress)(int done, int total, const char *file, gpointer data);
    gpointer progress_data;
} HfExtractOptions;

typedef struct {
    char *file;
    char *output;
    char *shard;  /* path; NULL when there is none */
    HfUnitStatus status;
    char *message; /* NULL when OK: "file:line: why" */
    gboolean cached;
} HfUnitResult;

typedef struct {
    GPtrArray *units; /* HfUnitResult*, in the order of the database */
    int n_cached, n_extracted; /* together all units */
    int n_failed; /* of them not OK */
    int n_pch;    /* units parsed with a shared header */
} HfExtractResult;

/*
 * A unit that fails costs that unit only; NULL and an error mean that nothing
 * could be done at all.  The shards do not depend on jobs, pch or what was
 * cached.  Test hook: see HOLDFAST_TEST_CRASH in run_units.c.
 */
HfExtractResult *hf_extract_run(const HfCompileDb *db,
                                const HfExtractOptions *options,
                                GError **error);
void hf_extract_result_free(HfExtractResult *r);

/* One unit in this process, for tests and tools. args as in HfCompileEntry. */
HfFacts *hf_extract_unit(const HfCompileEntry *entry,
                         const HfExtractOptions *options, GError **error);

G_END_DECLS

#endif
