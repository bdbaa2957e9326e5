/* SPDX-License-Identifier: MIT */
/*
 * virtio_net_filter.c - which frames the driver wants, and the control queue
 * through which it says so (5.1.6.5): see virtio_net.h.
 *
 * Thread context: under the BQL, in the main loop.
 */
#include "hw/virtio/virtio_net.h"

#define MAC_SIZE VIRTIO_NET_MAC_SIZE
#define MAC_TABLE_MAX VIRTIO_NET_MAC_TABLE_MAX

enum { /* 5.1.6.5 */
    CTRL_RX = 0,
    CTRL_MAC = 1,
    CTRL_MAC_TABLE_SET = 0,
    CTRL_MAC_ADDR_SET = 1,
    CTRL_OK = 0,
    CTRL_ERR = 1,
};

/* ---- the filter --------------------------------------------------------- */

static bool table_has(const VirtioNet *s, unsigned from, unsigned n,
                      const uint8_t *mac)
{
    for (unsigned i = from; i < from + n; i++) {
        if (!memcmp(s->mac_table + i * MAC_SIZE, mac, MAC_SIZE)) {
            return true;
        }
    }
    return false;
}

bool virtio_net_wants(const VirtioNet *s, const IoVector *frame)
{
    static const uint8_t broadcast[MAC_SIZE] = { 255, 255, 255, 255, 255, 255 };
    uint8_t to[MAC_SIZE];

    GLOBAL_STATE_CODE();
    if (s->rx_mode[CTRL_RX_PROMISC]) {
        return true;
    }
    if (io_vector_to_buf(frame, 0, to, sizeof(to)) < sizeof(to)) {
        return false;
    }
    if (to[0] & 1) {
        if (!memcmp(to, broadcast, MAC_SIZE)) {
            return !s->rx_mode[CTRL_RX_NOBCAST];
        }
        return !s->rx_mode[CTRL_RX_NOMULTI] &&
               (s->rx_mode[CTRL_RX_ALLMULTI] || s->multicast_overflow ||
                table_has(s, s->n_unicast, s->n_multicast, to));
    }
    return !s->rx_mode[CTRL_RX_NOUNI] &&
           (s->rx_mode[CTRL_RX_ALLUNI] || s->unicast_overflow ||
            !memcmp(to, s->current_mac, MAC_SIZE) ||
            table_has(s, 0, s->n_unicast, to));
}

void virtio_net_filter_reset(VirtioNet *s)
{
    GLOBAL_STATE_CODE();
    memcpy(s->current_mac, s->mac, MAC_SIZE);
    memset(s->rx_mode, 0, sizeof(s->rx_mode));
    s->rx_mode[CTRL_RX_PROMISC] = true;
    s->n_unicast = s->n_multicast = 0;
    s->unicast_overflow = s->multicast_overflow = false;
}

/* ---- control ------------------------------------------------------------ */

static uint8_t ctrl_rx(VirtioNet *s, uint8_t command, const uint8_t *data,
                       size_t len)
{
    if (command >= CTRL_RX_COUNT || len != 1) {
        return CTRL_ERR;
    }
    s->rx_mode[command] = data[0] != 0;
    return CTRL_OK;
}

/* One of the two lists: entries le32, then so many addresses.  Bytes used;
 * 0: too short. */
static size_t take_macs(VirtioNet *s, const uint8_t *data, size_t len,
                        unsigned at, uint32_t *ret_n, bool *ret_overflow)
{
    uint32_t n;

    if (len < sizeof(n)) {
        return 0;
    }
    memcpy(&n, data, sizeof(n));
    n = GUINT32_FROM_LE(n);
    if (n > (len - sizeof(n)) / MAC_SIZE) {
        return 0;
    }
    *ret_overflow = n > MAC_TABLE_MAX - at;
    *ret_n = *ret_overflow ? 0 : n;
    memcpy(s->mac_table + at * MAC_SIZE, data + sizeof(n),
           (size_t)*ret_n * MAC_SIZE);
    return sizeof(n) + (size_t)n * MAC_SIZE;
}

static uint8_t ctrl_mac(VirtioNet *s, uint8_t command, const uint8_t *data,
                        size_t len)
{
    size_t used;

    if (command == CTRL_MAC_ADDR_SET && len == MAC_SIZE) {
        memcpy(s->current_mac, data, MAC_SIZE);
        return CTRL_OK;
    }
    if (command != CTRL_MAC_TABLE_SET) {
        return CTRL_ERR;
    }
    s->n_unicast = s->n_multicast = 0;
    used = take_macs(s, data, len, 0, &s->n_unicast, &s->unicast_overflow);
    if (!used || take_macs(s, data + used, len - used, s->n_unicast,
                           &s->n_multicast,
                           &s->multicast_overflow) != len - used) {
        s->n_unicast = s->n_multicast = 0;
        return CTRL_ERR;
    }
    return CTRL_OK;
}

