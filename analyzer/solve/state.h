/* SPDX-License-Identifier: MIT */
/*
 * state.h - one abstract state of a body.  Private to solve.
 *
 * A state is a small value that is copied often: locks relative to entry,
 * facts about conditions, what each local stands for, results of recent
 * calls, objects not yet published.  Several states per block (disjuncts)
 * keep `if (c) lock(); ... if (c) unlock();` apart; they are merged when
 * they hold the same locks.
 */
#ifndef HOLDFAST_STATE_H
#define HOLDFAST_STATE_H

#include "solve/solve.h"

#define HF_STATE_HOLDS 16
#define HF_STATE_FACTS 20
#define HF_STATE_TEMPS 12
#define HF_STATE_FRESH 6
#define HF_STATE_STORED 8

typedef struct {
    uint32_t event;
    HfX value;
} HfTempValue;

/* What a member of a local struct holds. */
typedef struct {
    HfX object;
    HfX value;
} HfStored;

typedef struct {
    uint8_t n_holds, n_facts, n_temps, n_fresh, n_stored;
    uint8_t landed; /* a jump from below may have ended here: then there is no
                       telling what locks are held */
    HfHold holds[HF_STATE_HOLDS]; /* sorted by lock */
    HfFact facts[HF_STATE_FACTS]; /* sorted by key */
    HfTempValue temps[HF_STATE_TEMPS]; /* most recent last */
    HfX fresh[HF_STATE_FRESH];
    HfStored stored[HF_STATE_STORED]; /* most recent last */
    HfX ret;             /* value of the RETURN passed, 0 unknown */
    uint32_t ret_event;  /* the first RETURN merged in; UINT32_MAX: none */
    uint32_t ret_result; /* HfResult */
    HfX env[]; /* by local: what its value is, in entry terms */
} HfState;

/* What the operations need to know of the body they run in. */
typedef struct {
    HfXTable *t;
    const HfProgram *p;
    const HfUnit *u;
    const HfFunction *fn;
} HfBody;

gsize hf_state_size(const HfBody *b);
void hf_state_init(const HfBody *b, HfState *s);

/* Values of paths of the facts, now. */
HfX hf_state_value(const HfBody *b, const HfState *s, HfId path);
HfX hf_state_object(const HfBody *b, const HfState *s, HfId path);
/* An expression brought from elsewhere: locals that are known are replaced by
 * what they stand for. */
HfX hf_state_resolve(const HfBody *b, const HfState *s, HfX x);

void hf_state_assign(const HfBody *b, HfState *s, uint32_t local, HfX value);
void hf_state_set_temp(const HfBody *b, HfState *s, uint32_t event, HfX value);
/* Memory at object changed: what was known of it is no longer, and names that
 * went through it mean what they meant before. */
void hf_state_stored(const HfBody *b, HfState *s, HfX object);
/* ... and this is what it holds now: constants are remembered, and anything
 * in a member of a local. */
void hf_state_note(const HfBody *b, HfState *s, HfX object, HfX value);
void hf_state_sort_holds(HfState *s);
/* The object x where it is reached through the value `from`, through `to`. */
HfX hf_state_replace(const HfBody *b, HfX x, HfX from, HfX to);

/* FALSE: contradicts what is known, the state is impossible. */
gboolean hf_state_assume(const HfBody *b, HfState *s, const HfFact *fact);
gboolean hf_state_branch(const HfBody *b, HfState *s, const HfCond *cond,
                         gboolean negated);
/* Does knowing `a` decide `b` (same key)?  1 true, -1 false, 0 open. */
int hf_fact_implies(const HfFact *a, const HfFact *b);
HfResult hf_state_result(const HfBody *b, const HfState *s, HfX value);

/* FALSE: a lock taken and given back, a trace that must not keep states
 * apart. */
gboolean hf_hold_matters(const HfHold *h);
HfHold *hf_state_hold(HfState *s, HfX lock);
void hf_state_set_hold(HfState *s, const HfHold *hold);
void hf_state_drop_hold(HfState *s, HfX lock);

void hf_state_add_fresh(HfState *s, HfX x);
void hf_state_publish(const HfBody *b, HfState *s, HfX value);
gboolean hf_state_is_fresh(const HfBody *b, const HfState *s, HfX object);

/* How much merging the two would forget; from HF_STATE_FAR on, whether a lock
 * is held. */
#define HF_STATE_FAR 8
int hf_state_distance(const HfState *a, const HfState *b);
/* Same locks, so far as merging is concerned? */
gboolean hf_state_same_locks(const HfState *a, const HfState *b);
/* Would merging them leave a held lock without the local that names it? */
gboolean hf_state_names_differ(const HfBody *b, const HfState *a,
                               const HfState *o);
/* Weaken a to cover b too; TRUE when a changed. */
gboolean hf_state_merge(const HfBody *b, HfState *a, const HfState *other);

#endif
