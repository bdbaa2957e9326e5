/* SPDX-License-Identifier: MIT */
/*
 * report.h - writers: findings in, bytes out.
 *
 * A writer is one source file writer_<name>.c that defines one HfWriter, and
 * one line in writers.c.  Output is a pure function of its input.
 */
#ifndef HOLDFAST_REPORT_H
#define HOLDFAST_REPORT_H

#include "report/finding.h"
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    const HfFindings *findings; /* finished */
    const char *root;           /* paths below it are printed relative */
    const char *tool_version;
    const char *profile;
    const char *rules_checks_dir; /* the checkers' pages, for help texts */
    gboolean color;
    gboolean statistics;  /* text: counts by checker and tier at the end */
    gboolean show_low;    /* include HF_TIER_LOW */
    gboolean show_trace;  /* text: trace with code excerpts */
    GPtrArray *unit_failures; /* char*: "file: why" of units lost, or NULL */
    int n_units;
    int n_functions;
} HfReport;

typedef struct {
    const char *name; /* "text", "coverity", "coverity-json", "sarif",
                         "gitlab", "rdjsonl" */
    const char *summary;
    void (*write)(const HfReport *report, GString *out);
} HfWriter;

const HfWriter *const *hf_writers(void); /* NULL-terminated */
const HfWriter *hf_writer_find(const char *name);

/* ---- choosing what is new ------------------------------------------------ */

typedef enum {
    HF_REPORT_ERROR_FORMAT, /* a baseline we cannot read */
    HF_REPORT_ERROR_GIT,    /* no work tree, unknown revision, git failed */
} HfReportError;

#define HF_REPORT_ERROR (hf_report_error_quark())
GQuark hf_report_error_quark(void);

/*
 * A baseline is any earlier output that carries merge keys: our Coverity
 * JSON or SARIF, or a plain list of keys.  Findings in it (as many
 * occurrences as it has) are dropped.
 *
 * A plain list has one occurrence a line: 64 or 32 hex digits, then nothing
 * or ":" and anything; blank lines and lines that start with # are skipped.
 * On error (the file's name is in the message, and the place in it) no
 * finding is dropped.
 */
gboolean hf_findings_apply_baseline(HfFindings *fs, const char *file,
                                    GError **error);
/*
 * Keep findings that have an event on a line changed since rev (git diff in
 * root).  Files git does not know yet are changed as a whole; where lines
 * were only taken away, the line before and the line after count.
 */
gboolean hf_findings_changed_since(HfFindings *fs, const char *root,
                                   const char *rev, GError **error);
/*
 * Of each group (HfFinding.group) the finding that leads stays, and names the
 * others: of the best tier, then of the least rank, then the first by place.
 * Suppressed ones stay as they are.  Call last, before the writers.
 */
void hf_findings_group(HfFindings *fs);

/* ---- suppression by comments in the sources ------------------------------ */

typedef enum {
    HF_MARK_FOREIGN, /* no mark, or one for another tool as well: no concern */
    HF_MARK_UNUSED,  /* a mark of ours that no finding needs any more */
    HF_MARK_USED,
    HF_MARK_UNTRUE, /* works, but its reason code is disproved by `against` */
    HF_MARK_BROKEN, /* one of ours that is wrong or gives no reason; if it
                       names a checker it still works */
} HfMarkState;

/* A comment; the strings stay the caller's. */
typedef struct {
    const char *file;  /* absolute */
    int line;          /* line it applies to: its own, or the next code */
    int comment_line;  /* line it is written on; 0: same as line */
    const char *text;  /* without the comment delimiters */
    HfMarkState state;   /* filled by hf_findings_suppress() */
    const char *problem; /* filled: why it is BROKEN, static; else NULL */
    const HfFinding *against; /* filled: UNTRUE, of the same findings */
    const char *code;         /* filled: the code that is not true, static */
} HfSourceMark;

/*
 * Marks findings suppressed (or confirmed) by comments and tells what became
 * of each comment.  May run before hf_findings_finish(), so that findings
 * about unused marks can still be added.  Understood are, at the line of the
 * main event unless said otherwise:
 *   holdfast: intentional(CHECKER) reason     also false_positive, confirmed;
 *       the reason may start with a code of reasons.h
 *       several checkers by commas, CHECKER/subcategory, or all
 *   coverity[event_tag]                       any event with that tag; also
 *       coverity[CHECKER], and "tag : FALSE" for a false positive
 *   codechecker_{suppress,false_positive,intentional,confirmed} [CHECKER] why
 *   NOLINT(holdfast-CHECKER), NOLINTNEXTLINE, NOLINTBEGIN ... NOLINTEND;
 *       patterns with *, any case, - for _; each must start with "holdfast"
 * A confirmed finding is classified as a bug and stays.
 */
void hf_findings_suppress(HfFindings *fs, HfSourceMark *marks, guint n);

G_END_DECLS

#endif
