/* SPDX-License-Identifier: MIT */
/*
 * check.h - checkers: a solved program in, findings out.
 *
 * A checker is one source file that defines one HfChecker, one line in
 * checker_list.h, one page rules/checks/<NAME>.md and cases in
 * tests/cases/<NAME>/.  It never sees libclang and prints nothing.
 */
#ifndef HOLDFAST_CHECK_H
#define HOLDFAST_CHECK_H

#include "check/checker_list.h"
#include "report/finding.h"
#include "solve/solve.h"

G_BEGIN_DECLS

typedef struct {
    const HfSolved *solved;
    const HfProgram *program;
    HfFindings *findings;
    const HfCheckerRule *settings; /* of the running checker, or NULL */
    const struct HfChecker *checker;
    GHashTable *callers; /* lock_callers.c: answers that were found before */
    struct HfCritical **critical; /* critical.h: made at first use */
} HfCheck;

typedef struct HfChecker {
    const char *name;    /* "MISSING_LOCK" */
    const char *summary; /* one line */
    int cwe;
    HfImpact impact;
    void (*run)(HfCheck *check);
} HfChecker;

#define X(name) extern const HfChecker name;
HF_CHECKERS(X)
#undef X

const HfChecker *const *hf_checkers(void); /* NULL-terminated */
const HfChecker *hf_checker_find(const char *name);

/* Run every checker that the rules do not disable; only: NULL-terminated
 * names to restrict to, or NULL.  Findings that the sources call intentional
 * are marked suppressed. */
void hf_check_run(const HfSolved *solved, const char *const *only,
                  HfFindings *findings);

/* For those who use what checkers use without being one; findings may be
 * NULL when nothing is reported. */
HfCheck hf_check_for(const HfSolved *solved, HfFindings *findings,
                     const char *checker);
void hf_check_for_clear(HfCheck *check);

/* Option of the running checker from the rules, or fallback. */
const char *hf_check_option(const HfCheck *c, const char *key,
                            const char *fallback);

/* ---- walking ------------------------------------------------------------ */

/* Calls fn for every function with a body that is to be judged, callees
 * first. */
typedef void (*HfFlowFn)(HfCheck *check, const HfFlow *flow, gpointer data);
void hf_check_each_flow(HfCheck *check, HfFlowFn fn, gpointer data);

/* Name matches one of the profile's exempt phases (init, finalize). */
gboolean hf_check_exempt(const HfCheck *check, const HfFlow *flow);

/* ---- making findings ---------------------------------------------------- */

/* A finding of the running checker in flow, key_function set. (transfer full)
 * until hf_findings_add(). */
HfFinding *hf_check_finding(const HfCheck *check, const HfFlow *flow,
                            const char *subcategory);
HfPlace hf_check_place(const HfFlow *flow, uint32_t event); /* borrowed file */
HfPlace hf_check_place_of(const HfProgram *p, uint32_t unit, HfId loc);

/* What the source calls the object of an access; (transfer full). */
char *hf_check_access_text(const HfFlow *flow, const HfAccess *access);
/* The same for a lock taken or released in flow; (transfer full). */
char *hf_check_hold_text(const HfCheck *check, const HfFlow *flow,
                         const HfHold *hold);
/* Text of an expression in the function's own names; (transfer full). */
char *hf_check_text(const HfCheck *check, const HfFlow *flow, HfX x);
/* Without names of locals, for merge keys; (transfer full). */
char *hf_check_stable(const HfCheck *check, HfX x);

/* Trace from the root of a context down to flow: "enter", "call" events.
 * Returns the depth of flow itself. */
int hf_trace_context(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                     const HfContext *ctx);
/* The calls alone, as events of that tag. */
int hf_trace_calls(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                   const HfContext *ctx, const char *tag);
/* An event of flow: where a hold was taken, released or assumed. */
void hf_trace_hold(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                   const HfHold *hold, int depth);

G_END_DECLS

#endif
