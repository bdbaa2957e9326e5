/* SPDX-License-Identifier: MIT */
/*
 * virtio_mmio.c - the memory-mapped transport (4.2), version 2: a slot of the
 * board, with a bus for one virtio device.
 *
 * Three registers of version 1 work besides: test programs written with
 * QEMU's libqos lay their queues out by page number whatever the version, and
 * no driver of version 2 touches them.
 *
 * Thread context: registers under the BQL; the interrupt line from any
 * thread that serves a queue; notifications by ioeventfd from any vCPU
 * without the BQL.
 */
#include "hw/virtio/virtio_mmio.h"

enum { /* 4.2.2 */
    MMIO_MAGIC_VALUE = 0x000,
    MMIO_VERSION = 0x004,
    MMIO_DEVICE_ID = 0x008,
    MMIO_VENDOR_ID = 0x00c,
    MMIO_DEVICE_FEATURES = 0x010,
    MMIO_DEVICE_FEATURES_SEL = 0x014,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SEL = 0x024,
    MMIO_GUEST_PAGE_SIZE = 0x028, /* version 1 */
    MMIO_QUEUE_SEL = 0x030,
    MMIO_QUEUE_NUM_MAX = 0x034,
    MMIO_QUEUE_NUM = 0x038,
    MMIO_QUEUE_ALIGN = 0x03c, /* version 1 */
    MMIO_QUEUE_PFN = 0x040,   /* version 1 */
    MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050,
    MMIO_INTERRUPT_STATUS = 0x060,
    MMIO_INTERRUPT_ACK = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESC_LOW = 0x080,
    MMIO_QUEUE_DESC_HIGH = 0x084,
    MMIO_QUEUE_DRIVER_LOW = 0x090,
    MMIO_QUEUE_DRIVER_HIGH = 0x094,
    MMIO_QUEUE_DEVICE_LOW = 0x0a0,
    MMIO_QUEUE_DEVICE_HIGH = 0x0a4,
    MMIO_SHM_LEN_LOW = 0x0b0,
    MMIO_SHM_LEN_HIGH = 0x0b4,
    MMIO_SHM_BASE_LOW = 0x0b8,
    MMIO_SHM_BASE_HIGH = 0x0bc,
    MMIO_CONFIG_GENERATION = 0x0fc,
    MMIO_CONFIG = 0x100,
};

#define MAGIC 0x74726976 /* "virt" */
#define VENDOR 0x554d4551 /* what drivers know: QEMU's */

static VirtioDevice *plugged(VirtioMmio *s)
{
    return s->bus->devices->len ? g_ptr_array_index(s->bus->devices, 0) : NULL;
}

/* The selected queue, or NULL: there is none of that number. */
static VirtQueue *selected(VirtioMmio *s, VirtioDevice *vdev)
{
    return s->queue_sel < vdev->n_queues ? &vdev->queues[s->queue_sel] : NULL;
}

/* ---- reading ------------------------------------------------------------ */

static uint32_t GS_FN read_features(VirtioMmio *s, VirtioDevice *vdev)
{
    return s->device_features_sel > 1 ?
               0 : virtio_features(vdev) >> (32 * s->device_features_sel);
}

static uint32_t GS_FN read_register(VirtioMmio *s, VirtioDevice *vdev,
                                    hwaddr offset)
{
    VirtQueue *vq = selected(s, vdev);

    switch (offset) {
    case MMIO_DEVICE_ID:
        return vdev->ops->device_id;
    case MMIO_DEVICE_FEATURES:
        return read_features(s, vdev);
    case MMIO_QUEUE_NUM_MAX:
        return vq ? vq->num_default : 0;
    case MMIO_QUEUE_READY:
        return vq ? vq->ready : 0;
    case MMIO_QUEUE_PFN:
        return vq && vq->ready && s->page_size ? vq->desc / s->page_size : 0;
    case MMIO_INTERRUPT_STATUS:
        return virtio_isr(vdev);
    case MMIO_STATUS:
        return virtio_status(vdev);
    case MMIO_CONFIG_GENERATION:
        return vdev->generation;
    case MMIO_SHM_LEN_LOW:
    case MMIO_SHM_LEN_HIGH:
    case MMIO_SHM_BASE_LOW:
    case MMIO_SHM_BASE_HIGH:
        return UINT32_MAX; /* no such region */
    default:
        return 0;
    }
}

