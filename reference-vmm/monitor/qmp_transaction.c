/* SPDX-License-Identifier: MIT */
/*
 * qmp_transaction.c - several changes, of which all happen or none.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_bitmap.h"
#include "monitor/qmp_schema.h"
#include <string.h>

static BitmapUndo *run_action(JsonObject *action, GError **error)
    DROPS(bql) GS_FN;
static BitmapUndo *run_action(JsonObject *action, GError **error)
{
    const char *type = qmp_arg_str(action, "type");

    if (!strcmp(type, "abort")) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "the transaction was aborted by its action 'abort'");
        return NULL;
    }
    return bitmap_action_run(type, qmp_arg_object(action, "data"), error);
}

static bool check_mode(JsonObject *args, GError **error)
{
    JsonObject *properties = qmp_arg_object(args, "properties");
    const char *mode = properties
                           ? qmp_arg_str(properties, "completion-mode") : NULL;

    if (mode && strcmp(mode, "individual")) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "no action supports completion-mode '%s'", mode);
        return false;
    }
    return true;
}

static JsonNode *GS_FN run_transaction(JsonObject *args, GError **error)
{
    JsonArray *actions = qmp_arg_list(args, "actions");
    g_autoptr(GPtrArray) done = g_ptr_array_new();
    bool ok = check_mode(args, error);

    for (guint i = 0; ok && i < json_array_get_length(actions); i++) {
        BitmapUndo *u =
            run_action(json_array_get_object_element(actions, i), error);

        ok = u != NULL;
        if (u) {
            g_ptr_array_add(done, u);
        }
    }
    if (ok) {
        for (guint i = 0; i < done->len; i++) {
            bitmap_commit(g_ptr_array_index(done, i));
        }
    } else {
        for (guint i = done->len; i-- > 0;) {
            bitmap_undo(g_ptr_array_index(done, i));
        }
    }
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "transaction",
      .args = "actions: [TransactionAction], "
              "*properties: TransactionProperties",
      .run = run_transaction },
    { .name = NULL }
};

static const QmpType types[] = {
    { "TransactionProperties", QMP_OBJECT,
      "*completion-mode: ActionCompletionMode" },
    { "ActionCompletionMode", QMP_ENUM, "individual, grouped" },
    { "TransactionActionKind", QMP_ENUM,
      "abort, block-dirty-bitmap-add, block-dirty-bitmap-remove, "
      "block-dirty-bitmap-clear, block-dirty-bitmap-enable, "
      "block-dirty-bitmap-disable, block-dirty-bitmap-merge" },
    { "TransactionAction", QMP_OBJECT,
      "type: TransactionActionKind; type: abort=AbortWrapper, "
      "block-dirty-bitmap-add=BlockDirtyBitmapAddWrapper, "
      "block-dirty-bitmap-remove=BlockDirtyBitmapWrapper, "
      "block-dirty-bitmap-clear=BlockDirtyBitmapWrapper, "
      "block-dirty-bitmap-enable=BlockDirtyBitmapWrapper, "
      "block-dirty-bitmap-disable=BlockDirtyBitmapWrapper, "
      "block-dirty-bitmap-merge=BlockDirtyBitmapMergeWrapper" },
    { "Abort", QMP_OBJECT, NULL },
    { "AbortWrapper", QMP_OBJECT, "data: Abort" },
    { "BlockDirtyBitmapWrapper", QMP_OBJECT, "data: BlockDirtyBitmap" },
    { "BlockDirtyBitmapAddWrapper", QMP_OBJECT, "data: BlockDirtyBitmapAdd" },
    { "BlockDirtyBitmapMergeWrapper", QMP_OBJECT,
      "data: BlockDirtyBitmapMerge" },
    { NULL }
};

const QmpSet transaction_qmp_set = { commands, NULL, types };
