/* SPDX-License-Identifier: MIT */
/*
 * mux.c - several front ends on one chardev.
 *
 * Output of all goes out; input goes to the one that has the focus: the last
 * one attached, until C-a c moves it on.  C-a h lists the keys.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_int.h"
#include "hw/machine.h"
#include <string.h>

#define MAX_FRONTENDS 4
#define BUFFER_SIZE 32
#define ESCAPE 1 /* C-a */

typedef struct MuxSlot {
    const ChardevFrontend *frontend;
    uint8_t buffer[BUFFER_SIZE]; /* came, but it had no room */
    size_t buffered;
} MuxSlot;

typedef struct ChardevMux {
    Chardev parent;
    Chardev *driver; /* owned */
    ChardevFrontend frontend;
    MuxSlot slots[MAX_FRONTENDS];
    int n, focus;
    bool escaped; /* the next byte is a command */
} ChardevMux;

static const ChardevClass mux_class;

/* As much as it takes: it may take one byte, and then another one. */
static GS_FN void deliver(MuxSlot *slot)
{
    const ChardevFrontend *f = slot->frontend;
    uint8_t data[BUFFER_SIZE];
    size_t n;

    while (slot->buffered &&
           (n = MIN(slot->buffered, f->can_receive(f->opaque)))) {
        /* It may come back to here. */
        memcpy(data, slot->buffer, n);
        slot->buffered -= n;
        memmove(slot->buffer, slot->buffer + n, slot->buffered);
        f->receive(f->opaque, data, n);
    }
}

static GS_FN void send_event(const ChardevFrontend *f, ChardevEvent event)
{
    if (f->event) {
        f->event(f->opaque, event);
    }
}

/* ---- keys --------------------------------------------------------------- */

static GS_FN void print(ChardevMux *s, const char *text)
{
    chardev_write_all(s->driver, text, strlen(text));
}

static GS_FN void run_key(ChardevMux *s, uint8_t key)
{
    MuxSlot *slot = &s->slots[s->focus];

    switch (key) {
    case 'h':
    case '?':
        print(s, "\r\nC-a h    print this help\r\n"
                 "C-a x    exit\r\n"
                 "C-a b    send break\r\n"
                 "C-a c    switch between console and monitor\r\n"
                 "C-a C-a  send C-a\r\n");
        break;
    case 'x':
        print(s, "refvmm: terminated\r\n");
        machine_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT, 0);
        break;
    case 'b':
        send_event(slot->frontend, CHARDEV_EVENT_BREAK);
        break;
    case 'c':
        send_event(slot->frontend, CHARDEV_EVENT_MUX_OUT);
        s->focus = (s->focus + 1) % s->n;
        send_event(s->slots[s->focus].frontend, CHARDEV_EVENT_MUX_IN);
        break;
    case ESCAPE:
        if (slot->buffered < BUFFER_SIZE) {
            slot->buffer[slot->buffered++] = key;
        }
        break;
    }
}

static size_t mux_can_receive(void *opaque)
{
    ChardevMux *s = opaque;

    return s->n ? BUFFER_SIZE - s->slots[s->focus].buffered : 0;
}

static void mux_receive(void *opaque, const uint8_t *data, size_t len)
{
    ChardevMux *s = opaque;

    GLOBAL_STATE_CODE();
    for (size_t i = 0; i < len && s->n; i++) {
        MuxSlot *slot = &s->slots[s->focus];

        if (s->escaped) {
            s->escaped = false;
            run_key(s, data[i]);
        } else if (data[i] == ESCAPE) {
            s->escaped = true;
        } else if (slot->buffered < BUFFER_SIZE) {
            slot->buffer[slot->buffered++] = data[i];
        }
        deliver(slot);
    }
}

static void mux_event(void *opaque, ChardevEvent event)
{
    ChardevMux *s = opaque;

    GLOBAL_STATE_CODE();
    s->parent.is_open = chardev_is_open(s->driver);
    for (int i = 0; i < s->n; i++) {
        if (event != CHARDEV_EVENT_BREAK || i == s->focus) {
            send_event(s->slots[i].frontend, event);
        }
    }
}

/* ---- as a chardev ------------------------------------------------------- */

static void mux_accept_input(Chardev *c)
{
    ChardevMux *s = (ChardevMux *)c;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < s->n; i++) {
        if (s->slots[i].buffered) {
            deliver(&s->slots[i]);
        }
    }
    chardev_accept_input(s->driver);
}

static bool mux_attach(Chardev *c, const ChardevFrontend *f, GError **error)
{
    ChardevMux *s = (ChardevMux *)c;

    GLOBAL_STATE_CODE();
    if (s->n == MAX_FRONTENDS) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "chardev '%s' has %d front ends already", c->id,
                    MAX_FRONTENDS);
        return false;
    }
    if (s->n) {
        send_event(s->slots[s->focus].frontend, CHARDEV_EVENT_MUX_OUT);
    }
    s->slots[s->n] = (MuxSlot){ .frontend = f };
    s->focus = s->n++;
    c->frontend = f;
    if (c->is_open) {
        send_event(f, CHARDEV_EVENT_OPENED);
    }
    send_event(f, CHARDEV_EVENT_MUX_IN);
    chardev_accept_input(s->driver);
    return true;
}

static void mux_detach(Chardev *c, const ChardevFrontend *f)
{
    ChardevMux *s = (ChardevMux *)c;

    GLOBAL_STATE_CODE();
    for (int i = s->n; i-- > 0;) {
        if (!f || s->slots[i].frontend == f) {
            s->n--;
            memmove(&s->slots[i], &s->slots[i + 1],
                    (s->n - i) * sizeof(s->slots[0]));
        }
    }
    s->focus = s->n ? s->n - 1 : 0;
    c->frontend = s->n ? s->slots[0].frontend : NULL;
}

static Chardev *mux_target(Chardev *c)
{
    return ((ChardevMux *)c)->driver;
}

static void mux_close(Chardev *c)
{
    ChardevMux *s = (ChardevMux *)c;

    GLOBAL_STATE_CODE();
    if (s->driver) {
        chardev_detach_frontend(s->driver, &s->frontend);
        chardev_destroy(s->driver);
    }
}

/* Never called: output goes to the target. */
static ssize_t mux_write(Chardev *c, const void *data, size_t len)
{
    return -1;
}

static char *mux_describe(const Chardev *c)
{
    GLOBAL_STATE_CODE();
    return chardev_describe(((const ChardevMux *)c)->driver);
}

static const ChardevClass mux_class = {
    .name = "mux",
    .help = "several front ends on one chardev",
    .instance_size = sizeof(ChardevMux),
    .close = mux_close,
    .write = mux_write,
    .accept_input = mux_accept_input,
    .describe = mux_describe,
    .is_mux = true,
    .attach = mux_attach,
    .detach = mux_detach,
    .target = mux_target,
};

Chardev *chardev_mux_new(const char *id, Chardev *driver, GError **error)
{
    Chardev *c = chardev_create(&mux_class, id, NULL, error);
    ChardevMux *s = (ChardevMux *)c;

    GLOBAL_STATE_CODE();
    s->driver = driver;
    c->is_open = chardev_is_open(driver);
    s->frontend = (ChardevFrontend){ mux_can_receive, mux_receive, mux_event,
                                     s };
    if (!chardev_attach(driver, &s->frontend, error)) {
        chardev_destroy(c);
        return NULL;
    }
    return c;
}
