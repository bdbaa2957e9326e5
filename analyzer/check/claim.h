/* SPDX-License-Identifier: MIT */
/*
 * claim.h - what comments beside declarations say of locks.  Shared by
 * ANNOTATION and by what proposes annotations.
 *
 * "Called with s->lock held", "Protected by lock", "This runs outside the
 * iothread lock!": a table of phrases (claim_words.c) finds such sentences,
 * and the names in them are looked up among the members, parameters,
 * variables and capabilities that the declaration can see.  What names no
 * lock that is known says nothing.
 */
#ifndef HOLDFAST_CLAIM_H
#define HOLDFAST_CLAIM_H

#include "check/check.h"

G_BEGIN_DECLS

typedef enum {
    HF_CLAIM_HELD,     /* callers hold it */
    HF_CLAIM_NOT_HELD, /* callers do not */
    HF_CLAIM_GUARDED,  /* it guards the member or variable */
} HfClaimKind;

typedef struct {
    HfClaimKind kind;
    HfSymId sym;     /* function or variable */
    HfFieldId field; /* member, slots included */
    HfX lock;        /* in terms of the function; for members, of SELF */
    gboolean hedged; /* said of some ways, times or accesses only */
    gboolean group;  /* said of several members below the comment */
    uint32_t unit;   /* the comment */
    HfId loc;
    const char *text;
} HfClaim;

/* All claims of the program, HfClaim, by unit and place.  (transfer full) */
GArray *hf_claims(const HfCheck *c);

/* Contradictions of claims to what the code does; findings of the running
 * checker. */
void hf_claims_check(HfCheck *c);

G_END_DECLS

#endif
