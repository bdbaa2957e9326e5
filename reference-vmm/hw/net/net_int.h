/* SPDX-License-Identifier: MIT */
/*
 * net_int.h - what a kind of network back end is, for those who write one: a
 * source file that defines `const NetClass NAME_net_class`, and a line in
 * net_list.h.
 *
 * Thread context: under the BQL; callbacks in the main loop, or, send, in
 * whatever thread holds the BQL.
 */
#ifndef REFVMM_HW_NET_NET_INT_H
#define REFVMM_HW_NET_NET_INT_H

#include "base/main_loop.h"
#include "base/option.h"
#include "hw/net/net.h"

typedef struct NetClass {
    const char *name;
    const char *help;
    const char *const *options; /* known besides id and type */
    const char *const *lists;   /* those that may come several times */
    size_t instance_size;       /* begins with NetClient */
    bool (*open)(NetClient *n, JsonObject *options, GError **error);
    void (*close)(NetClient *n); /* also after a failed open */
    /* A frame from the guest; false: no room, net_client_can_send() comes. */
    bool (*send)(NetClient *n, const struct iovec *iov, int count);
    /* Whether frames for the guest may be read; NULL: cannot be stopped. */
    void (*set_reading)(NetClient *n, bool on);
    char *(*describe)(const NetClient *n); /* NULL: nothing to say */
} NetClass;

struct NetClient {
    const NetClass *klass;
    char *id;
    const NetFrontend *frontend; /* NULL: none */
    bool link_up;
    bool send_blocked; /* send() refused, nobody was told otherwise */
    GQueue queue;      /* of GBytes: frames the guest has no room for */
};

/* For classes: a frame for the guest.  Queued or dropped when it cannot take
 * it now. */
void net_client_deliver(NetClient *n, const void *frame, size_t size) GS_FN;
void net_client_can_send(NetClient *n) GS_FN;
/* As text into a buffer; the number of bytes. */
size_t net_iov_copy(void *to, size_t max, const struct iovec *iov, int n)
    IO_FN;

/* {"type": "socket", ...} as one of "stream" or "dgram"; new. */
JsonObject *net_socket_translate(JsonObject *options, GError **error) IO_FN;

#endif
