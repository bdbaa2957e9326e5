/* SPDX-License-Identifier: MIT */
/*
 * message.h - how the rules library words its errors.
 *
 * Private to the rules library.  Everything returned is (transfer full).
 */
#ifndef HOLDFAST_RULES_MESSAGE_H
#define HOLDFAST_RULES_MESSAGE_H

#include "rules/rules.h"

/* "FILE:LINE:COL: ..."; keeps the first error when one is set already. */
void hf_rules_fail(GError **error, HfRulesError code, const HfRulePlace *at,
                   const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/* 'text', with control characters escaped and cut to 60 bytes. */
char *hf_quote(const char *text);

/* The word nearest to text, or NULL when none is near enough to be meant. */
const char *hf_nearest(const char *text, const char *const *words);

/*
 * "expected one of a, b, c; found 'd' (did you mean 'c'?)".  A long list is
 * left out when there is a suggestion: then it is "expected KIND, found ...".
 */
char *hf_expected_word(const char *kind, const char *const *words,
                       const char *found);

/* The same for names that somebody chose: "expected KIND (a, b), found 'c'
 * (did you mean 'b'?)". */
char *hf_expected_name(const char *kind, const char *const *names,
                       const char *found);

#endif
