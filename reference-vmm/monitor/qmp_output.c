/* SPDX-License-Identifier: MIT */
/*
 * qmp_output.c - what a session sends: answers and events, in the order in
 * which they were made.
 *
 * Thread context: sending from any thread into the session's buffer, under its
 * lock; the buffer leaves in the session's loop.
 */
#include "monitor/qmp_session_int.h"
#include "monitor/json_text.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PIECE 4096

/* ---- the buffer --------------------------------------------------------- */

/* Whether the client has caught up by that. */
static bool consume_locked(QmpSession *s, gsize n) REQUIRES(&s->lock);
static bool consume_locked(QmpSession *s, gsize n)
{
    gsize before = s->out->len - s->out_done;

    s->out_done += n;
    if (s->out_done == s->out->len && s->out->allocated_len > PIECE * 16) {
        g_string_free(s->out, TRUE);
        s->out = g_string_new(NULL);
        s->out_done = 0;
    } else if (s->out_done > s->out->len / 2) {
        g_string_erase(s->out, 0, s->out_done);
        s->out_done = 0;
    }
    return before >= QMP_OUT_CROWDED && before - n < QMP_OUT_CROWDED;
}

static gsize pending(QmpSession *s)
{
    gsize n;

    vm_mutex_lock(&s->lock);
    n = s->closed ? 0 : s->out->len - s->out_done;
    vm_mutex_unlock(&s->lock);
    return n;
}

/* ---- descriptors -------------------------------------------------------- */

static void IO_OR_GS_FN writable(void *opaque)
{
    qmp_session_flush_fd(opaque);
    qmp_session_go_on(opaque);
}

void qmp_session_watch(QmpSession *s)
{
    bool read = qmp_session_wants(s), write = s->fd >= 0 && pending(s);
    bool changed = read != s->reading || write != s->writing;

    IO_OR_GS_CODE();
    s->writing = write;
    if (s->fd >= 0) {
        s->reading = read;
        if (changed) {
            aio_set_fd_handler(s->ctx, s->fd,
                               read ? qmp_session_readable : NULL,
                               write ? writable : NULL, s, NULL);
        }
    } else if (read != s->reading) {
        s->reading = read;
        if (read) {
            aio_bh_schedule(s->resume_bh);
        }
    }
}

void qmp_session_flush_fd(QmpSession *s)
{
    bool caught_up = false;

    IO_OR_GS_CODE();
    vm_mutex_lock(&s->lock);
    while (!s->closed && s->out_done < s->out->len) {
        ssize_t n = send(s->fd, s->out->str + s->out_done,
                         s->out->len - s->out_done,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            caught_up |= consume_locked(s, n);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* Nobody reads any more; reading will find the end. */
            consume_locked(s, s->out->len - s->out_done);
        }
    }
    vm_mutex_unlock(&s->lock);
    if (caught_up) {
        turns_kick();
    }
}

/* ---- without a descriptor ----------------------------------------------- */

void qmp_session_flush_main(QmpSession *s, bool last)
{
    char piece[PIECE];
    bool caught_up = false;
    gsize n, taken;

    GLOBAL_STATE_CODE();
    do {
        vm_mutex_lock(&s->lock);
        n = MIN(sizeof(piece), s->out->len - s->out_done);
        memcpy(piece, s->out->str + s->out_done, n);
        vm_mutex_unlock(&s->lock);
        taken = n ? s->ops.write(s->ops.opaque, piece, n, last) : 0;
        vm_mutex_lock(&s->lock);
        caught_up |= consume_locked(s, taken);
        vm_mutex_unlock(&s->lock);
    } while (n && taken == n);
    if (caught_up) {
        turns_kick();
    }
}

void qmp_session_writable(QmpSession *s)
{
    GLOBAL_STATE_CODE();
    qmp_session_flush_main(s, false);
    qmp_session_go_on(s);
}

/* ---- sending ------------------------------------------------------------ */

static void IO_OR_GS_FN flush_fd(void *opaque)
{
    qmp_session_flush_fd(opaque);
    qmp_session_go_on(opaque);
    qmp_session_unref(opaque);
}

static void GS_FN flush_main(void *opaque)
{
    if (pending(opaque)) {
        qmp_session_flush_main(opaque, false);
        qmp_session_go_on(opaque);
    }
    qmp_session_unref(opaque);
}

void qmp_session_send(QmpSession *s, JsonNode *value)
{
    g_autofree char *text = json_text(value, s->pretty);
    bool idle, cut;

    IO_CODE();
    vm_mutex_lock(&s->lock);
    idle = !s->closed && s->out_done == s->out->len;
    cut = !s->closed && s->out->len - s->out_done > QMP_OUT_MAX;
    if (!s->closed && !cut) {
        g_string_append(s->out, text);
        g_string_append(s->out, "\r\n");
    }
    if (cut && s->fd >= 0) {
        /* Under the lock: it is not closed before qmp_session_forget(). */
        shutdown(s->fd, SHUT_RDWR);
    }
    vm_mutex_unlock(&s->lock);
    if (idle) {
        aio_bh_schedule_oneshot(s->ctx, s->fd >= 0 ? flush_fd : flush_main,
                                qmp_session_ref(s));
    }
}