static uint8_t ctrl_command(VirtioNet *s, const uint8_t *data, size_t len)
{
    if (len < 2) {
        return CTRL_ERR;
    }
    switch (data[0]) {
    case CTRL_RX:
        return ctrl_rx(s, data[1], data + 2, len - 2);
    case CTRL_MAC:
        return ctrl_mac(s, data[1], data + 2, len - 2);
    default:
        return CTRL_ERR;
    }
}

/* ---- the filter, for the monitor ---------------------------------------- */

static const char *GS_FN net_name(const VirtioNet *s)
{
    return s->virtio.parent.id ? s->virtio.parent.id : netdev_id(s->netdev);
}

/* Once, until somebody looks: a guest may change it all the time. */
static void GS_FN filter_changed(VirtioNet *s)
{
    g_autofree char *path = NULL;
    JsonObject *data;

    if (s->filter_told) {
        return;
    }
    s->filter_told = true;
    data = json_object_new();
    path = device_path(&s->virtio.parent);
    if (s->virtio.parent.id) {
        json_object_set_string_member(data, "name", net_name(s));
    }
    json_object_set_string_member(data, "path", path);
    machine_event("NIC_RX_FILTER_CHANGED", data);
}

static void set_mac(JsonArray *list, JsonObject *o, const uint8_t *mac)
{
    g_autofree char *text =
        g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                        mac[2], mac[3], mac[4], mac[5]);

    if (list) {
        json_array_add_string_element(list, text);
    } else {
        json_object_set_string_member(o, "main-mac", text);
    }
}

static void set_table(JsonObject *o, const char *name, const VirtioNet *s,
                      unsigned from, unsigned n)
{
    JsonArray *list = json_array_new();

    for (unsigned i = from; i < from + n; i++) {
        set_mac(list, NULL, s->mac_table + i * MAC_SIZE);
    }
    json_object_set_array_member(o, name, list);
}

JsonObject *virtio_net_query_filter(void *opaque)
{
    VirtioNet *s = opaque;
    const bool *mode = s->rx_mode;
    JsonObject *o = json_object_new();

    GLOBAL_STATE_CODE();
    s->filter_told = false;
    json_object_set_string_member(o, "name", net_name(s));
    json_object_set_boolean_member(o, "promiscuous", mode[CTRL_RX_PROMISC]);
    json_object_set_string_member(o, "multicast",
                                  mode[CTRL_RX_NOMULTI]    ? "none"
                                  : mode[CTRL_RX_ALLMULTI] ? "all"
                                                           : "normal");
    json_object_set_string_member(o, "unicast",
                                  mode[CTRL_RX_NOUNI]    ? "none"
                                  : mode[CTRL_RX_ALLUNI] ? "all"
                                                         : "normal");
    json_object_set_string_member(o, "vlan", "all");
    json_object_set_boolean_member(o, "broadcast-allowed",
                                   !mode[CTRL_RX_NOBCAST]);
    json_object_set_boolean_member(o, "multicast-overflow",
                                   s->multicast_overflow);
    json_object_set_boolean_member(o, "unicast-overflow",
                                   s->unicast_overflow);
    set_mac(NULL, o, s->current_mac);
    json_object_set_array_member(o, "vlan-table", json_array_new());
    set_table(o, "unicast-table", s, 0, s->n_unicast);
    set_table(o, "multicast-table", s, s->n_unicast, s->n_multicast);
    return o;
}

/* ---- the control queue -------------------------------------------------- */

void virtio_net_handle_ctrl(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtioNet *s = (VirtioNet *)vdev;
    VirtQueueElement *e;

    GLOBAL_STATE_CODE();
    while ((e = virtqueue_pop(vq, sizeof(*e)))) {
        /* Long enough for a full table twice over. */
        uint8_t data[2 + 2 * (4 + MAC_TABLE_MAX * MAC_SIZE)], ack;
        IoVector out, in;
        size_t len;

        io_vector_init_external(&out, e->out_sg, e->out_num);
        io_vector_init_external(&in, e->in_sg, e->in_num);
        if (out.size < 2 || in.size < sizeof(ack)) {
            virtio_error(vdev, "a control command of %zu and %zu bytes",
                         out.size, in.size);
            virtqueue_detach(vq, e);
            virtqueue_element_free(e);
            return;
        }
        len = io_vector_to_buf(&out, 0, data, sizeof(data));
        ack = out.size > sizeof(data) ? CTRL_ERR : ctrl_command(s, data, len);
        io_vector_from_buf(&in, 0, &ack, sizeof(ack));
        if (ack == CTRL_OK) {
            filter_changed(s);
        }
        virtqueue_push(vq, e, sizeof(ack));
        virtio_notify(vdev, vq);
        virtqueue_element_free(e);
    }
}
