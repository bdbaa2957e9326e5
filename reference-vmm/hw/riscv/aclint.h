/* SPDX-License-Identifier: MIT */
/*
 * aclint.h - the machine timer and software interrupts.
 *
 * Thread context: as marked.
 */
#ifndef REFVMM_HW_RISCV_ACLINT_H
#define REFVMM_HW_RISCV_ACLINT_H

#include "hw/device.h"

#define RISCV_TIMEBASE_HZ 10000000
#define RISCV_CLINT_SIZE 0x10000

/* mtime: for the time CSR.  dev is a riscv_clint_class.  Any thread. */
uint64_t riscv_clint_read_time(DeviceState *dev) IO_FN;

#endif
