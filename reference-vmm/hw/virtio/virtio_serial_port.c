/* SPDX-License-Identifier: MIT */
/*
 * virtio_serial_port.c - a port of the console device: a console, or a named
 * channel for an agent in the guest.
 *
 * Bytes from outside that the guest has no buffer for wait in `pending`, and
 * an element that the chardev has not taken in full stays in use: both are
 * state and travel.
 *
 * Thread context: under the BQL, in the main loop.
 */
#include "hw/virtio/virtio_serial.h"
#include "block/iov.h"

/* Bytes of one visit to the output queue; then others have their turn. */
#define OUT_BURST (1024 * 1024)

/* ---- towards the guest -------------------------------------------------- */

void virtio_serial_port_flush_in(VirtioSerialPort *port)
{
    VirtioDevice *vdev = &port->serial->virtio;
    VirtQueueElement *e;
    uint32_t done = 0;

    GLOBAL_STATE_CODE();
    if (!vdev->queues_started) {
        return; /* goes on when the machine does */
    }
    while (port->guest_open && done < port->n_pending &&
           (e = virtqueue_pop(port->in, sizeof(*e)))) {
        IoVector in;
        size_t n;

        io_vector_init_external(&in, e->in_sg, e->in_num);
        n = io_vector_from_buf(&in, 0, port->pending + done,
                               port->n_pending - done);
        virtqueue_push(port->in, e, n);
        virtqueue_element_free(e);
        done += n;
    }
    if (done) {
        port->n_pending -= done;
        memmove(port->pending, port->pending + done, port->n_pending);
        virtio_notify(vdev, port->in);
    }
    if (port->chardev && !port->n_pending) {
        chardev_accept_input(port->chardev);
    }
}

static size_t GS_FN port_can_receive(void *opaque)
{
    VirtioSerialPort *port = opaque;

    return port->guest_open && port->serial->virtio.queues_started
               ? sizeof(port->pending) - port->n_pending : 0;
}

static void GS_FN port_receive(void *opaque, const uint8_t *data, size_t len)
{
    VirtioSerialPort *port = opaque;
    size_t n = MIN(len, sizeof(port->pending) - port->n_pending);

    memcpy(port->pending + port->n_pending, data, n);
    port->n_pending += n;
    virtio_serial_port_flush_in(port);
}

/* ---- from the guest ----------------------------------------------------- */

/* The chardev takes more, or the burst is over. */
static void GS_FN port_writable(void *opaque)
{
    virtio_serial_port_flush_out(opaque);
}

/* Whether the element is done with; *left is what may still be sent. */
static bool GS_FN send_element(VirtioSerialPort *port, size_t *left)
{
    uint8_t part[4096];
    IoVector out;

    io_vector_init_external(&out, port->sending->out_sg,
                            port->sending->out_num);
    while (port->chardev && port->host_open && port->sent < out.size) {
        size_t n = io_vector_to_buf(&out, port->sent, part,
                                    MIN(sizeof(part), *left));
        size_t taken = n ? chardev_write(port->chardev, part, n) : 0;

        port->sent += taken;
        *left -= taken;
        if (!*left) {
            aio_bh_schedule(port->out_bh);
            return port->sent == out.size;
        }
        if (taken < n) {
            if (!chardev_is_open(port->chardev)) {
                break; /* nobody is there to read the rest */
            }
            chardev_when_writable(port->chardev, port_writable, port);
            return false;
        }
    }
    return true;
}

static void GS_FN give_back_sent(VirtioSerialPort *port)
{
    virtqueue_push(port->out, port->sending, 0);
    virtqueue_element_free(g_steal_pointer(&port->sending));
    port->sent = 0;
}

void virtio_serial_port_flush_out(VirtioSerialPort *port)
{
    VirtioDevice *vdev = &port->serial->virtio;
    size_t left = OUT_BURST;
    bool any = false;

    GLOBAL_STATE_CODE();
    if (!vdev->queues_started) {
        return; /* goes on when the machine does */
    }
    while (left) {
        if (!port->sending) {
            port->sending = virtqueue_pop(port->out, sizeof(*port->sending));
        }
        if (!port->sending || !send_element(port, &left)) {
            break;
        }
        give_back_sent(port);
        any = true;
    }
    if (any) {
        virtio_notify(vdev, port->out);
    }
}

/* ---- opening and closing ------------------------------------------------ */

