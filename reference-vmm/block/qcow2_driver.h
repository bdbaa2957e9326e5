/* SPDX-License-Identifier: MIT */
/*
 * qcow2_driver.h - what the driver's table takes from elsewhere and nobody
 * else needs.
 *
 * Thread context: main loop, no coroutine.
 */
#ifndef REFVMM_BLOCK_QCOW2_DRIVER_H
#define REFVMM_BLOCK_QCOW2_DRIVER_H

#include "block/block_int.h"

extern const BlockOption qcow2_create_options[];
bool qcow2_create(const char *filename, JsonObject *opts, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;

#endif
