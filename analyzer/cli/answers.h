/* SPDX-License-Identifier: MIT */
/* answers.h - what the commands that answer questions share.  They print on
 * standard output. */
#ifndef HOLDFAST_ANSWERS_H
#define HOLDFAST_ANSWERS_H

#include "cli/cli.h"

/* A file's name below the root when it is there; borrowed. */
const char *hf_cli_below_root(const HfPipeline *p, const char *file);
/* "FILE:LINE:COL" */
void hf_cli_print_place(const HfPipeline *p, const HfFlow *f, uint32_t event);
/* " NAME" for each capability, after the mark. */
void hf_cli_print_caps(const HfPipeline *p, guint64 caps, const char *mark);
/* An expression in a function's own names; (transfer full). */
char *hf_cli_text(const HfPipeline *p, HfSymId sym, HfX x);
/* A role's name; "unknown role" for -1. */
const char *hf_cli_role(const HfPipeline *p, int role);
/* Calls between a context's root and it. */
guint hf_cli_chain_length(const HfPipeline *p, const HfContext *c);

typedef struct {
    const char *from, *to;       /* functions there are */
    const char *holding, *without; /* names, or NULL */
} HfPathQuestion;

/* Prints a shortest way or that there is none; an exit status.  Sets error
 * when a name means nothing. */
int hf_cli_query_path(const HfPipeline *p, const HfPathQuestion *q,
                      GError **error);

/* Prints whether taking the lock (a member beside that one, or a name) around
 * the function's first access to the member is safe, with a patch, or what is
 * in the way; an exit status. */
int hf_cli_query_whatif(const HfPipeline *p, HfSymId sym, const char *member,
                        const char *lock_name);

#endif
