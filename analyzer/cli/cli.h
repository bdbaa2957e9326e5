/* SPDX-License-Identifier: MIT */
/* cli.h - the holdfast command.  Only these files print. */
#ifndef HOLDFAST_CLI_H
#define HOLDFAST_CLI_H

#include "check/check.h"
#include "extract/extract.h"
#include "report/report.h"

/* Exit statuses. */
enum { HF_EXIT_CLEAN = 0, HF_EXIT_FINDINGS = 1, HF_EXIT_FAILURE = 2 };

typedef struct {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} HfCommand;

/* Options that several commands share; see pipeline.c. */
typedef struct {
    char *build_dir;
    char *profile;
    char **rules_dirs;
    char **targets;
    char **files;
    char *root;
    char *cache_dir;
    int jobs;
    int timeout;
    gboolean no_pch;
    gboolean force;
    gboolean quiet;
    char *shard; /* "i/n" */
} HfPipelineOptions;

void hf_pipeline_options_clear(HfPipelineOptions *o);
GOptionGroup *hf_pipeline_option_group(HfPipelineOptions *o);

/* What a run has produced so far; stages that were not asked for are NULL. */
typedef struct {
    HfRules *rules;
    HfCompileDb *db;
    HfExtractResult *extracted;
    HfProgram *program;
    HfSolved *solved;
    char *root;
    char *cache_dir;
} HfPipeline;

typedef enum {
    HF_STAGE_RULES,
    HF_STAGE_EXTRACT,
    HF_STAGE_LINK,
    HF_STAGE_SOLVE,
} HfStage;

gboolean hf_pipeline_run(HfPipeline *p, const HfPipelineOptions *o,
                         HfStage until, GError **error);
/* Go on from where a run stopped. */
gboolean hf_pipeline_resume(HfPipeline *p, const HfPipelineOptions *o,
                            HfStage until, GError **error);
void hf_pipeline_clear(HfPipeline *p);

/* Parse argv for a command; FALSE after printing what was wrong. */
gboolean hf_cli_parse(GOptionContext *context, int *argc, char ***argv);
/* For commands that take options only: FALSE after naming what is left. */
gboolean hf_cli_no_operands(int argc, char **argv);
int hf_cli_fail(const GError *error);

/* Directories rules profiles are looked up in, NULL-terminated. */
char **hf_cli_rules_dirs(char **extra);
char *hf_cli_checks_dir(void); /* of the checkers' pages */

int hf_cmd_extract(int argc, char **argv);
int hf_cmd_link(int argc, char **argv);
int hf_cmd_check(int argc, char **argv);
int hf_cmd_dump(int argc, char **argv);
int hf_cmd_explain(int argc, char **argv);
int hf_cmd_query(int argc, char **argv);
int hf_cmd_roles(int argc, char **argv);
int hf_cmd_annotate(int argc, char **argv);
int hf_cmd_rules(int argc, char **argv);

#endif
