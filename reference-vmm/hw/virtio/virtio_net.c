/* SPDX-License-Identifier: MIT */
/*
 * virtio_net.c - the network device (5.1): one pair of queues, and a control
 * queue.  No offloads, so the header of a frame (5.1.6.1) is zeros but for
 * num_buffers:
 *
 *     flags u8, gso_type u8, hdr_len le16, gso_size le16, csum_start le16,
 *     csum_offset le16, num_buffers le16
 *
 * Thread context: under the BQL, in the main loop, where the back ends live.
 */
#include "hw/net/net.h"
#include "block/iov.h"
#include "hw/virtio/virtio.h"

enum { /* 5.1.3 */
    VIRTIO_NET_F_MTU = 3,
    VIRTIO_NET_F_MAC = 5,
    VIRTIO_NET_F_MRG_RXBUF = 15,
    VIRTIO_NET_F_STATUS = 16,
    VIRTIO_NET_F_CTRL_VQ = 17,
    VIRTIO_NET_F_CTRL_RX = 18,
    VIRTIO_NET_F_CTRL_RX_EXTRA = 20,
    VIRTIO_NET_F_CTRL_MAC_ADDR = 23,
};

enum { /* 5.1.6.5 */
    CTRL_RX = 0,
    CTRL_RX_PROMISC = 0,
    CTRL_RX_ALLMULTI = 1,
    CTRL_RX_ALLUNI = 2,
    CTRL_RX_NOMULTI = 3,
    CTRL_RX_NOUNI = 4,
    CTRL_RX_NOBCAST = 5,
    CTRL_RX_COUNT = 6,
    CTRL_MAC = 1,
    CTRL_MAC_TABLE_SET = 0,
    CTRL_MAC_ADDR_SET = 1,
    CTRL_OK = 0,
    CTRL_ERR = 1,
};

#define HEADER_SIZE 12
#define HEADER_NUM_BUFFERS 10
#define MAC_SIZE 6
#define MAC_TABLE_MAX 64
#define CONFIG_SIZE 12
#define STATUS_LINK_UP 1
/* Frames of one visit; then other devices have their turn. */
#define TX_BURST 256

typedef struct VirtioNet {
    VirtioDevice virtio;
    NetClient *netdev; /* properties */
    uint8_t mac[MAC_SIZE];
    uint16_t mtu, rx_queue_size, tx_queue_size;
    NetFrontend frontend;
    VirtQueue *rx, *tx, *ctrl;
    AioBh *tx_bh;
    bool tx_waiting; /* the back end is full */
    /* the filter; state */
    uint8_t current_mac[MAC_SIZE];
    bool rx_mode[CTRL_RX_COUNT];
    uint32_t n_unicast, n_multicast; /* entries of the table, in order */
    uint8_t mac_table[MAC_TABLE_MAX * MAC_SIZE];
    bool unicast_overflow, multicast_overflow;
    bool filter_told; /* that it has changed, and nobody has asked since */
} VirtioNet;

/* ---- receiving ---------------------------------------------------------- */

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

