/* SPDX-License-Identifier: MIT */
/*
 * path_text.h - access paths as text, for the dump.  Private to facts.
 */
#ifndef HOLDFAST_FACTS_PATH_TEXT_H
#define HOLDFAST_FACTS_PATH_TEXT_H

#include "facts/facts.h"

G_BEGIN_DECLS

/* As hf_facts_path_text(), but with temps[event] not 0 the result of that
 * call is "T<number>" rather than "foo()".  temps may be NULL. */
void hf_path_text(const HfFacts *facts, HfId path, const uint32_t *temps,
                  GString *out);

G_END_DECLS

#endif
