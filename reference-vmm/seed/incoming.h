/* SPDX-License-Identifier: MIT */
/*
 * incoming.h - the destination: a thread that fills a memory of its own from
 * a stream.
 *
 * Thread context: under the BQL, except incoming_status().
 */
#ifndef REFVMM_MIGRATION_INCOMING_H
#define REFVMM_MIGRATION_INCOMING_H

#include "base/lock.h"
#include "seed/ram.h"

typedef enum IncomingStatus {
    INCOMING_NONE,
    INCOMING_ACTIVE,
    INCOMING_LOADED,    /* complete, but the guest is not ours yet */
    INCOMING_COMPLETED, /* it is */
    INCOMING_FAILED,
} IncomingStatus;

void incoming_init(void) GS_FN;
void incoming_free(void) GS_FN; /* after incoming_finish() */

/* Takes fd, also on error.  What an earlier one left is thrown away. */
bool incoming_start(int fd, size_t n_pages, GError **error) GS_FN;
/* Waits for the thread, which ends when the stream does. */
void incoming_finish(void) DROPS(bql) GS_FN;

IncomingStatus incoming_status(void) IO_FN;
char *incoming_error(void) IO_FN; /* to be freed; NULL: none */
/* The guest's memory, once COMPLETED; else NULL. */
const Ram *incoming_ram(void) GS_FN;

#endif
