/* SPDX-License-Identifier: MIT */
/* A header whose functions say in which context they run, but for one. */
#ifndef CONVENTION_H
#define CONVENTION_H

#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>

void part_start(void) GS_FN;
void part_stop(void) GS_FN;
void part_add(int n) GS_FN;
int part_count(void) IO_FN;
void part_forgotten(void); // expect: ANNOTATION

#endif
