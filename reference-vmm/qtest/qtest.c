/* SPDX-License-Identifier: MIT */
/*
 * qtest.c - lines in, lines out: see qtest.h.
 *
 * Thread context: under the BQL, in the main loop.
 */
#include "qtest/qtest.h"
#include "base/clock.h"
#include "base/error.h"
#include "qtest/qtest_commands.h"
#include <string.h>

/* A write of as much data as we take, in hexadecimal, and its command. */
#define LINE_MAX_SIZE (2 * (size_t)QTEST_MAX_TRANSFER + 256)

static struct {
    Chardev *chardev; /* NULL: not started */
    ChardevFrontend frontend;
    GString *line; /* under way */
    bool overlong;
    bool busy; /* with a command */
    FILE *log;
    QtestState state;
} server;

static void GS_FN send_line(const char *text)
{
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    if (server.log) {
        fprintf(server.log, "[S] %s", line);
        fflush(server.log);
    }
    chardev_write_all(server.chardev, line, strlen(line));
}

/* A command may poll the main loop: the line is out of reach of what comes
 * in meanwhile, which waits. */
static void GS_FN handle_line(void)
{
    GString *line = server.line;
    bool overlong = server.overlong;
    g_autofree char *answer = NULL;

    server.line = g_string_new(NULL);
    server.overlong = false;
    if (server.log) {
        fprintf(server.log, "[R] %s\n", line->str);
    }
    server.busy = true;
    answer = overlong ? g_strdup("FAIL line too long")
                      : qtest_run_command(&server.state, line->str);
    server.busy = false;
    g_string_free(line, TRUE);
    if (server.chardev) {
        /* What the command did to lines comes before its answer. */
        qtest_irq_flush();
        send_line(answer);
    }
}

static size_t GS_FN qtest_can_receive(void *opaque)
{
    return server.busy ? 0 : 4096;
}

static void GS_FN qtest_receive(void *opaque, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len && server.chardev; i++) {
        if (data[i] == '\n') {
            handle_line();
        } else if (server.line->len >= LINE_MAX_SIZE) {
            server.overlong = true;
        } else if (data[i] != '\r') {
            g_string_append_c(server.line, data[i]);
        }
    }
    if (server.chardev) {
        chardev_accept_input(server.chardev);
    }
}

/* A new client begins a line of its own, and watches nothing. */
static void GS_FN qtest_event(void *opaque, ChardevEvent event)
{
    if (event == CHARDEV_EVENT_OPENED) {
        g_string_truncate(server.line, 0);
        server.overlong = false;
        qtest_irq_unwatch();
    }
}

static void GS_FN irq_changed(int n, int level)
{
    g_autofree char *text = g_strdup_printf("IRQ %s %d",
                                            level ? "raise" : "lower", n);

    if (server.chardev) {
        send_line(text);
    }
}

bool qtest_start(Machine *m, Chardev *c, FILE *log, GError **error)
{
    GLOBAL_STATE_CODE();
    server.frontend = (ChardevFrontend){ .can_receive = qtest_can_receive,
                                         .receive = qtest_receive,
                                         .event = qtest_event };
    server.line = g_string_new(NULL);
    server.log = log;
    server.state = (QtestState){ .machine = m, .irq_changed = irq_changed };
    vm_clock_use_manual();
    if (!chardev_attach(c, &server.frontend, error)) {
        g_string_free(server.line, TRUE);
        return false;
    }
    server.chardev = c;
    return true;
}

void qtest_stop(void)
{
    GLOBAL_STATE_CODE();
    if (server.chardev) {
        qtest_irq_unwatch();
        chardev_detach(g_steal_pointer(&server.chardev));
        g_string_free(server.line, TRUE);
    }
}
