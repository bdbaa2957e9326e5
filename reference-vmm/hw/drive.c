/* SPDX-License-Identifier: MIT */
/*
 * drive.c - see drive.h.
 *
 * Thread context: under the BQL.
 */
#include "hw/drive.h"
#include "base/main_loop.h"
#include "hw/machine.h"

BlockBackend *drive_get(const char *name, GError **error)
{
    BlockBackend *blk = blk_by_name(name);
    BlockDriverState *bs;

    GLOBAL_STATE_CODE();
    if (blk) {
        blk_ref(blk);
        return blk;
    }
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
    return blk;
}

const char *drive_name(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (*blk_name(blk)) {
        return blk_name(blk);
    }
    return blk_bs(blk) ? bdrv_get_node_name(blk_bs(blk)) : "";
}

/* ---- errors ------------------------------------------------------------- */

static void GS_FN report_error(const char *qdev_id, const char *device,
                         const char *node_name, bool is_read,
                         BlockErrorAction action, bool nospace,
                         const char *reason)
{
    static const char *const actions[] = {
        [BLOCK_ERROR_ACTION_IGNORE] = "ignore",
        [BLOCK_ERROR_ACTION_REPORT] = "report",
        [BLOCK_ERROR_ACTION_STOP] = "stop",
    };
    JsonObject *data = json_object_new();
    DeviceState *dev;

    GLOBAL_STATE_CODE();
    dev = qdev_id ? device_find(machine_current(), qdev_id) : NULL;
    json_object_set_string_member(data, "device", device);
    if (dev) {
        g_autofree char *path = device_path(dev);

        json_object_set_string_member(data, "qom-path", path);
    }
    if (node_name && *node_name) {
        json_object_set_string_member(data, "node-name", node_name);
    }
    json_object_set_string_member(data, "operation",
                                  is_read ? "read" : "write");
    json_object_set_string_member(data, "action", actions[action]);
    json_object_set_boolean_member(data, "nospace", nospace);
    json_object_set_string_member(data, "reason", reason);
    machine_event("BLOCK_IO_ERROR", data);
}

static void GS_FN stop_machine(void)
{
    vm_stop_request(RUN_STATE_IO_ERROR);
}

void drive_report_errors(void)
{
    static const BlockEventOps ops = { report_error, stop_machine };

    GLOBAL_STATE_CODE();
    blk_set_event_ops(&ops);
}
