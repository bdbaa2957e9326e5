/* SPDX-License-Identifier: MIT */
/*
 * drive.h - disks as devices name them.
 *
 * A property of type PROPERTY_DRIVE takes the id of a -drive or the name of a
 * node.  Setting it finds the backend, or makes one without permissions for
 * the node, and attaches the device to it, so that no other can have it; the
 * device asks for the permissions that it needs in realize (blk_set_perm()).
 * Freeing the device detaches it.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_DRIVE_H
#define REFVMM_HW_DRIVE_H

#include "block/block_backend.h"

/* A reference; dev_id may be NULL. */
BlockBackend *drive_attach(const char *name, const char *dev_id,
                           GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void drive_detach(BlockBackend *blk) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Its id, or the name of its node. */
const char *drive_name(BlockBackend *blk) GS_FN;

#endif
