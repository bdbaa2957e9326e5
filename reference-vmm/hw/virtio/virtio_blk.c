/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk.c - the block device (5.2).
 *
 *     -device virtio-blk-device,drive=NODE,iothread=IO,num-queues=4
 *
 * Configuration space, little endian (5.2.4):
 *
 *      0 capacity le64, in sectors       32 writeback u8
 *      8 size_max le32                   34 num_queues le16
 *     12 seg_max le32                    36 max_discard_sectors le32
 *     16 geometry                        40 max_discard_seg le32
 *     20 blk_size le32                   44 discard_sector_alignment le32
 *     24 physical_block_exp u8           48 max_write_zeroes_sectors le32
 *     25 alignment_offset u8             52 max_write_zeroes_seg le32
 *     26 min_io_size le16                56 write_zeroes_may_unmap u8
 *     28 opt_io_size le32
 *
 * Thread context: under the BQL; requests are in virtio_blk_req.c.
 */
#include "hw/virtio/virtio_blk.h"

#define CONFIG_SIZE 60
#define CONFIG_WRITEBACK 32

/* ---- configuration ------------------------------------------------------ */

static uint64_t GS_FN blk_features(VirtioDevice *vdev)
{
    VirtioBlk *s = (VirtioBlk *)vdev;
    uint64_t f = VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX) |
                 VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
                 VIRTIO_FEATURE(VIRTIO_BLK_F_TOPOLOGY) |
                 VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH);

    if (!blk_is_writable(s->blk)) {
        f |= VIRTIO_FEATURE(VIRTIO_BLK_F_RO);
    } else {
        f |= s->discard ? VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD) : 0;
        f |= s->write_zeroes ? VIRTIO_FEATURE(VIRTIO_BLK_F_WRITE_ZEROES) : 0;
    }
    f |= s->config_wce ? VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) : 0;
    f |= s->num_queues > 1 ? VIRTIO_FEATURE(VIRTIO_BLK_F_MQ) : 0;
    return f;
}

static void put_le(uint8_t *config, unsigned offset, unsigned bytes,
                   uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(config + offset, &value, bytes);
}

static void GS_FN blk_get_config(VirtioDevice *vdev, uint8_t *config)
{
    VirtioBlk *s = (VirtioBlk *)vdev;
    uint64_t sectors = __atomic_load_n(&s->sectors, __ATOMIC_RELAXED);
    unsigned exponent = 0;

    while (s->logical_block_size << exponent < s->physical_block_size) {
        exponent++;
    }
    memset(config, 0, CONFIG_SIZE);
    put_le(config, 0, 8, sectors);
    /* Of a chain: all descriptors but header and status. */
    put_le(config, 12, 4, s->queue_size - 2);
    put_le(config, 20, 4, s->logical_block_size);
    put_le(config, 24, 1, exponent);
    put_le(config, CONFIG_WRITEBACK, 1, blk_enable_write_cache(s->blk));
    put_le(config, 34, 2, s->num_queues);
    put_le(config, 36, 4, VIRTIO_BLK_MAX_ZONE_SECTORS);
    put_le(config, 40, 4, 1);
    put_le(config, 44, 4, s->logical_block_size >> VIRTIO_BLK_SECTOR_BITS);
    put_le(config, 48, 4, VIRTIO_BLK_MAX_ZONE_SECTORS);
    put_le(config, 52, 4, 1);
    put_le(config, 56, 1, 1);
}

static void GS_FN blk_set_config(VirtioDevice *vdev, const uint8_t *config)
{
    VirtioBlk *s = (VirtioBlk *)vdev;

    if (virtio_has_feature(vdev, VIRTIO_BLK_F_CONFIG_WCE)) {
        blk_set_enable_write_cache(s->blk, config[CONFIG_WRITEBACK] != 0);
    }
}

/* A driver that does not know how to flush gets every write flushed
 * (5.2.5.2). */
static bool GS_FN blk_set_features(VirtioDevice *vdev, uint64_t features)
{
    VirtioBlk *s = (VirtioBlk *)vdev;

    if (!(features & (VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH) |
                      VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE)))) {
        blk_set_enable_write_cache(s->blk, false);
    }
    return true;
}

static void GS_FN take_length(VirtioBlk *s)
{
    int64_t length = blk_getlength(s->blk);

    __atomic_store_n(&s->sectors,
                     length > 0 ? length >> VIRTIO_BLK_SECTOR_BITS : 0,
                     __ATOMIC_RELAXED);
}

static void GS_FN blk_resized(void *opaque)
{
    take_length(opaque);
    virtio_notify_config(opaque);
}

static const BlockDevOps blk_dev_ops = { .resize = blk_resized };

/* ---- running ------------------------------------------------------------ */

static AioContext *GS_FN blk_queue_context(VirtioDevice *vdev, unsigned index)
{
    return ((VirtioBlk *)vdev)->context;
}

static unsigned GS_FN blk_outstanding(VirtioDevice *vdev, unsigned index)
{
    return virtio_blk_retry_count((VirtioBlk *)vdev, index);
}

