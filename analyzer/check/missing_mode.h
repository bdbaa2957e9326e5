/* SPDX-License-Identifier: MIT */
/*
 * missing_mode.h - written under a lock that is held, but in shared mode only,
 * as others write it who hold it for themselves.  Private to MISSING_LOCK.
 */
#ifndef HOLDFAST_MISSING_MODE_H
#define HOLDFAST_MISSING_MODE_H

#include "check/belief.h"

/* b: what guards the subject. */
void hf_missing_mode(HfCheck *c, const HfStats *st, const HfBelief *b);

#endif
