/* SPDX-License-Identifier: MIT */
/*
 * excluded.h - paths from where a token is held to a function that must not
 * run then.  Shared by TRANSACTION and RCU.  Private to check.
 */
#ifndef HOLDFAST_EXCLUDED_H
#define HOLDFAST_EXCLUDED_H

#include "check/reach.h"

G_BEGIN_DECLS

typedef struct {
    const char *subcategory;
    const char *tag; /* of the main event */
    const char *why; /* follows on "... calls F inside TOKEN" */
} HfExcludedWords;

/*
 * Reports, for every call made while the token is held, the shortest way to
 * each function whose contract excludes it: one finding for a call and an
 * excluded function, with notes on other places that get there.  Functions
 * that merely require the token start a way only when no caller is known to
 * hold it.
 */
void hf_excluded_check(HfCheck *c, HfX token, const HfExcludedWords *words);

/* Tokens that some function or slot excludes: HfX, capabilities first.
 * (transfer full) */
GArray *hf_excluded_tokens(const HfCheck *c);

G_END_DECLS

#endif
