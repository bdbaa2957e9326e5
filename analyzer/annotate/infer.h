/* SPDX-License-Identifier: MIT */
/* infer.h - what kinds of inference share.  Private to annotate. */
#ifndef HOLDFAST_INFER_H
#define HOLDFAST_INFER_H

#include "annotate/annotate.h"
#include "annotate/infer_list.h"
#include "check/call_sites.h"
#include "check/claim.h"

typedef struct {
    HfCheck check;
    HfProposals *out;
    GHashTable *known; /* key -> HfProposal */
    const HfAnnotateOptions *options;
    const GArray *claims; /* HfClaim */
    GHashTable *claims_of; /* subject key -> GArray of const HfClaim * */
    /* What this round is sure of, for what follows in it. */
    GHashTable *guards;   /* subject key -> lock in terms of SELF */
    GHashTable *required; /* HfSymId -> GArray of HfRequired */
    guint64 gs; /* capabilities, one of which makes a thread global state */
} HfInfer;

typedef struct {
    HfX lock; /* in terms of the function */
    gboolean shared;
} HfRequired;

/* Of a member, else a variable. */
static inline gpointer hf_subject_key(HfFieldId field, HfSymId var)
{
    return GUINT_TO_POINTER(field ? field * 2 : var * 2 + 1);
}

#define X(name) void name(HfInfer *in);
HF_INFERENCES(X)
#undef X

/* Of whom, and what. */
typedef struct {
    HfEffectKind kind;
    HfSymId sym;
    HfFieldId field;
    HfX lock;
} HfWhat;

/* The proposal of it, made if there is none; NULL when its text cannot be
 * written at the owner, or is not asked for. */
HfProposal *hf_propose(HfInfer *in, const HfWhat *what);
void hf_proposal_evidence(HfProposal *p, HfPlace place, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);
void hf_proposal_error(HfProposal *p, HfPlace place, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);
/* More than these are counted, not listed. */
#define HF_MAX_EVIDENCE 6

/* One of this round, or NULL; and no longer one. */
HfProposal *hf_proposal_find(const HfInfer *in, const HfWhat *what);
void hf_proposal_discard(HfInfer *in, HfProposal *p);
/* infer_requires.c: its callers as evidence and errors; needed: the body says
 * that it is. */
void hf_infer_check_requires(HfInfer *in, HfProposal *p, gboolean needed);
/* infer_comments.c: HfInfer.claims_of.  (transfer full) */
GHashTable *hf_infer_index_claims(const GArray *claims);
/* The same file: what its comment says that callers hold. */
void hf_infer_comment_of(HfInfer *in, HfSymId sym);
/* The same file: a comment beside its owner speaks of a lock. */
gboolean hf_infer_is_claimed(const HfInfer *in, const HfProposal *p);

/* A body of this project, that may be annotated. */
gboolean hf_infer_eligible(const HfInfer *in, const HfFlow *flow);
gboolean hf_infer_own_file(const HfInfer *in, const char *path);
/* The call is made with one of these capabilities taken, tested or asserted
 * in the same body. */
gboolean hf_infer_shielded(const HfInfer *in, const HfCall *call,
                           guint64 caps);
/* "main > run > step": from the root of a context to flow; to be freed. */
char *hf_infer_chain(const HfInfer *in, const HfFlow *flow,
                     const HfContext *ctx);
HfPlace hf_infer_place_of_field(const HfInfer *in, HfFieldId field);
const char *hf_infer_name(const HfInfer *in, HfSymId sym);
/* The lock's name at its owner, without the address operator; to be freed.
 * NULL when it has none there. */
char *hf_infer_lock_text(const HfInfer *in, const HfWhat *what);
/* The contract says so already, of one lock or of the kind. */
gboolean hf_infer_said(const HfInfer *in, HfSymId sym, HfX lock,
                       guint64 kinds);

#endif
