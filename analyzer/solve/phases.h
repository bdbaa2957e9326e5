/* SPDX-License-Identifier: MIT */
/*
 * phases.h - before a thread is started, while it may run, after it is joined:
 * as the role sees it that starts the thread and is there once.
 *
 * Where several roles may start the threads, or one that comes and goes, they
 * count as running always.  What a thread starts is not there before that
 * thread is, nor after it has ended when it joins first.
 */
#ifndef HOLDFAST_PHASES_H
#define HOLDFAST_PHASES_H

#include "solve/solve.h"

G_BEGIN_DECLS

typedef enum { HF_PHASE_ALIVE, HF_PHASE_BEFORE, HF_PHASE_JOINED } HfPhase;

/* Answers are worked out when first asked for, a role at a time, and kept.
 * Belongs to one thread. */
typedef struct HfPhases HfPhases;

/* For hf_solve(): everybody else uses solved->phases. */
HfPhases *hf_phases_new(const HfSolved *solved);
void hf_phases_free(HfPhases *phases);

const HfSolved *hf_phases_solved(const HfPhases *phases);

/* Of threads of `role`, when `in_role` is at that event of flow. */
HfPhase hf_phase(HfPhases *phases, int role, int in_role, const HfFlow *flow,
                 uint32_t event);

/* Whether hf_phase() can tell anything of the role's threads but that they may
 * be alive: one role, there once, starts them. */
gboolean hf_phase_is_known(HfPhases *phases, int role);

/* in_role is the thread that the program begins with, and has started no
 * other yet when it is at that event, not even a pool's or a signal's: nobody
 * else runs anything. */
gboolean hf_phase_alone(HfPhases *phases, int in_role, const HfFlow *flow,
                        uint32_t event);

/* Callee, in ctx, is reached from a function that is called by its address
 * only, by nobody knows whom; in_role is the thread that the program begins
 * with, and at that event of flow nothing has taken the address yet. */
gboolean hf_phase_uncallable(HfPhases *phases, const HfFlow *callee,
                             const HfContext *ctx, int in_role,
                             const HfFlow *flow, uint32_t event);

/* Whenever a thread of one role is started, all of the other have ended or do
 * not exist yet; of one role: there is one at a time. */
gboolean hf_phase_never_meet(HfPhases *phases, int a, int b);

G_END_DECLS

#endif
