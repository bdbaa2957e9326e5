/* SPDX-License-Identifier: MIT */
/*
 * qmp_bitmap.c - see qmp_bitmap.h.
 *
 * What is needed to undo a change are the dirty areas as they were: bits that
 * writes set in between stay set, which is right, because those writes have
 * happened.  A bitmap that is to be removed goes only at the commit.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/qmp_bitmap.h"
#include "block/dirty_bitmap.h"
#include "block/qapi.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include <string.h>

typedef enum ActionKind {
    ACTION_ADD,
    ACTION_REMOVE,
    ACTION_CLEAR,
    ACTION_ENABLE,
    ACTION_DISABLE,
    ACTION_MERGE,
} ActionKind;

typedef struct Area {
    int64_t offset, bytes;
} Area;

struct BitmapUndo {
    ActionKind kind;
    char *node, *name;
    bool was_enabled;
    GArray *areas; /* of Area: what was dirty; NULL: not kept */
};

/* ---- bitmaps ------------------------------------------------------------ */

static GS_FN BdrvDirtyBitmap *find(const char *node, const char *name,
                                   GError **error)
{
    BlockDriverState *bs = bdrv_lookup_bs(node, node, error);
    BdrvDirtyBitmap *b = bs ? bdrv_find_dirty_bitmap(bs, name) : NULL;

    if (bs && !b) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "node '%s' has no dirty bitmap '%s'", node, name);
    }
    return b;
}

static GArray *dirty_areas(BdrvDirtyBitmap *b)
{
    GArray *areas = g_array_new(FALSE, FALSE, sizeof(Area));
    Area a = { 0, 0 };

    while (bdrv_dirty_bitmap_next_dirty_area(b, a.offset, INT64_MAX,
                                             &a.offset, &a.bytes)) {
        g_array_append_val(areas, a);
        a.offset += a.bytes;
    }
    return areas;
}

static void set_areas(BdrvDirtyBitmap *b, const GArray *areas)
{
    for (guint i = 0; i < areas->len; i++) {
        const Area *a = &g_array_index(areas, Area, i);

        bdrv_set_dirty_bitmap(b, a->offset, a->bytes);
    }
}

/* ---- merging ------------------------------------------------------------ */

/* Of the list of sources: the i-th, a name or a node with a name. */
static GS_FN BdrvDirtyBitmap *find_source(JsonArray *list, guint i,
                                          const char *node, GError **error)
{
    JsonNode *source = json_array_get_element(list, i);
    JsonObject *external;

    if (!JSON_NODE_HOLDS_OBJECT(source)) {
        return find(node, json_node_get_string(source), error);
    }
    external = json_node_get_object(source);
    return find(qmp_arg_str(external, "node"), qmp_arg_str(external, "name"),
                error);
}

static GS_FN bool merge(BdrvDirtyBitmap *to, JsonArray *list,
                        const char *node, GError **error)
{
    guint n = json_array_get_length(list);

    /* All are looked at before the first is merged. */
    for (guint i = 0; i < n; i++) {
        BdrvDirtyBitmap *from = find_source(list, i, node, error);

        if (!from) {
            return false;
        }
        if (bdrv_dirty_bitmap_size(from) != bdrv_dirty_bitmap_size(to)) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                        "bitmap '%s' is of another size than '%s'",
                        bdrv_dirty_bitmap_name(from),
                        bdrv_dirty_bitmap_name(to));
            return false;
        }
    }
    for (guint i = 0; i < n; i++) {
        g_autoptr(GArray) areas =
            dirty_areas(find_source(list, i, node, NULL));

        set_areas(to, areas);
    }
    return true;
}

/* ---- actions ------------------------------------------------------------ */

static bool GS_FN run_add(BitmapUndo *u, JsonObject *data, GError **error)
{
    int64_t granularity = qmp_arg_int(data, "granularity", 0);

    if (qmp_arg_bool(data, "persistent", false)) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'persistent': only false is possible");
        return false;
    }
    if (qmp_arg(data, "granularity") && granularity < 512) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'granularity' must be a power of two from 512 "
                    "on");
        return false;
    }
    return qmp_block_dirty_bitmap_add(u->node, u->name, granularity,
                                      qmp_arg_bool(data, "disabled", false),
                                      error);
}

static bool run_one(BitmapUndo *u, JsonObject *data, GError **error)
    DROPS(bql) GS_FN;
static bool run_one(BitmapUndo *u, JsonObject *data, GError **error)
{
    BdrvDirtyBitmap *b;

    if (u->kind == ACTION_ADD) {
        return run_add(u, data, error);
    }
    b = find(u->node, u->name, error);
    if (!b) {
        return false;
    }
    u->was_enabled = bdrv_dirty_bitmap_enabled(b);
    if (u->kind == ACTION_CLEAR || u->kind == ACTION_MERGE) {
        u->areas = dirty_areas(b);
    }
    switch (u->kind) {
    case ACTION_CLEAR:
        bdrv_clear_dirty_bitmap(b);
        return true;
    case ACTION_ENABLE:
    case ACTION_DISABLE:
        bdrv_dirty_bitmap_set_enabled(b, u->kind == ACTION_ENABLE);
        return true;
    case ACTION_MERGE:
        return merge(b, qmp_arg_list(data, "bitmaps"), u->node, error);
    default:
        return true;
    }
}