/* Not in a drained section, so that what it submits is under way when it has
 * run. */
static void GS_FN wait_retry(VirtioBlk *s)
{
    AIO_WAIT_WHILE(NULL, __atomic_load_n(&s->retry_pending, __ATOMIC_ACQUIRE));
}

static void GS_FN blk_reset(VirtioDevice *vdev)
{
    VirtioBlk *s = (VirtioBlk *)vdev;

    /* The queues are not served any more; what is under way comes to its end
     * here, in this thread. */
    wait_retry(s);
    blk_drain(s->blk);
    virtio_blk_drop_retry(s);
    blk_set_enable_write_cache(s->blk, s->cache_at_reset);
}

/* After a stop for an error the user has mended it: try again, in the thread
 * of the queues.  Before the next stop that has happened: requests that began
 * then would write to the memory of a guest that stands still. */
static void GS_FN blk_run_state_changed(void *opaque, bool running,
                                        RunState state)
{
    VirtioBlk *s = opaque;

    if (!running) {
        wait_retry(s);
    } else if (s->retry && s->virtio.queues_started &&
               !__atomic_exchange_n(&s->retry_pending, 1, __ATOMIC_RELAXED)) {
        aio_bh_schedule_oneshot(s->context, virtio_blk_retry, s);
    }
}

/* ---- device ------------------------------------------------------------- */

static bool size_valid(uint32_t size)
{
    return size >= 512 && size <= 65536 && !(size & (size - 1));
}

static bool check_properties(VirtioBlk *s, GError **error)
{
    if (!s->blk) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "virtio-blk-device needs a 'drive'");
    } else if (s->num_queues < 1 || s->num_queues > VIRTIO_QUEUE_MAX) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'num-queues' is %u; it must be 1 to %u", s->num_queues,
                    VIRTIO_QUEUE_MAX);
    } else if (s->queue_size < 4 || s->queue_size > VIRTQUEUE_MAX_SIZE ||
               (s->queue_size & (s->queue_size - 1))) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'queue-size' is %u; it must be a power of two, 4 to %u",
                    s->queue_size, VIRTQUEUE_MAX_SIZE);
    } else if (!size_valid(s->logical_block_size) ||
               !size_valid(s->physical_block_size) ||
               s->physical_block_size < s->logical_block_size) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "block sizes %u and %u: they must be powers of two, 512 "
                    "to 65536, the physical one not smaller",
                    s->logical_block_size, s->physical_block_size);
    } else if (s->iothread && !s->virtio.use_ioeventfd) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'iothread' needs 'ioeventfd=on'");
    } else {
        return true;
    }
    return false;
}

/* The disk is ours to write, unless its node cannot be written to. */
static bool GS_FN take_disk(VirtioBlk *s, GError **error)
{
    uint64_t perm = BLK_PERM_CONSISTENT_READ;
    uint64_t shared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED |
                      BLK_PERM_RESIZE;
    const char *id = s->virtio.parent.id;

    if (blk_supports_write_perm(s->blk)) {
        perm |= BLK_PERM_WRITE;
    }
    if (s->share_rw) {
        shared |= BLK_PERM_WRITE;
    }
    if (!blk_attach_dev(s->blk, id ? id : "", error)) {
        return false;
    }
    if (!blk_set_perm(s->blk, perm, shared, error) ||
        (s->iothread &&
         !blk_set_aio_context(s->blk, s->context, error))) {
        blk_detach_dev(s->blk);
        return false;
    }
    blk_set_dev_ops(s->blk, &blk_dev_ops, s);
    /* "auto" is what -drive said. */
    blk_set_on_error(s->blk,
                     s->rerror == BLOCKDEV_ON_ERROR_AUTO
                         ? blk_get_on_error(s->blk, true)
                         : (BlockdevOnError)s->rerror,
                     s->werror == BLOCKDEV_ON_ERROR_AUTO
                         ? blk_get_on_error(s->blk, false)
                         : (BlockdevOnError)s->werror);
    blk_iostatus_enable(s->blk);
    take_length(s);
    if (s->write_cache) {
        blk_set_enable_write_cache(s->blk, s->write_cache == 1);
    }
    s->cache_at_reset = blk_enable_write_cache(s->blk);
    return true;
}

static bool GS_FN virtio_blk_realize(DeviceState *dev, GError **error)
{
    VirtioBlk *s = (VirtioBlk *)dev;

    if (!check_properties(s, error)) {
        return false;
    }
    s->context = s->iothread ? iothread_context(s->iothread)
                             : main_loop_context();
    if (!take_disk(s, error)) {
        return false;
    }
    if (!virtio_init(&s->virtio, error)) {
        blk_detach_dev(s->blk);
        return false;
    }
    for (unsigned i = 0; i < s->num_queues; i++) {
        virtio_add_queue(&s->virtio, s->queue_size, virtio_blk_handle_queue);
    }
    if (s->iothread) {
        iothread_ref(s->iothread);
    }
    s->retry_last = &s->retry;
    s->loaded = g_ptr_array_new();
    s->state_change = vm_state_change_add(blk_run_state_changed, s);
    return true;
}

