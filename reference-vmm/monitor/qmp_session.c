/* SPDX-License-Identifier: MIT */
/*
 * qmp_session.c - see qmp_session.h.
 *
 * Thread context: a session has a loop, where it reads and writes, and is
 * known to the main loop, which runs its commands; what both touch is under
 * its lock. It is freed when the last of them has let go of it.
 */
#include "monitor/qmp_session.h"
#include "base/main_loop.h"
#include "monitor/json_stream.h"
#include "monitor/qmp.h"
#include "monitor/qmp_dispatch.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_MAX 8
/* A client that does not read loses its connection in the end. */
#define OUT_MAX (64 * 1024 * 1024)
#define VERSION_MAJOR 7 /* of QEMU, whose commands these are */
#define VERSION_MINOR 2

/* A request on its way to the main loop, or why there is none. */
typedef struct QueuedRequest {
    QmpRequest request;
    GError *error;
} QueuedRequest;

struct QmpSession {
    gint refs; /* atomic */
    AioContext *ctx;
    int fd;
    QmpSessionOps ops;
    JsonStream stream; /* in the session's loop */
    bool watching_write;

    VmMutex lock LOCK_RANK(RANK_QMP_SESSION);
    GString *out GUARDED_BY(&lock);
    GQueue requests GUARDED_BY(&lock); /* QueuedRequest* */
    bool paused GUARDED_BY(&lock);     /* the queue is full */
    bool negotiated GUARDED_BY(&lock);
    bool oob GUARDED_BY(&lock);
    bool closed GUARDED_BY(&lock);
};

static VmMutex list_lock LOCK_RANK(RANK_QMP_LIST) =
    VM_MUTEX_INIT("qmp-list", RANK_QMP_LIST);
static GPtrArray *sessions GUARDED_BY(&list_lock);

/* The main loop's. */
static AioBh *dispatch_bh;
static QmpSession *current; /* whose command runs */
static guint next_session;

/* ---- life --------------------------------------------------------------- */

static QmpSession *session_ref(QmpSession *s)
{
    g_atomic_int_inc(&s->refs);
    return s;
}

static void queued_free(QueuedRequest *q)
{
    qmp_request_clear(&q->request);
    g_clear_error(&q->error);
    g_free(q);
}

static void NO_TSA session_unref(QmpSession *s)
{
    QueuedRequest *q;

    /* The last one needs no lock. */
    if (!g_atomic_int_dec_and_test(&s->refs)) {
        return;
    }
    while ((q = g_queue_pop_head(&s->requests))) {
        queued_free(q);
    }
    g_string_free(s->out, TRUE);
    json_stream_clear(&s->stream);
    vm_mutex_destroy(&s->lock);
    g_free(s);
}

/* ---- output ------------------------------------------------------------- */

static void IO_OR_GS_FN flush_fd(QmpSession *s);

static void IO_OR_GS_FN writable(void *opaque)
{
    flush_fd(opaque);
}

static void IO_OR_GS_FN readable(void *opaque);

static void IO_OR_GS_FN watch(QmpSession *s, bool read, bool write)
{
    s->watching_write = write;
    aio_set_fd_handler(s->ctx, s->fd, read ? readable : NULL,
                       write ? writable : NULL, s, NULL);
}

static void IO_OR_GS_FN flush_fd(QmpSession *s)
{
    bool rest, read;

    vm_mutex_lock(&s->lock);
    while (!s->closed && s->out->len) {
        ssize_t n = send(s->fd, s->out->str, s->out->len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            if (errno != EAGAIN) {
                g_string_truncate(s->out, 0); /* reading finds the end */
            }
            break;
        }
        g_string_erase(s->out, 0, n);
    }
    rest = !s->closed && s->out->len;
    read = !s->closed && !s->paused;
    vm_mutex_unlock(&s->lock);
    if (rest != s->watching_write) {
        watch(s, read, rest);
    }
}

static void GS_FN flush_main(QmpSession *s)
{
    g_autofree char *text = NULL;
    gsize len;

    vm_mutex_lock(&s->lock);
    len = s->closed ? 0 : s->out->len;
    text = g_strndup(s->out->str, len);
    g_string_truncate(s->out, 0);
    vm_mutex_unlock(&s->lock);
    if (len) {
        s->ops.write(s->ops.opaque, text, len);
    }
}

/* In the session's loop, which for a session without an fd is the main one. */
static void IO_OR_GS_FN flush(void *opaque)
{
    QmpSession *s = opaque;

    if (s->fd >= 0) {
        flush_fd(s);
    } else {
        GLOBAL_STATE_CODE();
        flush_main(s);
    }
    session_unref(s);
}

