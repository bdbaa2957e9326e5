/* SPDX-License-Identifier: MIT */
/*
 * socket.c - a stream socket, unix or tcp, that listens or connects.
 *
 * A server has one client at a time; others wait in the backlog.  With
 * wait=on the program starts when the first one is there.  A client that has
 * reconnect=SECONDS tries again after it was refused or cut off.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/chardev/chardev_fd.h"
#include "hw/chardev/socket_address.h"
#include "base/yank.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct ChardevSocket {
    Chardev parent;
    ChardevFd fd;
    SocketAddress address;
    int listener, stream; /* -1: none */
    bool server, connecting, nodelay;
    uint64_t reconnect_s; /* 0: never */
    AioTimer *reconnect_timer;
    Yank *yank;
} ChardevSocket;

static void socket_hangup(Chardev *c);

/* ---- connected ---------------------------------------------------------- */

static GS_FN void connected(ChardevSocket *s, int fd)
{
    int one = 1;

    s->stream = fd;
    s->connecting = false;
    yank_set_fd(s->yank, fd);
    if (s->nodelay) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    chardev_fd_start(&s->fd, &s->parent, fd, fd, socket_hangup);
    chardev_set_open(&s->parent, true);
}

static void try_connect(void *opaque);

static GS_FN void connect_later(ChardevSocket *s)
{
    if (s->reconnect_s) {
        aio_timer_mod(s->reconnect_timer,
                      vm_clock_get_ns(VM_CLOCK_REALTIME) +
                          (int64_t)s->reconnect_s * 1000000000);
    }
}

/* ---- server ------------------------------------------------------------- */

static void accept_client(void *opaque);

static GS_FN void watch_listener(ChardevSocket *s, bool on)
{
    aio_set_fd_handler(main_loop_context(), s->listener,
                       on ? accept_client : NULL, NULL, s, NULL);
}

static void accept_client(void *opaque)
{
    ChardevSocket *s = opaque;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

    GLOBAL_STATE_CODE();
    if (fd >= 0) {
        watch_listener(s, false);
        connected(s, fd);
    }
}

