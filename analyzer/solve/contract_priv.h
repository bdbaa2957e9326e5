/* SPDX-License-Identifier: MIT */
/* contract_priv.h - what the files of contract.h share. */
#ifndef HOLDFAST_CONTRACT_PRIV_H
#define HOLDFAST_CONTRACT_PRIV_H

#include "solve/contract.h"
#include "solve/named.h"
#include "solve/recursive.h"

struct HfContracts {
    const HfProgram *p;
    HfXTable *t;
    HfContract **symbols; /* by HfSymId */
    HfContract **fields;  /* by HfFieldId */
    GHashTable *variables; /* name -> HfSymId of a variable */
    GHashTable *statics;   /* name "@" path of its file -> HfSymId */
    /* Locks in a lock that guard its own fields: taking one of these is not
     * taking the lock that it is in. */
    GHashTable *inner; /* HfFieldId */
    GHashTable *members;   /* "record#name" packed -> HfFieldId */
    GHashTable *spellings; /* text -> cap index + 1 */
    GHashTable *cap_names; /* name -> cap index + 1 */
    HfNamed *named;        /* objects without a symbol */
    HfRecursive *recursive; /* made so by an attribute */
};

/* ---- contract_expr.c ---------------------------------------------------- */

/* Where an expression stands: what its names may mean there. */
typedef struct {
    HfSymId sym;        /* function whose parameters they may be, or 0 */
    const char *params; /* names of these in the declaration, see HfAnnot;
                           NULL or "": those of the body */
    HfRecId record;     /* whose members bare names may be, or 0 */
    const char *path;   /* of the file whose statics are meant, or NULL */
} HfExprScope;

/* The lock that text means, 0 when it means none.  end, if not NULL, is set to
 * what follows the expression. */
HfX hf_contract_expr(HfContracts *c, const HfExprScope *scope,
                     const char *text, const char **end);
/* What a bare name means, not looked at as a lock. */
HfX hf_contract_name(HfContracts *c, const char *name);

#endif
