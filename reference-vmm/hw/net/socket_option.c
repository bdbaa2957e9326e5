/* SPDX-License-Identifier: MIT */
/*
 * socket_option.c - the older way to say `stream` and `dgram`:
 *
 *     -netdev socket,id=n0,listen=[HOST]:PORT
 *     -netdev socket,id=n0,connect=HOST:PORT
 *     -netdev socket,id=n0,udp=HOST:PORT,localaddr=HOST:PORT
 *     -netdev socket,id=n0,fd=FD
 *
 * Thread context: any; it touches its arguments only.
 */
#include "hw/net/net_int.h"
#include <string.h>
#include <sys/socket.h>

static bool put_address(JsonObject *o, const char *key, const char *text,
                        GError **error)
{
    JsonObject *address = json_object_new();
    const char *colon = strrchr(text, ':');
    char *host = colon ? g_strndup(text, colon - text) : NULL;

    if (colon && colon[1]) {
        json_object_set_string_member(address, "type", "inet");
        json_object_set_string_member(address, "host", host);
        json_object_set_string_member(address, "port", colon + 1);
        json_object_set_object_member(o, key, address);
    } else {
        json_object_unref(address);
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "expected HOST:PORT, not '%s'", text);
    }
    g_free(host);
    return colon && colon[1];
}

static bool put_fd(JsonObject *o, const char *text, GError **error)
{
    JsonObject *address;
    uint64_t fd;
    int type;
    socklen_t size = sizeof(type);
    bool dgram;

    if (!option_parse_uint(text, &fd) || fd > INT32_MAX ||
        getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'fd' expects an open socket, not '%s'", text);
        return false;
    }
    dgram = type == SOCK_DGRAM;
    address = json_object_new();
    json_object_set_string_member(address, "type", "fd");
    json_object_set_string_member(address, "str", text);
    json_object_set_string_member(o, "type", dgram ? "dgram" : "stream");
    json_object_set_object_member(o, dgram ? "local" : "addr", address);
    return true;
}

static bool translate(JsonObject *from, JsonObject *to, GError **error)
{
    const char *listen = option_string(from, "listen");
    const char *connect = option_string(from, "connect");
    const char *udp = option_string(from, "udp");
    const char *local = option_string(from, "localaddr");
    const char *fd = option_string(from, "fd");

    if ((listen != NULL) + (connect != NULL) + (udp != NULL) +
            (fd != NULL) != 1 || (udp != NULL) != (local != NULL)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "netdev socket: expected one of 'listen', 'connect', "
                    "'fd', and 'udp' with 'localaddr'");
        return false;
    }
    if (fd) {
        return put_fd(to, fd, error);
    }
    json_object_set_string_member(to, "type", udp ? "dgram" : "stream");
    if (udp) {
        return put_address(to, "remote", udp, error) &&
               put_address(to, "local", local, error);
    }
    json_object_set_boolean_member(to, "server", listen != NULL);
    return put_address(to, "addr", listen ? listen : connect, error);
}

JsonObject *net_socket_translate(JsonObject *options, GError **error)
{
    static const char *const known[] = { "type", "id", "listen", "connect",
                                         "udp", "localaddr", "fd", NULL };
    JsonObject *o = json_object_new();
    const char *id = option_string(options, "id");

    if (id) {
        json_object_set_string_member(o, "id", id);
    }
    if (!option_check_known(options, "netdev socket", known, error) ||
        !translate(options, o, error)) {
        json_object_unref(o);
        return NULL;
    }
    return o;
}