static void socket_hangup(Chardev *c)
{
    ChardevSocket *s = (ChardevSocket *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    yank_set_fd(s->yank, -1);
    close(s->stream);
    s->stream = -1;
    if (s->server) {
        watch_listener(s, true);
    } else {
        connect_later(s);
    }
    chardev_set_open(c, false);
}

/* ---- lent to the front end ---------------------------------------------- */

static int socket_claim_fd(Chardev *c)
{
    ChardevSocket *s = (ChardevSocket *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    return s->stream;
}

static void socket_release_fd(Chardev *c)
{
    GLOBAL_STATE_CODE();
    if (((ChardevSocket *)c)->stream >= 0) {
        socket_hangup(c);
    }
}

/* Before the machine runs: nothing else is to be done meanwhile. */
static GS_FN void wait_for_client(ChardevSocket *s)
{
    struct pollfd p = { .fd = s->listener, .events = POLLIN };

    while (s->stream < 0 && (poll(&p, 1, -1) > 0 || errno == EINTR)) {
        if (p.revents) {
            accept_client(s);
        }
    }
}

static GS_FN bool open_server(ChardevSocket *s, bool wait, GError **error)
{
    s->listener = socket_address_listen(&s->address, error);
    if (s->listener < 0) {
        return false;
    }
    if (wait) {
        wait_for_client(s);
    } else {
        watch_listener(s, true);
    }
    return true;
}

/* ---- client ------------------------------------------------------------- */

static GS_FN void connect_failed(ChardevSocket *s)
{
    close(s->stream);
    s->stream = -1;
    s->connecting = false;
    connect_later(s);
}

static void connect_done(void *opaque)
{
    ChardevSocket *s = opaque;
    int why = 0;
    socklen_t len = sizeof(why);

    GLOBAL_STATE_CODE();
    aio_set_fd_handler(main_loop_context(), s->stream, NULL, NULL, NULL,
                       NULL);
    if (getsockopt(s->stream, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why) {
        connect_failed(s);
    } else {
        connected(s, s->stream);
    }
}

static void try_connect(void *opaque)
{
    ChardevSocket *s = opaque;

    GLOBAL_STATE_CODE();
    s->stream = socket_address_connect(&s->address, false, NULL);
    if (s->stream < 0) {
        connect_later(s);
        return;
    }
    s->connecting = true;
    if (!aio_set_fd_handler(main_loop_context(), s->stream, NULL,
                            connect_done, s, NULL)) {
        connect_failed(s);
    }
}

static GS_FN bool open_client(ChardevSocket *s, GError **error)
{
    int fd;

    if (s->reconnect_s) {
        try_connect(s);
        return true;
    }
    fd = socket_address_connect(&s->address, true, error);
    if (fd < 0) {
        return false;
    }
    connected(s, fd);
    return true;
}

/* ---- as a chardev ------------------------------------------------------- */

static bool check_telnet(JsonObject *o, GError **error)
{
    bool telnet = false;

    if (!option_bool(o, "telnet", &telnet, error)) {
        return false;
    }
    if (telnet) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'telnet': only 'off' is possible");
    }
    return !telnet;
}

static bool socket_open(Chardev *c, JsonObject *o, GError **error)
{
    ChardevSocket *s = (ChardevSocket *)c;
    bool wait = true;
    uint64_t fd = 0;

    GLOBAL_STATE_CODE();
    s->listener = s->stream = -1;
    s->fd.in = s->fd.out = -1;
    s->yank = yank_new("chardev", c->id);
    s->reconnect_timer = aio_timer_new(main_loop_context(),
                                       VM_CLOCK_REALTIME, try_connect, s);
    if (!option_bool(o, "server", &s->server, error) ||
        !option_bool(o, "wait", &wait, error) ||
        !option_bool(o, "nodelay", &s->nodelay, error) ||
        !option_uint(o, "reconnect", 0, 86400, &s->reconnect_s, error) ||
        !option_uint(o, "fd", 0, INT32_MAX, &fd, error) ||
        !check_telnet(o, error)) {
        return false;
    }
    if (s->server && s->reconnect_s) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'reconnect' is for clients, not for servers");
        return false;
    }
    if (!s->server && json_object_has_member(o, "wait")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'wait' is for servers");
        return false;
    }
    if (!socket_address_parse(&s->address, o, error)) {
        return false;
    }
    if (s->address.fd >= 0 && !s->server) {
        connected(s, s->address.fd);
        return true;
    }
    return s->server ? open_server(s, wait, error) : open_client(s, error);
}

static void socket_close(Chardev *c)
{
    ChardevSocket *s = (ChardevSocket *)c;

    GLOBAL_STATE_CODE();
    chardev_fd_stop(&s->fd);
    yank_free(s->yank);
    aio_timer_delete(s->reconnect_timer);
    if (s->stream >= 0) {
        if (s->connecting) {
            aio_set_fd_handler(main_loop_context(), s->stream, NULL, NULL,
                               NULL, NULL);
        }
        close(s->stream);
    }
    if (s->listener >= 0) {
        watch_listener(s, false);
        close(s->listener);
        socket_address_unlink(&s->address);
    }
    socket_address_clear(&s->address);
}

static ssize_t socket_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return chardev_fd_write(&((ChardevSocket *)c)->fd, data, len);
}

static int socket_poll_fd(Chardev *c)
{
    return ((ChardevSocket *)c)->fd.out;
}

static void socket_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_fd_accept_input(&((ChardevSocket *)c)->fd);
}

static char *socket_describe(const Chardev *c)
{
    const ChardevSocket *s = (const ChardevSocket *)c;
    char *address = socket_address_describe(&s->address);
    char *text = g_strdup_printf("%s%s%s", c->is_open ? "" : "disconnected:",
                                 address, s->server ? ",server=on" : "");

    g_free(address);
    return text;
}

static const char *const socket_options[] = {
    "path", "host", "port", "fd", "server", "wait", "reconnect", "nodelay",
    "telnet", "ipv4", "ipv6", "abstract", NULL
};

extern const ChardevClass socket_chardev_class;
const ChardevClass socket_chardev_class = {
    .name = "socket",
    .help = "a stream socket: path=PATH, or host=HOST,port=PORT, or fd=FD; "
            "server=on|off, wait=on|off, reconnect=SECONDS, nodelay=on|off",
    .options = socket_options,
    .instance_size = sizeof(ChardevSocket),
    .open = socket_open,
    .close = socket_close,
    .write = socket_write,
    .poll_fd = socket_poll_fd,
    .accept_input = socket_accept_input,
    .claim_fd = socket_claim_fd,
    .release_fd = socket_release_fd,
    .describe = socket_describe,
};
