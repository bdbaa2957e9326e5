/* SPDX-License-Identifier: MIT */
/*
 * address_taken.h - where the address of a function is taken: before that,
 * nobody can call it as a callback.
 */
#ifndef HOLDFAST_ADDRESS_TAKEN_H
#define HOLDFAST_ADDRESS_TAKEN_H

#include "solve/solve.h"

G_BEGIN_DECLS

/* Belongs to one thread; solved must outlive it. */
typedef struct HfAddressTaken HfAddressTaken;

HfAddressTaken *hf_address_taken_new(const HfSolved *solved);
void hf_address_taken_free(HfAddressTaken *taken);

/* HfRolePoint: the events that take it; NULL where an initialiser has it, so
 * that it is known from the beginning, or nothing is seen to take it.
 * Borrowed. */
const GArray *hf_address_taken_points(const HfAddressTaken *taken, HfSymId sym);

G_END_DECLS

#endif
