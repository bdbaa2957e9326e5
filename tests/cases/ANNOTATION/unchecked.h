/* SPDX-License-Identifier: MIT */
#ifndef UNCHECKED_H
#define UNCHECKED_H

#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>

void unit_a(void) GS_FN;
void unit_b(void) GS_FN;
void unit_c(void) GS_FN;
void unit_d(void) GS_FN;
void unit_forgotten(void) GS_FN;
int unit_count(void) GS_FN;

#endif
