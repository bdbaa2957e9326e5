/* SPDX-License-Identifier: MIT */
/*
 * dgram.c - frames over a datagram socket, each in one packet.
 *
 *     -netdev dgram,id=n0,local.type=inet,local.host=H,local.port=P,
 *             remote.type=inet,remote.host=H,remote.port=P
 *     -netdev dgram,id=n0,local.type=unix,local.path=A,
 *             remote.type=unix,remote.path=B
 *     -netdev dgram,id=n0,local.type=fd,local.str=FD (a socket pair)
 *     -netdev socket,id=n0,udp=HOST:PORT,localaddr=HOST:PORT
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/net/net_int.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BURST 64

typedef struct NetDgram {
    NetClient parent;
    int fd; /* -1: none */
    bool reading, writing;
    char *local_path; /* to be removed; NULL: none */
    struct sockaddr_storage remote;
    socklen_t remote_size; /* 0: the socket is connected */
    uint8_t frame[NET_PACKET_MAX];
} NetDgram;

static void dgram_readable(void *opaque);
static void dgram_writable(void *opaque);

static GS_FN void update_handlers(NetDgram *s)
{
    aio_set_fd_handler(main_loop_context(), s->fd,
                       s->reading ? dgram_readable : NULL,
                       s->writing ? dgram_writable : NULL, s, NULL);
}

static void dgram_set_reading(NetClient *n, bool on)
{
    NetDgram *s = (NetDgram *)n;

    GLOBAL_STATE_CODE();
    if (s->reading != on) {
        s->reading = on;
        update_handlers(s);
    }
}

static void dgram_readable(void *opaque)
{
    NetDgram *s = opaque;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < BURST && s->reading; i++) {
        ssize_t n = recv(s->fd, s->frame, sizeof(s->frame), 0);

        if (n <= 0) {
            break;
        }
        net_client_deliver(&s->parent, s->frame, n);
    }
}

static void dgram_writable(void *opaque)
{
    NetDgram *s = opaque;

    GLOBAL_STATE_CODE();
    s->writing = false;
    update_handlers(s);
    net_client_can_send(&s->parent);
}

static bool dgram_send(NetClient *n, const struct iovec *iov, int count)
{
    NetDgram *s = (NetDgram *)n;
    struct msghdr m = {
        .msg_name = s->remote_size ? &s->remote : NULL,
        .msg_namelen = s->remote_size,
        .msg_iov = (struct iovec *)iov,
        .msg_iovlen = count,
    };
    ssize_t ret;

    GLOBAL_STATE_CODE();
    do {
        ret = sendmsg(s->fd, &m, MSG_NOSIGNAL);
    } while (ret < 0 && errno == EINTR);
    if (ret < 0 && errno == EAGAIN) {
        s->writing = true;
        update_handlers(s);
        return false;
    }
    return true; /* nobody there: lost, as on any network */
}

/* ---- addresses ---------------------------------------------------------- */

/* "local.host" of the command line, {"local": {"host": ...}} of QMP. */
static const char *member(JsonObject *o, const char *which, const char *key)
{
    char *dotted = g_strconcat(which, ".", key, NULL);
    const char *text = option_string(o, dotted);
    JsonNode *node = json_object_get_member(o, which);

    g_free(dotted);
    if (!text && node && JSON_NODE_HOLDS_OBJECT(node)) {
        text = option_string(json_node_get_object(node), key);
    }
    return text;
}

static bool missing(GError **error, const char *which, const char *what)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "parameter '%s' expects %s", which, what);
    return false;
}

static bool look_up(const char *which, const char *host, const char *port,
                    struct sockaddr_storage *ret, socklen_t *ret_size,
                    GError **error)
{
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
                              .ai_flags = AI_PASSIVE };
    struct addrinfo *list;
    int why = getaddrinfo(host && *host ? host : NULL, port, &hints, &list);

    if (why) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: %s:%s: %s", which,
                    host ? host : "", port, gai_strerror(why));
        return false;
    }
    memcpy(ret, list->ai_addr, list->ai_addrlen);
    *ret_size = list->ai_addrlen;
    freeaddrinfo(list);
    return true;
}

