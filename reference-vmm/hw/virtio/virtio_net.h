/* SPDX-License-Identifier: MIT */
/*
 * virtio_net.h - the network device (5.1): what its two files share.
 *
 * virtio_net.c moves frames, virtio_net_filter.c decides which of them the
 * driver wants, as it says through the control queue.
 *
 * Thread context: under the BQL, in the main loop.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTIO_NET_H
#define REFVMM_HW_VIRTIO_VIRTIO_NET_H

#include "block/iov.h"
#include "hw/net/net.h"
#include "hw/virtio/virtio.h"

#define VIRTIO_NET_MAC_SIZE 6
#define VIRTIO_NET_MAC_TABLE_MAX 64

enum { /* commands of the class CTRL_RX, 5.1.6.5.1: each sets a mode */
    CTRL_RX_PROMISC = 0,
    CTRL_RX_ALLMULTI = 1,
    CTRL_RX_ALLUNI = 2,
    CTRL_RX_NOMULTI = 3,
    CTRL_RX_NOUNI = 4,
    CTRL_RX_NOBCAST = 5,
    CTRL_RX_COUNT = 6,
};

typedef struct VirtioNet {
    VirtioDevice virtio;
    NetClient *netdev; /* properties */
    uint8_t mac[VIRTIO_NET_MAC_SIZE];
    uint16_t mtu, rx_queue_size, tx_queue_size;
    NetFrontend frontend;
    VirtQueue *rx, *tx, *ctrl;
    AioBh *tx_bh;
    bool tx_waiting; /* the back end is full */
    /* the filter; state */
    uint8_t current_mac[VIRTIO_NET_MAC_SIZE];
    bool rx_mode[CTRL_RX_COUNT];
    uint32_t n_unicast, n_multicast; /* entries of the table, in order */
    uint8_t mac_table[VIRTIO_NET_MAC_TABLE_MAX * VIRTIO_NET_MAC_SIZE];
    bool unicast_overflow, multicast_overflow;
    bool filter_told; /* that it has changed, and nobody has asked since */
} VirtioNet;

/* Whether the driver has asked for frames like this. */
bool virtio_net_wants(const VirtioNet *s, const IoVector *frame) GS_FN;
/* As after a reset: everything, until the driver says what it wants. */
void virtio_net_filter_reset(VirtioNet *s) GS_FN;
/* Of the control queue. */
void virtio_net_handle_ctrl(VirtioDevice *vdev, VirtQueue *vq) GS_FN;
/* RxFilterInfo, owned by the caller. */
JsonObject *virtio_net_query_filter(void *opaque) GS_FN;

#endif
