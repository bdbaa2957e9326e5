/* SPDX-License-Identifier: MIT */
/*
 * virtio.h - what every virtio device and transport shares (Virtual I/O
 * Device specification 1.2, chapters 2 and 3; split rings, modern only).
 *
 *     VirtQueueElement *e;
 *     while ((e = virtqueue_pop(vq, sizeof(*e)))) {
 *         size_t n = copy_to_guest(e->in_sg, e->in_num, ...);
 *         virtqueue_push(vq, e, n);
 *         virtqueue_element_free(e);
 *     }
 *     virtio_notify(vdev, vq);
 *
 * Nothing that the guest writes is believed: an index, address or length that
 * makes no sense marks the device broken (virtio_error()), which the driver
 * sees as DEVICE_NEEDS_RESET; no queue of it is served until it is reset.
 *
 * Every element popped is counted (VirtQueue.inuse) until it is pushed,
 * detached or given back.  A device that keeps elements across a save
 * declares how many (VirtioDeviceOps.outstanding): saving fails when the
 * counts differ, because a request would be lost.
 *
 * Thread context: a device is configured under the BQL.  Its queues are
 * served by the thread of their AioContext (an iothread, or the main loop)
 * from virtio_start_queues() to virtio_stop_queues(), and under the BQL
 * otherwise; "in the queue's thread" below means that.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTIO_H
#define REFVMM_HW_VIRTIO_VIRTIO_H

#include "base/aio.h"
#include "base/error.h"
#include "base/main_loop.h"
#include "base/rcu.h"
#include "hw/device.h"
#include "hw/machine.h"
#include "memory/memory.h"
#include <inttypes.h>
#include <sys/uio.h>

#define VIRTQUEUE_MAX_SIZE 1024 /* descriptors of a queue, and of a chain */
#define VIRTIO_QUEUE_MAX 64
#define VIRTIO_CONFIG_MAX 256

/* Device status field, 2.1 */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* Reserved feature bits, chapter 6 */
enum {
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
};
#define VIRTIO_FEATURE(bit) ((uint64_t)1 << (bit))

/* Interrupt status */
enum {
    VIRTIO_ISR_QUEUE = 1,
    VIRTIO_ISR_CONFIG = 2,
};

typedef struct VirtioDevice VirtioDevice;
typedef struct VirtQueue VirtQueue;
typedef struct VRingCaches VRingCaches;
/* In the queue's context, the main loop's or an iothread's. */
typedef void VirtQueueHandler(VirtioDevice *vdev, VirtQueue *vq);

/* A chain of descriptors, mapped.  Devices put it first in their own request
 * and pass the size of that to virtqueue_pop(). */
typedef struct VirtQueueElement {
    VirtQueue *vq;
    uint16_t index; /* of the head descriptor */
    uint32_t epoch; /* of the queue, when it was popped */
    unsigned out_num, in_num;
    struct iovec *out_sg, *in_sg; /* device reads; device writes */
    hwaddr *out_addr, *in_addr;   /* the guest's addresses of these */
} VirtQueueElement;

/* What a device type does; DeviceClass.ops. */
typedef struct VirtioDeviceOps {
    uint32_t device_id;
    uint32_t config_size;
    /* Features on offer besides those of the ring; under the BQL. */
    uint64_t (*get_features)(VirtioDevice *vdev);
    /* The driver has chosen; false refuses (FEATURES_OK stays clear). */
    bool (*set_features)(VirtioDevice *vdev, uint64_t features);
    /* Fills, or takes over, all of config_size bytes; little endian. */
    void (*get_config)(VirtioDevice *vdev, uint8_t *config);
    void (*set_config)(VirtioDevice *vdev, const uint8_t *config);
    /* DRIVER_OK came or went; may be NULL. */
    void (*set_status)(VirtioDevice *vdev, uint8_t status);
    /* Gives up all outstanding elements (virtqueue_detach()); the queues are
     * stopped already. */
    void (*reset)(VirtioDevice *vdev);
    /* Loop that serves a queue with a handler; NULL: the main loop's. */
    AioContext *(*queue_context)(VirtioDevice *vdev, unsigned index);
    /* Elements of this queue that the device's vmstate carries; NULL: none
     * ever. */
    unsigned (*outstanding)(VirtioDevice *vdev, unsigned index);
} VirtioDeviceOps;

/* What a transport does; the ops of its bus. */
typedef struct VirtioTransportOps {
    /* Any thread; under the device's isr_lock. */
    void (*set_irq)(DeviceState *proxy, bool level) SLOT(IO_FN);
    /* Whether a write of the queue's notification only sets its
     * host_notifier, without the BQL. */
    void (*set_ioeventfd)(DeviceState *proxy, VirtQueue *vq, bool on)
        SLOT(GS_FN);
} VirtioTransportOps;

struct VirtQueue {
    VirtioDevice *vdev;
    uint16_t index;
    uint16_t num_default; /* maximum; 0: no such queue */
    /* One of the two. */
    VirtQueueHandler *handler SLOT(IO_OR_GS_FN);
    VirtQueueHandler *main_handler SLOT(GS_FN); /* in the main loop only */
    EventNotifier host_notifier;
    bool started; /* the notifier is watched by context; under the BQL */
    AioContext *context;