static void GS_FN port_set_host_open(VirtioSerialPort *port, bool open)
{
    if (port->host_open == open) {
        return;
    }
    port->host_open = open;
    if (port->serial->ports[port->nr] == port) { /* the guest knows it */
        virtio_serial_send_control(port->serial, port->nr,
                                   VIRTIO_CONSOLE_PORT_OPEN, open, NULL);
        virtio_serial_port_flush_out(port);
    }
}

static void GS_FN port_event(void *opaque, ChardevEvent event)
{
    VirtioSerialPort *port = opaque;

    if (event == CHARDEV_EVENT_OPENED) {
        port_set_host_open(port, true);
    } else if (event == CHARDEV_EVENT_CLOSED && !port->is_console) {
        port_set_host_open(port, false);
    }
}

void virtio_serial_port_ready(VirtioSerialPort *port)
{
    VirtioSerial *s = port->serial;

    GLOBAL_STATE_CODE();
    if (port->is_console) {
        virtio_serial_send_control(s, port->nr, VIRTIO_CONSOLE_CONSOLE_PORT, 1,
                                   NULL);
    }
    if (port->name) {
        virtio_serial_send_control(s, port->nr, VIRTIO_CONSOLE_PORT_NAME, 1,
                                   port->name);
    }
    if (port->host_open) {
        virtio_serial_send_control(s, port->nr, VIRTIO_CONSOLE_PORT_OPEN, 1,
                                   NULL);
    }
}

void virtio_serial_port_set_guest_open(VirtioSerialPort *port, bool open)
{
    GLOBAL_STATE_CODE();
    if (port->guest_open != open && port->parent.id) {
        JsonObject *data = json_object_new();

        json_object_set_string_member(data, "id", port->parent.id);
        json_object_set_boolean_member(data, "open", open);
        machine_event("VSERPORT_CHANGE", data);
    }
    port->guest_open = open;
    if (open) {
        virtio_serial_port_flush_in(port);
    } else {
        port->n_pending = 0; /* for a program that has closed the port */
    }
}

void virtio_serial_port_reset(VirtioSerialPort *port)
{
    GLOBAL_STATE_CODE();
    if (port->sending) {
        virtqueue_detach(port->out, port->sending);
        virtqueue_element_free(g_steal_pointer(&port->sending));
    }
    if (port->loaded) {
        virtqueue_drop_unmapped(g_steal_pointer(&port->loaded));
    }
    port->sent = 0;
    port->n_pending = 0;
    port->guest_open = false;
}

/* ---- device ------------------------------------------------------------- */

/* The number that was asked for, or the first free one; 0 is for consoles,
 * which drivers expect there. */
static bool choose_number(VirtioSerialPort *port, GError **error)
{
    VirtioSerial *s = port->serial;

    if (port->nr != VIRTIO_SERIAL_NO_PORT) {
        if (port->nr >= s->max_ports || s->ports[port->nr]) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "port %u is %s", port->nr,
                        port->nr >= s->max_ports ? "beyond 'max_ports'"
                                                 : "taken");
            return false;
        }
        return true;
    }
    for (uint32_t i = port->is_console ? 0 : 1; i < s->max_ports; i++) {
        if (!s->ports[i]) {
            port->nr = i;
            return true;
        }
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "virtio-serial-device has no port left of %u", s->max_ports);
    return false;
}

static bool check_name(const VirtioSerialPort *port, GError **error)
{
    const VirtioSerial *s = port->serial;

    for (uint32_t i = 0; port->name && i < s->max_ports; i++) {
        if (s->ports[i] && s->ports[i]->name &&
            !strcmp(s->ports[i]->name, port->name)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "port %u has the name '%s' already", i, port->name);
            return false;
        }
    }
    return true;
}

static bool GS_FN port_realize(DeviceState *dev, GError **error)
{
    VirtioSerialPort *port = (VirtioSerialPort *)dev;
    VirtioSerial *s = (VirtioSerial *)dev->bus->parent;
    unsigned queue;

    port->serial = s;
    port->is_console = !strcmp(dev->klass->name, "virtconsole");
    if (!check_name(port, error) || !choose_number(port, error)) {
        return false;
    }
    queue = port->nr ? 2 * port->nr + 2 : 0;
    port->in = &s->virtio.queues[queue];
    port->out = &s->virtio.queues[queue + 1];
    port->host_open = port->is_console;
    port->frontend = (ChardevFrontend){ .can_receive = port_can_receive,
                                        .receive = port_receive,
                                        .event = port_event, .opaque = port };
    /* It may say at once that it is open. */
    if (port->chardev &&
        !chardev_attach(port->chardev, &port->frontend, error)) {
        return false;
    }
    port->out_bh = aio_bh_new(main_loop_context(), port_writable, port);
    s->ports[port->nr] = port;
    virtio_serial_send_control(s, port->nr, VIRTIO_CONSOLE_PORT_ADD, 1, NULL);
    return true;
}

