/* SPDX-License-Identifier: MIT */
/*
 * qmp_block.h - what a block node is made from, for blockdev-add, whose
 * arguments are the options themselves, and the type of the same name.
 *
 * Thread context: none.
 */
#ifndef REFVMM_MONITOR_QMP_BLOCK_H
#define REFVMM_MONITOR_QMP_BLOCK_H

#define BLOCKDEV_OPTIONS \
    "driver: BlockdevDriver, *node-name: str, " \
    "*discard: BlockdevDiscardOptions, *cache: BlockdevCacheOptions, " \
    "*read-only: bool, *auto-read-only: bool, *force-share: bool, " \
    "*detect-zeroes: BlockdevDetectZeroesOptions; driver: " \
    "blkdebug=BlockdevOptionsBlkdebug, " \
    "blklogwrites=BlockdevOptionsBlklogwrites, " \
    "file=BlockdevOptionsFile, null-co=BlockdevOptionsNull, " \
    "qcow2=BlockdevOptionsQcow2, raw=BlockdevOptionsRaw, " \
    "throttle=BlockdevOptionsThrottle"

#endif
