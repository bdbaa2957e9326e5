/* SPDX-License-Identifier: MIT */
/*
 * virtio_rng.c - the entropy device (5.4): one queue of buffers to fill with
 * random bytes, at most so many in a period.
 *
 * Thread context: under the BQL; the queue is served in the main loop.
 */
#include "base/clock.h"
#include "hw/virtio/rng_backend.h"
#include "hw/virtio/virtio.h"
#include <errno.h>
#include <sys/random.h>

typedef struct VirtioRng {
    VirtioDevice virtio;
    uint64_t max_bytes; /* in a period; properties */
    uint32_t period_ms;
    char *rng; /* id of a backend; NULL: none was named, the same bytes */
    VirtQueue *vq;
    AioTimer *timer; /* ends the period, from its first byte on */
    uint64_t quota;
    bool period_open;
} VirtioRng;

/* Of one buffer; a bigger one comes back with that many bytes (5.4.6.1), so
 * that a guest cannot keep us busy for hours with one. */
#define RNG_BURST 65536

/* The kernel's generator does not block once it is seeded, and gives at most
 * 256 bytes for certain at a time. */
static size_t fill_random(const struct iovec *sg, unsigned n, size_t limit)
{
    size_t done = 0;

    for (unsigned i = 0; i < n && done < limit; i++) {
        size_t bytes = MIN(sg[i].iov_len, limit - done), at = 0;

        while (at < bytes) {
            ssize_t got = getrandom((uint8_t *)sg[i].iov_base + at,
                                    MIN(bytes - at, 256), 0);

            if (got < 0 && errno != EINTR) {
                return done + at;
            }
            at += got > 0 ? got : 0;
        }
        done += bytes;
    }
    return done;
}

static void GS_FN rng_serve(VirtioRng *s)
{
    VirtQueueElement *e;
    bool any = false;

    while (s->quota && (e = virtqueue_pop(s->vq, sizeof(*e)))) {
        size_t n = fill_random(e->in_sg, e->in_num,
                               MIN(s->quota, RNG_BURST));

        s->quota -= n;
        virtqueue_push(s->vq, e, n);
        virtqueue_element_free(e);
        any = true;
    }
    if (!any) {
        return;
    }
    virtio_notify(&s->virtio, s->vq);
    if (!s->period_open) {
        s->period_open = true;
        aio_timer_mod(s->timer, vm_clock_get_ns(VM_CLOCK_VIRTUAL) +
                                    (int64_t)s->period_ms * 1000000);
    }
}

static void GS_FN rng_handle_queue(VirtioDevice *vdev, VirtQueue *vq)
{
    rng_serve((VirtioRng *)vdev);
}

static void GS_FN rng_period_over(void *opaque)
{
    VirtioRng *s = opaque;

    s->quota = s->max_bytes;
    s->period_open = false;
    if (s->virtio.queues_started && !virtqueue_is_empty(s->vq)) {
        rng_serve(s);
    }
}

static void GS_FN rng_get_config(VirtioDevice *vdev, uint8_t *config)
{
}

static void GS_FN rng_reset(VirtioDevice *vdev)
{
    VirtioRng *s = (VirtioRng *)vdev;

    aio_timer_cancel(s->timer);
    s->quota = s->max_bytes;
    s->period_open = false;
}

static void GS_FN rng_release_backend(VirtioRng *s)
{
    if (s->rng) {
        rng_backend_unuse(s->rng);
    }
}

static bool GS_FN virtio_rng_realize(DeviceState *dev, GError **error)
{
    VirtioRng *s = (VirtioRng *)dev;

    if (!s->max_bytes || !s->period_ms) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'max-bytes' and 'period' must not be 0");
        return false;
    }
    if (s->rng && !rng_backend_use(s->rng, error)) {
        return false;
    }
    s->timer = aio_timer_new(main_loop_context(), VM_CLOCK_VIRTUAL,
                             rng_period_over, s);
    s->quota = s->max_bytes;
    if (!virtio_init(&s->virtio, error)) {
        aio_timer_delete(s->timer);
        rng_release_backend(s);
        return false;
    }
    s->vq = virtio_add_main_queue(&s->virtio, 8, rng_handle_queue);
    return true;
}

static void GS_FN virtio_rng_unrealize(DeviceState *dev)
{
    VirtioRng *s = (VirtioRng *)dev;

    virtio_cleanup(&s->virtio);
    aio_timer_delete(s->timer);
    rng_release_backend(s);
}

/* A loaded device starts a period of its own. */
static bool GS_FN rng_post_load(void *opaque, int version, GError **error)
{
    VirtioRng *s = opaque;

    s->quota = s->max_bytes;
    s->period_open = false;
    return true;
}

static const DeviceProperty virtio_rng_properties[] = {
    VIRTIO_DEVICE_PROPERTIES,
    { .name = "max-bytes", .type = PROPERTY_UINT64,
      .offset = offsetof(VirtioRng, max_bytes), .value = INT64_MAX,
      .help = "bytes that the guest gets in a period" },
    { .name = "period", .type = PROPERTY_UINT32,
      .offset = offsetof(VirtioRng, period_ms), .value = 65536,
      .help = "milliseconds of a period" },
    { .name = "rng", .type = PROPERTY_STRING,
      .offset = offsetof(VirtioRng, rng),
      .help = "id of an object rng-random or rng-builtin" },
    { .name = NULL }
};

static const VMStateField virtio_rng_fields[] = { VMSTATE_VIRTIO,
                                                  VMSTATE_END };

static const VMStateDescription virtio_rng_vmstate = {
    .name = "virtio-rng",
    .version = 1,
    .fields = virtio_rng_fields,
    .pre_save = virtio_pre_save,
    .post_load = rng_post_load,
};

static const VirtioDeviceOps virtio_rng_ops = {
    .device_id = 4,
    .get_config = rng_get_config,
    .reset = rng_reset,
};

const DeviceClass virtio_rng_class = {
    .name = "virtio-rng-device",
    .bus = "virtio-bus",
    .help = "source of random bytes",
    .user_creatable = true,
    .instance_size = sizeof(VirtioRng),
    .properties = virtio_rng_properties,
    .realize = virtio_rng_realize,
    .unrealize = virtio_rng_unrealize,
    .reset = virtio_reset,
    .loaded = virtio_loaded,
    .vmstate = &virtio_rng_vmstate,
    .ops = &virtio_rng_ops,
};