static bool wanted(const VirtioNet *s, const IoVector *frame)
{
    static const uint8_t broadcast[MAC_SIZE] = { 255, 255, 255, 255, 255, 255 };
    uint8_t to[MAC_SIZE];

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

static bool GS_FN net_can_receive(void *opaque)
{
    VirtioNet *s = opaque;

    return s->virtio.queues_started && virtio_is_live(&s->virtio);
}

static void GS_FN give_back(VirtioNet *s, GPtrArray *chains)
{
    while (chains->len) {
        virtqueue_unpop(s->rx, g_ptr_array_index(chains, chains->len - 1));
        g_ptr_array_set_size(chains, chains->len - 1);
    }
    g_ptr_array_unref(chains);
}

static size_t writable(const VirtQueueElement *e)
{
    IoVector in;

    io_vector_init_external(&in, e->in_sg, e->in_num);
    return in.size;
}

/* Chains for so many bytes, in order, or none of them when there are not
 * enough.  *ret_dropped: the first is too small, and without mergeable
 * buffers no other will do (5.1.6.3.1): the frame is lost, the chain is not. */
static GPtrArray *GS_FN take_chains(VirtioNet *s, size_t total,
                                    bool *ret_dropped)
{
    bool merge = virtio_has_feature(&s->virtio, VIRTIO_NET_F_MRG_RXBUF);
    GPtrArray *chains = g_ptr_array_new_with_free_func(virtqueue_element_free);
    VirtQueueElement *e;
    size_t room = 0;

    *ret_dropped = false;
    while (room < total && !*ret_dropped &&
           (e = virtqueue_pop(s->rx, sizeof(*e)))) {
        g_ptr_array_add(chains, e);
        room += writable(e);
        *ret_dropped = !merge && room < total;
        if (room < HEADER_SIZE) {
            virtio_error(&s->virtio, "a receive buffer of %zu bytes", room);
            *ret_dropped = true;
        }
    }
    if (room >= total) {
        return chains;
    }
    give_back(s, chains);
    return NULL;
}

/* One frame in as many chains as it takes (5.1.6.4); false: there are not
 * enough of them yet. */
static bool GS_FN deliver(VirtioNet *s, const IoVector *frame)
{
    uint8_t header[HEADER_SIZE] = { 0 };
    size_t done = 0;
    uint16_t count;
    bool dropped;
    GPtrArray *chains = take_chains(s, HEADER_SIZE + frame->size, &dropped);

    if (!chains) {
        return dropped;
    }
    count = GUINT16_TO_LE(chains->len);
    memcpy(header + HEADER_NUM_BUFFERS, &count, sizeof(count));
    for (guint i = 0; i < chains->len; i++) {
        VirtQueueElement *e = g_ptr_array_index(chains, i);
        size_t at = i ? 0 : HEADER_SIZE, n;
        g_autofree uint8_t *part = NULL;
        IoVector in;

        io_vector_init_external(&in, e->in_sg, e->in_num);
        if (!i) {
            io_vector_from_buf(&in, 0, header, sizeof(header));
        }
        n = MIN(in.size - at, frame->size - done);
        part = g_malloc(n);
        io_vector_to_buf(frame, done, part, n);
        io_vector_from_buf(&in, at, part, n);
        done += n;
        virtqueue_fill(s->rx, e, at + n, i);
    }
    virtqueue_flush(s->rx, chains->len);
    g_ptr_array_unref(chains);
    return true;
}

static bool GS_FN net_receive(void *opaque, const struct iovec *iov, int n)
{
    VirtioNet *s = opaque;
    IoVector frame;

    if (!net_can_receive(s)) {
        return false;
    }
    io_vector_init_external(&frame, (struct iovec *)iov, n);
    if (!wanted(s, &frame)) {
        return true;
    }
    if (!deliver(s, &frame)) {
        return false;
    }
    virtio_notify(&s->virtio, s->rx);
    return true;
}

static void GS_FN net_handle_rx(VirtioDevice *vdev, VirtQueue *vq)
{
    netdev_flush_queued(((VirtioNet *)vdev)->netdev);
}

/* ---- sending ------------------------------------------------------------ */

/* False: the back end is full, and the frame goes out again later. */
static bool GS_FN send_one(VirtioNet *s, VirtQueueElement *e)
{
    IoVector out, frame;
    bool sent = true;

    io_vector_init_external(&out, e->out_sg, e->out_num);
    if (out.size < HEADER_SIZE) {
        virtio_error(&s->virtio, "a frame of %zu bytes with its header",
                     out.size);
    } else if (out.size > HEADER_SIZE &&
               out.size <= HEADER_SIZE + NET_PACKET_MAX) {
        io_vector_init(&frame, e->out_num);
        io_vector_concat(&frame, &out, HEADER_SIZE, out.size - HEADER_SIZE);
        sent = netdev_send(s->netdev, frame.iov, frame.niov);
        io_vector_destroy(&frame);
    }
    return sent;
}

static void GS_FN net_transmit(VirtioNet *s)
{
    VirtQueueElement *e;
    unsigned n = 0;

    while (!s->tx_waiting && n < TX_BURST &&
           (e = virtqueue_pop(s->tx, sizeof(*e)))) {
        if (!send_one(s, e)) {
            s->tx_waiting = true;
            virtqueue_unpop(s->tx, e);
        } else {
            virtqueue_push(s->tx, e, 0);
            n++;
        }
        virtqueue_element_free(e);
    }
    if (n) {
        virtio_notify(&s->virtio, s->tx);
    }
    if (n == TX_BURST) {
        aio_bh_schedule(s->tx_bh);
    }
}

static void GS_FN net_handle_tx(VirtioDevice *vdev, VirtQueue *vq)
{
    net_transmit((VirtioNet *)vdev);
}

static void GS_FN net_tx_again(void *opaque)
{
    VirtioNet *s = opaque;

    if (net_can_receive(s)) {
        net_transmit(s);
    }
}

static void GS_FN net_can_send(void *opaque)
{
    VirtioNet *s = opaque;

    s->tx_waiting = false;
    net_tx_again(s);
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
    path = g_strconcat("/machine/peripheral/", net_name(s), NULL);
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

static JsonObject *GS_FN net_query_rx_filter(void *opaque)
{
    VirtioNet *s = opaque;
    const bool *mode = s->rx_mode;
    JsonObject *o = json_object_new();

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

static void GS_FN net_handle_ctrl(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtioNet *s = (VirtioNet *)vdev;
    VirtQueueElement *e;

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

/* ---- configuration ------------------------------------------------------ */

static uint64_t GS_FN net_features(VirtioDevice *vdev)
{
    VirtioNet *s = (VirtioNet *)vdev;

    return VIRTIO_FEATURE(VIRTIO_NET_F_MAC) |
           VIRTIO_FEATURE(VIRTIO_NET_F_MRG_RXBUF) |
           VIRTIO_FEATURE(VIRTIO_NET_F_STATUS) |
           VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_VQ) |
           VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX) |
           VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_RX_EXTRA) |
           VIRTIO_FEATURE(VIRTIO_NET_F_CTRL_MAC_ADDR) |
           (s->mtu ? VIRTIO_FEATURE(VIRTIO_NET_F_MTU) : 0);
}

static void GS_FN net_get_config(VirtioDevice *vdev, uint8_t *config)
{
    VirtioNet *s = (VirtioNet *)vdev;
    uint16_t status = netdev_link_up(s->netdev) ? STATUS_LINK_UP : 0;
    uint16_t pairs = GUINT16_TO_LE(1), mtu = GUINT16_TO_LE(s->mtu);

    status = GUINT16_TO_LE(status);
    memcpy(config, s->current_mac, MAC_SIZE);
    memcpy(config + 6, &status, sizeof(status));
    memcpy(config + 8, &pairs, sizeof(pairs));
    memcpy(config + 10, &mtu, sizeof(mtu));
}

static void GS_FN net_link_changed(void *opaque, bool up)
{
    virtio_notify_config(opaque);
}

/* ---- device ------------------------------------------------------------- */

static void GS_FN net_reset(VirtioDevice *vdev)
{
    VirtioNet *s = (VirtioNet *)vdev;

    memcpy(s->current_mac, s->mac, MAC_SIZE);
    memset(s->rx_mode, 0, sizeof(s->rx_mode));
    /* Until the driver says what it wants. */
    s->rx_mode[CTRL_RX_PROMISC] = true;
    s->n_unicast = s->n_multicast = 0;
    s->unicast_overflow = s->multicast_overflow = false;
    s->tx_waiting = false;
}

static bool queue_size_valid(uint16_t size)
{
    return size >= 4 && size <= VIRTQUEUE_MAX_SIZE && !(size & (size - 1));
}

static bool check_properties(VirtioNet *s, GError **error)
{
    if (!s->netdev) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "virtio-net-device needs a 'netdev'");
    } else if (!queue_size_valid(s->rx_queue_size) ||
               !queue_size_valid(s->tx_queue_size)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'rx_queue_size' is %u and 'tx_queue_size' %u; they must "
                    "be powers of two, 4 to %u", s->rx_queue_size,
                    s->tx_queue_size, VIRTQUEUE_MAX_SIZE);
    } else if (s->mac[0] & 1) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'mac' is a multicast address");
    } else {
        return true;
    }
    return false;
}