static MemTxResult mmio_read(void *opaque, hwaddr offset, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs)
{
    VirtioMmio *s = opaque;
    VirtioDevice *vdev;

    GLOBAL_STATE_CODE();
    vdev = plugged(s);
    *ret_value = 0;
    if (virtio_in_dma()) {
        return MEMTX_ERROR;
    }
    if (offset >= MMIO_CONFIG) {
        if (vdev) {
            *ret_value = virtio_config_read(vdev, offset - MMIO_CONFIG, size);
        }
        return MEMTX_OK;
    }
    if (size != 4 || offset % 4) {
        return MEMTX_OK; /* 4.2.2.2: the driver must not */
    }
    switch (offset) {
    case MMIO_MAGIC_VALUE:
        *ret_value = MAGIC;
        break;
    case MMIO_VERSION:
        *ret_value = 2;
        break;
    case MMIO_VENDOR_ID:
        *ret_value = VENDOR;
        break;
    default:
        *ret_value = vdev ? read_register(s, vdev, offset) : 0;
        break;
    }
    return MEMTX_OK;
}

/* ---- writing ------------------------------------------------------------ */

static void set_half(uint64_t *address, bool high, uint32_t value)
{
    unsigned shift = high ? 32 : 0;

    *address &= ~((uint64_t)UINT32_MAX << shift);
    *address |= (uint64_t)value << shift;
}

static bool is_power_of_two(uint32_t n)
{
    return n && !(n & (n - 1));
}

/* The layout of the legacy interface (2.7.2): one part after the other, the
 * used ring at the next multiple of the alignment. */
static void GS_FN write_pfn(VirtioMmio *s, VirtQueue *vq, uint32_t pfn)
{
    uint64_t end;

    if (!pfn) {
        virtio_queue_set_ready(vq, false);
        return;
    }
    if (vq->ready || !is_power_of_two(s->page_size) ||
        !is_power_of_two(s->queue_align)) {
        return;
    }
    vq->desc = (uint64_t)pfn * s->page_size;
    vq->avail = vq->desc + 16 * (uint64_t)vq->num;
    end = vq->avail + 6 + 2 * (uint64_t)vq->num;
    vq->used = (end + s->queue_align - 1) & ~(uint64_t)(s->queue_align - 1);
    virtio_queue_set_ready(vq, true);
}

/* Addresses of a queue are fixed while it is ready. */
static void GS_FN write_queue(VirtQueue *vq, hwaddr offset, uint32_t value)
{
    if (offset == MMIO_QUEUE_READY) {
        virtio_queue_set_ready(vq, value & 1);
        return;
    }
    if (vq->ready) {
        return;
    }
    switch (offset) {
    case MMIO_QUEUE_NUM:
        virtio_queue_set_num(vq, value);
        break;
    case MMIO_QUEUE_DESC_LOW:
    case MMIO_QUEUE_DESC_HIGH:
        set_half(&vq->desc, offset == MMIO_QUEUE_DESC_HIGH, value);
        break;
    case MMIO_QUEUE_DRIVER_LOW:
    case MMIO_QUEUE_DRIVER_HIGH:
        set_half(&vq->avail, offset == MMIO_QUEUE_DRIVER_HIGH, value);
        break;
    case MMIO_QUEUE_DEVICE_LOW:
    case MMIO_QUEUE_DEVICE_HIGH:
        set_half(&vq->used, offset == MMIO_QUEUE_DEVICE_HIGH, value);
        break;
    default:
        break;
    }
}

static void GS_FN write_driver_features(VirtioMmio *s, VirtioDevice *vdev,
                                        uint32_t value)
{
    uint64_t features = vdev->guest_features;

    if (s->driver_features_sel <= 1) {
        set_half(&features, s->driver_features_sel, value);
        virtio_set_guest_features(vdev, features);
    } else if (value) {
        /* Bits beyond 63 are not on offer. */
        virtio_set_guest_features(vdev, UINT64_MAX);
    }
}

static void GS_FN write_register(VirtioMmio *s, VirtioDevice *vdev,
                                 hwaddr offset, uint32_t value)
{
    VirtQueue *vq = selected(s, vdev);

    switch (offset) {
    case MMIO_DEVICE_FEATURES_SEL:
        s->device_features_sel = value;
        break;
    case MMIO_DRIVER_FEATURES:
        write_driver_features(s, vdev, value);
        break;
    case MMIO_DRIVER_FEATURES_SEL:
        s->driver_features_sel = value;
        break;
    case MMIO_GUEST_PAGE_SIZE:
        s->page_size = value;
        break;
    case MMIO_QUEUE_ALIGN:
        s->queue_align = value;
        break;
    case MMIO_QUEUE_PFN:
        if (vq) {
            write_pfn(s, vq, value);
        }
        break;
    case MMIO_QUEUE_SEL:
        s->queue_sel = value;
        break;
    case MMIO_QUEUE_NOTIFY:
        if (value < vdev->n_queues) {
            virtio_queue_notify(&vdev->queues[value]);
        }
        break;
    case MMIO_INTERRUPT_ACK:
        virtio_isr_ack(vdev, value);
        break;
    case MMIO_STATUS:
        virtio_set_status(vdev, value);
        if (!value) {
            s->device_features_sel = s->driver_features_sel = 0;
            s->queue_sel = 0;
        }
        break;
    default:
        if (vq) {
            write_queue(vq, offset, value);
        }
        break;
    }
}

