/* SPDX-License-Identifier: MIT */
/*
 * ram_save.h - which pages are still to be sent, and sending them.
 *
 * A record of the stream: one byte, then
 *   REC_PAGE      page number (8 bytes, big endian), RAM_PAGE_SIZE bytes
 *   REC_COMPLETE  nothing: all pages have been sent.  The destination
 *                 answers REC_LOADED; only then may the source say
 *   REC_GO        nothing: the guest is the destination's from here on.
 *
 * Thread context: the migration thread; ram_save_remaining() from any.
 */
#ifndef REFVMM_MIGRATION_RAM_SAVE_H
#define REFVMM_MIGRATION_RAM_SAVE_H

#include "base/lock.h"
#include "base/thread.h"
#include "seed/ram.h"
#include "seed/stream.h"

enum {
    REC_PAGE = 1,
    REC_COMPLETE,
    REC_LOADED,
    REC_GO,
};

typedef struct RamSave RamSave;

/* Every page is to be sent. ram outlives it. */
RamSave *ram_save_new(Ram *ram) IO_FN;
void ram_save_free(RamSave *save) IO_FN; /* NULL is fine */

/* Adds what the guest has written since; returns ram_save_remaining(). */
size_t ram_save_sync(RamSave *save) REQUIRES(role_migration) IO_FN;
/* Puts one page into the stream; false when none is left. */
bool ram_save_page(RamSave *save, Stream *f) REQUIRES(role_migration) IO_FN;

size_t ram_save_remaining(RamSave *save) IO_FN;

#endif
