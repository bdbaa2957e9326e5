/* SPDX-License-Identifier: MIT */
/*
 * qmp_net.c - network back ends.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "base/option.h"
#include "hw/machine.h"
#include "hw/net/net.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include <string.h>

/* ---- adding and removing ------------------------------------------------ */

/* [{"str": "a"}, ...] is ["a", ...] on the command line. */
static JsonNode *plain_list(JsonNode *value)
{
    JsonArray *from = json_node_get_array(value), *to = json_array_new();

    for (guint i = 0; i < json_array_get_length(from); i++) {
        JsonNode *node = json_array_get_element(from, i);
        const char *text = JSON_NODE_HOLDS_OBJECT(node)
                               ? qmp_arg_str(json_node_get_object(node), "str")
                               : NULL;

        json_array_add_element(to, text ? qmp_string(text)
                                        : json_node_copy(node));
    }
    return qmp_list(to);
}

static JsonNode *GS_FN run_netdev_add(JsonObject *args, GError **error)
{
    g_autoptr(JsonObject) options = json_object_new();
    g_autoptr(GList) names = json_object_get_members(args);

    for (GList *l = names; l; l = l->next) {
        JsonNode *value = json_object_get_member(args, l->data);

        json_object_set_member(options, l->data,
                               JSON_NODE_HOLDS_ARRAY(value)
                                   ? plain_list(value)
                                   : json_node_copy(value));
    }
    netdev_new(options, error);
    return NULL;
}

static bool not_found(const char *name, GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                "there is no network device '%s'", name);
    return false;
}

static JsonNode *GS_FN run_netdev_del(JsonObject *args, GError **error)
{
    const char *id = qmp_arg_str(args, "id");

    if (!netdev_find(id)) {
        not_found(id, error);
    } else {
        netdev_remove(id, error);
    }
    return NULL;
}

/* ---- by the name of either end ------------------------------------------ */

/* What a device is joined with; NULL: nothing. */
static GS_FN NetClient *netdev_of(DeviceState *dev)
{
    const DeviceProperty *p = dev->klass->properties;

    for (; p && p->name; p++) {
        if (p->type == PROPERTY_NETDEV) {
            return *(NetClient **)((char *)dev + p->offset);
        }
    }
    return NULL;
}

static JsonNode *GS_FN run_set_link(JsonObject *args, GError **error)
{
    const char *name = qmp_arg_str(args, "name");
    NetClient *n = netdev_find(name);
    DeviceState *dev = n ? NULL : device_find(machine_current(), name);

    n = dev ? netdev_of(dev) : n;
    if (n) {
        netdev_set_link(n, qmp_arg_bool(args, "up", true));
    } else {
        not_found(name, error);
    }
    return NULL;
}

typedef struct FilterQuery {
    const char *name; /* NULL: all */
    JsonArray *list;
} FilterQuery;

static void add_filter(NetClient *n, void *opaque)
{
    FilterQuery *q = opaque;
    JsonObject *info;

    GLOBAL_STATE_CODE();
    info = netdev_query_rx_filter(n);
    if (info && q->name && strcmp(q->name, qmp_arg_str(info, "name"))) {
        g_clear_pointer(&info, json_object_unref);
    }
    if (info) {
        json_array_add_object_element(q->list, info);
    }
}

static JsonNode *GS_FN run_query_rx_filter(JsonObject *args, GError **error)
{
    FilterQuery q = { qmp_arg_str(args, "name"), json_array_new() };

    netdev_foreach(add_filter, &q);
    if (q.name && !json_array_get_length(q.list)) {
        json_array_unref(q.list);
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    netdev_find(q.name)
                        ? "'%s' is a back end; filters are devices'"
                        : "there is no network device '%s' with a filter",
                    q.name);
        return NULL;
    }
    return qmp_list(q.list);
}

static const QmpCommand commands[] = {
    { .name = "netdev_add",
      .args = "type: NetClientDriver, id: str; type: user=NetdevUserOptions, "
              "tap=NetdevTapOptions, stream=NetdevStreamOptions, "
              "dgram=NetdevDgramOptions, socket=NetdevSocketOptions",
      .run = run_netdev_add },
    { .name = "netdev_del", .args = "id: str", .run = run_netdev_del },
    { .name = "set_link", .args = "name: str, up: bool",
      .run = run_set_link },
    { .name = "query-rx-filter", .args = "*name: str",
      .returns = "[RxFilterInfo]", .run = run_query_rx_filter },
    { .name = NULL }
};

static const QmpEvent events[] = {
    { .name = "NIC_RX_FILTER_CHANGED", .data = "*name: str, path: str" },
    { .name = NULL }
};

/* What is not named here gets through to the back end, which knows it. */
static const QmpType types[] = {
    { "NetClientDriver", QMP_ENUM, "user, tap, stream, dgram, socket" },
    { "NetdevUserOptions", QMP_OBJECT,
      "*hostname: str, *restrict: bool, *ipv4: bool, *ipv6: bool, *net: str, "
      "*host: str, *dhcpstart: str, *dns: str, *dnssearch: [String], "
      "*domainname: str, *tftp: str, *bootfile: str, *hostfwd: [String], "
      "*guestfwd: [String], ..." },
    { "NetdevTapOptions", QMP_OBJECT,
      "*ifname: str, *fd: str, *script: str, *downscript: str, *vhost: bool, "
      "*vnet_hdr: bool, ..." },
    { "NetdevStreamOptions", QMP_OBJECT,
      "addr: SocketAddress, *server: bool, *reconnect: int" },
    { "NetdevDgramOptions", QMP_OBJECT,
      "*local: SocketAddress, *remote: SocketAddress" },
    { "NetdevSocketOptions", QMP_OBJECT,
      "*fd: str, *listen: str, *connect: str, *localaddr: str, *udp: str, "
      "..." },
    { "SocketAddress", QMP_OBJECT,
      "type: SocketAddressType; type: inet=InetSocketAddress, "
      "unix=UnixSocketAddress, fd=String" },
    { "RxState", QMP_ENUM, "normal, none, all" },
    { "RxFilterInfo", QMP_OBJECT,
      "name: str, promiscuous: bool, multicast: RxState, unicast: RxState, "
      "vlan: RxState, broadcast-allowed: bool, multicast-overflow: bool, "
      "unicast-overflow: bool, main-mac: str, vlan-table: [int], "
      "unicast-table: [str], multicast-table: [str]" },
    { NULL }
};

const QmpSet net_qmp_set = { commands, events, types };
