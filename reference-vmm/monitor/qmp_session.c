/* SPDX-License-Identifier: MIT */
/*
 * qmp_session.c - see qmp_session.h.  What goes out is in qmp_output.c.
 *
 * Thread context: a session has a loop, where it reads and writes, and takes
 * turns in the main loop, which runs its commands; what both touch is under
 * its lock.  It is freed when the last of them has let go of it.
 */
#include "monitor/qmp_session_int.h"
#include "base/main_loop.h"
#include "monitor/qmp.h"
#include "monitor/qmp_dispatch.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* A request on its way to the main loop, or why there is none. */
typedef struct QueuedRequest {
    QmpRequest request;
    GError *error;
} QueuedRequest;

static VmMutex list_lock LOCK_RANK(RANK_QMP_LIST) =
    VM_MUTEX_INIT("qmp-list", RANK_QMP_LIST);
static GPtrArray *sessions GUARDED_BY(list_lock);

/* Whose command runs, in the main loop. */
static QmpSession *current GUARDED_BY(bql);

/* ---- life --------------------------------------------------------------- */

QmpSession *qmp_session_ref(QmpSession *s)
{
    IO_CODE();
    g_atomic_int_inc(&s->refs);
    return s;
}

static void queued_free(QueuedRequest *q)
{
    qmp_request_clear(&q->request);
    g_clear_error(&q->error);
    g_free(q);
}

void qmp_session_unref(QmpSession *s)
{
    QueuedRequest *q;

    IO_CODE();
    if (!g_atomic_int_dec_and_test(&s->refs)) {
        return;
    }
    vm_mutex_lock(&s->lock);
    while ((q = g_queue_pop_head(&s->requests))) {
        queued_free(q);
    }
    g_string_free(s->out, TRUE);
    vm_mutex_unlock(&s->lock);
    g_string_free(s->unparsed, TRUE);
    json_stream_clear(&s->stream);
    vm_mutex_destroy(&s->lock);
    g_free(s);
}

/* ---- input -------------------------------------------------------------- */

bool qmp_session_wants(QmpSession *s)
{
    bool wants;

    IO_CODE();
    vm_mutex_lock(&s->lock);
    wants = !s->closed && s->requests.length < QMP_SESSION_QUEUE_MAX &&
            s->out->len - s->out_done < QMP_OUT_CROWDED;
    vm_mutex_unlock(&s->lock);
    return wants;
}

static bool session_has_oob(QmpSession *s)
{
    bool oob;

    vm_mutex_lock(&s->lock);
    oob = s->oob;
    vm_mutex_unlock(&s->lock);
    return oob;
}

static void enqueue(QmpSession *s, QueuedRequest *q)
{
    bool take;

    vm_mutex_lock(&s->lock);
    take = !s->closed;
    if (take) {
        g_queue_push_tail(&s->requests, q);
    }
    vm_mutex_unlock(&s->lock);
    if (take) {
        turns_kick();
    } else {
        queued_free(q);
    }
}

/* The session's loop has a whole value, or nonsense. */
static bool IO_FN received(void *opaque, JsonNode *value, GError *error)
{
    QmpSession *s = opaque;
    QueuedRequest *q = g_new0(QueuedRequest, 1);

    q->error = error;
    if (value) {
        qmp_request_parse(value, &q->request, &q->error);
    }
    if (!q->error && q->request.oob && !session_has_oob(s)) {
        g_set_error(&q->error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "out-of-band execution was not negotiated");
    }
    if (!q->error && q->request.oob) {
        g_autoptr(JsonNode) answer = qmp_dispatch_oob(&q->request);

        qmp_session_send(s, answer);
        queued_free(q);
    } else {
        enqueue(s, q);
    }
    return qmp_session_wants(s);
}