static void GS_FN virtio_blk_unrealize(DeviceState *dev)
{
    VirtioBlk *s = (VirtioBlk *)dev;

    vm_state_change_del(s->state_change);
    virtio_cleanup(&s->virtio);
    g_ptr_array_unref(s->loaded);
    if (s->iothread) {
        blk_set_aio_context(s->blk, main_loop_context(), NULL);
        iothread_unref(s->iothread);
    }
    blk_set_dev_ops(s->blk, NULL, NULL);
    blk_detach_dev(s->blk);
}

static const char *const on_error_choices[] = { "report", "ignore", "enospc",
                                                "stop", "auto", NULL };

static const char *const write_cache_choices[] = { "auto", "on", "off", NULL };

#define PROP(property, kind, field, initial, text)                           \
    { .name = (property), .type = (kind),                                    \
      .offset = offsetof(VirtioBlk, field), .value = (initial),              \
      .help = (text) }

static const DeviceProperty virtio_blk_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    PROP("drive", PROPERTY_DRIVE, blk, 0, "node or drive that it shows"),
    PROP("iothread", PROPERTY_IOTHREAD, iothread, 0,
         "iothread that serves its queues"),
    PROP("serial", PROPERTY_STRING, serial, 0, "serial number, 20 characters"),
    PROP("num-queues", PROPERTY_UINT16, num_queues, 1, "request queues"),
    PROP("queue-size", PROPERTY_UINT16, queue_size, 256,
         "descriptors of a queue"),
    PROP("logical_block_size", PROPERTY_UINT32, logical_block_size, 512,
         "smallest unit of a request, in bytes"),
    PROP("physical_block_size", PROPERTY_UINT32, physical_block_size, 512,
         "best unit of a write, in bytes"),
    PROP("config-wce", PROPERTY_BOOL, config_wce, true,
         "let the driver switch the write cache"),
    PROP("share-rw", PROPERTY_BOOL, share_rw, false,
         "others may write to the disk as well"),
    { .name = "write-cache", .type = PROPERTY_ENUM,
      .offset = offsetof(VirtioBlk, write_cache),
      .choices = write_cache_choices,
      .help = "whether writes may stay in a cache; auto: as the drive says" },
    PROP("discard", PROPERTY_BOOL, discard, true, "offer discard"),
    PROP("write-zeroes", PROPERTY_BOOL, write_zeroes, true,
         "offer write zeroes"),
    { .name = "werror", .type = PROPERTY_ENUM,
      .offset = offsetof(VirtioBlk, werror),
      .value = BLOCKDEV_ON_ERROR_AUTO, .choices = on_error_choices,
      .help = "what a failed write leads to" },
    { .name = "rerror", .type = PROPERTY_ENUM,
      .offset = offsetof(VirtioBlk, rerror),
      .value = BLOCKDEV_ON_ERROR_AUTO, .choices = on_error_choices,
      .help = "what a failed read leads to" },
    { .name = NULL }
};

static bool GS_FN blk_pre_save(void *opaque, GError **error)
{
    VirtioBlk *s = opaque;

    s->cache_loaded = blk_enable_write_cache(s->blk);
    return virtio_pre_save(opaque, error);
}

static bool GS_FN blk_post_load(void *opaque, int version, GError **error)
{
    VirtioBlk *s = opaque;

    blk_set_enable_write_cache(s->blk, s->cache_loaded);
    return true;
}

static const VMStateField virtio_blk_fields[] = {
    VMSTATE_VIRTIO,
    VMSTATE_BOOL(cache_loaded, VirtioBlk),
    { .name = "requests", .size = sizeof(VirtioBlk),
      .info = &vmstate_info_virtio_blk_retry },
    VMSTATE_END
};

static const VMStateDescription virtio_blk_vmstate = {
    .name = "virtio-blk",
    .version = 1,
    .fields = virtio_blk_fields,
    .pre_save = blk_pre_save,
    .post_load = blk_post_load,
};

static const VirtioDeviceOps virtio_blk_ops = {
    .device_id = 2,
    .config_size = CONFIG_SIZE,
    .get_features = blk_features,
    .set_features = blk_set_features,
    .get_config = blk_get_config,
    .set_config = blk_set_config,
    .reset = blk_reset,
    .queue_context = blk_queue_context,
    .outstanding = blk_outstanding,
};

const DeviceClass virtio_blk_class = {
    .name = "virtio-blk-device",
    .bus = "virtio-bus",
    .help = "disk",
    .user_creatable = true,
    .instance_size = sizeof(VirtioBlk),
    .properties = virtio_blk_properties,
    .realize = virtio_blk_realize,
    .unrealize = virtio_blk_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_blk_loaded,
    .vmstate = &virtio_blk_vmstate,
    .ops = &virtio_blk_ops,
};
