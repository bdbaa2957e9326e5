/* SPDX-License-Identifier: MIT */
/*
 * life.h - what may be of a role's threads at a point of the program, as the
 * thread that starts them sees it: none exists yet, some run, all have ended.
 * Private to solve.
 *
 * Along the control flow of each function that the starter runs, and down its
 * calls, to a fixpoint.
 */
#ifndef HOLDFAST_LIFE_H
#define HOLDFAST_LIFE_H

#include "solve/solve.h"

G_BEGIN_DECLS

/* A set; 0: the starter does not get there, or it cannot be told. */
enum {
    HF_LIFE_NOT_YET = 1u << 0,
    HF_LIFE_RUNNING = 1u << 1,
    HF_LIFE_ENDED = 1u << 2,
    HF_LIFE_ANY = HF_LIFE_NOT_YET | HF_LIFE_RUNNING | HF_LIFE_ENDED,
};

typedef struct HfLife HfLife;

/* starts and joins of role are gone by; role and starter must outlive it. */
HfLife *hf_life_new(const HfSolved *solved, const HfRole *role,
                    const HfRole *starter);
void hf_life_free(HfLife *life);

/* When the starter is at that event of flow. */
guint8 hf_life_at(const HfLife *life, const HfFlow *flow, uint32_t event);
/* When it leaves flow. */
guint8 hf_life_at_end(const HfLife *life, const HfFlow *flow);

G_END_DECLS

#endif
