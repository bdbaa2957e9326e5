/* SPDX-License-Identifier: MIT */
/*
 * annotate.h - the annotations as the VMM uses them: short names, and the big
 * lock for global state.
 *
 * Thread context: none.
 */
#ifndef REFVMM_BASE_ANNOTATE_H
#define REFVMM_BASE_ANNOTATE_H

#define HOLDFAST_SHORT_NAMES
#define HF_GLOBAL_STATE_CAP bql
#include <holdfast/annotations.h>

#endif
