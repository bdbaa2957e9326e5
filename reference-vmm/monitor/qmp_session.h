/* SPDX-License-Identifier: MIT */
/*
 * qmp_session.h - one connection that speaks QMP.
 *
 * Input is read and parsed in the session's loop. Out-of-band requests run
 * there at once; all others wait in a queue of bounded length for the main
 * loop, which takes one of each session in turn. When the queue is full the
 * session reads no further.
 *
 * Thread context: made and ended under the BQL; qmp_session_send() from any
 * thread; feeding in the session's loop.
 */
#ifndef REFVMM_MONITOR_QMP_SESSION_H
#define REFVMM_MONITOR_QMP_SESSION_H

#include "base/aio.h"
#include "base/lock.h"
#include <glib.h>
#include <stdbool.h>

typedef struct QmpSession QmpSession;

/* How bytes leave a session that has no file descriptor of its own. */
typedef struct QmpSessionOps {
    void (*write)(void *opaque, const char *data, size_t len) SLOT(GS_FN);
    /* It can be fed again. */
    void (*resume)(void *opaque) SLOT(GS_FN);
    /* The other end has gone (never called by qmp_session_end()). */
    void (*over)(void *opaque) SLOT(GS_FN);
    void *opaque;
} QmpSessionOps;

/* fd: a non-blocking stream, served in ctx and not closed by the session; or
 * -1, with ctx the main loop. Greets. */
QmpSession *qmp_session_new(AioContext *ctx, int fd, const QmpSessionOps *ops)
    GS_FN;
/* No callback after this. What is still to be sent to an fd is tried once. */
void qmp_session_end(QmpSession *s) DROPS(bql) GS_FN;

/* For a session without an fd. */
bool qmp_session_wants_input(QmpSession *s) GS_FN;
void qmp_session_feed(QmpSession *s, const char *data, size_t len) IO_FN;

/* Once, before the first and after the last session. */
void qmp_sessions_init(void) GS_FN;
void qmp_sessions_cleanup(void) GS_FN;

/* Of the session whose command runs now in the main loop: ends negotiation.
 * False: not possible now. */
bool qmp_negotiate(bool oob, GError **error) GS_FN;
bool qmp_session_offers_oob(void) GS_FN;

#endif