static bool GS_FN virtio_net_realize(DeviceState *dev, GError **error)
{
    static const uint8_t none[MAC_SIZE];
    static uint8_t next_mac = 0x56;
    VirtioNet *s = (VirtioNet *)dev;

    if (!check_properties(s, error)) {
        return false;
    }
    if (!memcmp(s->mac, none, MAC_SIZE)) {
        const uint8_t mac[MAC_SIZE] = { 0x52, 0x54, 0, 0x12, 0x34, next_mac++ };

        memcpy(s->mac, mac, MAC_SIZE);
    }
    s->frontend = (NetFrontend){ .can_receive = net_can_receive,
                                 .receive = net_receive,
                                 .link_changed = net_link_changed,
                                 .query_rx_filter = net_query_rx_filter,
                                 .mac = s->current_mac,
                                 .can_send = net_can_send, .opaque = s };
    if (!netdev_attach(s->netdev, &s->frontend, error)) {
        return false;
    }
    if (!virtio_init(&s->virtio, error)) {
        netdev_detach(s->netdev);
        return false;
    }
    s->rx = virtio_add_main_queue(&s->virtio, s->rx_queue_size,
                                  net_handle_rx);
    s->tx = virtio_add_main_queue(&s->virtio, s->tx_queue_size,
                                  net_handle_tx);
    s->ctrl = virtio_add_main_queue(&s->virtio, 64, net_handle_ctrl);
    s->tx_bh = aio_bh_new(main_loop_context(), net_tx_again, s);
    net_reset(&s->virtio);
    return true;
}

