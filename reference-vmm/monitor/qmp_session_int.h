/* SPDX-License-Identifier: MIT */
/*
 * qmp_session_int.h - between qmp_session.c, which reads, and qmp_output.c,
 * which writes.
 *
 * Thread context: "the session's loop" is its thread's, or, without a file
 * descriptor, the main one.
 */
#ifndef REFVMM_MONITOR_QMP_SESSION_INT_H
#define REFVMM_MONITOR_QMP_SESSION_INT_H

#include "monitor/json_stream.h"
#include "monitor/qmp_session.h"
#include "monitor/turns.h"

/* So many bytes unread: no more requests of this client for now. */
#define QMP_OUT_CROWDED (1024 * 1024)
/* Events and out-of-band answers still come: then it is cut off. */
#define QMP_OUT_MAX (64 * 1024 * 1024)

struct QmpSession {
    gint refs; /* atomic */
    AioContext *ctx;
    int fd;
    bool pretty;
    QmpSessionOps ops;
    AioBh *over_bh, *resume_bh; /* in the main loop: they call ops */
    Turn turn;

    /* In the session's loop. */
    JsonStream stream;
    GString *unparsed; /* came, but the queue was full */
    bool reading, writing; /* what the loop watches for */

    VmMutex lock LOCK_RANK(RANK_QMP_SESSION);
    GString *out GUARDED_BY(&lock);
    gsize out_done GUARDED_BY(&lock); /* so much of it has left */
    GQueue requests GUARDED_BY(&lock); /* QueuedRequest* */
    bool negotiated GUARDED_BY(&lock);
    bool oob GUARDED_BY(&lock);
    bool closed GUARDED_BY(&lock);
};

QmpSession *qmp_session_ref(QmpSession *s) IO_FN;
void qmp_session_unref(QmpSession *s) IO_FN;

/* Whether it takes another request. */
bool qmp_session_wants(QmpSession *s) IO_FN;
void qmp_session_forget(QmpSession *s) IO_FN; /* nothing in or out any more */

/* In the session's loop: parses what has come, as far as there is room. */
void qmp_session_go_on(QmpSession *s) IO_OR_GS_FN;
void qmp_session_readable(void *opaque) IO_OR_GS_FN;
/* Tells the loop what to watch the descriptor for, or the owner that there is
 * room again. */
void qmp_session_watch(QmpSession *s) IO_OR_GS_FN;
void qmp_session_flush_fd(QmpSession *s) IO_OR_GS_FN;
void qmp_session_flush_main(QmpSession *s, bool last) GS_FN;

/* Queues it, and sees to it that it is sent. */
void qmp_session_send(QmpSession *s, JsonNode *value) IO_FN;

#endif
