/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - monitors on chardevs, and the thread that serves connections.
 *
 * Thread context: under the BQL; the thread runs nothing but the loop.
 */
#include "monitor/monitor.h"
#include "base/error.h"
#include "base/keyval.h"
#include "base/main_loop.h"
#include "hw/chardev/chardev.h"
#include "monitor/qmp_session.h"
#include <string.h>

typedef struct Monitor {
    Chardev *chardev;
    ChardevFrontend frontend;
    QmpSession *session; /* NULL: nobody is connected */
    bool claimed;        /* the session has the chardev's descriptor */
} Monitor;

static GPtrArray *monitors; /* Monitor* */

/* ---- the thread --------------------------------------------------------- */

static AioContext *io_context;
static VmThread *io_thread;
static bool io_quit; /* atomic */

static void *ROLE_ENTRY(role_oob) io_run(void *opaque)
{
    aio_context_adopt(io_context);
    while (!__atomic_load_n(&io_quit, __ATOMIC_ACQUIRE)) {
        aio_poll(io_context, true);
    }
    aio_context_adopt(NULL);
    return NULL;
}

static bool GS_FN io_start(GError **error)
{
    if (io_thread) {
        return true;
    }
    io_context = aio_context_new(error);
    if (!io_context) {
        return false;
    }
    __atomic_store_n(&io_quit, false, __ATOMIC_RELEASE);
    io_thread = vm_thread_create("mon_iothread", VM_ROLE_OOB, io_run, NULL,
                                 error);
    if (!io_thread) {
        g_clear_pointer(&io_context, aio_context_free);
    }
    return io_thread != NULL;
}

static void GS_FN io_stop(void)
{
    if (!io_thread) {
        return;
    }
    __atomic_store_n(&io_quit, true, __ATOMIC_RELEASE);
    aio_notify(io_context);
    main_loop_join(g_steal_pointer(&io_thread));
    g_clear_pointer(&io_context, aio_context_free);
}

/* ---- connections -------------------------------------------------------- */

static void GS_FN session_write(void *opaque, const char *data, size_t len)
{
    chardev_write_all(((Monitor *)opaque)->chardev, data, len);
}

static void GS_FN session_resume(void *opaque)
{
    chardev_accept_input(((Monitor *)opaque)->chardev);
}

static void GS_FN close_session(Monitor *m)
{
    QmpSession *s = g_steal_pointer(&m->session);
    bool claimed = m->claimed;

    m->claimed = false;
    if (s) {
        qmp_session_end(s);
    }
    if (claimed) {
        chardev_release_fd(m->chardev);
    }
}

static void GS_FN session_over(void *opaque)
{
    close_session(opaque);
}

static void GS_FN open_session(Monitor *m)
{
    QmpSessionOps ops = { .write = session_write, .resume = session_resume,
                          .over = session_over, .opaque = m };
    int fd;

    close_session(m);
    fd = io_start(NULL) ? chardev_claim_fd(m->chardev) : -1;
    m->claimed = fd >= 0;
    m->session = qmp_session_new(m->claimed ? io_context : main_loop_context(),
                                 fd, &ops);
}

static void GS_FN monitor_event(void *opaque, ChardevEvent event)
{
    Monitor *m = opaque;

    if (event == CHARDEV_EVENT_OPENED) {
        open_session(m);
    } else if (event == CHARDEV_EVENT_CLOSED && !m->claimed) {
        close_session(m);
    }
}

static size_t GS_FN monitor_can_receive(void *opaque)
{
    Monitor *m = opaque;

    /* One byte at a time would do: a full queue must not be overrun by what
     * is in the same piece, but eight small requests more do no harm. */
    return m->session && qmp_session_wants_input(m->session) ? 256 : 0;
}

static void GS_FN monitor_receive(void *opaque, const uint8_t *data,
                                  size_t len)
{
    Monitor *m = opaque;

    if (m->session) {
        qmp_session_feed(m->session, (const char *)data, len);
    }
}

/* ---- life --------------------------------------------------------------- */

static bool GS_FN check_mode(JsonObject *options, GError **error)
{
    const char *mode = json_object_get_string_member_with_default(
        options, "mode", "control");

    if (strcmp(mode, "control")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "monitor mode '%s' is unknown; there is 'control'", mode);
        return false;
    }
    return true;
}

bool monitor_new(JsonObject *options, GError **error)
{
    const char *id = json_object_get_string_member_with_default(
        options, "chardev", NULL);
    Chardev *c = id ? chardev_find(id) : NULL;
    Monitor *m;

    GLOBAL_STATE_CODE();
    if (!c) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    id ? "monitor: there is no chardev '%s'"
                       : "monitor: 'chardev' is missing%s", id ? id : "");
        return false;
    }
    if (!check_mode(options, error)) {
        return false;
    }
    if (!monitors) {
        monitors = g_ptr_array_new();
        qmp_sessions_init();
    }
    m = g_new0(Monitor, 1);
    m->chardev = c;
    m->frontend = (ChardevFrontend){ .can_receive = monitor_can_receive,
                                     .receive = monitor_receive,
                                     .event = monitor_event, .opaque = m };
    if (!chardev_attach(c, &m->frontend, error)) {
        g_free(m);
        return false;
    }
    g_ptr_array_add(monitors, m);
    return true;
}

void monitors_free(void)
{
    GLOBAL_STATE_CODE();
    if (!monitors) {
        return;
    }
    for (guint i = 0; i < monitors->len; i++) {
        Monitor *m = g_ptr_array_index(monitors, i);

        close_session(m);
        chardev_detach(m->chardev);
        g_free(m);
    }
    g_clear_pointer(&monitors, g_ptr_array_unref);
    io_stop();
    qmp_sessions_cleanup();
}
