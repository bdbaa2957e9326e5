/* SPDX-License-Identifier: MIT */
/*
 * socket_address.c - see socket_address.h.
 *
 * Thread context: any.
 */
#include "hw/chardev/socket_address.h"
#include "base/option.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static bool parse_family(SocketAddress *a, JsonObject *o, GError **error)
{
    bool ipv4 = false, ipv6 = false;

    if (!option_bool(o, "ipv4", &ipv4, error) ||
        !option_bool(o, "ipv6", &ipv6, error)) {
        return false;
    }
    a->family = ipv4 == ipv6 ? AF_UNSPEC : ipv4 ? AF_INET : AF_INET6;
    return true;
}

bool socket_address_parse(SocketAddress *a, JsonObject *o, GError **error)
{
    const char *path = option_string(o, "path");
    const char *host = option_string(o, "host");
    const char *port = option_string(o, "port");
    uint64_t fd = 0;

    a->fd = -1;
    a->abstract = false;
    if ((path != NULL) + (port != NULL) +
            json_object_has_member(o, "fd") != 1 || (host && !port)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "expected either parameter 'path', or 'host' and 'port', "
                    "or 'fd'");
        return false;
    }
    if (!option_uint(o, "fd", 0, INT32_MAX, &fd, error) ||
        !parse_family(a, o, error)) {
        return false;
    }
    if (!option_bool(o, "abstract", &a->abstract, error)) {
        return false;
    }
    if (path && strlen(path) >=
                    sizeof(((struct sockaddr_un *)0)->sun_path) - 1) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "the path '%s' is too long for a socket", path);
        return false;
    }
    a->path = g_strdup(path);
    a->port = g_strdup(port);
    a->host = g_strdup(port && !host ? "" : host);
    if (!path && !port) {
        a->fd = fd;
    }
    return true;
}

void socket_address_clear(SocketAddress *a)
{
    g_clear_pointer(&a->path, g_free);
    g_clear_pointer(&a->host, g_free);
    g_clear_pointer(&a->port, g_free);
}

char *socket_address_describe(const SocketAddress *a)
{
    if (a->path) {
        return g_strdup_printf("unix:%s", a->path);
    }
    if (a->port) {
        return g_strdup_printf(strchr(a->host, ':') ? "tcp:[%s]:%s"
                                                    : "tcp:%s:%s",
                               a->host, a->port);
    }
    return g_strdup_printf("fd:%d", a->fd);
}

static void set_error(const SocketAddress *a, GError **error)
{
    char *text = socket_address_describe(a);

    vm_set_errno(error, text);
    g_free(text);
}

static int new_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* ---- unix --------------------------------------------------------------- */

/* The length it has; an abstract name begins with NUL and ends with the
 * address (unix(7)). */
static socklen_t unix_address(const SocketAddress *a, struct sockaddr_un *un)
{
    *un = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!a->abstract) {
        g_strlcpy(un->sun_path, a->path, sizeof(un->sun_path));
        return sizeof(*un);
    }
    g_strlcpy(un->sun_path + 1, a->path, sizeof(un->sun_path) - 1);
    return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a->path);
}

void socket_address_unlink(const SocketAddress *a)
{
    struct stat st;

    if (a->path && !a->abstract && lstat(a->path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        unlink(a->path);
    }
}

static int open_unix(const SocketAddress *a, bool server)
{
    struct sockaddr_un un;
    socklen_t len = unix_address(a, &un);
    int fd = new_socket(AF_UNIX);

    if (fd < 0) {
        return -1;
    }
    if (server) {
        socket_address_unlink(a);
    }
    if (server ? bind(fd, (struct sockaddr *)&un, len)
               : connect(fd, (struct sockaddr *)&un, len)) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* ---- tcp ---------------------------------------------------------------- */

static struct addrinfo *look_up(const SocketAddress *a, bool server,
                                GError **error)
{
    struct addrinfo hints = {
        .ai_family = a->family,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = server ? AI_PASSIVE : 0,
    };
    struct addrinfo *list = NULL;
    int ret = getaddrinfo(*a->host ? a->host : NULL, a->port, &hints, &list);

    if (ret) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "tcp:%s:%s: %s", a->host,
                    a->port, gai_strerror(ret));
        return NULL;
    }
    return list;
}

static int open_one(const struct addrinfo *i, bool server)
{
    int fd = new_socket(i->ai_family), one = 1, ret;

    if (fd < 0) {
        return -1;
    }
    if (server) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    }
    ret = server ? bind(fd, i->ai_addr, i->ai_addrlen)
                 : connect(fd, i->ai_addr, i->ai_addrlen);
    if (ret < 0 && errno != EINPROGRESS) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Whether it came to be connected. */
static bool wait_connected(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int why = 0;
    socklen_t len = sizeof(why);

    while (poll(&p, 1, -1) < 0 && errno == EINTR) {
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0) {
        return false;
    }
    errno = why;
    return !why;
}

static int open_tcp(const SocketAddress *a, bool server, bool wait,
                    GError **error)
{
    struct addrinfo *list = look_up(a, server, error);
    int fd = -1;

    if (!list) {
        return -1;
    }
    for (struct addrinfo *i = list; i && fd < 0; i = i->ai_next) {
        fd = open_one(i, server);
        if (fd >= 0 && wait && !wait_connected(fd)) {
            int saved = errno;

            close(fd);
            errno = saved;
            fd = -1;
        }
    }
    if (fd < 0) {
        set_error(a, error);
    }
    freeaddrinfo(list);
    return fd;
}

/* ---- both --------------------------------------------------------------- */

int socket_address_listen(const SocketAddress *a, GError **error)
{
    int fd = a->fd;

    if (a->path) {
        fd = open_unix(a, true);
        if (fd < 0) {
            set_error(a, error);
        }
    } else if (a->port) {
        fd = open_tcp(a, true, false, error);
    }
    if (fd >= 0) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    if (fd >= 0 && a->fd < 0 && listen(fd, BACKLOG) < 0) {
        set_error(a, error);
        close(fd);
        fd = -1;
    }
    return fd;
}

int socket_address_connect(const SocketAddress *a, bool wait, GError **error)
{
    int fd;

    if (!a->path) {
        return open_tcp(a, false, wait, error);
    }
    fd = open_unix(a, false);
    if (fd < 0) {
        set_error(a, error);
    }
    return fd;
}
