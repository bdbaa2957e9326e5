/* SPDX-License-Identifier: MIT */
/*
 * driver_list.h - the block drivers.  Included with BLOCK_DRIVER(name)
 * defined, for a `const BlockDriver bdrv_NAME`; no include guard for that
 * reason.  Sorted: bdrv_driver_name() lists them in this order.
 *
 * Thread context: none.
 */
BLOCK_DRIVER(blkdebug)
BLOCK_DRIVER(blklogwrites)
BLOCK_DRIVER(file)
BLOCK_DRIVER(null_co)
BLOCK_DRIVER(qcow2)
BLOCK_DRIVER(raw)
BLOCK_DRIVER(throttle)
