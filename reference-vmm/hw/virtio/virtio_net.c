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
#include "hw/virtio/virtio_net.h"

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

#define HEADER_SIZE 12
#define HEADER_NUM_BUFFERS 10
#define MAC_SIZE VIRTIO_NET_MAC_SIZE
#define CONFIG_SIZE 12
#define STATUS_LINK_UP 1
/* Frames of one visit; then other devices have their turn. */
#define TX_BURST 256

/* ---- receiving ---------------------------------------------------------- */

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
    if (!virtio_net_wants(s, &frame)) {
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

    virtio_net_filter_reset(s);
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
                                 .query_rx_filter = virtio_net_query_filter,
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
    s->ctrl = virtio_add_main_queue(&s->virtio, 64, virtio_net_handle_ctrl);
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

    if (s->n_unicast > VIRTIO_NET_MAC_TABLE_MAX ||
        s->n_multicast > VIRTIO_NET_MAC_TABLE_MAX - s->n_unicast) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "virtio-net: a filter of %u and %u addresses, at most %u",
                    s->n_unicast, s->n_multicast,
                    VIRTIO_NET_MAC_TABLE_MAX);
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
