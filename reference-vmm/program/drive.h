/* SPDX-License-Identifier: MIT */
/*
 * drive.h - -drive: disks in one option.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_PROGRAM_DRIVE_H
#define REFVMM_PROGRAM_DRIVE_H

#include "hw/machine.h"

/* All that they are for beside being named by devices. */
typedef struct Drives {
    GPtrArray *blks;      /* BlockBackend*, owned */
    char *pflash[2];      /* ids; NULL: none */
    GPtrArray *virtio;    /* char *: ids of those that want a device */
    GPtrArray *undecided; /* char *: the same unless a -device names them */
} Drives;

void drives_init(Drives *d) IO_FN;
bool drives_add(Drives *d, const char *text, GError **error) GS_FN;
/* Lets go of the backends. */
void drives_close(Drives *d) DROPS(bql) GS_FN;
void drives_clear(Drives *d) IO_FN;

#endif
