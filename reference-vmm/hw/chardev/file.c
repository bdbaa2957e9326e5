/* SPDX-License-Identifier: MIT */
/*
 * file.c - output into a file, and perhaps input from another.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_fd.h"
#include <fcntl.h>
#include <unistd.h>

typedef struct ChardevFile {
    Chardev parent;
    ChardevFd fd;
    int in, out; /* -1: not open; 0 is not one of ours, but may be */
    char *path;
} ChardevFile;

static bool file_open(Chardev *c, JsonObject *options, GError **error)
{
    ChardevFile *s = (ChardevFile *)c;
    const char *path = option_need(options, "file", "path", error);
    const char *input = option_string(options, "input-path");
    bool append = false;

    GLOBAL_STATE_CODE();
    s->in = s->out = -1;
    if (!path || !option_bool(options, "append", &append, error)) {
        return false;
    }
    s->path = g_strdup(path);
    s->out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC |
                            (append ? O_APPEND : O_TRUNC), 0666);
    if (s->out < 0) {
        vm_set_errno(error, path);
        return false;
    }
    if (input) {
        s->in = open(input, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (s->in < 0) {
            vm_set_errno(error, input);
            return false;
        }
    }
    chardev_fd_start(&s->fd, c, s->in, s->out, NULL);
    c->is_open = true;
    return true;
}

static void file_close(Chardev *c)
{
    ChardevFile *s = (ChardevFile *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    if (s->in >= 0) {
        close(s->in);
    }
    if (s->out >= 0) {
        close(s->out);
    }
    g_free(s->path);
}

static ssize_t file_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return chardev_fd_write(&((ChardevFile *)c)->fd, data, len);
}

static int file_poll_fd(Chardev *c)
{
    return ((ChardevFile *)c)->fd.out;
}

static void file_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_fd_accept_input(&((ChardevFile *)c)->fd);
}

static char *file_describe(const Chardev *c)
{
    return g_strdup_printf("file:%s", ((const ChardevFile *)c)->path);
}

static const char *const file_options[] = { "path", "append", "input-path",
                                            NULL };

extern const ChardevClass file_chardev_class;
const ChardevClass file_chardev_class = {
    .name = "file",
    .help = "a file: path=PATH, append=on|off, input-path=PATH",
    .options = file_options,
    .instance_size = sizeof(ChardevFile),
    .open = file_open,
    .close = file_close,
    .write = file_write,
    .poll_fd = file_poll_fd,
    .accept_input = file_accept_input,
    .describe = file_describe,
};
