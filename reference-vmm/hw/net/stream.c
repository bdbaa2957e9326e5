/* SPDX-License-Identifier: MIT */
/*
 * stream.c - frames over a stream socket, to another VMM for instance: each
 * as its length (32 bits, big endian) and its bytes.
 *
 *     -netdev stream,id=n0,server=on,addr.type=unix,addr.path=PATH
 *     -netdev stream,id=n0,addr.type=inet,addr.host=HOST,addr.port=PORT
 *     -netdev socket,id=n0,listen=[HOST]:PORT (or connect=, or fd=)
 *
 * A server takes one connection at a time.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/chardev/socket_address.h"
#include "hw/net/net_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LENGTH_SIZE 4
#define OUT_MAX (256 * 1024) /* then the guest has to wait */

typedef struct NetStream {
    NetClient parent;
    SocketAddress address;
    int listener, fd; /* -1: none */
    bool reading, writing;
    bool delivering;
    uint64_t reconnect_s;
    AioTimer *reconnect_timer;
    GByteArray *out; /* not yet sent */
    uint8_t in[LENGTH_SIZE + NET_PACKET_MAX];
    size_t in_size;
} NetStream;

static void stream_readable(void *opaque);
static void stream_writable(void *opaque);
static void stream_accept(void *opaque);

static GS_FN void update_handlers(NetStream *s)
{
    if (s->fd >= 0) {
        aio_set_fd_handler(main_loop_context(), s->fd,
                           s->reading ? stream_readable : NULL,
                           s->writing ? stream_writable : NULL, s, NULL);
    }
    if (s->listener >= 0) {
        aio_set_fd_handler(main_loop_context(), s->listener,
                           s->fd < 0 ? stream_accept : NULL, NULL, s, NULL);
    }
}

static GS_FN bool deliver_frames(NetStream *s);
static GS_FN void disconnected(NetStream *s);

static void stream_set_reading(NetClient *n, bool on)
{
    NetStream *s = (NetStream *)n;

    GLOBAL_STATE_CODE();
    if (s->reading == on) {
        return;
    }
    s->reading = on;
    update_handlers(s);
    /* What had been read already when the guest had no more room. */
    if (on && !s->delivering && !deliver_frames(s)) {
        s->in_size = 0;
        if (s->fd >= 0) {
            disconnected(s);
        }
    }
}

/* ---- connections -------------------------------------------------------- */

static GS_FN void connected(NetStream *s, int fd)
{
    s->fd = fd;
    s->in_size = 0;
    s->writing = false;
    g_byte_array_set_size(s->out, 0);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    update_handlers(s);
}

static void reconnect(void *opaque);

static GS_FN void connect_later(NetStream *s)
{
    if (s->reconnect_s) {
        aio_timer_mod(s->reconnect_timer,
                      vm_clock_get_ns(VM_CLOCK_REALTIME) +
                          (int64_t)s->reconnect_s * 1000000000);
    }
}

static GS_FN void disconnected(NetStream *s)
{
    aio_set_fd_handler(main_loop_context(), s->fd, NULL, NULL, NULL, NULL);
    close(s->fd);
    s->fd = -1;
    update_handlers(s);
    connect_later(s);
    net_client_can_send(&s->parent);
}

static void reconnect(void *opaque)
{
    NetStream *s = opaque;
    int fd;

    GLOBAL_STATE_CODE();
    fd = socket_address_connect(&s->address, false, NULL);
    if (fd < 0) {
        connect_later(s);
    } else {
        connected(s, fd);
    }
}

static void stream_accept(void *opaque)
{
    NetStream *s = opaque;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

    GLOBAL_STATE_CODE();
    if (fd >= 0) {
        connected(s, fd);
    }
}

/* ---- frames ------------------------------------------------------------- */

