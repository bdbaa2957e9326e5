/* SPDX-License-Identifier: MIT */
/*
 * taken.h - where the address of a function is taken: before that, nobody can
 * call it as a callback.
 */
#ifndef HOLDFAST_TAKEN_H
#define HOLDFAST_TAKEN_H

#include "solve/solve.h"

G_BEGIN_DECLS

/* Belongs to one thread; solved must outlive it. */
typedef struct HfTaken HfTaken;

HfTaken *hf_taken_new(const HfSolved *solved);
void hf_taken_free(HfTaken *taken);

/* HfRolePoint: the events that take it; NULL where an initialiser has it, so
 * that it is known from the beginning, or nothing is seen to take it.
 * Borrowed. */
const GArray *hf_taken_points(const HfTaken *taken, HfSymId sym);

G_END_DECLS

#endif
