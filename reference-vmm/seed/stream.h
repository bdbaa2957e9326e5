/* SPDX-License-Identifier: MIT */
/*
 * stream.h - a buffered byte stream over a socket, with one sticky error.
 *
 *     stream_put_u64(f, page);
 *     stream_put(f, buf, RAM_PAGE_SIZE);
 *     if (!stream_flush(f)) { ... stream_error(f) ... }
 *
 * After an error puts do nothing and gets return zeroes, so that callers
 * check once, at the end of a record.
 *
 * Thread context: one thread owns a stream and reads and writes it, blocking.
 * stream_kick() alone may be called by others, as long as they make sure that
 * the stream is not closed meanwhile.
 */
#ifndef REFVMM_MIGRATION_STREAM_H
#define REFVMM_MIGRATION_STREAM_H

#include "base/annotate.h"
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Stream Stream;

Stream *stream_new(int fd) IO_FN;      /* takes fd */
void stream_close(Stream *f) IO_FN;    /* frees; drops what is not flushed */

void stream_put(Stream *f, const void *data, size_t size) IO_FN;
void stream_put_u8(Stream *f, uint8_t v) IO_FN;
void stream_put_u64(Stream *f, uint64_t v) IO_FN; /* big endian */
bool stream_flush(Stream *f) IO_FN;               /* false: error */

void stream_get(Stream *f, void *data, size_t size) IO_FN;
uint8_t stream_get_u8(Stream *f) IO_FN;
uint64_t stream_get_u64(Stream *f) IO_FN;

bool stream_ok(const Stream *f) IO_FN;
const char *stream_error(const Stream *f) IO_FN; /* NULL: none so far */
/* What the owner found wrong with the data; the first error stays. */
void stream_set_error(Stream *f, const char *message) IO_FN;

/* Makes the blocked owner, and the peer, see the end of the stream.  Never
 * close() for that: the number could be somebody else's by then. */
void stream_kick(Stream *f) IO_FN;

#endif
