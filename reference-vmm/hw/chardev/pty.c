/* SPDX-License-Identifier: MIT */
/*
 * pty.c - a new pseudo terminal, whose name `info chardev` tells.
 *
 * The master side sees a hangup as long as nobody has the terminal open, and
 * nothing says when that ends: then it looks again every now and then.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/chardev/chardev_fd.h"
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_NS INT64_C(100000000)

typedef struct ChardevPty {
    Chardev parent;
    ChardevFd fd;
    int master; /* -1: not open */
    char *name;
    AioTimer *timer;
} ChardevPty;

static GS_FN void look_later(ChardevPty *s)
{
    aio_timer_mod(s->timer, vm_clock_get_ns(VM_CLOCK_REALTIME) + LOOK_NS);
}

static void pty_hangup(Chardev *c)
{
    ChardevPty *s = (ChardevPty *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    chardev_set_open(c, false);
    look_later(s);
}

static void look(void *opaque)
{
    ChardevPty *s = opaque;
    struct pollfd p = { .fd = s->master, .events = POLLIN };

    GLOBAL_STATE_CODE();
    if (poll(&p, 1, 0) < 0 || (p.revents & POLLHUP)) {
        look_later(s);
        return;
    }
    chardev_fd_start(&s->fd, &s->parent, s->master, s->master, pty_hangup);
    chardev_set_open(&s->parent, true);
}

/* Raw, like a serial line; then closed, so that the first hangup comes. */
static bool prepare_slave(const char *name)
{
    struct termios t;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool ok = fd >= 0 && tcgetattr(fd, &t) == 0;

    if (ok) {
        cfmakeraw(&t);
        ok = tcsetattr(fd, TCSANOW, &t) == 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool pty_open(Chardev *c, JsonObject *options, GError **error)
{
    ChardevPty *s = (ChardevPty *)c;
    char name[128];

    GLOBAL_STATE_CODE();
    s->fd.in = s->fd.out = -1;
    s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s->master < 0 || grantpt(s->master) < 0 || unlockpt(s->master) < 0 ||
        ptsname_r(s->master, name, sizeof(name)) || !prepare_slave(name)) {
        vm_set_errno(error, "cannot make a pseudo terminal");
        return false;
    }
    s->name = g_strdup(name);
    s->timer = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME, look, s);
    look_later(s);
    return true;
}

static void pty_close(Chardev *c)
{
    ChardevPty *s = (ChardevPty *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    aio_timer_delete(s->timer);
    if (s->master >= 0) {
        close(s->master);
    }
    g_free(s->name);
}

static ssize_t pty_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return chardev_fd_write(&((ChardevPty *)c)->fd, data, len);
}

static int pty_poll_fd(Chardev *c)
{
    return ((ChardevPty *)c)->fd.out;
}

static void pty_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_fd_accept_input(&((ChardevPty *)c)->fd);
}

static char *pty_describe(const Chardev *c)
{
    return g_strdup_printf("pty:%s", ((const ChardevPty *)c)->name);
}

extern const ChardevClass pty_chardev_class;
const ChardevClass pty_chardev_class = {
    .name = "pty",
    .help = "a new pseudo terminal",
    .instance_size = sizeof(ChardevPty),
    .open = pty_open,
    .close = pty_close,
    .write = pty_write,
    .poll_fd = pty_poll_fd,
    .accept_input = pty_accept_input,
    .describe = pty_describe,
};
