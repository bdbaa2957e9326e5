/* SPDX-License-Identifier: MIT */
/*
 * lower.h - one parsed translation unit to facts.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_LOWER_H
#define HOLDFAST_EXTRACT_LOWER_H

#include "facts/facts.h"
#include "rules/rules.h"
#include <clang-c/Index.h>

/*
 * Attribute cleanup names a function without referring to it, and what is in
 * a precompiled header can only be reached by reference.  So a header that is
 * precompiled has to end with the definition of a static function of this
 * name that mentions (`(void)f;`) every function that may be used for
 * cleanup, and the unit has to be given `static void NAME(void);` after it.
 */
#define HF_PCH_FUNCTIONS "holdfast_pch_functions"

/*
 * main_file and directory are as in the compile command; output may be NULL.
 * Lowers every function defined in the main file, every non-inline definition
 * elsewhere that the unit itself carries, and (transitively) every header
 * function they refer to; symbols, records and fields only when referred to.
 * The result does not depend on whether declarations came from a PCH.
 * Never fails: what cannot be lowered is marked INCOMPLETE.
 *
 * Known limits
 *  - A marker macro is seen on the first declaration of a function, on every
 *    one in the main file, on the one lowered code referred to and on the
 *    definition; not on a second prototype in another header.
 *  - macro_calls and markers in bodies are found by name in the file: what
 *    another macro makes of them is lowered as it stands.  A macro whose
 *    expansion opens a block (for (...) with the body behind it) cannot be
 *    kept as a call.
 *  - Which conditional groups a body's text is in is not known: a marker
 *    statement under any #if but #if 0 counts.
 *  - Sizes in the types of variables are evaluated, those in casts are not.
 */
HfFacts *hf_lower_unit(CXTranslationUnit tu, const char *main_file,
                       const char *directory, const char *output,
                       const HfExtractRules *rules);

#endif