static void GS_FN port_unrealize(DeviceState *dev)
{
    VirtioSerialPort *port = (VirtioSerialPort *)dev;

    if (port->sending) {
        /* The port goes, the device stays: the driver gets its buffer back. */
        give_back_sent(port);
        virtio_notify(&port->serial->virtio, port->out);
    }
    virtio_serial_port_reset(port);
    if (port->chardev) {
        chardev_detach_frontend(port->chardev, &port->frontend);
    }
    aio_bh_delete(port->out_bh);
    port->serial->ports[port->nr] = NULL;
    virtio_serial_send_control(port->serial, port->nr,
                               VIRTIO_CONSOLE_PORT_REMOVE, 1, NULL);
}

static void GS_FN put_sending(VMStateBuffer *b, const void *at,
                              const VMStateField *field)
{
    const VirtioSerialPort *port = at;

    vmstate_put_be(b, port->sending != NULL, 1);
    if (port->sending) {
        virtqueue_put_element(b, port->sending);
        vmstate_put_be(b, port->sent, 8);
    }
}

static bool GS_FN get_sending(VMStateBuffer *b, void *at,
                              const VMStateField *field, GError **error)
{
    VirtioSerialPort *port = at;

    if (vmstate_get_be(b, 1)) {
        port->loaded = virtqueue_get_element(&port->serial->virtio, b, error);
        port->sent = vmstate_get_be(b, 8);
        if (!port->loaded) {
            return false;
        }
        if (port->loaded->vq != port->out) {
            g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                        "port %u sends an element of queue %u", port->nr,
                        virtqueue_index(port->loaded->vq));
            return false;
        }
    }
    return true;
}

static bool GS_FN port_loaded(DeviceState *dev, GError **error)
{
    VirtioSerialPort *port = (VirtioSerialPort *)dev;

    if (!port->loaded) {
        return true;
    }
    port->sending = virtqueue_map_element(g_steal_pointer(&port->loaded),
                                          sizeof(*port->sending), error);
    return port->sending != NULL;
}

static bool GS_FN port_post_load(void *opaque, int version, GError **error)
{
    VirtioSerialPort *port = opaque;

    if (port->n_pending > sizeof(port->pending)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "port %u has %u bytes pending, at most %zu", port->nr,
                    port->n_pending, sizeof(port->pending));
        port->n_pending = 0;
        return false;
    }
    return true;
}

static const VMStateInfo sending_info = { .name = "element",
                                          .put = put_sending,
                                          .get = get_sending };

static const VMStateField port_fields[] = {
    { .name = "sending", .size = sizeof(VirtioSerialPort),
      .info = &sending_info },
    VMSTATE_BOOL(guest_open, VirtioSerialPort),
    VMSTATE_UINT32(n_pending, VirtioSerialPort),
    VMSTATE_UINT8_ARRAY(pending, VirtioSerialPort),
    VMSTATE_END
};

static const VMStateDescription port_vmstate = {
    .name = "virtio-serial-port",
    .version = 1,
    .fields = port_fields,
    .post_load = port_post_load,
};

static const DeviceProperty port_properties[] = {
    { .name = "chardev", .type = PROPERTY_CHARDEV,
      .offset = offsetof(VirtioSerialPort, chardev),
      .help = "where its bytes go" },
    { .name = "name", .type = PROPERTY_STRING,
      .offset = offsetof(VirtioSerialPort, name),
      .help = "by which the guest finds it" },
    { .name = "nr", .type = PROPERTY_UINT32,
      .offset = offsetof(VirtioSerialPort, nr),
      .value = VIRTIO_SERIAL_NO_PORT, .help = "port number; the first free" },
    { .name = NULL }
};

#define PORT_CLASS(class_name, text)                                         \
    { .name = (class_name), .bus = "virtio-serial-bus", .help = (text),      \
      .user_creatable = true, .instance_size = sizeof(VirtioSerialPort),     \
      .properties = port_properties, .realize = port_realize,                \
      .unrealize = port_unrealize, .loaded = port_loaded,                    \
      .vmstate = &port_vmstate }

const DeviceClass virtconsole_class = PORT_CLASS("virtconsole",
                                                 "console on virtio-serial");
const DeviceClass virtserialport_class = PORT_CLASS("virtserialport",
                                                    "named serial port");
