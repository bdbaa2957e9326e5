/* SPDX-License-Identifier: MIT */
/*
 * nic.h - -nic: a network back end and a device in one option.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_PROGRAM_NIC_H
#define REFVMM_PROGRAM_NIC_H

#include "hw/machine.h"

/* Both lists are of char *; of nets only "none" is possible. */
bool nics_add(Machine *m, const GPtrArray *nics, const GPtrArray *nets,
              GError **error) GS_FN;

#endif