    /* The driver's, under the BQL; the queue's thread looks at caches. */
    uint16_t num;
    bool ready;
    hwaddr desc, avail, used;

    /* In the queue's thread. */
    uint16_t last_avail_idx;   /* next to take */
    uint16_t shadow_avail_idx; /* the driver's, as last read */
    uint16_t used_idx;
    uint16_t signalled_used; /* used_idx at the last interrupt */
    bool signalled_used_valid;
    bool notification; /* wanted */
    unsigned inuse;    /* elements popped and not given back */
    uint32_t epoch;    /* resets so far */

    /* The mapped rings, NULL while not ready: read in a section, replaced
     * under the BQL. */
    VRingCaches *caches RCU_PROTECTED;
};

struct VirtioDevice {
    DeviceState parent;
    const VirtioDeviceOps *ops;
    const VirtioTransportOps *transport;
    DeviceState *proxy; /* of the transport */
    AddressSpace *dma;
    MemoryListener listener; /* sets the caches up anew at each commit */
    VmStateChangeEntry *state_change;

    uint64_t guest_features; /* constant from FEATURES_OK to reset */
    uint8_t status; /* atomic: virtio_status() */
    uint32_t generation; /* of the configuration space */
    uint8_t config[VIRTIO_CONFIG_MAX];
    bool broken; /* atomic: any queue's thread sets it */
    bool queues_started;
    /* Resets and the like that run.  They wait for other threads, without the
     * BQL: what vCPUs write to the device meanwhile is dropped. */
    unsigned changing;
    int stop_pending; /* atomic: queues that a loop is to watch no more */
    bool indirect_desc, event_idx; /* properties */
    bool use_ioeventfd;

    VmMutex isr_lock LOCK_RANK(RANK_VIRTIO_ISR);
    uint8_t isr GUARDED_BY(&isr_lock); /* the interrupt line is isr != 0 */
    bool attached GUARDED_BY(&isr_lock); /* the proxy knows us still */

    unsigned n_queues;
    VirtQueue queues[VIRTIO_QUEUE_MAX];
};

/* ---- life cycle, for device types --------------------------------------- */

/* Properties that every virtio device has; put them first in its list. */
#define VIRTIO_DEVICE_PROPERTIES                                             \
    { .name = "indirect_desc", .type = PROPERTY_BOOL,                        \
      .offset = offsetof(VirtioDevice, indirect_desc), .value = true,        \
      .help = "offer indirect descriptors" },                                \
    { .name = "event_idx", .type = PROPERTY_BOOL,                            \
      .offset = offsetof(VirtioDevice, event_idx), .value = true,            \
      .help = "offer the event index" },                                     \
    { .name = "ioeventfd", .type = PROPERTY_BOOL,                            \
      .offset = offsetof(VirtioDevice, use_ioeventfd), .value = true,        \
      .help = "serve queues in their event loop, not in the vCPU" }

/* First in realize; ops come from the class, the transport from the bus. */
bool virtio_init(VirtioDevice *vdev, GError **error) GS_FN;
/* Last in unrealize. */
void virtio_cleanup(VirtioDevice *vdev) DROPS(bql) GS_FN;
VirtQueue *virtio_add_queue(VirtioDevice *vdev, uint16_t size,
                            VirtQueueHandler *handler) GS_FN;
/* One that is served in the main loop only, under the BQL. */
VirtQueue *virtio_add_main_queue(VirtioDevice *vdev, uint16_t size,
                                 VirtQueueHandler *handler) GS_FN;
/* DeviceClass.reset of every virtio device. */
void virtio_reset(DeviceState *dev) DROPS(bql) GS_FN;

static inline bool virtio_has_feature(const VirtioDevice *vdev, unsigned bit)
{
    return vdev->guest_features & VIRTIO_FEATURE(bit);
}
static inline uint8_t virtio_status(const VirtioDevice *vdev)
{
    return __atomic_load_n(&vdev->status, __ATOMIC_RELAXED);
}
/* Nothing is broken. */
bool virtio_is_live(VirtioDevice *vdev) IO_FN;
unsigned virtqueue_index(const VirtQueue *vq) IO_FN;

/* The configuration changed: interrupt, and a new generation. */
void virtio_notify_config(VirtioDevice *vdev) GS_FN;
/* The guest did what makes no sense: the device stops until it is reset. */
void virtio_error(VirtioDevice *vdev, const char *format, ...)
    G_GNUC_PRINTF(2, 3) IO_FN;
/* Why, of the last virtio_error() of any device; the caller frees it. */
char *virtio_last_error(void) IO_FN;

/* ---- queues, in the queue's thread -------------------------------------- */

/* The next chain, or NULL: none, or broken.  size is that of the struct that
 * begins with the element; the rest is zeroed.  Owned by the caller. */
void *virtqueue_pop(VirtQueue *vq, size_t size)
    PAIR_OPEN(virtqueue_element, ret) IO_FN;
