/* SPDX-License-Identifier: MIT */
/*
 * finding.h - one defect report, as the checkers make it and the writers
 * print it.
 *
 * Ownership: a HfFinding owns its strings and events; HfFindings owns its
 * findings.  Not thread-safe.
 */
#ifndef HOLDFAST_FINDING_H
#define HOLDFAST_FINDING_H

#include <glib.h>

G_BEGIN_DECLS

/* Tiers are what is shown first.  They follow from the named reasons, never
 * from a number. */
typedef enum {
    HF_TIER_HIGH,   /* printed by default, fails the run */
    HF_TIER_MEDIUM, /* printed by default, fails the run */
    HF_TIER_LOW,    /* printed with --all only */
} HfTier;

typedef enum {
    HF_IMPACT_HIGH,
    HF_IMPACT_MEDIUM,
    HF_IMPACT_LOW,
} HfImpact;

typedef struct {
    char *file; /* absolute */
    int line;   /* from 1; 0: unknown */
    int col;    /* from 1, in bytes; 0: unknown */
    int end_line; /* 0: unknown */
    int end_col;  /* just past the last byte */
} HfPlace;

/*
 * One step of the trace.  tag is a Coverity event tag: [a-z][a-z0-9_-]+.
 * Tags with a fixed meaning: path, cond_true, cond_false, call, enter,
 * return, example_lock, example_access, note, remediation (never the key
 * event); the main event has the checker's own tag.
 */
typedef struct {
    char *tag;
    char *message;
    HfPlace place;
    int depth; /* call depth relative to the first event, for indentation */
    gboolean main;
} HfTraceEvent;

/* What another thread is known to do at the same time. */
typedef enum { HF_RACE_UNKNOWN, HF_RACE_WITH_READ, HF_RACE_WITH_WRITE } HfRace;

typedef struct {
    char *checker;     /* "MISSING_LOCK" */
    char *subcategory; /* "unlocked_read" */
    HfTier tier;
    HfImpact impact;
    int cwe;
    GPtrArray *reasons; /* char*: named reasons for the tier */
    char *message;      /* the main event's, repeated here */
    char *function;     /* function that holds the main event */
    GArray *events;     /* HfTraceEvent, in order, exactly one main */
    /* What makes this the same finding tomorrow; no line numbers, no counts,
     * no names of locals. */
    char *key_function;
    char *key_subject; /* normalised access path or callee */
    char *key_lock;
    char *key_shape;   /* e.g. "read", "double_unlock" */
    char *classification; /* suggested, NULL: none ("Intentional") */
    char *reason_code;    /* sole_writer, init_phase, ... NULL: none */
    char *reason_text;    /* what proves it, NULL: none */
    HfRace race; /* by plain calls alone */
    char *race_text; /* "thread writes it in \"f\"", NULL: none is known */
    char *what_if; /* would taking the lock here be safe? NULL: not asked */
    char *patch;   /* unified diff, paths relative to the root; NULL: none */
    char *group; /* see hf_findings_group(); NULL: on its own */
    int rank;    /* within its group: the least leads */
    GPtrArray *access_keys; /* char*: "KEY:OCCURRENCE" of those it stands for,
                               besides its own; NULL: none */
    char *rule;           /* what produced it: "FILE:LINE" of a rule, an
                             annotation's place, or "inferred" */
    /* filled by the report library */
    char *merge_key;  /* 64 hex digits: SHA-256 */
    int occurrence;   /* among findings with the same key, from 1 */
    gboolean suppressed; /* by a source mark; suppression says where */
    char *suppression;
} HfFinding;

HfFinding *hf_finding_new(const char *checker, const char *subcategory);
void hf_finding_free(HfFinding *f);
void hf_finding_reason(HfFinding *f, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void hf_finding_suggest(HfFinding *f, const char *classification,
                        const char *code, const char *text);
void hf_finding_access_key(HfFinding *f, const char *key);
/* Appends an event; the main one also sets message. */
void hf_finding_event(HfFinding *f, const HfPlace *place, const char *tag,
                      int depth, const char *fmt, ...) G_GNUC_PRINTF(5, 6);
void hf_finding_main(HfFinding *f, const HfPlace *place, const char *tag,
                     int depth, const char *fmt, ...) G_GNUC_PRINTF(5, 6);
/* The main event, NULL when there is none yet.  A second hf_finding_main()
 * demotes the first one. */
const HfTraceEvent *hf_finding_main_event(const HfFinding *f);
/* The merge key the finding has by its key_ fields; free it. */
char *hf_finding_make_key(const HfFinding *f);

typedef struct {
    GPtrArray *list; /* HfFinding* */
} HfFindings;

HfFindings *hf_findings_new(void);
void hf_findings_free(HfFindings *fs);
void hf_findings_add(HfFindings *fs, HfFinding *f); /* takes f */
/* Compute merge keys, drop exact duplicates, number occurrences and sort by
 * tier, file, line, column, checker, key.  Call once, before any writer. */
void hf_findings_finish(HfFindings *fs);
/* Frees the findings that keep() refuses; the order of the rest stays. */
void hf_findings_filter(HfFindings *fs,
                        gboolean (*keep)(const HfFinding *f, void *data),
                        void *data);

G_END_DECLS

#endif
