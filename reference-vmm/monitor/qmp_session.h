/* SPDX-License-Identifier: MIT */
/*
 * qmp_session.h - one connection that speaks QMP.
 *
 * Input is read and parsed in the session's loop.  Out-of-band requests run
 * there at once; all others wait in a queue of bounded length until it is
 * their turn in the main loop.  When the queue is full, or the client does not
 * read what was sent to it, the session reads no further.
 *
 * Thread context: made and ended under the BQL; the rest as marked.
 */
#ifndef REFVMM_MONITOR_QMP_SESSION_H
#define REFVMM_MONITOR_QMP_SESSION_H

#include "base/aio.h"
#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

#define QMP_SESSION_QUEUE_MAX 8

typedef struct QmpSession QmpSession;

typedef struct QmpSessionOps {
    /* Of a session without a file descriptor: how many bytes left; when fewer
     * than len, qmp_session_writable() follows.  last: there is no other
     * time. */
    size_t (*write)(void *opaque, const char *data, size_t len, bool last)
        SLOT(GS_FN);
    /* Of such a session: it can be fed again. */
    void (*resume)(void *opaque) SLOT(GS_FN);
    /* The other end has gone (never called by qmp_session_end()). */
    void (*over)(void *opaque) SLOT(GS_FN);
    void *opaque;
} QmpSessionOps;

/* fd: a non-blocking stream socket, served in ctx and not closed by the
 * session; or -1, with ctx the main loop.  Greets.  pretty: answers in many
 * lines. */
QmpSession *qmp_session_new(AioContext *ctx, int fd, bool pretty,
                            const QmpSessionOps *ops) GS_FN;
/* No callback after this but write.  What is still to be sent is tried once. */
void qmp_session_end(QmpSession *s) DROPS(bql) GS_FN;

/* For a session without an fd. */
bool qmp_session_wants_input(QmpSession *s) GS_FN;
void qmp_session_feed(QmpSession *s, const char *data, size_t len) GS_FN;
void qmp_session_writable(QmpSession *s) GS_FN;

/* Once, before the first and after the last session. */
void qmp_sessions_init(void) GS_FN;
void qmp_sessions_cleanup(void) GS_FN;
/* To all that have negotiated.  The event stays the caller's. */
void qmp_sessions_broadcast(JsonNode *event) IO_FN;

/* Of the session whose command runs now in the main loop: ends negotiation.
 * False: not possible now. */
bool qmp_negotiate(bool oob, GError **error) GS_FN;
bool qmp_session_offers_oob(void) GS_FN;

#endif
