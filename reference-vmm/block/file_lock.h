/* SPDX-License-Identifier: MIT */
/*
 * file_lock.h - permissions on an image file, between processes.
 *
 * Each permission has two bytes in the file, far apart: one is locked by who
 * uses it, the other one by who does not share it.  They are the bytes that
 * QEMU uses, so that both respect each other.  The locks belong to the open
 * file description (Linux: OFD locks): two nodes of one process exclude each
 * other as well.
 *
 * Thread context: any.
 */
#ifndef REFVMM_BLOCK_FILE_LOCK_H
#define REFVMM_BLOCK_FILE_LOCK_H

#include "base/annotate.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

bool file_lock_supported(int fd) IO_FN;
/* Locks what perm and shared need; with exact, unlocks all else. */
bool file_lock_apply(int fd, uint64_t perm, uint64_t shared, bool exact,
                     GError **error) IO_FN;
/* Whether somebody else is in the way. */
bool file_lock_check(int fd, const char *filename, uint64_t perm,
                     uint64_t shared, GError **error) IO_FN;

#endif
