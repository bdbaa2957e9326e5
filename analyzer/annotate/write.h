/* SPDX-License-Identifier: MIT */
/* write.h - a proposal in this program's spelling.  Private to annotate. */
#ifndef HOLDFAST_ANNOTATE_WRITE_H
#define HOLDFAST_ANNOTATE_WRITE_H

#include "annotate/infer.h"
#include "annotate/source.h"

/* "guarded_by", "gs": the name of its effect in rules. */
const char *hf_effect_word(HfEffectKind kind);
/* "&s->lock"; to be freed. */
char *hf_lock_address(const HfProposal *p);
void hf_edit_free(gpointer edit);
/* Fills annotation, and edits or unwritten. */
void hf_proposal_write(HfInfer *in, HfProposal *p, HfSources *sources);

#endif
