/* SPDX-License-Identifier: MIT */
/*
 * virtio_holder.h - a device for tests of queues: its handler takes all there
 * is and keeps it until the test gives it back.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_TESTS_HW_VIRTIO_HOLDER_H
#define REFVMM_TESTS_HW_VIRTIO_HOLDER_H

#include "virtio/virtio_driver.h"

#define INDIRECT VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define EVENT VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)
#define WRITE VRING_DESC_F_WRITE
#define NEXT VRING_DESC_F_NEXT

typedef struct Holder {
    VirtioDevice virtio;
    VirtQueue *vq;
    GPtrArray *held; /* VirtQueueElement* */
    unsigned declared; /* as outstanding */
} Holder;

extern const DeviceClass holder_class;

/* The machine, the device in slot 0, and the driver of it. */
extern Machine *m;
extern Holder *holder;
extern VtDevice v;
extern VtQueue q;
extern hwaddr buffer; /* of 64 KiB */

/* For cmocka, round each test. */
int holder_setup(void **state);
int holder_teardown(void **state) DROPS(bql);

/* The handler. */
void take_all(VirtioDevice *vdev, VirtQueue *vq) IO_OR_GS_FN;
/* Of a queue of so many entries, up to DRIVER_OK. */
void start(unsigned num, uint64_t features);
void make_available(uint16_t head);
/* Until it holds so many elements. */
void wait_held(unsigned n);
VirtQueueElement *first(void);
/* Gives element i back, as if it had written len bytes. */
void give_back(unsigned i, size_t len);

#endif
