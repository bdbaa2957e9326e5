/* SPDX-License-Identifier: MIT */
/*
 * pipe.c - two named pipes, PATH.in and PATH.out, or one for both ways.
 *
 * They are opened for reading and writing, so that nobody needs to be at the
 * other end, and its end is never seen.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_fd.h"
#include <fcntl.h>
#include <unistd.h>

typedef struct ChardevPipe {
    Chardev parent;
    ChardevFd fd;
    int in, out;
    char *path;
} ChardevPipe;

static int open_with(const char *path, const char *suffix)
{
    char *name = g_strconcat(path, suffix, NULL);
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    g_free(name);
    return fd;
}

static bool pipe_open(Chardev *c, JsonObject *options, GError **error)
{
    ChardevPipe *s = (ChardevPipe *)c;
    const char *path = option_need(options, "pipe", "path", error);

    GLOBAL_STATE_CODE();
    s->in = s->out = -1;
    if (!path) {
        return false;
    }
    s->path = g_strdup(path);
    s->in = open_with(path, ".in");
    s->out = open_with(path, ".out");
    if (s->in < 0 || s->out < 0) {
        if (s->in >= 0) {
            close(s->in);
        }
        if (s->out >= 0) {
            close(s->out);
        }
        s->in = s->out = open_with(path, "");
    }
    if (s->in < 0) {
        vm_set_errno(error, path);
        return false;
    }
    chardev_fd_start(&s->fd, c, s->in, s->out, NULL);
    c->is_open = true;
    return true;
}

static void pipe_close(Chardev *c)
{
    ChardevPipe *s = (ChardevPipe *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    if (s->out >= 0 && s->out != s->in) {
        close(s->out);
    }
    if (s->in >= 0) {
        close(s->in);
    }
    g_free(s->path);
}

static ssize_t pipe_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return chardev_fd_write(&((ChardevPipe *)c)->fd, data, len);
}

static int pipe_poll_fd(Chardev *c)
{
    return ((ChardevPipe *)c)->fd.out;
}

static void pipe_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_fd_accept_input(&((ChardevPipe *)c)->fd);
}

static char *pipe_describe(const Chardev *c)
{
    return g_strdup_printf("pipe:%s", ((const ChardevPipe *)c)->path);
}

static const char *const pipe_options[] = { "path", NULL };

extern const ChardevClass pipe_chardev_class;
const ChardevClass pipe_chardev_class = {
    .name = "pipe",
    .help = "named pipes: path=PATH, of PATH.in and PATH.out",
    .options = pipe_options,
    .instance_size = sizeof(ChardevPipe),
    .open = pipe_open,
    .close = pipe_close,
    .write = pipe_write,
    .poll_fd = pipe_poll_fd,
    .accept_input = pipe_accept_input,
    .describe = pipe_describe,
};