/* Done, with len bytes written; the element is not freed. */
void virtqueue_push(VirtQueue *vq, VirtQueueElement *e, size_t len)
    PAIR_CLOSE(virtqueue_element, e) IO_FN;
/* The two halves of it, for several at once: fill number i of a batch, then
 * publish all. */
void virtqueue_fill(VirtQueue *vq, VirtQueueElement *e, size_t len,
                    unsigned i) PAIR_CLOSE(virtqueue_element, e) IO_FN;
void virtqueue_flush(VirtQueue *vq, unsigned count) IO_FN;
/* As if it had not been popped; the last popped first. */
void virtqueue_unpop(VirtQueue *vq, VirtQueueElement *e)
    PAIR_CLOSE(virtqueue_element, e) IO_FN;
/* Forgotten: the device is being reset, or is broken. */
void virtqueue_detach(VirtQueue *vq, VirtQueueElement *e)
    PAIR_CLOSE(virtqueue_element, e) IO_FN;
void virtqueue_element_free(void *element) IO_FN; /* NULL is fine */

bool virtqueue_is_empty(VirtQueue *vq) IO_FN;
/* Interrupts the driver, unless it does not want to be. */
void virtio_notify(VirtioDevice *vdev, VirtQueue *vq) IO_FN;
/* Whether the driver is to notify; when switched on, look at the queue once
 * more: it may have missed that. */
void virtqueue_set_notification(VirtQueue *vq, bool enable) IO_FN;

/* ---- transports --------------------------------------------------------- */

uint64_t virtio_features(VirtioDevice *vdev) GS_FN; /* on offer */
void virtio_set_guest_features(VirtioDevice *vdev, uint64_t features) GS_FN;
/* With all rules of 3.1; 0 resets.  May poll the main loop. */
void virtio_set_status(VirtioDevice *vdev, uint8_t status)
    DROPS(bql) GS_FN;
/* Under the BQL, with the queue not ready; wrong values are refused later,
 * when it is made ready. */
void virtio_queue_set_num(VirtQueue *vq, uint32_t num) GS_FN;
void virtio_queue_set_ready(VirtQueue *vq, bool ready) DROPS(bql) GS_FN;
/* Its size is one, and the rings are aligned. */
bool virtio_queue_valid(const VirtQueue *vq) GS_FN;
void virtio_queue_notify(VirtQueue *vq) GS_FN;
uint64_t virtio_config_read(VirtioDevice *vdev, hwaddr offset,
                            unsigned size) GS_FN; /* outside: 0 */
void virtio_config_write(VirtioDevice *vdev, hwaddr offset, unsigned size,
                         uint64_t value) GS_FN;
/* The calling thread is in the middle of an access to rings or buffers: such
 * an access does not reach registers of transports, where it could reset the
 * very queue. */
bool virtio_in_dma(void) IO_FN;
uint8_t virtio_isr(VirtioDevice *vdev) IO_FN;
/* Any thread. */
void virtio_raise_isr(VirtioDevice *vdev, uint8_t bits) IO_FN;
void virtio_isr_ack(VirtioDevice *vdev, uint8_t bits) IO_FN;
/* Does nothing before DRIVER_OK, and while the machine is stopped. */
void virtio_start_queues(VirtioDevice *vdev) GS_FN;
/* When it returns, no handler runs or will.  May poll the main loop. */
void virtio_stop_queues(VirtioDevice *vdev) DROPS(bql) GS_FN;

/* ---- state -------------------------------------------------------------- */

/* The first field of every virtio device's vmstate.  Loading wants a device
 * that has just been reset: the load is one transaction of the memory tree,
 * in which nothing can be ended or given back. */
extern const VMStateInfo vmstate_info_virtio;
#define VMSTATE_VIRTIO \
    { .name = "virtio", .offset = 0, .size = sizeof(VirtioDevice), \
      .info = &vmstate_info_virtio }
/* pre_save of every virtio device: all that is in use is declared. */
bool virtio_pre_save(void *opaque, GError **error) GS_FN;
/*
 * An element by descriptor index and guest addresses and lengths. Reading one
 * counts it as in use; what it says of memory is believed only by mapping it,
 * which is for DeviceClass.loaded: the memory has its shape only then.
 */
void virtqueue_put_element(VMStateBuffer *b, const VirtQueueElement *e) GS_FN;
VirtQueueElement *virtqueue_get_element(VirtioDevice *vdev, VMStateBuffer *b,
                                        GError **error)
    PAIR_OPEN(virtqueue_element, ret) GS_FN;
/* As virtqueue_pop() would have given it; e is gone in any case. */
void *virtqueue_map_element(VirtQueueElement *e, size_t size, GError **error)
    PAIR_CLOSE(virtqueue_element, e) PAIR_OPEN(virtqueue_element, ret) GS_FN;
void virtqueue_drop_unmapped(VirtQueueElement *e)
    PAIR_CLOSE(virtqueue_element, e) GS_FN;
/* DeviceClass.loaded of every virtio device, or the first thing in it: maps
 * the rings; fails when a queue lacks elements that it had given out. */
bool virtio_loaded(DeviceState *dev, GError **error) GS_FN;

#endif
