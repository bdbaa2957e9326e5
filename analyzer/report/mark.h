/* SPDX-License-Identifier: MIT */
/*
 * mark.h - the grammar of suppression comments.  Private to report/.
 */
#ifndef HOLDFAST_MARK_H
#define HOLDFAST_MARK_H

#include "report/report.h"

typedef enum {
    HF_DIRECTIVE_LINE,  /* the line the comment applies to */
    HF_DIRECTIVE_EVENT, /* events with a tag on that line */
    HF_DIRECTIVE_NEXT,  /* the line after the comment */
    HF_DIRECTIVE_BEGIN, /* from here */
    HF_DIRECTIVE_END,   /* to here */
} HfDirectiveKind;

typedef struct {
    HfDirectiveKind kind;
    gboolean ours;       /* written for holdfast: worth reporting if unused */
    gboolean suppress;   /* FALSE: only classifies */
    gboolean patterns;   /* names are patterns of NOLINT */
    const char *verdict; /* "Intentional", "False Positive", "Bug" */
    char **names;        /* checkers or, for EVENT, tags */
    char *names_text;    /* as written, pairs BEGIN with END */
    char *reason;
} HfDirective;

void hf_directive_free(HfDirective *d);

/*
 * The directives in a comment's text, in order; an empty array for any other
 * comment.  *problem is set when one of ours cannot be understood.
 */
GPtrArray *hf_mark_parse(const char *text, const char **problem);

/* Whether d speaks of f's checker (not for EVENT). */
gboolean hf_directive_names_checker(const HfDirective *d, const HfFinding *f);
/* Whether d, of kind EVENT, speaks of e in f. */
gboolean hf_directive_names_event(const HfDirective *d, const HfFinding *f,
                                  const HfTraceEvent *e);

#endif
