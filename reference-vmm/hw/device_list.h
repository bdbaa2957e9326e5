/* SPDX-License-Identifier: MIT */
/*
 * device_list.h - all device classes: one line each, in any order.  A class
 * is `const DeviceClass NAME_class` in its own file.
 *
 * Thread context: none.  Included several times, with DEVICE() defined.
 */
DEVICE(riscv_clint)
DEVICE(riscv_plic)
DEVICE(ns16550)
DEVICE(goldfish_rtc)
DEVICE(sifive_test)
DEVICE(pflash_cfi01)
DEVICE(virtio_mmio)
DEVICE(virtio_blk)
DEVICE(virtio_rng)
DEVICE(virtio_net)
DEVICE(virtio_serial)
DEVICE(virtconsole)
DEVICE(virtserialport)