static void undo_free(BitmapUndo *u)
{
    g_clear_pointer(&u->areas, g_array_unref);
    g_free(u->node);
    g_free(u->name);
    g_free(u);
}

static bool parse_kind(const char *name, ActionKind *ret)
{
    static const char *const names[] = {
        [ACTION_ADD] = "block-dirty-bitmap-add",
        [ACTION_REMOVE] = "block-dirty-bitmap-remove",
        [ACTION_CLEAR] = "block-dirty-bitmap-clear",
        [ACTION_ENABLE] = "block-dirty-bitmap-enable",
        [ACTION_DISABLE] = "block-dirty-bitmap-disable",
        [ACTION_MERGE] = "block-dirty-bitmap-merge",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!strcmp(names[i], name)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

BitmapUndo *bitmap_action_run(const char *name, JsonObject *data,
                              GError **error)
{
    BitmapUndo *u = g_new0(BitmapUndo, 1);
    bool ok = parse_kind(name, &u->kind);

    GLOBAL_STATE_CODE();
    g_assert(ok); /* the schema has no others */
    u->node = g_strdup(qmp_arg_str(data, "node"));
    u->name = g_strdup(qmp_arg_str(data, u->kind == ACTION_MERGE ? "target"
                                                                 : "name"));
    if (!run_one(u, data, error)) {
        undo_free(u);
        return NULL;
    }
    return u;
}

void bitmap_undo(BitmapUndo *u)
{
    BdrvDirtyBitmap *b = find(u->node, u->name, NULL);

    GLOBAL_STATE_CODE();
    if (b && u->kind == ACTION_ADD) {
        bdrv_release_dirty_bitmap(b);
    } else if (b) {
        if (u->kind == ACTION_MERGE) {
            bdrv_clear_dirty_bitmap(b);
        }
        if (u->areas) {
            set_areas(b, u->areas);
        }
        bdrv_dirty_bitmap_set_enabled(b, u->was_enabled);
    }
    undo_free(u);
}

void bitmap_commit(BitmapUndo *u)
{
    BdrvDirtyBitmap *b;

    GLOBAL_STATE_CODE();
    if (u->kind == ACTION_REMOVE) {
        b = find(u->node, u->name, NULL);
        if (b) {
            bdrv_release_dirty_bitmap(b);
        }
    }
    undo_free(u);
}

/* ---- commands ----------------------------------------------------------- */

#define BITMAP_COMMAND(function, command)                               \
    static JsonNode *GS_FN function(JsonObject *args, GError **error)   \
    {                                                                   \
        BitmapUndo *u = bitmap_action_run(command, args, error);        \
                                                                        \
        if (u) {                                                        \
            bitmap_commit(u);                                           \
        }                                                               \
        return NULL;                                                    \
    }

BITMAP_COMMAND(run_bitmap_add, "block-dirty-bitmap-add")
BITMAP_COMMAND(run_bitmap_remove, "block-dirty-bitmap-remove")
BITMAP_COMMAND(run_bitmap_clear, "block-dirty-bitmap-clear")
BITMAP_COMMAND(run_bitmap_enable, "block-dirty-bitmap-enable")
BITMAP_COMMAND(run_bitmap_disable, "block-dirty-bitmap-disable")
BITMAP_COMMAND(run_bitmap_merge, "block-dirty-bitmap-merge")

#define ONE_BITMAP "node: str, name: str"
#define NEW_BITMAP \
    ONE_BITMAP ", *granularity: int, *persistent: bool, *disabled: bool"
#define MERGED_BITMAP \
    "node: str, target: str, bitmaps: [BlockDirtyBitmapOrStr]"

static const QmpCommand commands[] = {
    { .name = "block-dirty-bitmap-add", .args = NEW_BITMAP,
      .run = run_bitmap_add },
    { .name = "block-dirty-bitmap-remove", .args = ONE_BITMAP,
      .run = run_bitmap_remove },
    { .name = "block-dirty-bitmap-clear", .args = ONE_BITMAP,
      .run = run_bitmap_clear },
    { .name = "block-dirty-bitmap-enable", .args = ONE_BITMAP,
      .run = run_bitmap_enable },
    { .name = "block-dirty-bitmap-disable", .args = ONE_BITMAP,
      .run = run_bitmap_disable },
    { .name = "block-dirty-bitmap-merge", .args = MERGED_BITMAP,
      .run = run_bitmap_merge },
    { .name = NULL }
};

static const QmpType types[] = {
    { "BlockDirtyBitmap", QMP_OBJECT, ONE_BITMAP },
    { "BlockDirtyBitmapOrStr", QMP_ALTERNATE, "BlockDirtyBitmap, str" },
    { "BlockDirtyBitmapAdd", QMP_OBJECT, NEW_BITMAP },
    { "BlockDirtyBitmapMerge", QMP_OBJECT, MERGED_BITMAP },
    { NULL }
};

const QmpSet bitmap_qmp_set = { commands, NULL, types };
