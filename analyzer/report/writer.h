/* SPDX-License-Identifier: MIT */
/*
 * writer.h - what the writers have in common.  Private to report/.
 */
#ifndef HOLDFAST_WRITER_H
#define HOLDFAST_WRITER_H

#include "report/report.h"

extern const HfWriter hf_writer_text;
extern const HfWriter hf_writer_coverity;
extern const HfWriter hf_writer_coverity_json;
extern const HfWriter hf_writer_sarif;
extern const HfWriter hf_writer_gitlab;
extern const HfWriter hf_writer_rdjsonl;

/* Whether the report prints f: not suppressed, and not of a hidden tier. */
gboolean hf_report_shows(const HfReport *r, const HfFinding *f);
/* The place of the main event; an empty one when f has no events. */
const HfPlace *hf_report_place(const HfFinding *f);
/* file as printed: without root when it is below it.  Part of file, or a
 * static string: do not free. */
const char *hf_report_path(const HfReport *r, const char *file);

const char *hf_tier_name(HfTier tier);     /* "high" */
const char *hf_impact_name(HfImpact impact); /* "High", as Coverity spells it */

/* The events of f as an array; *n of them. */
const HfTraceEvent *hf_finding_events(const HfFinding *f, guint *n);
/* Shows something beside the path to the defect: examples and notes. */
gboolean hf_event_is_aside(const HfTraceEvent *e);
/* A step of control flow that says nothing by itself. */
gboolean hf_event_is_path(const HfTraceEvent *e);

#endif
