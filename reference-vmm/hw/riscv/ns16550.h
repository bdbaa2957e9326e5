/* SPDX-License-Identifier: MIT */
/*
 * ns16550.h - the serial port, for firmware that lives in the VMM.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_RISCV_NS16550_H
#define REFVMM_HW_RISCV_NS16550_H

#include "hw/device.h"

/* Past the registers; all of it goes out, as with chardev_write_all(). */
void ns16550_console_write(DeviceState *dev, const void *data, size_t len)
    GS_FN;
/* Takes from what was received. */
size_t ns16550_console_read(DeviceState *dev, void *data, size_t len) GS_FN;

#endif
