/* SPDX-License-Identifier: MIT */
/*
 * monitor_qmp.c - a chardev whose connections speak QMP.
 *
 * Thread context: under the BQL.
 */
#include "monitor/monitor_int.h"
#include "base/main_loop.h"
#include "monitor/monitor_thread.h"

/* ---- what the session wants --------------------------------------------- */

static void GS_FN writable(void *opaque)
{
    Monitor *m = opaque;

    if (m->session) {
        qmp_session_writable(m->session);
    }
}

static size_t GS_FN session_write(void *opaque, const char *data, size_t len,
                                  bool last)
{
    Monitor *m = opaque;
    size_t n;

    if (last || !chardev_is_open(m->chardev)) {
        chardev_write_all(m->chardev, data, len);
        return len;
    }
    n = chardev_write(m->chardev, data, len);
    if (n < len) {
        chardev_when_writable(m->chardev, writable, m);
    }
    return n;
}

static void GS_FN session_resume(void *opaque)
{
    chardev_accept_input(((Monitor *)opaque)->chardev);
}

static void close_session(Monitor *m) DROPS(bql) GS_FN;
static void close_session(Monitor *m)
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
    AioContext *ctx = monitor_thread_start();
    int fd = ctx ? chardev_claim_fd(m->chardev) : -1;

    m->claimed = fd >= 0;
    m->session = qmp_session_new(m->claimed ? ctx : main_loop_context(), fd,
                                 m->pretty, &ops);
}

/* ---- what the chardev tells --------------------------------------------- */

static void GS_FN qmp_chardev_event(void *opaque, ChardevEvent event)
{
    Monitor *m = opaque;

    if (event == CHARDEV_EVENT_OPENED) {
        close_session(m);
        open_session(m);
    } else if (event == CHARDEV_EVENT_CLOSED && !m->claimed) {
        close_session(m);
    }
}

static size_t GS_FN qmp_can_receive(void *opaque)
{
    Monitor *m = opaque;

    return m->session && qmp_session_wants_input(m->session) ? 4096 : 0;
}

static void GS_FN qmp_receive(void *opaque, const uint8_t *data, size_t len)
{
    Monitor *m = opaque;

    if (m->session) {
        qmp_session_feed(m->session, (const char *)data, len);
    }
}

static void GS_FN qmp_init(Monitor *m)
{
    m->frontend = (ChardevFrontend){ .can_receive = qmp_can_receive,
                                     .receive = qmp_receive,
                                     .event = qmp_chardev_event };
}

const MonitorProtocol monitor_qmp = { .init = qmp_init,
                                      .finish = close_session };
