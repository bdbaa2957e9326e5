/* SPDX-License-Identifier: MIT */
/*
 * drive.h - disks as devices name them.
 *
 * A property of type PROPERTY_DRIVE takes the id of a -drive or the name of a
 * node.  Setting it takes a reference to the backend, or makes one without
 * permissions for the node.  In realize the device attaches itself, so that
 * no other can have the disk (blk_attach_dev()), and asks for the permissions
 * that it needs (blk_set_perm()); in unrealize it detaches itself.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_DRIVE_H
#define REFVMM_HW_DRIVE_H

#include "block/block_backend.h"

/* A reference, for blk_unref(). */
BlockBackend *drive_get(const char *name, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Its id, or the name of its node. */
const char *drive_name(BlockBackend *blk) GS_FN;

/* From now on errors of disks are told as events, and stop the machine where
 * they are to. */
void drive_report_errors(void) GS_FN;

#endif
