/* SPDX-License-Identifier: MIT */
/*
 * socket_address.h - where a stream socket listens or connects.
 *
 * Thread context: any; names are looked up while the caller waits.
 */
#ifndef REFVMM_HW_CHARDEV_SOCKET_ADDRESS_H
#define REFVMM_HW_CHARDEV_SOCKET_ADDRESS_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct SocketAddress {
    char *path;        /* of unix; NULL: none */
    bool abstract;     /* the path is a name, not a file */
    char *host, *port; /* of tcp; NULL: none */
    int family;        /* of tcp: AF_UNSPEC, AF_INET, AF_INET6 */
    int fd;            /* inherited; -1: none */
} SocketAddress;

/* From "path" (with "abstract"), or "host" and "port" (with "ipv4" and "ipv6"), or "fd":
 * exactly one of these. */
bool socket_address_parse(SocketAddress *a, JsonObject *options,
                          GError **error) IO_FN;
void socket_address_clear(SocketAddress *a) IO_FN;
/* "unix:PATH" */
char *socket_address_describe(const SocketAddress *a) IO_FN;
/* Non-blocking; -1: failed.  What lies at a unix path goes first, if it is a
 * socket. */
int socket_address_listen(const SocketAddress *a, GError **error) IO_FN;
/* wait: until it is connected; else it may still be on its way. */
int socket_address_connect(const SocketAddress *a, bool wait, GError **error)
    IO_FN;
void socket_address_unlink(const SocketAddress *a) IO_FN;

#endif