/* False: what comes makes no sense. */
static GS_FN bool deliver_frames(NetStream *s)
{
    size_t done = 0;

    s->delivering = true;
    while (s->reading && s->in_size - done >= LENGTH_SIZE) {
        uint32_t length;

        memcpy(&length, s->in + done, LENGTH_SIZE);
        length = ntohl(length);
        if (length > NET_PACKET_MAX) {
            s->delivering = false;
            return false;
        }
        if (s->in_size - done - LENGTH_SIZE < length) {
            break;
        }
        net_client_deliver(&s->parent, s->in + done + LENGTH_SIZE, length);
        done += LENGTH_SIZE + length;
    }
    s->in_size -= done;
    memmove(s->in, s->in + done, s->in_size);
    s->delivering = false;
    return true;
}

static void stream_readable(void *opaque)
{
    NetStream *s = opaque;
    ssize_t n = recv(s->fd, s->in + s->in_size, sizeof(s->in) - s->in_size,
                     0);

    GLOBAL_STATE_CODE();
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        disconnected(s);
        return;
    }
    s->in_size += n;
    if (!deliver_frames(s)) {
        disconnected(s);
    }
}

static GS_FN void flush(NetStream *s)
{
    while (s->out->len) {
        ssize_t n = send(s->fd, s->out->data, s->out->len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            break; /* full, not yet connected, or seen by the reader */
        }
        g_byte_array_remove_range(s->out, 0, n);
    }
    if (s->writing != (s->out->len > 0)) {
        s->writing = s->out->len > 0;
        update_handlers(s);
    }
}

static void stream_writable(void *opaque)
{
    NetStream *s = opaque;
    int why = 0;
    socklen_t len = sizeof(why);

    GLOBAL_STATE_CODE();
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 || why) {
        disconnected(s);
        return;
    }
    flush(s);
    if (s->out->len < OUT_MAX) {
        net_client_can_send(&s->parent);
    }
}

static bool stream_send(NetClient *n, const struct iovec *iov, int count)
{
    NetStream *s = (NetStream *)n;
    size_t size = 0;
    uint32_t length;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < count; i++) {
        size += iov[i].iov_len;
    }
    if (s->fd < 0) {
        return true; /* the cable hangs loose */
    }
    if (s->out->len >= OUT_MAX) {
        return false;
    }
    length = htonl(size);
    g_byte_array_append(s->out, (uint8_t *)&length, LENGTH_SIZE);
    for (int i = 0; i < count; i++) {
        g_byte_array_append(s->out, iov[i].iov_base, iov[i].iov_len);
    }
    flush(s);
    return true;
}

/* ---- options ------------------------------------------------------------ */

/* "addr.host" of the command line, {"addr": {"host": ...}} of QMP. */
static JsonNode *member(JsonObject *o, const char *key)
{
    g_autofree char *dotted = g_strconcat("addr.", key, NULL);
    JsonNode *value = json_object_get_member(o, dotted);
    JsonNode *node = json_object_get_member(o, "addr");

    if (!value && node && JSON_NODE_HOLDS_OBJECT(node)) {
        value = json_object_get_member(json_node_get_object(node), key);
    }
    return value;
}

static JsonObject *address_of(JsonObject *o, GError **error)
{
    static const char *const types[] = { "inet", "unix", "fd", NULL };
    static const char *const keys[3][4] = {
        { "host", "port", "ipv4", "ipv6" },
        { "path", "abstract", NULL }, { "str", NULL },
    };
    JsonNode *type_node = member(o, "type");
    const char *type = type_node && JSON_NODE_HOLDS_VALUE(type_node)
                           ? json_node_get_string(type_node) : NULL;
    JsonObject *address;
    int i = 0;

    while (type && types[i] && strcmp(types[i], type)) {
        i++;
    }
    if (!type || !types[i]) {
        option_set_unknown(error, "addr", "type", type ? type : "", types);
        return NULL;
    }
    address = json_object_new();
    for (size_t k = 0; k < G_N_ELEMENTS(keys[i]) && keys[i][k]; k++) {
        JsonNode *value = member(o, keys[i][k]);

        if (value) {
            json_object_set_member(address, i == 2 ? "fd" : keys[i][k],
                                   json_node_copy(value));
        }
    }
    return address;
}

