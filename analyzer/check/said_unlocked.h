/* SPDX-License-Identifier: MIT */
/*
 * said_unlocked.h - does a comment beside an access say that it needs no lock?
 * Private to check.
 */
#ifndef HOLDFAST_SAID_UNLOCKED_H
#define HOLDFAST_SAID_UNLOCKED_H

#include "report/finding.h"

G_BEGIN_DECLS

/* Reads the file; what cannot be read says nothing.  A comment that doubts
 * itself does not count. */
gboolean hf_said_unlocked(const HfPlace *at);

G_END_DECLS

#endif
