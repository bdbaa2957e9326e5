/* SPDX-License-Identifier: MIT */
/*
 * turns.h - whose command runs next.
 *
 * Commands run in the main loop, one at a time: one that polls the loop while
 * it waits must not find others run within itself.  Whoever has commands to be
 * run takes turns with the others.
 *
 * Thread context: under the BQL, but for turns_kick().
 */
#ifndef REFVMM_MONITOR_TURNS_H
#define REFVMM_MONITOR_TURNS_H

#include "base/lock.h"
#include <stdbool.h>

typedef struct Turn {
    /* Runs one command; false: there is none. */
    bool (*run_next)(void *opaque) SLOT(GS_FN);
    void *opaque;
} Turn;

/* Once each, before the first and after the last turn. */
void turns_init(void) GS_FN;
void turns_cleanup(void) GS_FN;
/* t is kept, not copied. */
void turns_add(const Turn *t) GS_FN;
void turns_remove(const Turn *t) GS_FN;
/* Somebody may have a command; between init and cleanup, from any thread. */
void turns_kick(void) IO_FN;
/* No command runs before it is allowed, for the first time or again. */
void turns_allow(bool allow) GS_FN;

#endif
