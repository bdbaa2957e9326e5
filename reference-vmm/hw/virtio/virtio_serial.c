/* SPDX-License-Identifier: MIT */
/*
 * virtio_serial.c - the console device: queues, and control messages; its
 * ports are in virtio_serial_port.c.
 *
 * A control message (5.3.6.2), little endian:
 *
 *     0 id le32, of the port    4 event le16    6 value le16    8 name...
 *
 * Thread context: under the BQL, in the main loop.
 */
#include "hw/virtio/virtio_serial.h"
#include "block/iov.h"

enum {
    VIRTIO_CONSOLE_F_MULTIPORT = 1,
    VIRTIO_CONSOLE_F_EMERG_WRITE = 2,
};

#define CONFIG_SIZE 12
#define CONFIG_EMERG_WR 8
#define CONTROL_SIZE 8
#define DATA_QUEUE_SIZE 128
#define CONTROL_QUEUE_SIZE 32
/* A guest that never gives buffers must not make us keep ever more. */
#define CONTROL_PENDING_MAX 1024

VirtioSerialPort *virtio_serial_port(VirtioSerial *s, uint32_t nr)
{
    return nr < s->max_ports ? s->ports[nr] : NULL;
}

static bool multiport(const VirtioSerial *s)
{
    return virtio_has_feature(&s->virtio, VIRTIO_CONSOLE_F_MULTIPORT);
}

/* ---- control, to the guest ---------------------------------------------- */

static void GS_FN flush_control(VirtioSerial *s)
{
    bool any = false;
    VirtQueueElement *e;

    while (s->virtio.queues_started &&
           !g_queue_is_empty(&s->control_pending) &&
           (e = virtqueue_pop(s->control_in, sizeof(*e)))) {
        g_autoptr(GBytes) message = g_queue_pop_head(&s->control_pending);
        gsize size;
        const void *bytes = g_bytes_get_data(message, &size);
        IoVector in;

        io_vector_init_external(&in, e->in_sg, e->in_num);
        virtqueue_push(s->control_in, e,
                       io_vector_from_buf(&in, 0, bytes, size));
        virtqueue_element_free(e);
        any = true;
    }
    if (any) {
        virtio_notify(&s->virtio, s->control_in);
    }
}

void virtio_serial_send_control(VirtioSerial *s, uint32_t port, uint16_t event,
                                uint16_t value, const char *name)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    uint32_t id = GUINT32_TO_LE(port);
    uint16_t e = GUINT16_TO_LE(event), v = GUINT16_TO_LE(value);

    GLOBAL_STATE_CODE();
    if (!multiport(s) || s->control_pending.length == CONTROL_PENDING_MAX) {
        return;
    }
    g_byte_array_append(message, (const guint8 *)&id, sizeof(id));
    g_byte_array_append(message, (const guint8 *)&e, sizeof(e));
    g_byte_array_append(message, (const guint8 *)&v, sizeof(v));
    if (name) {
        g_byte_array_append(message, (const guint8 *)name, strlen(name));
    }
    g_queue_push_tail(&s->control_pending,
                      g_byte_array_free_to_bytes(g_steal_pointer(&message)));
    flush_control(s);
}

/* ---- control, from the guest -------------------------------------------- */

