/* SPDX-License-Identifier: MIT */
/*
 * stream.c - see stream.h.
 *
 * Thread context: the owner's thread, stream_kick() from any.
 */
#include "seed/stream.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 32768

struct Stream {
    int fd; /* does not change while the stream exists */
    char *error;
    size_t n_out;         /* bytes in out */
    size_t in_pos, in_end; /* unread bytes in in */
    uint8_t out[BUFFER_SIZE];
    uint8_t in[BUFFER_SIZE];
};

Stream *stream_new(int fd)
{
    Stream *f = g_new(Stream, 1);

    f->fd = fd;
    f->error = NULL;
    f->n_out = f->in_pos = f->in_end = 0;
    return f;
}

void stream_close(Stream *f)
{
    close(f->fd);
    g_free(f->error);
    g_free(f);
}

bool stream_ok(const Stream *f)
{
    return !f->error;
}

const char *stream_error(const Stream *f)
{
    return f->error;
}

void stream_set_error(Stream *f, const char *message)
{
    if (!f->error) {
        f->error = g_strdup(message);
    }
}

void stream_kick(Stream *f)
{
    IO_CODE();
    shutdown(f->fd, SHUT_RDWR);
}

bool stream_flush(Stream *f)
{
    size_t done = 0;

    IO_CODE();
    while (stream_ok(f) && done < f->n_out) {
        ssize_t n = send(f->fd, f->out + done, f->n_out - done, MSG_NOSIGNAL);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            stream_set_error(f, g_strerror(errno));
        }
    }
    f->n_out = 0;
    return stream_ok(f);
}

void stream_put(Stream *f, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    while (size && stream_ok(f)) {
        size_t n = MIN(size, BUFFER_SIZE - f->n_out);

        memcpy(f->out + f->n_out, bytes, n);
        f->n_out += n;
        bytes += n;
        size -= n;
        if (f->n_out == BUFFER_SIZE) {
            stream_flush(f);
        }
    }
}

void stream_put_u8(Stream *f, uint8_t v)
{
    stream_put(f, &v, sizeof(v));
}

void stream_put_u64(Stream *f, uint64_t v)
{
    uint64_t be = GUINT64_TO_BE(v);

    stream_put(f, &be, sizeof(be));
}

static void fill(Stream *f)
{
    ssize_t n;

    do {
        n = recv(f->fd, f->in, BUFFER_SIZE, 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        stream_set_error(f, n ? g_strerror(errno) : "the peer is gone");
        n = 0;
    }
    f->in_pos = 0;
    f->in_end = (size_t)n;
}

void stream_get(Stream *f, void *data, size_t size)
{
    uint8_t *bytes = data;

    IO_CODE();
    while (size && stream_ok(f)) {
        size_t n = MIN(size, f->in_end - f->in_pos);

        if (!n) {
            fill(f);
            continue;
        }
        memcpy(bytes, f->in + f->in_pos, n);
        f->in_pos += n;
        bytes += n;
        size -= n;
    }
    memset(bytes, 0, size);
}

uint8_t stream_get_u8(Stream *f)
{
    uint8_t v;

    stream_get(f, &v, sizeof(v));
    return v;
}

uint64_t stream_get_u64(Stream *f)
{
    uint64_t be;

    stream_get(f, &be, sizeof(be));
    return GUINT64_FROM_BE(be);
}