void qmp_session_go_on(QmpSession *s)
{
    IO_OR_GS_CODE();
    while (s->unparsed->len && qmp_session_wants(s)) {
        size_t n = json_stream_feed(&s->stream, s->unparsed->str,
                                    s->unparsed->len);

        g_string_erase(s->unparsed, 0, n);
    }
    qmp_session_watch(s);
}

static void IO_OR_GS_FN go_on_later(void *opaque)
{
    qmp_session_go_on(opaque);
    qmp_session_unref(opaque);
}

void qmp_session_feed(QmpSession *s, const char *data, size_t len)
{
    GLOBAL_STATE_CODE();
    g_string_append_len(s->unparsed, data, len);
    qmp_session_go_on(s);
}

bool qmp_session_wants_input(QmpSession *s)
{
    GLOBAL_STATE_CODE();
    return !s->unparsed->len && qmp_session_wants(s);
}

void qmp_session_readable(void *opaque)
{
    QmpSession *s = opaque;
    char buf[4096];
    ssize_t n = recv(s->fd, buf, sizeof(buf), 0);

    IO_OR_GS_CODE();
    if (n > 0) {
        g_string_append_len(s->unparsed, buf, n);
        qmp_session_go_on(s);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        qmp_session_forget(s);
        qmp_session_watch(s);
        aio_bh_schedule(s->over_bh);
    }
}

/* ---- beginning and end -------------------------------------------------- */

void qmp_session_forget(QmpSession *s)
{
    IO_CODE();
    vm_mutex_lock(&s->lock);
    s->closed = true;
    vm_mutex_unlock(&s->lock);
}

/* The main loop learns that the other end has gone. */
static void GS_FN session_over(void *opaque)
{
    QmpSession *s = opaque;

    s->ops.over(s->ops.opaque);
}

static void GS_FN session_resume(void *opaque)
{
    QmpSession *s = opaque;

    s->ops.resume(s->ops.opaque);
}

static void IO_OR_GS_FN stop(void *opaque)
{
    QmpSession *s = opaque;

    qmp_session_flush_fd(s);
    qmp_session_forget(s);
    qmp_session_watch(s);
}

static void greet(QmpSession *s)
{
    g_autoptr(JsonNode) greeting = qmp_greeting(s->fd >= 0);

    qmp_session_send(s, greeting);
}

static bool GS_FN run_next(void *opaque);

QmpSession *qmp_session_new(AioContext *ctx, int fd, bool pretty,
                            const QmpSessionOps *ops)
{
    QmpSession *s = g_new0(QmpSession, 1);

    GLOBAL_STATE_CODE();
    s->refs = 1;
    s->ctx = ctx;
    s->fd = fd;
    s->pretty = pretty;
    s->ops = *ops;
    s->unparsed = g_string_new(NULL);
    json_stream_init(&s->stream, received, s);
    s->over_bh = aio_bh_new(main_loop_context(), session_over, s);
    s->resume_bh = aio_bh_new(main_loop_context(), session_resume, s);
    s->turn = (Turn){ .run_next = run_next, .opaque = s };
    vm_mutex_init(&s->lock, "qmp-session", RANK_QMP_SESSION);
    vm_mutex_lock(&s->lock);
    s->out = g_string_new(NULL);
    g_queue_init(&s->requests);
    vm_mutex_unlock(&s->lock);
    turns_add(&s->turn);
    vm_mutex_lock(&list_lock);
    g_ptr_array_add(sessions, s);
    vm_mutex_unlock(&list_lock);
    greet(s);
    aio_bh_schedule_oneshot(ctx, go_on_later, qmp_session_ref(s));
    return s;
}

void qmp_session_end(QmpSession *s)
{
    GLOBAL_STATE_CODE();
    turns_remove(&s->turn);
    vm_mutex_lock(&list_lock);
    g_ptr_array_remove(sessions, s);
    vm_mutex_unlock(&list_lock);
    if (s->fd >= 0) {
        aio_wait_bh_oneshot(s->ctx, stop, s);
    } else {
        qmp_session_flush_main(s, true);
        qmp_session_forget(s);
    }
    aio_bh_delete(s->over_bh);
    aio_bh_delete(s->resume_bh);
    qmp_session_unref(s);
}

