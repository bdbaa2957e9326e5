/* SPDX-License-Identifier: MIT */
/*
 * virtio_mmio.h - a slot for one virtio device on the board: see
 * virtio_mmio.c.
 *
 *     slot = device_new(m, &virtio_mmio_class, NULL);
 *     device_realize(slot, NULL, &error);
 *     device_map(slot, 0, base);
 *     device_connect_irq(slot, 0, plic_line);
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTIO_MMIO_H
#define REFVMM_HW_VIRTIO_VIRTIO_MMIO_H

#include "hw/virtio/virtio.h"

#define VIRTIO_MMIO_SIZE 0x200

typedef struct VirtioMmio {
    DeviceState parent;
    MemoryRegion mmio;
    VmIrq irq;
    DeviceBus *bus;
    uint32_t device_features_sel, driver_features_sel, queue_sel;
    uint32_t page_size, queue_align; /* of the legacy layout */
    bool force_legacy; /* property; only false is possible */
} VirtioMmio;

extern const DeviceClass virtio_mmio_class;

#endif
