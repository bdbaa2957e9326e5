/* SPDX-License-Identifier: MIT */
/*
 * blkdebug.h - stopping requests in the middle, for tests.
 *
 * Rules of the options inject-error and set-state work by themselves; those of
 * `suspend` hold the request that comes by until it is told to go on.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_BLOCK_BLKDEBUG_H
#define REFVMM_BLOCK_BLKDEBUG_H

#include "block/block_int.h"

/* The next request at that point stops, once.  False: bs is no blkdebug
 * node. */
extern const BlockDriver bdrv_blkdebug;

bool blkdebug_break(BlockDriverState *bs, BlkdebugEvent event,
                    const char *tag) GS_FN;
bool blkdebug_is_suspended(BlockDriverState *bs, const char *tag) GS_FN;
/* Lets all that have stopped there go on; whether there were any. */
bool blkdebug_resume(BlockDriverState *bs, const char *tag) GS_FN;

#endif
