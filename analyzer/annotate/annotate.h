/* SPDX-License-Identifier: MIT */
/*
 * annotate.h - annotations that a program could carry: what follows from its
 * bodies, callers, slots and comments, with the evidence, what would become
 * an error, and the patch.
 *
 * A proposal is sure when the code leaves no choice: the annotation adds no
 * finding that is not one already, and its evidence has no exception.
 * Everything else is a suggestion, to be read before it is used.
 *
 * Sure proposals hold for the next round of inference (they are added to the
 * program as if they were written), so that applying them all leaves nothing
 * sure to propose.
 *
 * Ownership: HfProposals owns its proposals; places refer to the program's
 * strings, so the program must outlive it.  Not thread-safe.  Errors of files
 * are GErrors; nothing is printed.
 */
#ifndef HOLDFAST_ANNOTATE_H
#define HOLDFAST_ANNOTATE_H

#include "check/check.h"

G_BEGIN_DECLS

/* A piece of evidence, or something that would become an error. */
typedef struct {
    HfPlace place; /* file is the program's */
    char *text;
} HfEvidence;

/* Where an annotation is still missing, of the places its spelling has. */
typedef enum {
    HF_PART_BEFORE = 1u << 0,
    HF_PART_AFTER = 1u << 1,
    HF_PART_BODY = 1u << 2,
    HF_PART_ALL = 7,
} HfParts;

/* Text to be inserted. */
typedef struct {
    char *file; /* absolute */
    gsize offset;
    char *text;
} HfEdit;

typedef struct {
    HfEffectKind kind;
    HfSymId sym;     /* function or variable, else */
    HfFieldId field; /* member */
    char *owner;     /* "Record.member" or a name */
    char *lock;      /* object, in the owner's names: "s->lock"; NULL: none */
    char *cap;       /* the lock's name when it is a capability */
    int param;       /* that the lock is reached from, -1: none */
    HfFieldId lock_field; /* the sibling that is the lock, or */
    HfSymId lock_var;     /* the variable */
    gboolean plain;  /* a token or role: named without an address operator */
    gboolean sure;
    guint parts;     /* HfParts */
    HfPlace place;   /* of the declaration or body to change */
    GPtrArray *evidence; /* HfEvidence* */
    GPtrArray *errors;   /* HfEvidence* */
    char *annotation;    /* as this program writes it; NULL: it cannot */
    char *unwritten;     /* why there are no edits */
    GPtrArray *edits;    /* HfEdit* */
    char *key;           /* the library's own: what tells it from others */
    guint round;         /* in which it was made */
} HfProposal;

typedef struct {
    GPtrArray *list; /* HfProposal*, sorted by place once finished */
    guint rounds;
} HfProposals;

typedef struct {
    const char *const *functions; /* patterns of names, NULL: all */
    const char *const *fields;    /* "Record.member" with * and ? */
    const char *const *places;    /* patterns of files, or directories, below
                                     the root */
    const char *const *kinds;     /* words of hf_proposal_kind() */
    const char *build_dir;        /* generated files are left alone */
    const char *const *include_dirs; /* where #include looks, or NULL */
} HfAnnotateOptions;

/* Infers until nothing sure is new.  The program is changed: sure proposals are
 * added to it as annotations. */
HfProposals *hf_annotate_run(HfProgram *program, const HfAnnotateOptions *o);
void hf_proposals_free(HfProposals *p);

/* "guarded_by", "requires", "context", "coroutine", ...; for --kind. */
const char *hf_proposal_kind(const HfProposal *p);
/* "GLOBAL_STATE_CODE", "REQUIRES(s->lock)": independent of the spelling. */
char *hf_proposal_title(const HfProposal *p);

/* ---- writing ------------------------------------------------------------ */

/* Edits of all sure proposals, or of all, as a unified diff with paths below
 * root; empty when there is nothing to write. */
gboolean hf_annotate_patch(const HfProposals *p, gboolean all,
                           const char *root, GString *out, GError **error);
/* The same into the files themselves, each replaced atomically.  *n_files:
 * how many were changed. */
gboolean hf_annotate_apply(const HfProposals *p, gboolean all,
                           guint *n_files, GError **error);

void hf_annotate_text(const HfProposals *p, gboolean all, const char *root,
                      GString *out);
void hf_annotate_json(const HfProposals *p, gboolean all, const char *root,
                      GString *out);

G_END_DECLS

#endif
