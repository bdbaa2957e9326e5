/* SPDX-License-Identifier: MIT */
/*
 * qmp_block_types.c - types of the block layer's commands.
 *
 * Options of drivers are checked here for their type; unknown ones get
 * through ("..."), because the driver's own error lists what it knows.
 *
 * Thread context: none: constant data.
 */
#include "monitor/qmp_block.h"
#include "monitor/qmp_schema.h"

static const QmpType types[] = {
    /* ---- options ---- */
    { "BlockdevOptions", QMP_OBJECT, BLOCKDEV_OPTIONS },
    { "BlockdevDriver", QMP_ENUM,
      "blkdebug, blklogwrites, file, null-co, qcow2, raw, throttle" },
    { "BlockdevRef", QMP_ALTERNATE, "BlockdevOptions, str" },
    { "BlockdevRefOrNull", QMP_ALTERNATE, "BlockdevOptions, str, null" },
    { "BlockdevDiscardOptions", QMP_ENUM, "ignore, unmap" },
    { "BlockdevDetectZeroesOptions", QMP_ENUM, "off, on, unmap" },
    { "BlockdevCacheOptions", QMP_OBJECT, "*direct: bool, *no-flush: bool" },
    { "BlockdevOptionsFile", QMP_OBJECT,
      "filename: str, *aio: BlockdevAioOptions, *locking: OnOffAuto, ..." },
    { "BlockdevAioOptions", QMP_ENUM, "threads, native, io_uring" },
    { "OnOffAuto", QMP_ENUM, "auto, on, off" },
    { "BlockdevOptionsNull", QMP_OBJECT,
      "*size: int, *latency-ns: int, *read-zeroes: bool, ..." },
    { "BlockdevOptionsRaw", QMP_OBJECT,
      "*file: BlockdevRef, *offset: int, *size: int, ..." },
    { "BlockdevOptionsThrottle", QMP_OBJECT,
      "throttle-group: str, *file: BlockdevRef, ..." },
    { "BlockdevOptionsQcow2", QMP_OBJECT,
      "*file: BlockdevRef, *backing: BlockdevRefOrNull, "
      "*lazy-refcounts: bool, *pass-discard-request: bool, "
      "*pass-discard-snapshot: bool, *pass-discard-other: bool, "
      "*overlap-check: Qcow2OverlapCheckMode, *cache-size: int, "
      "*l2-cache-size: int, *refcount-cache-size: int, ..." },
    { "Qcow2OverlapCheckMode", QMP_ENUM, "none, constant, cached, all" },
    { "BlockdevOptionsBlklogwrites", QMP_OBJECT,
      "*file: BlockdevRef, *log: BlockdevRef, *log-sector-size: int, ..." },
    { "BlockdevOptionsBlkdebug", QMP_OBJECT,
      "*image: BlockdevRef, *align: int, *max-transfer: int, "
      "*opt-write-zero: int, *max-write-zero: int, *opt-discard: int, "
      "*max-discard: int, *inject-error: [BlkdebugInjectErrorOptions], "
      "*set-state: [BlkdebugSetStateOptions], ..." },
    { "BlkdebugInjectErrorOptions", QMP_OBJECT,
      "event: str, *iotype: str, *state: int, *errno: int, *sector: int, "
      "*once: bool, *immediately: bool" },
    { "BlkdebugSetStateOptions", QMP_OBJECT,
      "event: str, *state: int, new_state: int" },

    /* ---- results ---- */
    { "BlockInfo", QMP_OBJECT,
      "device: str, *qdev: str, type: str, removable: bool, locked: bool, "
      "*inserted: BlockDeviceInfo, *tray_open: bool, "
      "*io-status: BlockDeviceIoStatus" },
    { "BlockDeviceIoStatus", QMP_ENUM, "ok, failed, nospace" },
    { "BlockDeviceInfo", QMP_OBJECT,
      "file: str, *node-name: str, ro: bool, drv: str, *backing_file: str, "
      "backing_file_depth: int, encrypted: bool, "
      "detect_zeroes: BlockdevDetectZeroesOptions, bps: int, bps_rd: int, "
      "bps_wr: int, iops: int, iops_rd: int, iops_wr: int, "
      "image: ImageInfo, cache: BlockdevCacheInfo, write_threshold: int, "
      "*dirty-bitmaps: [BlockDirtyInfo]" },
    { "BlockdevCacheInfo", QMP_OBJECT,
      "writeback: bool, direct: bool, no-flush: bool" },
    { "ImageInfo", QMP_OBJECT,
      "filename: str, format: str, *dirty-flag: bool, *actual-size: int, "
      "virtual-size: int, *cluster-size: int, *encrypted: bool, "
      "*compressed: bool, *backing-filename: str, "
      "*full-backing-filename: str, *backing-filename-format: str, "
      "*snapshots: [any], *backing-image: ImageInfo, "
      "*format-specific: any" },
    { "BlockDirtyInfo", QMP_OBJECT,
      "*name: str, count: int, granularity: int, recording: bool, "
      "busy: bool, persistent: bool, *inconsistent: bool" },
    { "BlockStats", QMP_OBJECT,
      "*device: str, *qdev: str, *node-name: str, stats: BlockDeviceStats, "
      "*parent: BlockStats, *backing: BlockStats" },
    { "BlockDeviceStats", QMP_OBJECT,
      "rd_bytes: int, wr_bytes: int, unmap_bytes: int, rd_operations: int, "
      "wr_operations: int, flush_operations: int, unmap_operations: int, "
      "rd_total_time_ns: int, wr_total_time_ns: int, "
      "flush_total_time_ns: int, unmap_total_time_ns: int, "
      "*wr_highest_offset: int, rd_merged: int, wr_merged: int, "
      "unmap_merged: int, *idle_time_ns: int, failed_rd_operations: int, "
      "failed_wr_operations: int, failed_flush_operations: int, "
      "failed_unmap_operations: int, invalid_rd_operations: int, "
      "invalid_wr_operations: int, invalid_flush_operations: int, "
      "invalid_unmap_operations: int, account_invalid: bool, "
      "account_failed: bool, timed_stats: [any]" },

    /* ---- events ---- */
    { "IoOperationType", QMP_ENUM, "read, write" },
    { "BlockErrorAction", QMP_ENUM, "ignore, report, stop" },
    { NULL }
};

const QmpSet block_types_qmp_set = { NULL, NULL, types };
