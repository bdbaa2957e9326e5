/* SPDX-License-Identifier: MIT */
/*
 * yank.h - connections that can be cut from outside, when the other end has
 * fallen silent and somebody waits for it.
 *
 *     s->yank = yank_new("chardev", id);
 *     yank_set_fd(s->yank, fd);          // connected
 *     ...
 *     yank_set_fd(s->yank, -1);          // before the descriptor is closed
 *     yank_free(s->yank);
 *
 * The kick is shutdown(), never close(): whoever uses the descriptor finds the
 * end of the stream, and closes it in its own time.
 *
 * Thread context: any; that is what it is for.
 */
#ifndef REFVMM_BASE_YANK_H
#define REFVMM_BASE_YANK_H

#include "base/annotate.h"
#include <stdbool.h>

typedef struct Yank Yank;

/* kind is kept, id is copied. */
Yank *yank_new(const char *kind, const char *id) IO_FN;
/* NULL is fine. */
void yank_free(Yank *y) IO_FN;
/* -1: nothing to cut.  After it the old descriptor is not touched any more. */
void yank_set_fd(Yank *y, int fd) IO_FN;

/* NULL-terminated pairs: kind, id, kind, id...; for g_strfreev(). */
char **yank_list(void) IO_FN;
bool yank_exists(const char *kind, const char *id) IO_FN;
/* Cuts it; false: there is none. */
bool yank_cut(const char *kind, const char *id) IO_FN;

#endif
