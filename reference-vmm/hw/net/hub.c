/* SPDX-License-Identifier: MIT */
/*
 * hub.c - ports of a hub: what comes in at one goes out at all the others.
 *
 *     -netdev hubport,id=p0,hubid=0 -device virtio-net-device,netdev=p0
 *     -netdev user,id=u0 -netdev hubport,id=p1,hubid=0,netdev=u0
 *
 * With netdev= a port is the front end of another back end.
 *
 * Thread context: under the BQL.
 */
#include "hw/net/net_int.h"
#include <string.h>

typedef struct NetHubPort {
    NetClient parent;
    uint64_t hub;
    NetClient *behind; /* NULL: none */
    NetFrontend frontend;
} NetHubPort;

static GPtrArray *ports GUARDED_BY(bql); /* NetHubPort*, NULL: none */

static GS_FN void forward(const NetHubPort *from, const struct iovec *iov,
                          int count)
{
    uint8_t *frame = g_malloc(NET_PACKET_MAX);
    size_t size = net_iov_copy(frame, NET_PACKET_MAX, iov, count);

    for (guint i = 0; ports && i < ports->len; i++) {
        NetHubPort *to = g_ptr_array_index(ports, i);
        struct iovec whole = { frame, size };

        if (to == from || to->hub != from->hub) {
            continue;
        }
        if (to->behind) {
            netdev_send(to->behind, &whole, 1);
        } else {
            net_client_deliver(&to->parent, frame, size);
        }
    }
    g_free(frame);
}

/* From the device of this port. */
static bool hub_send(NetClient *n, const struct iovec *iov, int count)
{
    GLOBAL_STATE_CODE();
    forward((NetHubPort *)n, iov, count);
    return true;
}

/* From the back end behind it; a hub that is full loses frames. */
static bool behind_can_receive(void *opaque)
{
    return true;
}

static bool behind_receive(void *opaque, const struct iovec *iov, int n)
{
    GLOBAL_STATE_CODE();
    forward(opaque, iov, n);
    return true;
}

static GS_FN bool attach(NetHubPort *s, const char *id, GError **error)
{
    NetClient *behind = netdev_find(id);

    if (!behind || !strcmp(netdev_type(behind), "hubport")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "hubport: there is no back end '%s' for it", id);
        return false;
    }
    s->frontend = (NetFrontend){ .can_receive = behind_can_receive,
                                 .receive = behind_receive, .opaque = s };
    if (!netdev_attach(behind, &s->frontend, error)) {
        return false;
    }
    s->behind = behind;
    return true;
}

static bool hub_open(NetClient *n, JsonObject *o, GError **error)
{
    NetHubPort *s = (NetHubPort *)n;
    const char *behind = option_string(o, "netdev");

    GLOBAL_STATE_CODE();
    if (!json_object_has_member(o, "hubid")) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "hubport: parameter 'hubid' is missing");
        return false;
    }
    if (!option_uint(o, "hubid", 0, INT32_MAX, &s->hub, error) ||
        (behind && !attach(s, behind, error))) {
        return false;
    }
    if (!ports) {
        ports = g_ptr_array_new();
    }
    g_ptr_array_add(ports, s);
    return true;
}

static void hub_close(NetClient *n)
{
    NetHubPort *s = (NetHubPort *)n;

    GLOBAL_STATE_CODE();
    if (s->behind) {
        netdev_detach(s->behind);
    }
    if (ports && g_ptr_array_remove(ports, s) && !ports->len) {
        g_clear_pointer(&ports, g_ptr_array_unref);
    }
}

static const char *const hub_options[] = { "hubid", "netdev", NULL };

extern const NetClass hubport_net_class;
const NetClass hubport_net_class = {
    .name = "hubport",
    .help = "a port of a hub: hubid=N[,netdev=ID]",
    .options = hub_options,
    .instance_size = sizeof(NetHubPort),
    .open = hub_open,
    .close = hub_close,
    .send = hub_send,
};
