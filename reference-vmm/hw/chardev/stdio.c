/* SPDX-License-Identifier: MIT */
/*
 * stdio.c - the terminal that the program was started from.
 *
 * A terminal is put into raw mode, and back at the end of the program however
 * it exits.  With signal=off, C-c is a byte like any other.
 *
 * Thread context: under the BQL; restore() at exit.
 */
#include "hw/chardev/chardev_fd.h"
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

typedef struct ChardevStdio {
    Chardev parent;
    ChardevFd fd;
} ChardevStdio;

/* As they were before us.  Written while there is one thread only. */
static bool in_use, registered;
static bool is_terminal;
static struct termios old_terminal;
static int old_in_flags, old_out_flags;

static void restore(void)
{
    if (!in_use) {
        return;
    }
    in_use = false;
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &old_terminal);
    }
    fcntl(STDIN_FILENO, F_SETFL, old_in_flags);
    fcntl(STDOUT_FILENO, F_SETFL, old_out_flags);
}

static void set_raw(bool signals)
{
    struct termios t = old_terminal;

    t.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL |
                   IXON);
    t.c_oflag |= OPOST;
    t.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    t.c_cflag &= ~(CSIZE | PARENB);
    t.c_cflag |= CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    if (!signals) {
        t.c_lflag &= ~ISIG;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static bool stdio_open(Chardev *c, JsonObject *options, GError **error)
{
    ChardevStdio *s = (ChardevStdio *)c;
    bool mux = false, signals;

    GLOBAL_STATE_CODE();
    if (in_use) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "stdio is used by another chardev");
        return false;
    }
    if (!option_bool(options, "mux", &mux, error)) {
        return false;
    }
    signals = !mux;
    if (!option_bool(options, "signal", &signals, error)) {
        return false;
    }
    in_use = true;
    old_in_flags = fcntl(STDIN_FILENO, F_GETFL);
    old_out_flags = fcntl(STDOUT_FILENO, F_GETFL);
    is_terminal = tcgetattr(STDIN_FILENO, &old_terminal) == 0;
    if (!registered) {
        registered = true;
        atexit(restore);
    }
    if (is_terminal) {
        set_raw(signals);
    }
    chardev_fd_start(&s->fd, c, STDIN_FILENO, STDOUT_FILENO, NULL);
    c->is_open = true;
    return true;
}

static void stdio_close(Chardev *c)
{
    ChardevStdio *s = (ChardevStdio *)c;

    GLOBAL_STATE_CODE();
    if (s->fd.chardev) {
        chardev_fd_stop(&s->fd);
        restore();
    }
}

static ssize_t stdio_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return chardev_fd_write(&((ChardevStdio *)c)->fd, data, len);
}

static int stdio_poll_fd(Chardev *c)
{
    return ((ChardevStdio *)c)->fd.out;
}

static void stdio_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_fd_accept_input(&((ChardevStdio *)c)->fd);
}

static const char *const stdio_options[] = { "signal", NULL };

extern const ChardevClass stdio_chardev_class;
const ChardevClass stdio_chardev_class = {
    .name = "stdio",
    .help = "the program's standard input and output: signal=on|off",
    .options = stdio_options,
    .instance_size = sizeof(ChardevStdio),
    .open = stdio_open,
    .close = stdio_close,
    .write = stdio_write,
    .poll_fd = stdio_poll_fd,
    .accept_input = stdio_accept_input,
};