static void GS_FN add_all_ports(VirtioSerial *s)
{
    for (uint32_t i = 0; i < s->max_ports; i++) {
        if (s->ports[i]) {
            virtio_serial_send_control(s, i, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
        }
    }
}

static void GS_FN handle_message(VirtioSerial *s, const uint8_t *bytes)
{
    VirtioSerialPort *port;
    uint32_t id;
    uint16_t event, value;

    memcpy(&id, bytes, 4);
    memcpy(&event, bytes + 4, 2);
    memcpy(&value, bytes + 6, 2);
    event = GUINT16_FROM_LE(event);
    value = GUINT16_FROM_LE(value);
    port = virtio_serial_port(s, GUINT32_FROM_LE(id));
    if (event == VIRTIO_CONSOLE_DEVICE_READY) {
        if (value) {
            add_all_ports(s);
        }
    } else if (port && event == VIRTIO_CONSOLE_PORT_READY) {
        if (value) {
            virtio_serial_port_ready(port);
        }
    } else if (port && event == VIRTIO_CONSOLE_PORT_OPEN) {
        virtio_serial_port_set_guest_open(port, value != 0);
    }
    /* Others, and ports that have gone, are none of our business. */
}

static void GS_FN handle_control_out(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *e;

    while ((e = virtqueue_pop(vq, sizeof(*e)))) {
        uint8_t bytes[CONTROL_SIZE];
        IoVector out;

        io_vector_init_external(&out, e->out_sg, e->out_num);
        if (io_vector_to_buf(&out, 0, bytes, sizeof(bytes)) ==
            sizeof(bytes)) {
            handle_message((VirtioSerial *)vdev, bytes);
        }
        virtqueue_push(vq, e, 0);
        virtqueue_element_free(e);
    }
    virtio_notify(vdev, vq);
}

static void GS_FN handle_control_in(VirtioDevice *vdev, VirtQueue *vq)
{
    flush_control((VirtioSerial *)vdev);
}

/* ---- data --------------------------------------------------------------- */

static VirtioSerialPort *GS_FN port_of_queue(VirtioDevice *vdev,
                                             const VirtQueue *vq)
{
    unsigned i = virtqueue_index(vq);

    return virtio_serial_port((VirtioSerial *)vdev,
                              i < 2 ? 0 : i / 2 - 1);
}

static void GS_FN handle_in(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtioSerialPort *port = port_of_queue(vdev, vq);

    if (port) {
        virtio_serial_port_flush_in(port);
    }
}

static void GS_FN handle_out(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtioSerialPort *port = port_of_queue(vdev, vq);
    VirtQueueElement *e;

    if (port) {
        virtio_serial_port_flush_out(port);
        return;
    }
    while ((e = virtqueue_pop(vq, sizeof(*e)))) {
        virtqueue_push(vq, e, 0);
        virtqueue_element_free(e);
    }
    virtio_notify(vdev, vq);
}

/* ---- configuration ------------------------------------------------------ */

static uint64_t GS_FN serial_features(VirtioDevice *vdev)
{
    return VIRTIO_FEATURE(VIRTIO_CONSOLE_F_EMERG_WRITE) |
           (((VirtioSerial *)vdev)->max_ports > 1
                ? VIRTIO_FEATURE(VIRTIO_CONSOLE_F_MULTIPORT) : 0);
}

static void GS_FN serial_get_config(VirtioDevice *vdev, uint8_t *config)
{
    uint32_t n = GUINT32_TO_LE(((VirtioSerial *)vdev)->max_ports);

    memset(config, 0, CONFIG_SIZE);
    memcpy(config + 4, &n, sizeof(n));
}

/* Emergency write: a byte for the first console, before there are queues. */
static void GS_FN serial_set_config(VirtioDevice *vdev, const uint8_t *config)
{
    VirtioSerial *s = (VirtioSerial *)vdev;

    for (uint32_t i = 0; i < s->max_ports && config[CONFIG_EMERG_WR]; i++) {
        VirtioSerialPort *port = s->ports[i];

        if (port && port->is_console && port->chardev) {
            chardev_write_all(port->chardev, config + CONFIG_EMERG_WR, 1);
            return;
        }
    }
}

static unsigned GS_FN serial_outstanding(VirtioDevice *vdev, unsigned index)
{
    VirtioSerialPort *port = port_of_queue(vdev, &vdev->queues[index]);

    return port && port->sending &&
           virtqueue_index(port->sending->vq) == index;
}

static void GS_FN clear_control(VirtioSerial *s)
{
    g_queue_clear_full(&s->control_pending, (GDestroyNotify)g_bytes_unref);
}

static void GS_FN serial_reset(VirtioDevice *vdev)
{
    VirtioSerial *s = (VirtioSerial *)vdev;

    clear_control(s);
    for (uint32_t i = 0; i < s->max_ports; i++) {
        if (s->ports[i]) {
            virtio_serial_port_reset(s->ports[i]);
        }
    }
}

/* Without control messages there is one port, and it is always open. */
static void GS_FN serial_set_status(VirtioDevice *vdev, uint8_t status)
{
    VirtioSerial *s = (VirtioSerial *)vdev;

    if ((status & VIRTIO_STATUS_DRIVER_OK) && !multiport(s) && s->ports[0]) {
        virtio_serial_port_set_guest_open(s->ports[0], true);
    }
}

/* ---- device ------------------------------------------------------------- */

static bool GS_FN virtio_serial_realize(DeviceState *dev, GError **error)
{
    VirtioSerial *s = (VirtioSerial *)dev;

    g_queue_init(&s->control_pending);
    if (!virtio_init(&s->virtio, error)) {
        return false;
    }
    for (uint32_t i = 0; i <= s->max_ports; i++) {
        bool is_control = i == 1;

        if (is_control) {
            s->control_in = virtio_add_main_queue(
                &s->virtio, CONTROL_QUEUE_SIZE, handle_control_in);
            s->control_out = virtio_add_main_queue(
                &s->virtio, CONTROL_QUEUE_SIZE, handle_control_out);
        } else {
            virtio_add_main_queue(&s->virtio, DATA_QUEUE_SIZE, handle_in);
            virtio_add_main_queue(&s->virtio, DATA_QUEUE_SIZE, handle_out);
        }
    }
    s->bus = device_bus_new(dev, "virtio-serial-bus", NULL, s->max_ports);
    return true;
}

static void GS_FN virtio_serial_unrealize(DeviceState *dev)
{
    VirtioSerial *s = (VirtioSerial *)dev;

    virtio_cleanup(&s->virtio);
    clear_control(s);
}

static const DeviceProperty virtio_serial_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    { .name = "max_ports", .type = PROPERTY_UINT32,
      .offset = offsetof(VirtioSerial, max_ports),
      .value = VIRTIO_SERIAL_MAX_PORTS, .minimum = 1,
      .maximum = VIRTIO_SERIAL_MAX_PORTS, .help = "ports it has room for" },
    { .name = NULL }
};