static void session_send(QmpSession *s, const char *line)
{
    bool send_it;

    vm_mutex_lock(&s->lock);
    send_it = !s->closed && s->out->len < OUT_MAX;
    if (send_it) {
        g_string_append(s->out, line);
        g_string_append(s->out, "\r\n");
    }
    vm_mutex_unlock(&s->lock);
    if (send_it) {
        aio_bh_schedule_oneshot(s->ctx, flush, session_ref(s));
    }
}

/* ---- requests ----------------------------------------------------------- */

static bool session_has_oob(QmpSession *s)
{
    bool oob;

    vm_mutex_lock(&s->lock);
    oob = s->oob;
    vm_mutex_unlock(&s->lock);
    return oob;
}

/* Whether there is room for another one. */
static bool enqueue(QmpSession *s, QueuedRequest *q)
{
    bool room;

    vm_mutex_lock(&s->lock);
    g_queue_push_tail(&s->requests, q);
    room = s->requests.length < QUEUE_MAX;
    s->paused = !room;
    vm_mutex_unlock(&s->lock);
    aio_bh_schedule(dispatch_bh);
    return room;
}

/* The session's loop has a whole value, or nonsense. */
static void received(void *opaque, JsonNode *value, GError *error)
{
    QmpSession *s = opaque;
    QueuedRequest *q = g_new0(QueuedRequest, 1);

    q->error = error;
    if (value) {
        qmp_request_parse(value, &q->request, &q->error);
    }
    if (!q->error && q->request.oob) {
        if (session_has_oob(s)) {
            g_autofree char *answer = qmp_dispatch_oob(&q->request);

            session_send(s, answer);
            queued_free(q);
            return;
        }
        g_set_error(&q->error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "out-of-band execution was not negotiated");
    }
    if (!enqueue(s, q) && s->fd >= 0) {
        watch(s, false, s->watching_write);
    }
}

bool qmp_session_wants_input(QmpSession *s)
{
    bool wants;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&s->lock);
    wants = !s->closed && !s->paused;
    vm_mutex_unlock(&s->lock);
    return wants;
}

void qmp_session_feed(QmpSession *s, const char *data, size_t len)
{
    IO_CODE();
    json_stream_feed(&s->stream, data, len);
}

/* ---- the end ------------------------------------------------------------ */

static void forget(QmpSession *s)
{
    vm_mutex_lock(&s->lock);
    s->closed = true;
    vm_mutex_unlock(&s->lock);
}

/* The main loop learns that the other end has gone. */
static void GS_FN session_over(void *opaque)
{
    QmpSession *s = opaque;
    bool known;

    vm_mutex_lock(&list_lock);
    known = sessions && g_ptr_array_find(sessions, s, NULL);
    vm_mutex_unlock(&list_lock);
    if (known) { /* else it was ended meanwhile */
        s->ops.over(s->ops.opaque);
    }
    session_unref(s);
}

static void IO_OR_GS_FN readable(void *opaque)
{
    QmpSession *s = opaque;
    char buf[4096];
    ssize_t n = recv(s->fd, buf, sizeof(buf), 0);

    if (n > 0) {
        qmp_session_feed(s, buf, n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        forget(s);
        watch(s, false, false);
        aio_bh_schedule_oneshot(main_loop_context(), session_over,
                                session_ref(s));
    }
}

static void IO_OR_GS_FN start_reading(void *opaque)
{
    QmpSession *s = opaque;
    bool closed;

    vm_mutex_lock(&s->lock);
    closed = s->closed;
    vm_mutex_unlock(&s->lock);
    if (!closed) {
        watch(s, true, s->watching_write);
    }
    session_unref(s);
}

static void IO_OR_GS_FN stop(void *opaque)
{
    QmpSession *s = opaque;

    if (s->fd >= 0) {
        flush_fd(s);
        forget(s);
        watch(s, false, false);
    }
}

static void greet(QmpSession *s)
{
    g_autofree char *text = g_strdup_printf(
        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": %d, "
        "\"major\": %d}, \"package\": \"holdfast\"}, \"capabilities\": [%s]}}",
        VERSION_MINOR, VERSION_MAJOR, s->fd >= 0 ? "\"oob\"" : "");

    session_send(s, text);
}

QmpSession *qmp_session_new(AioContext *ctx, int fd, const QmpSessionOps *ops)
{
    QmpSession *s = g_new0(QmpSession, 1);

    GLOBAL_STATE_CODE();
    s->refs = 1;
    s->ctx = ctx;
    s->fd = fd;
    s->ops = *ops;
    vm_mutex_init(&s->lock, "qmp-session", RANK_QMP_SESSION);
    vm_mutex_lock(&s->lock);
    s->out = g_string_new(NULL);
    g_queue_init(&s->requests);
    vm_mutex_unlock(&s->lock);
    json_stream_init(&s->stream, received, s);
    vm_mutex_lock(&list_lock);
    g_ptr_array_add(sessions, s);
    vm_mutex_unlock(&list_lock);
    greet(s);
    if (fd >= 0) {
        aio_bh_schedule_oneshot(ctx, start_reading, session_ref(s));
    }
    return s;
}

void qmp_session_end(QmpSession *s)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&list_lock);
    g_ptr_array_remove(sessions, s);
    vm_mutex_unlock(&list_lock);
    if (s->fd >= 0) {
        aio_wait_bh_oneshot(s->ctx, stop, s);
    } else {
        flush_main(s);
        forget(s);
    }
    session_unref(s);
}

