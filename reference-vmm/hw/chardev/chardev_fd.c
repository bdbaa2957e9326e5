/* SPDX-License-Identifier: MIT */
/*
 * chardev_fd.c - see chardev_fd.h.
 *
 * A descriptor is watched for reading only while the front end has room, and
 * for writing only while it has refused bytes.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/chardev/chardev_fd.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 4096

static void on_read(void *opaque);
static void on_write(void *opaque);

/* Tells the loop what is wanted of a descriptor. */
static GS_FN void watch(ChardevFd *f, int fd)
{
    bool read = fd == f->in && f->reading;
    bool write = fd == f->out && f->writing;

    aio_set_fd_handler(main_loop_context(), fd, read ? on_read : NULL,
                       write ? on_write : NULL, f, NULL);
}

static GS_FN void set_reading(ChardevFd *f, bool reading)
{
    if (f->reading == reading || f->in < 0) {
        return;
    }
    f->reading = reading;
    watch(f, f->in);
}

static GS_FN void set_writing(ChardevFd *f, bool writing)
{
    if (f->writing != writing && f->out >= 0) {
        f->writing = writing;
        watch(f, f->out);
    }
}

static GS_FN void ended(ChardevFd *f)
{
    f->in_ended = true;
    set_reading(f, false);
    if (f->hangup) {
        f->hangup(f->chardev);
    }
}

static void on_read(void *opaque)
{
    ChardevFd *f = opaque;
    uint8_t data[PIECE];
    size_t room;
    ssize_t n;

    GLOBAL_STATE_CODE();
    if (!f->reading) {
        return;
    }
    room = chardev_frontend_room(f->chardev);
    if (!room) {
        set_reading(f, false);
        return;
    }
    n = read(f->in, data, MIN(room, sizeof(data)));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        n = 0;
    } else if (n <= 0) {
        ended(f);
        return;
    }
    if (n > 0) {
        chardev_frontend_receive(f->chardev, data, n);
    }
}

static void on_write(void *opaque)
{
    ChardevFd *f = opaque;

    GLOBAL_STATE_CODE();
    set_writing(f, false);
    chardev_can_write(f->chardev);
}

void chardev_fd_start(ChardevFd *f, Chardev *c, int in, int out,
                      void (*hangup)(Chardev *c))
{
    GLOBAL_STATE_CODE();
    *f = (ChardevFd){
        .chardev = c,
        .in = in,
        .out = out,
        .hangup = hangup,
    };
    if (in >= 0) {
        fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
    }
    if (out >= 0 && out != in) {
        fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
    }
}

void chardev_fd_stop(ChardevFd *f)
{
    GLOBAL_STATE_CODE();
    if (!f->chardev) {
        return;
    }
    set_reading(f, false);
    set_writing(f, false);
    *f = (ChardevFd){ .in = -1, .out = -1 };
}

ssize_t chardev_fd_write(ChardevFd *f, const void *data, size_t len)
{
    ssize_t n;

    GLOBAL_STATE_CODE();
    if (f->out < 0) {
        return -1;
    }
    do {
        /* A socket whose other end is gone must not kill us. */
        n = send(f->out, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == ENOTSOCK) {
            n = write(f->out, data, len);
        }
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        set_writing(f, true);
        return 0;
    }
    return n;
}

void chardev_fd_accept_input(ChardevFd *f)
{
    GLOBAL_STATE_CODE();
    if (f->chardev && !f->in_ended) {
        set_reading(f, chardev_frontend_room(f->chardev) > 0);
    }
}