/* Messages on their way to the guest. */
static void GS_FN put_control(VMStateBuffer *b, const void *at,
                              const VMStateField *field)
{
    const VirtioSerial *s = at;

    vmstate_put_be(b, s->control_pending.length, 4);
    for (GList *l = s->control_pending.head; l; l = l->next) {
        gsize size;
        const void *bytes = g_bytes_get_data(l->data, &size);

        vmstate_put_be(b, size, 2);
        vmstate_put(b, bytes, size);
    }
}

static bool GS_FN get_control(VMStateBuffer *b, void *at,
                              const VMStateField *field, GError **error)
{
    VirtioSerial *s = at;
    uint32_t n = vmstate_get_be(b, 4);

    clear_control(s);
    if (n > CONTROL_PENDING_MAX) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "virtio-serial: %u pending messages, at most %u", n,
                    CONTROL_PENDING_MAX);
        return false;
    }
    while (n-- && !b->overrun) {
        gsize size = vmstate_get_be(b, 2);
        guint8 *bytes = g_malloc(size);

        vmstate_get(b, bytes, size);
        g_queue_push_tail(&s->control_pending, g_bytes_new_take(bytes, size));
    }
    return true;
}

static const VMStateInfo control_info = { .name = "messages",
                                          .put = put_control,
                                          .get = get_control };

static const VMStateField virtio_serial_fields[] = {
    VMSTATE_VIRTIO,
    { .name = "control_pending", .size = sizeof(VirtioSerial),
      .info = &control_info },
    VMSTATE_END
};

static const VMStateDescription virtio_serial_vmstate = {
    .name = "virtio-serial",
    .version = 1,
    .fields = virtio_serial_fields,
    .pre_save = virtio_pre_save,
};

static const VirtioDeviceOps virtio_serial_ops = {
    .device_id = 3,
    .config_size = CONFIG_SIZE,
    .get_features = serial_features,
    .get_config = serial_get_config,
    .set_config = serial_set_config,
    .set_status = serial_set_status,
    .reset = serial_reset,
    .outstanding = serial_outstanding,
};

const DeviceClass virtio_serial_class = {
    .name = "virtio-serial-device",
    .bus = "virtio-bus",
    .provides_bus = "virtio-serial-bus",
    .help = "console and serial ports",
    .user_creatable = true,
    .instance_size = sizeof(VirtioSerial),
    .properties = virtio_serial_properties,
    .realize = virtio_serial_realize,
    .unrealize = virtio_serial_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_loaded,
    .vmstate = &virtio_serial_vmstate,
    .ops = &virtio_serial_ops,
};
