/* SPDX-License-Identifier: MIT */
/*
 * net.h - network back ends: user (libslirp), tap, socket, and the device
 * they are joined with.
 *
 * Thread context: under the BQL in the main loop.
 */
#ifndef REFVMM_HW_NET_NET_H
#define REFVMM_HW_NET_NET_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

typedef struct NetClient NetClient;

#define NET_PACKET_MAX (64 * 1024 + 256)

/* The device's side. */
typedef struct NetFrontend {
    bool (*can_receive)(void *opaque);
    /* One frame, Ethernet header first; false: no room now, keep it and wait
     * for net_flush_queued(). */
    bool (*receive)(void *opaque, const struct iovec *iov, int n);
    void (*link_changed)(void *opaque, bool up);
    /* RxFilterInfo of query-rx-filter, owned by the caller; NULL: no filter. */
    JsonObject *(*query_rx_filter)(void *opaque);
    /* netdev_send() had refused; now it may take frames again.  NULL: it
     * never refuses, and drops what it has no room for. */
    void (*can_send)(void *opaque);
    const uint8_t *mac; /* its address of now; NULL: none */
    void *opaque;
} NetFrontend;

/* {"type": "user", "id": "n0", "hostfwd": [...], ...} */
NetClient *netdev_new(JsonObject *options, GError **error) GS_FN;
NetClient *netdev_find(const char *id) GS_FN;
bool netdev_remove(const char *id, GError **error) GS_FN;
void netdevs_free(void) GS_FN;
const char *netdev_id(const NetClient *n) GS_FN;

bool netdev_attach(NetClient *n, const NetFrontend *f, GError **error) GS_FN;
void netdev_detach(NetClient *n) GS_FN;
/* From the device out; false: the back end is full, and will call can_send.
 * What a link that is down swallows counts as sent. */
bool netdev_send(NetClient *n, const struct iovec *iov, int count) GS_FN;
/* A frame that tells switches where the device is now (RARP); nothing for one
 * that has no address. */
void netdev_announce(NetClient *n) GS_FN;
/* The device has room again. */
void netdev_flush_queued(NetClient *n) GS_FN;
/* What kinds there are, a line each; owned by the caller. */
char *netdev_help(void) IO_FN;
/* Of the command line: "user,id=n0,hostfwd=...,hostfwd=..." */
JsonObject *netdev_parse(const char *text, GError **error) IO_FN;
/* "user", and a line of what is set; owned by the caller. */
const char *netdev_type(const NetClient *n) GS_FN;
char *netdev_describe(const NetClient *n) GS_FN;
void netdev_foreach(void (*fn)(NetClient *n, void *opaque), void *opaque)
    GS_FN;
void netdev_set_link(NetClient *n, bool up) GS_FN;
bool netdev_link_up(const NetClient *n) GS_FN;
/* Of the device, owned by the caller; NULL: none, or it has no filter. */
JsonObject *netdev_query_rx_filter(NetClient *n) GS_FN;

#endif