/* ---- the main loop's part ----------------------------------------------- */

static void GS_FN resume_reading(QmpSession *s)
{
    if (s->fd >= 0) {
        aio_bh_schedule_oneshot(s->ctx, start_reading, session_ref(s));
    } else {
        s->ops.resume(s->ops.opaque);
    }
}

/* The next request of a session; NULL: none. */
static QueuedRequest *GS_FN dequeue(QmpSession *s)
{
    QueuedRequest *q;
    bool resume;

    vm_mutex_lock(&s->lock);
    q = s->closed ? NULL : g_queue_pop_head(&s->requests);
    resume = q && s->paused;
    s->paused = s->paused && !resume;
    vm_mutex_unlock(&s->lock);
    if (resume) {
        resume_reading(s);
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

static char *GS_FN run_request(QmpSession *s, const QueuedRequest *q)
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

/* One request of the next session that has any; sessions take turns. */
static bool GS_FN dispatch_one(void)
{
    QueuedRequest *q = NULL;
    QmpSession *s = NULL;
    guint n;

    vm_mutex_lock(&list_lock);
    n = sessions->len;
    vm_mutex_unlock(&list_lock);
    for (guint i = 0; i < n && !q; i++) {
        vm_mutex_lock(&list_lock);
        s = sessions->len ? session_ref(g_ptr_array_index(
                                sessions, next_session++ % sessions->len))
                          : NULL;
        vm_mutex_unlock(&list_lock);
        q = s ? dequeue(s) : NULL;
        if (s && !q) {
            session_unref(s);
        }
    }
    if (!q) {
        return false;
    }
    current = s;
    g_autofree char *answer = run_request(s, q);
    current = NULL;
    session_send(s, answer);
    queued_free(q);
    session_unref(s);
    return true;
}

/* A command that polls the main loop must not run others within itself. */
static void GS_FN dispatch(void *opaque)
{
    if (!current && dispatch_one()) {
        aio_bh_schedule(dispatch_bh);
    }
}

bool qmp_session_offers_oob(void)
{
    GLOBAL_STATE_CODE();
    return current && current->fd >= 0;
}

bool qmp_negotiate(bool oob, GError **error)
{
    bool first;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&current->lock);
    first = !current->negotiated;
    if (first) {
        current->negotiated = true;
        current->oob = oob;
    }
    vm_mutex_unlock(&current->lock);
    if (!first) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_COMMAND_NOT_FOUND,
                    "capabilities have been negotiated already");
    }
    return first;
}

void qmp_sessions_init(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&list_lock);
    sessions = g_ptr_array_new();
    vm_mutex_unlock(&list_lock);
    dispatch_bh = aio_bh_new(main_loop_context(), dispatch, NULL);
}

void qmp_sessions_cleanup(void)
{
    GLOBAL_STATE_CODE();
    aio_bh_delete(dispatch_bh);
    dispatch_bh = NULL;
    vm_mutex_lock(&list_lock);
    g_clear_pointer(&sessions, g_ptr_array_unref);
    vm_mutex_unlock(&list_lock);
}

/* ---- events ------------------------------------------------------------- */

static char *event_text(const char *name, JsonObject *data)
{
    gint64 now = g_get_real_time();
    JsonObject *event = json_object_new(), *timestamp = json_object_new();

    json_object_set_int_member(timestamp, "seconds", now / G_USEC_PER_SEC);
    json_object_set_int_member(timestamp, "microseconds",
                               now % G_USEC_PER_SEC);
    json_object_set_object_member(event, "timestamp", timestamp);
    json_object_set_string_member(event, "event", name);
    if (data) {
        json_object_set_object_member(event, "data", data);
    }
    return qmp_json_to_text(json_node_init_object(json_node_alloc(), event));
}

void qmp_event(const char *name, JsonObject *data)
{
    g_autofree char *text = event_text(name, data);
    g_autoptr(GPtrArray) to =
        g_ptr_array_new_with_free_func((GDestroyNotify)session_unref);

    IO_CODE();
    vm_mutex_lock(&list_lock);
    for (guint i = 0; sessions && i < sessions->len; i++) {
        g_ptr_array_add(to, session_ref(g_ptr_array_index(sessions, i)));
    }
    vm_mutex_unlock(&list_lock);
    for (guint i = 0; i < to->len; i++) {
        if (session_negotiated(g_ptr_array_index(to, i))) {
            session_send(g_ptr_array_index(to, i), text);
        }
    }
}