static MemTxResult mmio_write(void *opaque, hwaddr offset, unsigned size,
                              uint64_t value, MemTxAttrs attrs)
{
    VirtioMmio *s = opaque;
    VirtioDevice *vdev;

    GLOBAL_STATE_CODE();
    vdev = plugged(s);
    if (virtio_in_dma()) {
        return MEMTX_ERROR;
    }
    /* 4.2.2.2: the driver waits for a reset to end before it goes on. */
    if (!vdev || (vdev->changing && offset != MMIO_INTERRUPT_ACK)) {
        return MEMTX_OK;
    }
    if (offset >= MMIO_CONFIG) {
        virtio_config_write(vdev, offset - MMIO_CONFIG, size, value);
    } else if (size == 4 && offset % 4 == 0) {
        write_register(s, vdev, offset, value);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .min_access_size = 1,
    .max_access_size = 8,
};

/* ---- transport ---------------------------------------------------------- */

static void IO_FN mmio_set_irq(DeviceState *proxy, bool level)
{
    vm_irq_set(&((VirtioMmio *)proxy)->irq, level);
}

static void mmio_set_ioeventfd(DeviceState *proxy, VirtQueue *vq, bool on)
{
    VirtioMmio *s = (VirtioMmio *)proxy;
    MemoryRegionIoeventfd e = { .offset = MMIO_QUEUE_NOTIFY, .size = 4,
                                .match_data = true,
                                .data = virtqueue_index(vq),
                                .notifier = &vq->host_notifier };

    GLOBAL_STATE_CODE();
    if (on) {
        memory_region_add_eventfd(&s->mmio, &e);
    } else {
        memory_region_del_eventfd(&s->mmio, &e);
    }
}

static const VirtioTransportOps virtio_mmio_transport = {
    .set_irq = mmio_set_irq,
    .set_ioeventfd = mmio_set_ioeventfd,
};

/* ---- device ------------------------------------------------------------- */

static bool virtio_mmio_realize(DeviceState *dev, GError **error)
{
    VirtioMmio *s = (VirtioMmio *)dev;

    GLOBAL_STATE_CODE();
    if (s->force_legacy) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'force-legacy': only 'off' is "
                    "possible; devices are modern ones");
        return false;
    }
    memory_region_init_io(&s->mmio, &mmio_ops, s, "virtio-mmio",
                          VIRTIO_MMIO_SIZE);
    device_add_mmio(dev, &s->mmio);
    device_add_irq(dev, &s->irq);
    s->bus = device_bus_new(dev, "virtio-bus", NULL, 1);
    s->bus->ops = &virtio_mmio_transport;
    return true;
}

static void virtio_mmio_reset(DeviceState *dev)
{
    VirtioMmio *s = (VirtioMmio *)dev;

    s->device_features_sel = s->driver_features_sel = s->queue_sel = 0;
    s->page_size = s->queue_align = 0;
}

static const VMStateField virtio_mmio_fields[] = {
    VMSTATE_UINT32(device_features_sel, VirtioMmio),
    VMSTATE_UINT32(driver_features_sel, VirtioMmio),
    VMSTATE_UINT32(queue_sel, VirtioMmio),
    VMSTATE_UINT32(page_size, VirtioMmio),
    VMSTATE_UINT32(queue_align, VirtioMmio),
    VMSTATE_END
};

static const VMStateDescription virtio_mmio_vmstate = {
    .name = "virtio-mmio",
    .version = 1,
    .fields = virtio_mmio_fields,
};

/* QEMU's, whose machines are legacy ones unless told otherwise: a command
 * line that says force-legacy=off does for both. */
static const DeviceProperty virtio_mmio_properties[] = {
    { .name = "force-legacy", .type = PROPERTY_BOOL,
      .offset = offsetof(VirtioMmio, force_legacy),
      .help = "the interface before virtio 1.0; only off is possible" },
    { .name = NULL }
};

const DeviceClass virtio_mmio_class = {
    .name = "virtio-mmio",
    .help = "virtio transport in memory",
    .provides_bus = "virtio-bus",
    .instance_size = sizeof(VirtioMmio),
    .properties = virtio_mmio_properties,
    .realize = virtio_mmio_realize,
    .reset = virtio_mmio_reset,
    .vmstate = &virtio_mmio_vmstate,
};
