/* SPDX-License-Identifier: MIT */
/*
 * virtio_serial.h - the console device with its ports (5.3).
 *
 *     -device virtio-serial-device
 *     -device virtconsole,chardev=c0
 *     -device virtserialport,chardev=c1,name=org.example.agent
 *
 * The device is the bus, a port is a device on it.  Queues 0 and 1 are those
 * of port 0, 2 and 3 carry control messages, and 2n + 2, 2n + 3 belong to
 * port n; even ones towards the guest.
 *
 * Thread context: under the BQL, in the main loop.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTIO_SERIAL_H
#define REFVMM_HW_VIRTIO_VIRTIO_SERIAL_H

#include "hw/chardev/chardev.h"
#include "hw/virtio/virtio.h"

#define VIRTIO_SERIAL_MAX_PORTS 31
#define VIRTIO_SERIAL_NO_PORT UINT32_MAX

enum { /* 5.3.6.2 */
    VIRTIO_CONSOLE_DEVICE_READY = 0,
    VIRTIO_CONSOLE_PORT_ADD = 1,
    VIRTIO_CONSOLE_PORT_REMOVE = 2,
    VIRTIO_CONSOLE_PORT_READY = 3,
    VIRTIO_CONSOLE_CONSOLE_PORT = 4,
    VIRTIO_CONSOLE_RESIZE = 5,
    VIRTIO_CONSOLE_PORT_OPEN = 6,
    VIRTIO_CONSOLE_PORT_NAME = 7,
};

typedef struct VirtioSerialPort VirtioSerialPort;

typedef struct VirtioSerial {
    VirtioDevice virtio;
    uint32_t max_ports;
    DeviceBus *bus;
    VirtQueue *control_in, *control_out; /* to the guest; from it */
    /* Messages that found no buffer, in order; each its 8 bytes and a name. */
    GQueue control_pending; /* GBytes* */
    VirtioSerialPort *ports[VIRTIO_SERIAL_MAX_PORTS];
} VirtioSerial;

struct VirtioSerialPort {
    DeviceState parent;
    VirtioSerial *serial;
    Chardev *chardev; /* properties; NULL: nobody listens */
    char *name;
    uint32_t nr;
    bool is_console;
    ChardevFrontend frontend;
    VirtQueue *in, *out; /* to the guest; from it */
    /* state */
    bool guest_open, host_open;
    /* What came from outside and found no buffer. */
    uint8_t pending[4096];
    uint32_t n_pending;
    /* What the guest sent and the chardev has not taken yet. */
    VirtQueueElement *sending;
    uint64_t sent; /* bytes of it */
    AioBh *out_bh; /* goes on after a burst */
    VirtQueueElement *loaded; /* of a state, not mapped yet */
};

/* Tells the guest; kept until it has a buffer for it. */
void virtio_serial_send_control(VirtioSerial *s, uint32_t port, uint16_t event,
                                uint16_t value, const char *name) GS_FN;
/* Port nr of the device, or NULL. */
VirtioSerialPort *virtio_serial_port(VirtioSerial *s, uint32_t nr) GS_FN;

/* ---- the port's side of what the device learns -------------------------- */

/* The guest knows the port: names it, says whether the host side is open. */
void virtio_serial_port_ready(VirtioSerialPort *port) GS_FN;
void virtio_serial_port_set_guest_open(VirtioSerialPort *port, bool open)
    GS_FN;
void virtio_serial_port_flush_in(VirtioSerialPort *port) GS_FN;
void virtio_serial_port_flush_out(VirtioSerialPort *port) GS_FN;
/* Gives up what it holds. */
void virtio_serial_port_reset(VirtioSerialPort *port) GS_FN;

#endif
