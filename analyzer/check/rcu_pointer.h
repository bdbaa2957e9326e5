/* SPDX-License-Identifier: MIT */
/*
 * rcu_pointer.h - pointers whose target lives as long as a read section.
 * Private to RCU.
 */
#ifndef HOLDFAST_RCU_POINTER_H
#define HOLDFAST_RCU_POINTER_H

#include "check/verdict.h"

G_BEGIN_DECLS

#define HF_RCU_LOCKS 8

typedef struct {
    HfCheck *c;
    HfX token;
    HfX locks[HF_RCU_LOCKS]; /* token first; what else suffices everywhere */
    guint n_locks;
    GHashTable *writers; /* member or variable -> set of stable lock texts */
    GHashTable *memo;    /* answers about callees */
} HfRcu;

/* The token that stands for a read section; 0 when the program has none. */
HfX hf_rcu_token(const HfCheck *c);

void hf_rcu_init(HfRcu *r, HfCheck *c);
void hf_rcu_clear(HfRcu *r);

/* A protected pointer's value in one function. */
typedef struct {
    HfX value;        /* TEMP of the call, or the member or variable */
    HfFieldId field;  /* declared protected; both 0: by its reader only */
    HfSymId var;
    HfSymId reader;   /* function or macro that read it, 0 a plain read */
    HfX place;        /* object it was read from, 0 unknown */
    uint32_t read;    /* event that read it, UINT32_MAX unknown */
    HfHolds held;     /* at that event */
} HfRcuPointer;

/* The protected pointer that x is (value) or that x is reached through. */
gboolean hf_rcu_pointer_of(HfRcu *r, const HfFlow *flow, HfX value,
                           uint32_t event, HfRcuPointer *p);
gboolean hf_rcu_reached_by(HfRcu *r, const HfFlow *flow, HfX object,
                           uint32_t event, HfRcuPointer *p);

/* Made to last before `event`: a reference or a lock of its own was taken. */
gboolean hf_rcu_is_pinned(HfRcu *r, const HfFlow *flow,
                          const HfRcuPointer *p, uint32_t event,
                          HfHolds local);

/* Does the callee follow its parameter, outside sections of its own? */
gboolean hf_rcu_follows(HfRcu *r, HfSymId callee, guint param);

/* The object that p was read from is the writers': one of the locks that
 * guard its changes is held. */
gboolean hf_rcu_writer_side(HfRcu *r, const HfSpot *at,
                            const HfRcuPointer *p);

/* ---- shared by the files of RCU ------------------------------------------ */

void hf_rcu_survey_writers(HfRcu *r);
/* Is the object declared protected?  Fills field and var either way. */
gboolean hf_rcu_protected_object(const HfRcu *r, HfX object, HfRcuPointer *p);
const HfClause *hf_rcu_clause(const HfContract *k, HfEffectKind kind);
HfSymId hf_rcu_callee(const HfFlow *flow, uint32_t event); /* 0: indirect */

/* Locks any of which suffices for p; returns how many. */
guint hf_rcu_alternatives(HfRcu *r, const HfRcuPointer *p,
                          HfX locks[HF_RCU_LOCKS]);

G_END_DECLS

#endif