static GS_FN bool start(NetStream *s, bool server, GError **error)
{
    int fd;

    if (server) {
        s->listener = socket_address_listen(&s->address, error);
        update_handlers(s);
        return s->listener >= 0;
    }
    if (s->reconnect_s) {
        reconnect(s);
        return true;
    }
    fd = s->address.fd >= 0 ? s->address.fd
                            : socket_address_connect(&s->address, true, error);
    if (fd >= 0) {
        connected(s, fd);
    }
    return fd >= 0;
}

static bool stream_open(NetClient *n, JsonObject *o, GError **error)
{
    NetStream *s = (NetStream *)n;
    bool server = false;
    JsonObject *address;
    bool ok;

    GLOBAL_STATE_CODE();
    s->listener = s->fd = -1;
    s->out = g_byte_array_new();
    s->reconnect_timer = aio_timer_new(main_loop_context(),
                                       VM_CLOCK_REALTIME, reconnect, s);
    if (!option_bool(o, "server", &server, error) ||
        !option_uint(o, "reconnect", 0, 86400, &s->reconnect_s, error)) {
        return false;
    }
    address = address_of(o, error);
    ok = address && socket_address_parse(&s->address, address, error) &&
         start(s, server, error);
    if (address) {
        json_object_unref(address);
    }
    return ok;
}

static void stream_close(NetClient *n)
{
    NetStream *s = (NetStream *)n;

    GLOBAL_STATE_CODE();
    aio_timer_delete(s->reconnect_timer);
    if (s->fd >= 0) {
        aio_set_fd_handler(main_loop_context(), s->fd, NULL, NULL, NULL,
                           NULL);
        close(s->fd);
    }
    if (s->listener >= 0) {
        aio_set_fd_handler(main_loop_context(), s->listener, NULL, NULL, NULL,
                           NULL);
        close(s->listener);
        socket_address_unlink(&s->address);
    }
    socket_address_clear(&s->address);
    g_byte_array_unref(s->out);
}

/* Who is at the other end, as QEMU puts it. */
static char *describe_connection(const NetStream *s)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (s->address.path) {
        return socket_address_describe(&s->address);
    }
    if (getpeername(s->fd, (struct sockaddr *)&peer, &len) == 0 &&
        (peer.ss_family == AF_INET || peer.ss_family == AF_INET6) &&
        !getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port,
                     sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV)) {
        return g_strdup_printf("tcp:%s:%s", host, port);
    }
    return s->address.fd >= 0 ? g_strdup("unix:")
                              : socket_address_describe(&s->address);
}

static char *stream_describe(const NetClient *n)
{
    const NetStream *s = (const NetStream *)n;
    char *address, *text;

    if (s->fd >= 0) {
        return describe_connection(s);
    }
    if (s->listener >= 0) {
        return g_strdup("listening");
    }
    address = socket_address_describe(&s->address);
    text = g_strdup_printf("%s,disconnected", address);
    g_free(address);
    return text;
}

static const char *const stream_options[] = {
    "server", "reconnect", "addr", "addr.type", "addr.host", "addr.port",
    "addr.ipv4", "addr.ipv6", "addr.path", "addr.abstract", "addr.str", NULL
};

extern const NetClass stream_net_class;
const NetClass stream_net_class = {
    .name = "stream",
    .help = "frames over a stream socket: addr.type=inet|unix|fd, "
            "addr.host=HOST, addr.port=PORT, addr.path=PATH, addr.str=FD, "
            "server=on|off, reconnect=SECONDS",
    .options = stream_options,
    .instance_size = sizeof(NetStream),
    .open = stream_open,
    .close = stream_close,
    .send = stream_send,
    .set_reading = stream_set_reading,
    .describe = stream_describe,
};
