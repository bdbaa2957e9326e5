/* SPDX-License-Identifier: MIT */
/* flow.h - running one body: shared by the files that do. */
#ifndef HOLDFAST_FLOW_H
#define HOLDFAST_FLOW_H

#include "solve/solver.h"
#include "solve/state.h"

/* States at one point; more are merged into these. */
#define HF_MAX_STATES 16

typedef struct {
    HfState *v[4 * HF_MAX_STATES];
    guint n;
    guint first_out; /* during a call: from here on it has been applied */
} HfStates;

typedef struct {
    const HfCond *cond;
    uint32_t local;
    gboolean again; /* asked in several places */
} HfQuestion;

typedef enum {
    HF_SOMETIMES,
    HF_ALWAYS, /* every way out passes it */
    HF_NEVER,  /* no way out does */
} HfAlways;

typedef struct {
    HfBody body; /* first: what state.h asks for */
    HfSolved *solved;
    HfFlow *out;
    GPtrArray *arena;    /* memory blocks of this body's states */
    gsize arena_used;
    gboolean recording;  /* second run: fill out's tables */
    uint32_t *access_row; /* by event: row + 1 of what was recorded */
    uint32_t *call_row;
    GHashTable *watched; /* HfX asked for more than once; NULL: not done */
    GHashTable *asked;   /* HfPath of such conditions */
    GArray *questions;   /* HfQuestion: conditions on locals */
    HfState *scratch, *scratch2;
    uint8_t *always;     /* by event: HfAlways */
    GPtrArray *loops;    /* meanwhile.c */
    GArray *zeroed;      /* HfId of paths; zeroed.c; NULL: none */
    guint32 leaks;       /* so far: HfFlow.leaks */
    guint fresh_returns, other_returns; /* ways out with a fresh object; with
                                           neither that nor NULL */
} HfRun;

HfState *hf_run_copy(HfRun *r, const HfState *from);

/* events.c: one event over all states. */
void hf_run_event(HfRun *r, HfStates *states, uint32_t event);
/* Others may see what value points to from now on. */
void hf_run_publish(HfRun *r, HfState *s, HfX value);

/* exits.c: fills HfFlow.exits and what follows from them; in: the states at
 * the exit. */
void hf_run_make_exits(HfRun *r, HfStates *in);

/* states.c */
/* One more result of a call; s is taken over. */
void hf_states_add(HfRun *r, HfStates *states, HfState *s);
/* Bring s, by copy, into the states at a block's entry; TRUE: they changed. */
gboolean hf_states_join(HfRun *r, HfStates *to, const HfState *s,
                        gboolean leaving);
/* At most HF_MAX_STATES. */
void hf_states_limit(HfRun *r, HfStates *states);
/* One, if all of them hold the same locks. */
void hf_states_collapse(HfRun *r, HfStates *states);

static inline const HfFacts *hf_run_facts(const HfRun *r)
{
    return r->body.u->facts;
}

/* lock_ops.c: what primitives do to a state. */
typedef struct {
    HfX lock;
    uint32_t event;
    gboolean shared;
    gboolean conditional;
    HfSymId via;
} HfLockUse;

void hf_lock_acquire(HfRun *r, HfState *s, const HfLockUse *use);
void hf_lock_release(HfRun *r, HfState *s, const HfLockUse *use);
void hf_lock_drop_and_retake(HfRun *r, HfState *s, const HfLockUse *use);
void hf_lock_assume(HfRun *r, HfState *s, HfX lock, HfHoldNow now,
                    gboolean shared, uint32_t event);

/* Remember that the lock is taken here, if callers can name it and it is as
 * it was on entry.  take brings the facts it already depends on. */
void hf_lock_take(HfRun *r, const HfState *s, HfTake *take);

/* always.c: fills HfRun.always. */
void hf_run_find_always(HfRun *r);

/* calls.c: one CALL or CALL_INDIRECT over all states. */
void hf_run_call(HfRun *r, HfStates *states, uint32_t event);

/* meanwhile.c: some state holds a lock. */
gboolean hf_meanwhile_held(const HfRun *r, HfState *const *v, guint n);
/* What was stored into memory that others write, too, and all
 * states know, where none holds a lock: it is not known any more once others
 * may have run.  Returns how many; gone: HF_STATE_FACTS of them. */
guint hf_meanwhile_find(const HfRun *r, HfState *const *v, guint n,
                        HfFact *gone);
void hf_meanwhile_forget(HfRun *r, HfState *const *v, guint n,
                         const HfFact *gone, guint n_gone);
/* A round is over that ends in block `from`: the same, and what the loop's
 * exits ask for. */
void hf_meanwhile_round(HfRun *r, HfStates *states, uint32_t from,
                        uint32_t header);

/* zeroed.c: what initialisers leave out.  local: whose life may begin next;
 * -1: all of them. */
void hf_zeroed_start(HfRun *r);
void hf_zeroed_apply(HfRun *r, HfState *s, int local);

/* diffs.c: records an UNSIGNED_DIFF with what is known of its operands. */
void hf_run_diff(HfRun *r, const HfStates *states, uint32_t event);

/* watch.c: conditions asked for in several places of a body that uses locks.
 * States that answer one differently are worth keeping apart. */
void hf_watch_start(HfRun *r);
void hf_watch_stop(HfRun *r);
/* As hf_state_merge(), but what both answer alike stays known. */
gboolean hf_watch_merge(HfRun *r, HfState *a, const HfState *b);
void hf_watch_branch(HfRun *r, const HfState *s, const HfCond *cond);
gboolean hf_watch_differ(const HfRun *r, const HfState *a, const HfState *b);
/* How much would be forgotten by not keeping them apart: conditions on which
 * it depends what `among` hold weigh more. */
int hf_watch_weight(const HfRun *r, const HfStates *among, const HfState *a,
                    const HfState *b);
/* ... or one that the caller can answer. */
gboolean hf_watch_differ_outside(const HfRun *r, const HfState *a,
                                 const HfState *b);

/* flow.c: holds of a state as a set. */
HfHolds hf_run_holds(HfRun *r, const HfState *s);
/* The same, where what this state calls x goes by the name `as`. */
HfHolds hf_run_holds_as(HfRun *r, const HfState *s, HfX x, HfX as);

#endif
