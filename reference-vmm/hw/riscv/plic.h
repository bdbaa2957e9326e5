/* SPDX-License-Identifier: MIT */
/*
 * plic.h - the platform-level interrupt controller.
 *
 * Thread context: as marked.
 */
#ifndef REFVMM_HW_RISCV_PLIC_H
#define REFVMM_HW_RISCV_PLIC_H

#include "hw/device.h"

#define RISCV_PLIC_SIZE 0x600000
#define RISCV_PLIC_SOURCES 96 /* and source 0, which does not exist */

/* The line of a source, 1 to RISCV_PLIC_SOURCES - 1, for any thread. */
VmIrq riscv_plic_irq(DeviceState *dev, unsigned source) IO_FN;

#endif