static bool unix_address(const char *which, const char *path,
                         struct sockaddr_storage *ret, socklen_t *ret_size,
                         GError **error)
{
    struct sockaddr_un *un = (struct sockaddr_un *)ret;

    if (strlen(path) >= sizeof(un->sun_path)) {
        return missing(error, which, "a shorter path");
    }
    un->sun_family = AF_UNIX;
    g_strlcpy(un->sun_path, path, sizeof(un->sun_path));
    *ret_size = sizeof(*un);
    return true;
}

/* *ret_size 0: there is no such address. */
static bool parse_address(JsonObject *o, const char *which,
                          struct sockaddr_storage *ret, socklen_t *ret_size,
                          GError **error)
{
    static const char *const types[] = { "inet", "unix", "fd", NULL };
    const char *type = member(o, which, "type");
    const char *port = member(o, which, "port");
    const char *path = member(o, which, "path");

    *ret_size = 0;
    if (!type) {
        return true;
    }
    if (!g_strv_contains(types, type)) {
        option_set_unknown(error, which, "type", type, types);
        return false;
    }
    if (!strcmp(type, "inet")) {
        return port ? look_up(which, member(o, which, "host"), port, ret,
                              ret_size, error)
                    : missing(error, which, "a port");
    }
    if (!strcmp(type, "unix")) {
        return path ? unix_address(which, path, ret, ret_size, error)
                    : missing(error, which, "a path");
    }
    return true;
}

/* ---- open --------------------------------------------------------------- */

static bool open_socket(NetDgram *s, JsonObject *o, GError **error)
{
    struct sockaddr_storage local = { 0 };
    socklen_t size;
    int one = 1;

    if (!parse_address(o, "local", &local, &size, error) ||
        !parse_address(o, "remote", &s->remote, &s->remote_size, error)) {
        return false;
    }
    if (!s->remote_size || !size || s->remote.ss_family != local.ss_family) {
        return missing(error, "remote", "an address like 'local', which is "
                                        "needed as well");
    }
    s->fd = socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   0);
    if (s->fd < 0) {
        vm_set_errno(error, "socket");
        return false;
    }
    if (local.ss_family == AF_UNIX) {
        s->local_path = g_strdup(((struct sockaddr_un *)&local)->sun_path);
        unlink(s->local_path);
    } else {
        setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    }
    if (bind(s->fd, (struct sockaddr *)&local, size) < 0) {
        vm_set_errno(error, "parameter 'local'");
        return false;
    }
    return true;
}

static bool dgram_open(NetClient *n, JsonObject *o, GError **error)
{
    NetDgram *s = (NetDgram *)n;
    const char *type = member(o, "local", "type");
    const char *text = member(o, "local", "str");
    uint64_t fd;

    GLOBAL_STATE_CODE();
    s->fd = -1;
    if (g_strcmp0(type, "fd")) {
        return open_socket(s, o, error);
    }
    if (!text || !option_parse_uint(text, &fd) || fd > INT32_MAX ||
        fcntl((int)fd, F_GETFL) < 0) {
        return missing(error, "local.str", "the number of an open socket");
    }
    s->fd = (int)fd;
    fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
    return true;
}

static void dgram_close(NetClient *n)
{
    NetDgram *s = (NetDgram *)n;

    GLOBAL_STATE_CODE();
    if (s->fd >= 0) {
        s->reading = s->writing = false;
        update_handlers(s);
        close(s->fd);
    }
    if (s->local_path) {
        unlink(s->local_path);
    }
    g_free(s->local_path);
}

static const char *const dgram_options[] = {
    "local", "local.type", "local.host", "local.port", "local.path",
    "local.str", "remote", "remote.type", "remote.host", "remote.port",
    "remote.path", NULL
};

extern const NetClass dgram_net_class;
const NetClass dgram_net_class = {
    .name = "dgram",
    .help = "frames over a datagram socket: local.type=inet|unix|fd, "
            "local.host=H, local.port=P, local.path=PATH, local.str=FD, "
            "and the same of remote",
    .options = dgram_options,
    .instance_size = sizeof(NetDgram),
    .open = dgram_open,
    .close = dgram_close,
    .send = dgram_send,
    .set_reading = dgram_set_reading,
};
