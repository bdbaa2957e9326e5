/* SPDX-License-Identifier: MIT */
/*
 * virt.h - the board `virt`: QEMU's memory map and interrupt numbers.
 *
 * Thread context: under the BQL, except where it says otherwise.
 */
#ifndef REFVMM_HW_RISCV_VIRT_H
#define REFVMM_HW_RISCV_VIRT_H

#include "hw/image_loader.h"
#include "hw/machine.h"

enum {
    VIRT_MROM_BASE = 0x1000,
    VIRT_MROM_SIZE = 0xf000,
    VIRT_TEST_BASE = 0x100000,
    VIRT_RTC_BASE = 0x101000,
    VIRT_CLINT_BASE = 0x2000000,
    VIRT_PLIC_BASE = 0xc000000,
    VIRT_UART_BASE = 0x10000000,
    VIRT_VIRTIO_BASE = 0x10001000,
    VIRT_VIRTIO_STRIDE = 0x1000,
    VIRT_FLASH_BASE = 0x20000000,
    VIRT_FLASH_SIZE = 0x2000000, /* of a bank */
};
#define VIRT_DRAM_BASE UINT64_C(0x80000000)

enum {
    VIRT_N_VIRTIO = 8,
    VIRT_VIRTIO_IRQ = 1, /* of the first slot */
    VIRT_UART_IRQ = 10,
    VIRT_RTC_IRQ = 11,
};

typedef struct VirtBoard {
    Machine *machine;
    MemoryRegion mrom;
    DeviceState *clint, *plic, *uart;
    VcpuPlatform platform;
    hwaddr tohost; /* word of a bare program; 0: none */
    bool owns_vcpus;
    bool builtin_sbi;

    /* What is to be loaded; NULL: none. */
    Image *firmware, *kernel;
    GBytes *initrd;
    /* Where it came to lie. */
    hwaddr firmware_end; /* first byte behind firmware in RAM */
    hwaddr start;        /* where M-mode begins */
    hwaddr kernel_entry; /* where S-mode begins; 0: nowhere */
    hwaddr initrd_addr, fdt_addr;
} VirtBoard;

/* Reads the files of the machine's configuration; before there are vCPUs,
 * because firmware may say what these must know. */
bool virt_boot_read(VirtBoard *b, GError **error) GS_FN;
/* Puts everything into memory. */
bool virt_boot_load(VirtBoard *b, GError **error) GS_FN;
/* Entry points of all harts. */
void virt_boot_reset(VirtBoard *b) GS_FN;
void virt_boot_free(VirtBoard *b) GS_FN;

/* New; complete but for where the initrd is. */
GBytes *virt_fdt_new(VirtBoard *b, GError **error) GS_FN;

#endif
