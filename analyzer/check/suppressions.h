/* SPDX-License-Identifier: MIT */
/*
 * suppressions.h - findings that the sources speak of.  Private to check.
 *
 * Three ways: a comment (grammar in report/report.h); a statement made of a
 * function with the effect `intentional` (HF_INTENTIONAL), which speaks of
 * the statement that follows it; and a rule of the profile.
 */
#ifndef HOLDFAST_SUPPRESSIONS_H
#define HOLDFAST_SUPPRESSIONS_H

#include "check/check.h"

G_BEGIN_DECLS

/*
 * Marks what is suppressed among c->findings.  With tell, adds findings of
 * c->checker about marks that are wrong; with all_ran, also about those that
 * nothing needs: only then is it known.
 */
void hf_suppressions_apply(HfCheck *c, gboolean tell, gboolean all_ran);

G_END_DECLS

#endif