static void GS_FN virtio_net_unrealize(DeviceState *dev)
{
    VirtioNet *s = (VirtioNet *)dev;

    netdev_detach(s->netdev);
    virtio_cleanup(&s->virtio);
    aio_bh_delete(s->tx_bh);
}

static bool GS_FN net_post_load(void *opaque, int version, GError **error)
{
    VirtioNet *s = opaque;

    if (s->n_unicast > MAC_TABLE_MAX ||
        s->n_multicast > MAC_TABLE_MAX - s->n_unicast) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "virtio-net: a filter of %u and %u addresses, at most %u",
                    s->n_unicast, s->n_multicast, MAC_TABLE_MAX);
        return false;
    }
    s->tx_waiting = false;
    return true;
}

static const DeviceProperty virtio_net_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    { .name = "netdev", .type = PROPERTY_NETDEV,
      .offset = offsetof(VirtioNet, netdev), .help = "its back end" },
    { .name = "mac", .type = PROPERTY_MAC, .offset = offsetof(VirtioNet, mac),
      .help = "its address; 52:54:00:12:34:56 and up" },
    { .name = "host_mtu", .type = PROPERTY_UINT16,
      .offset = offsetof(VirtioNet, mtu), .help = "largest frame; 0: any" },
    { .name = "rx_queue_size", .type = PROPERTY_UINT16,
      .offset = offsetof(VirtioNet, rx_queue_size), .value = 256,
      .help = "descriptors of the receive queue" },
    { .name = "tx_queue_size", .type = PROPERTY_UINT16,
      .offset = offsetof(VirtioNet, tx_queue_size), .value = 256,
      .help = "descriptors of the transmit queue" },
    { .name = NULL }
};

static const VMStateField virtio_net_fields[] = {
    VMSTATE_VIRTIO,
    VMSTATE_UINT8_ARRAY(current_mac, VirtioNet),
    VMSTATE_BOOL_ARRAY(rx_mode, VirtioNet),
    VMSTATE_UINT32(n_unicast, VirtioNet),
    VMSTATE_UINT32(n_multicast, VirtioNet),
    VMSTATE_UINT8_ARRAY(mac_table, VirtioNet),
    VMSTATE_BOOL(unicast_overflow, VirtioNet),
    VMSTATE_BOOL(multicast_overflow, VirtioNet),
    VMSTATE_END
};

static const VMStateDescription virtio_net_vmstate = {
    .name = "virtio-net",
    .version = 1,
    .fields = virtio_net_fields,
    .pre_save = virtio_pre_save,
    .post_load = net_post_load,
};

static const VirtioDeviceOps virtio_net_ops = {
    .device_id = 1,
    .config_size = CONFIG_SIZE,
    .get_features = net_features,
    .get_config = net_get_config,
    .reset = net_reset,
};

const DeviceClass virtio_net_class = {
    .name = "virtio-net-device",
    .bus = "virtio-bus",
    .help = "network card",
    .user_creatable = true,
    .instance_size = sizeof(VirtioNet),
    .properties = virtio_net_properties,
    .realize = virtio_net_realize,
    .unrealize = virtio_net_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_loaded,
    .vmstate = &virtio_net_vmstate,
    .ops = &virtio_net_ops,
};
