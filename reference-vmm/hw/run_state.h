/* SPDX-License-Identifier: MIT */
/*
 * run_state.h - between machine.c and run_state.c.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_RUN_STATE_H
#define REFVMM_HW_RUN_STATE_H

#include "hw/machine.h"

/* Requests are for this machine from now on; NULL: they are dropped. */
void run_state_set_machine(Machine *m) GS_FN;

#endif
