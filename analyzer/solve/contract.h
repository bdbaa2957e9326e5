/* SPDX-License-Identifier: MIT */
/*
 * contract.h - effects of rules and annotations, resolved to expressions.
 *
 * A clause's locks are in the callee's own terms (PARAM, GLOBAL, CAP), for
 * fields in terms of SELF, the object the field belongs to.
 */
#ifndef HOLDFAST_CONTRACT_H
#define HOLDFAST_CONTRACT_H

#include "solve/expr.h"

G_BEGIN_DECLS

typedef struct {
    HfEffectKind kind;
    HfX locks[4]; /* alternatives; only [0] when there are none */
    uint8_t n_locks;
    HfWhen when;
    int arg;
    const HfEffect *effect;
    const HfProgAnnot *annot; /* NULL: from a rule */
    const char *text;         /* the expression as written, or NULL */
} HfClause;

typedef struct {
    GArray *clauses;  /* HfClause */
    guint64 kinds;    /* bit per HfEffectKind present */
} HfContract;

#define HF_CONTRACT_HAS(c, k) ((c) && ((c)->kinds >> (k) & 1))

/* Kinds that say what a call does to locks: a function that has one is not
 * entered, its body is the primitive's own business. */
#define HF_LOCK_EFFECTS                                                     \
    (1ull << HF_EFF_ACQUIRE | 1ull << HF_EFF_ACQUIRE_SHARED |               \
     1ull << HF_EFF_TRY_ACQUIRE | 1ull << HF_EFF_TRY_ACQUIRE_SHARED |       \
     1ull << HF_EFF_RELEASE | 1ull << HF_EFF_DROP_AND_RETAKE |              \
     1ull << HF_EFF_TEST_HELD | 1ull << HF_EFF_ASSERT_HELD |                \
     1ull << HF_EFF_ASSERT_SHARED)

typedef struct HfContracts HfContracts;

HfContracts *hf_contracts_new(const HfProgram *p, HfXTable *t);
void hf_contracts_free(HfContracts *c);

/* NULL when there is none.  Borrowed. */
const HfContract *hf_contract_of(const HfContracts *c, HfSymId sym);
const HfContract *hf_contract_of_field(const HfContracts *c, HfFieldId field);

/* One of the annotation header's own functions (hf_mark_*): a call of it says
 * something about the function that makes it, and does nothing. */
gboolean hf_contract_is_mark(const HfContracts *c, HfSymId sym);

/* The lock an object expression stands for: a global that a capability names
 * becomes that capability. */
HfX hf_contract_canonical(const HfContracts *c, HfX lock);
/* The same for a lock operation's object: what is part of a lock (the mutex
 * inside a mutex) is that lock.  sym names the object, see HfX. */
HfX hf_contract_lock(const HfContracts *c, HfSymId sym, HfX lock);
/* Index of a named capability, -1 when there is none. */
int hf_contract_cap(const HfContracts *c, const char *name);
const HfCapRule *hf_contract_cap_rule(const HfContracts *c, HfX lock);

/* Is the object that x names a lock, and may it be taken twice? */
gboolean hf_contract_is_recursive(const HfContracts *c, HfX lock);
/* The same where lock is named as sym names it: parameters have types too. */
gboolean hf_contract_is_recursive_in(const HfContracts *c, HfSymId sym,
                                     HfX lock);
gboolean hf_contract_is_lock(const HfContracts *c, HfX x);
/* What a name means outside of any function: a capability, a variable, an
 * object that only annotations mention; 0 when nothing. */
HfX hf_contract_lock_named(HfContracts *c, const char *name);
/* A lock as an expression that an annotation of sym (0: none), or of a member
 * of record (0: none), would have; path: the file it is written in, or NULL.
 * 0 when it names nothing that is known. */
HfX hf_contract_parse(HfContracts *c, HfSymId sym, HfRecId record,
                      const char *path, const char *text);
/* A capability of that kind, or an object declared or used as one. */
gboolean hf_contract_is_token(const HfContracts *c, HfX lock);

HfFieldId hf_contract_field(const HfContracts *c, HfRecId record,
                            const char *name);
/* Record an expression's value is of or points to; 0 unknown. */
HfRecId hf_contract_record(const HfContracts *c, HfSymId sym, HfX x);

G_END_DECLS

#endif