/* ---- the main loop's part ----------------------------------------------- */

/* The next request of a session; NULL: none.  Not while its client leaves
 * answers unread: they would pile up here. */
static QueuedRequest *GS_FN dequeue(QmpSession *s)
{
    QueuedRequest *q = NULL;
    bool was_full;

    vm_mutex_lock(&s->lock);
    was_full = s->requests.length >= QMP_SESSION_QUEUE_MAX;
    if (!s->closed && s->out->len - s->out_done < QMP_OUT_CROWDED) {
        q = g_queue_pop_head(&s->requests);
    }
    vm_mutex_unlock(&s->lock);
    if (q && was_full) {
        aio_bh_schedule_oneshot(s->ctx, go_on_later, qmp_session_ref(s));
    }
    return q;
}

static bool session_negotiated(QmpSession *s)
{
    bool negotiated;

    vm_mutex_lock(&s->lock);
    negotiated = s->negotiated;
    vm_mutex_unlock(&s->lock);
    return negotiated;
}

static JsonNode *GS_FN run_request(QmpSession *s, const QueuedRequest *q)
{
    g_autoptr(GError) error = NULL;

    if (q->error) {
        return qmp_response_error(q->error, q->request.id);
    }
    if (!session_negotiated(s) && strcmp(q->request.name, "qmp_capabilities")) {
        g_set_error(&error, QMP_ERROR, QMP_ERROR_COMMAND_NOT_FOUND,
                    "negotiate with 'qmp_capabilities' before any command");
        return qmp_response_error(error, q->request.id);
    }
    return qmp_dispatch(&q->request);
}

static bool run_next(void *opaque)
{
    QmpSession *s = opaque;
    QueuedRequest *q = dequeue(s);

    GLOBAL_STATE_CODE();
    if (!q) {
        return false;
    }
    /* The command may poll, and the client go meanwhile. */
    current = qmp_session_ref(s);
    g_autoptr(JsonNode) answer = run_request(s, q);
    current = NULL;
    qmp_session_send(s, answer);
    queued_free(q);
    qmp_session_unref(s);
    return true;
}

bool qmp_session_offers_oob(void)
{
    GLOBAL_STATE_CODE();
    return current && current->fd >= 0;
}

bool qmp_negotiate(bool oob, GError **error)
{
    bool first = false;

    GLOBAL_STATE_CODE();
    if (current) {
        vm_mutex_lock(&current->lock);
        first = !current->negotiated;
        if (first) {
            current->negotiated = true;
            current->oob = oob;
        }
        vm_mutex_unlock(&current->lock);
    }
    if (!first) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_COMMAND_NOT_FOUND,
                    "capabilities have been negotiated already");
    }
    return first;
}

/* ---- all ---------------------------------------------------------------- */

void qmp_sessions_init(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&list_lock);
    sessions = g_ptr_array_new();
    vm_mutex_unlock(&list_lock);
}

void qmp_sessions_cleanup(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&list_lock);
    g_clear_pointer(&sessions, g_ptr_array_unref);
    vm_mutex_unlock(&list_lock);
}

void qmp_sessions_broadcast(JsonNode *event)
{
    g_autoptr(GPtrArray) to =
        g_ptr_array_new_with_free_func((GDestroyNotify)qmp_session_unref);

    IO_CODE();
    vm_mutex_lock(&list_lock);
    for (guint i = 0; sessions && i < sessions->len; i++) {
        g_ptr_array_add(to, qmp_session_ref(g_ptr_array_index(sessions, i)));
    }
    vm_mutex_unlock(&list_lock);
    for (guint i = 0; i < to->len; i++) {
        if (session_negotiated(g_ptr_array_index(to, i))) {
            qmp_session_send(g_ptr_array_index(to, i), event);
        }
    }
}
