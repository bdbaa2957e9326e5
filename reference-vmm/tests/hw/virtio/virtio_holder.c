/* SPDX-License-Identifier: MIT */
/*
 * virtio_holder.c - see virtio_holder.h.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "virtio/virtio_holder.h"

/* ---- the device --------------------------------------------------------- */

Machine *m;
Holder *holder;
VtDevice v;
VtQueue q;
hwaddr buffer;

void take_all(VirtioDevice *vdev, VirtQueue *vq)
{
    Holder *h = (Holder *)vdev;
    VirtQueueElement *e;

    while ((e = virtqueue_pop(vq, sizeof(*e)))) {
        g_ptr_array_add(h->held, e);
    }
}

VirtQueueElement *first(void)
{
    assert_true(holder->held->len > 0);
    return g_ptr_array_index(holder->held, 0);
}

void give_back(unsigned i, size_t len)
{
    VirtQueueElement *e = g_ptr_array_steal_index(holder->held, i);

    virtqueue_push(holder->vq, e, len);
    virtqueue_element_free(e);
    virtio_notify(&holder->virtio, holder->vq);
}

static void holder_get_config(VirtioDevice *vdev, uint8_t *config)
{
}

static void holder_reset(VirtioDevice *vdev)
{
    Holder *h = (Holder *)vdev;

    while (h->held->len) {
        VirtQueueElement *e = g_ptr_array_steal_index(h->held, 0);

        virtqueue_detach(h->vq, e);
        virtqueue_element_free(e);
    }
}

static unsigned holder_outstanding(VirtioDevice *vdev, unsigned index)
{
    return ((Holder *)vdev)->declared;
}

static bool holder_realize(DeviceState *dev, GError **error)
{
    Holder *h = (Holder *)dev;

    GLOBAL_STATE_CODE();
    h->held = g_ptr_array_new();
    if (!virtio_init(&h->virtio, error)) {
        return false;
    }
    h->vq = virtio_add_queue(&h->virtio, 256, take_all);
    return true;
}

static void holder_unrealize(DeviceState *dev) DROPS(bql) NO_TSA;
static void holder_unrealize(DeviceState *dev)
{
    virtio_cleanup(&((Holder *)dev)->virtio);
    g_ptr_array_unref(((Holder *)dev)->held);
}

static const VirtioDeviceOps holder_ops = {
    .device_id = 42,
    .get_config = holder_get_config,
    .reset = holder_reset,
    .outstanding = holder_outstanding,
};

static const VMStateField holder_fields[] = { VMSTATE_VIRTIO, VMSTATE_END };

static const VMStateDescription holder_vmstate = {
    .name = "holder",
    .version = 1,
    .fields = holder_fields,
    .pre_save = virtio_pre_save,
};

static const DeviceProperty holder_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    { .name = NULL }
};

const DeviceClass holder_class = {
    .name = "test-holder",
    .bus = "virtio-bus",
    .instance_size = sizeof(Holder),
    .properties = holder_properties,
    .realize = holder_realize,
    .unrealize = holder_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_loaded,
    .vmstate = &holder_vmstate,
    .ops = &holder_ops,
};

/* ---- around each test --------------------------------------------------- */

int holder_setup(void **state)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    m = vt_machine();
    holder = (Holder *)device_new(m, &holder_class, NULL);
    device_realize(&holder->virtio.parent, NULL, &error);
    assert_no_error(error);
    return 0;
}

int holder_teardown(void **state) DROPS(bql) NO_TSA;
int holder_teardown(void **state)
{
    vt_machine_end(m);
    return 0;
}

void start(unsigned num, uint64_t features)
{
    vt_init(&v, m, 0, features);
    vt_queue(&v, &q, 0, num);
    buffer = vt_alloc(&v, 65536);
    vt_driver_ok(&v);
    GLOBAL_STATE_CODE();
    vt_turns(3);
    vt_take_isr(&v);
}

void make_available(uint16_t head)
{
    vt_avail(&q, head);
    vt_kick(&q);
}

void wait_held(unsigned n)
{
    GLOBAL_STATE_CODE();
    hw_poll_until(holder->held->len == n || vt_broken(&v));
    assert_int_equal(holder->held->len, n);
}
