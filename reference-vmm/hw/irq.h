/* SPDX-License-Identifier: MIT */
/*
 * irq.h - an interrupt line: the wire between a device and whatever it
 * interrupts.
 *
 * Thread context: raising is for any thread; what is at the other end does
 * its own locking (the PLIC has a lock, a hart's mip is atomic).
 */
#ifndef REFVMM_HW_IRQ_H
#define REFVMM_HW_IRQ_H

#include "base/annotate.h"

typedef void VmIrqHandler(void *opaque, int n, int level);

/* By value: a device keeps a copy of its line.  All zero: not connected. */
typedef struct VmIrq {
    VmIrqHandler *handler;
    void *opaque;
    int n;
} VmIrq;

static inline void vm_irq_set(const VmIrq *irq, int level)
{
    if (irq->handler) {
        irq->handler(irq->opaque, irq->n, level);
    }
}

#endif
