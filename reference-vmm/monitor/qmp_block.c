/* SPDX-License-Identifier: MIT */
/*
 * qmp_block.c - block nodes, disks, and what was done with them; the work is
 * in block/qapi.c and block/blockdev.c, types are in qmp_block_types.c.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "block/block_backend.h"
#include "block/qapi.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_block.h"
#include "monitor/qmp_schema.h"

static JsonNode *maybe_list(JsonArray *array)
{
    return array ? qmp_list(array) : NULL;
}

static JsonNode *GS_FN run_query_block(JsonObject *args, GError **error)
{
    return maybe_list(qmp_query_block(error));
}

static JsonNode *GS_FN run_query_nodes(JsonObject *args, GError **error)
{
    return maybe_list(qmp_query_named_block_nodes(
        qmp_arg_bool(args, "flat", false), error));
}

static JsonNode *GS_FN run_query_stats(JsonObject *args, GError **error)
{
    return maybe_list(qmp_query_blockstats(
        qmp_arg_bool(args, "query-nodes", false)));
}

static JsonNode *GS_FN run_blockdev_add(JsonObject *args, GError **error)
{
    qmp_blockdev_add(args, error);
    return NULL;
}

static JsonNode *GS_FN run_blockdev_del(JsonObject *args, GError **error)
{
    qmp_blockdev_del(qmp_arg_str(args, "node-name"), error);
    return NULL;
}

static JsonNode *GS_FN run_blockdev_reopen(JsonObject *args, GError **error)
{
    qmp_blockdev_reopen(qmp_arg_list(args, "options"), error);
    return NULL;
}

static JsonNode *GS_FN run_block_resize(JsonObject *args, GError **error)
{
    const char *device = qmp_arg_str(args, "device");
    const char *node = qmp_arg_str(args, "node-name");

    if (!device == !node) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "one of 'device' and 'node-name' must be given");
        return NULL;
    }
    qmp_block_resize(device, node, qmp_arg_int(args, "size", 0), error);
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "query-block", .returns = "[BlockInfo]",
      .run = run_query_block },
    { .name = "query-named-block-nodes", .args = "*flat: bool",
      .returns = "[BlockDeviceInfo]", .run = run_query_nodes },
    { .name = "query-blockstats", .args = "*query-nodes: bool",
      .returns = "[BlockStats]", .run = run_query_stats },
    { .name = "blockdev-add", .args = BLOCKDEV_OPTIONS,
      .run = run_blockdev_add },
    { .name = "blockdev-del", .args = "node-name: str",
      .run = run_blockdev_del },
    { .name = "blockdev-reopen", .args = "options: [BlockdevOptions]",
      .run = run_blockdev_reopen },
    { .name = "block_resize",
      .args = "*device: str, *node-name: str, size: int",
      .run = run_block_resize },
    { .name = NULL }
};

static const QmpEvent events[] = {
    { .name = "BLOCK_IO_ERROR",
      .data = "*qom-path: str, device: str, *node-name: str, "
              "operation: IoOperationType, action: BlockErrorAction, "
              "*nospace: bool, reason: str" },
    { .name = NULL }
};

const QmpSet block_qmp_set = { commands, events, NULL };
