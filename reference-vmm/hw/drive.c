/* SPDX-License-Identifier: MIT */
/*
 * drive.c - see drive.h.
 *
 * Thread context: under the BQL.
 */
#include "hw/drive.h"
#include "base/main_loop.h"

BlockBackend *drive_attach(const char *name, const char *dev_id,
                           GError **error)
{
    BlockBackend *blk = blk_by_name(name);
    BlockDriverState *bs;

    GLOBAL_STATE_CODE();
    if (blk) {
        blk_ref(blk);
    } else {
        bs = bdrv_find_node(name);
        if (!bs) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "there is no drive or block node '%s'", name);
            return NULL;
        }
        blk = blk_new(main_loop_context(), 0, BLK_PERM_ALL);
        if (!blk_insert_bs(blk, bs, error)) {
            blk_unref(blk);
            return NULL;
        }
    }
    if (!blk_attach_dev(blk, dev_id ? dev_id : "", error)) {
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

void drive_detach(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (blk) {
        blk_detach_dev(blk);
        blk_unref(blk);
    }
}

const char *drive_name(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (*blk_name(blk)) {
        return blk_name(blk);
    }
    return blk_bs(blk) ? bdrv_get_node_name(blk_bs(blk)) : "";
}
