/* SPDX-License-Identifier: MIT */
/*
 * monitor_hmp.c - a chardev on which a human types commands.  What is typed
 * is echoed; there is nothing but backspace to edit it.
 *
 * Thread context: under the BQL, in the main loop.
 */
#include "monitor/monitor_int.h"
#include "base/main_loop.h"
#include "monitor/hmp.h"
#include <string.h>

#define LINE_MAX_LEN 4096
#define PROMPT "(qemu) "

static GS_FN void print(Monitor *m, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *out = g_strjoinv("\r\n", lines);

    chardev_write_all(m->chardev, out, strlen(out));
}

static GS_FN void prompt(Monitor *m)
{
    if (m->out_of_focus) {
        return;
    }
    if (!m->greeted) {
        print(m, "refvmm monitor - type 'help' for more information\n");
        m->greeted = true;
    }
    print(m, PROMPT);
    print(m, m->line->str);
}

/* The first time, when it is known who has the focus of a mux, and after
 * whatever the program has to say while it starts. */
static GS_FN void settle(void *opaque)
{
    Monitor *m = opaque;

    m->settled = true;
    prompt(m);
}

static GS_FN void prompt_soon(Monitor *m)
{
    if (m->settled) {
        prompt(m);
    } else {
        aio_bh_schedule(m->prompt_bh);
    }
}

static GS_FN bool run_next(void *opaque)
{
    Monitor *m = opaque;
    g_autofree char *line = NULL;
    g_autofree char *text = NULL;

    if (!m->entered) {
        return false;
    }
    line = g_strdup(m->line->str);
    text = hmp_run(line, 0, NULL);
    if (text) {
        print(m, text);
    }
    g_string_truncate(m->line, 0);
    m->entered = false;
    if (!m->out_of_focus) {
        print(m, PROMPT);
    }
    chardev_accept_input(m->chardev);
    return true;
}

static GS_FN void erase(Monitor *m, gsize n)
{
    while (n-- > 0 && m->line->len) {
        g_string_truncate(m->line, m->line->len - 1);
        print(m, "\b \b");
    }
}

static GS_FN void type_byte(Monitor *m, uint8_t byte)
{
    char text[2] = { byte, 0 };

    if (m->escaped) {
        /* ESC [ ... letter */
        m->escaped = !g_ascii_isalpha(byte) && byte != '~';
    } else if (byte == 27) {
        m->escaped = true;
    } else if (byte == '\r' || byte == '\n') {
        print(m, "\n");
        m->entered = true;
        turns_kick();
    } else if (byte == '\b' || byte == 127) {
        erase(m, 1);
    } else if (byte == 'U' - 64) {
        erase(m, m->line->len);
    } else if (byte >= ' ' && m->line->len < LINE_MAX_LEN) {
        g_string_append_c(m->line, byte);
        print(m, text);
    }
}

/* One by one: what follows a line waits until it has run. */
static size_t GS_FN hmp_can_receive(void *opaque)
{
    return !((Monitor *)opaque)->entered;
}

static void GS_FN hmp_receive(void *opaque, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        type_byte(opaque, data[i]);
    }
}

static void GS_FN hmp_event(void *opaque, ChardevEvent event)
{
    Monitor *m = opaque;

    switch (event) {
    case CHARDEV_EVENT_OPENED:
        m->greeted = false;
        prompt_soon(m);
        break;
    case CHARDEV_EVENT_CLOSED:
        if (!m->entered) {
            g_string_truncate(m->line, 0);
        }
        m->escaped = false;
        break;
    case CHARDEV_EVENT_MUX_IN:
        m->out_of_focus = false;
        prompt_soon(m);
        break;
    case CHARDEV_EVENT_MUX_OUT:
        m->out_of_focus = true;
        break;
    case CHARDEV_EVENT_BREAK:
        break;
    }
}

static void GS_FN hmp_init(Monitor *m)
{
    m->frontend = (ChardevFrontend){ .can_receive = hmp_can_receive,
                                     .receive = hmp_receive,
                                     .event = hmp_event };
    m->line = g_string_new(NULL);
    m->prompt_bh = aio_bh_new(main_loop_context(), settle, m);
    m->turn = (Turn){ .run_next = run_next, .opaque = m };
    turns_add(&m->turn);
}

static void GS_FN hmp_finish(Monitor *m)
{
    turns_remove(&m->turn);
    aio_bh_delete(m->prompt_bh);
    g_string_free(m->line, TRUE);
}

const MonitorProtocol monitor_hmp = { .init = hmp_init, .finish = hmp_finish };
