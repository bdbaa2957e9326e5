/* SPDX-License-Identifier: MIT */
/*
 * reopen.c - other options for a node that is in use.
 *
 * What can change is what the node itself keeps (read-only, discard,
 * detect-zeroes, cache.no-flush) and what its driver can change in
 * bdrv_reopen_prepare(); all else must be as it was.  Nothing has changed when
 * it fails.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/block_int.h"
#include <string.h>

static const char *const changeable[] = {
    "read-only", "auto-read-only", "discard", "detect-zeroes", "cache",
    "force-share", NULL,
};

static bool same_value(JsonObject *old, JsonNode *node, const char *name)
{
    JsonNode *was = json_object_get_member(old, name);

    /* A child may be named by the node that was made for it. */
    return was && json_node_equal(was, node);
}

/* "file": "n0" where the file node is n0. */
static bool names_child(BlockDriverState *bs, JsonNode *node,
                        const char *name)
{
    bool same = false;

    GLOBAL_STATE_CODE();
    if (!JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_STRING) {
        return false;
    }
    bdrv_graph_rdlock_main_loop();
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        same = same || (strcmp(c->name, name) == 0 &&
                        strcmp(c->bs->node_name,
                               json_node_get_string(node)) == 0);
    }
    bdrv_graph_rdunlock_main_loop();
    return same;
}

static bool check_unchanged(BlockDriverState *bs, JsonObject *options,
                            GError **error)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    GLOBAL_STATE_CODE();
    json_object_iter_init_ordered(&iter, options);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        if (!g_strv_contains(changeable, name) &&
            !same_value(bs->options, node, name) &&
            !names_child(bs, node, name) &&
            !(strcmp(name, "node-name") == 0)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "node '%s': option '%s' cannot be changed",
                        bs->node_name, name);
            return false;
        }
    }
    return true;
}

/* The children write for it: they must be able to. */
static bool children_writable(BlockDriverState *bs, GError **error)
{
    BlockDriverState *bad = NULL;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        if (!(c->role & BDRV_CHILD_COW) && c->bs->read_only) {
            bad = c->bs;
        }
    }
    bdrv_graph_rdunlock_main_loop();
    if (bad) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s' cannot be written to: its child '%s' is "
                    "read-only", bs->node_name, bad->node_name);
    }
    return !bad;
}

static bool prepare(BDRVReopenState *state, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool prepare(BDRVReopenState *state, GError **error)
{
    BlockDriverState *bs = state->bs;
    bool writable = (state->flags & BDRV_O_RDWR) != 0;

    GLOBAL_STATE_CODE();
    if (writable && bs->read_only && !children_writable(bs, error)) {
        return false;
    }
    if (bs->drv->bdrv_reopen_prepare) {
        return bs->drv->bdrv_reopen_prepare(state, error);
    }
    if (writable == bs->read_only && !bs->drv->is_filter &&
        strcmp(bs->drv->format_name, "raw") != 0 &&
        strcmp(bs->drv->format_name, "null-co") != 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s': driver '%s' cannot change read-only",
                    bs->node_name, bs->drv->format_name);
        return false;
    }
    return true;
}

/* Swaps what the node keeps, tries the permissions that follow, and swaps it
 * back if they cannot be had. */
static bool switch_flags(BDRVReopenState *state, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool switch_flags(BDRVReopenState *state, GError **error)
{
    BlockDriverState *bs = state->bs;
    int old = bs->open_flags;

    GLOBAL_STATE_CODE();
    bs->open_flags = state->flags;
    bs->read_only = !(state->flags & BDRV_O_RDWR);
    if (bdrv_child_refresh_perms(bs, error)) {
        return true;
    }
    bs->open_flags = old;
    bs->read_only = !(old & BDRV_O_RDWR);
    return false;
}

bool bdrv_reopen(BlockDriverState *bs, JsonObject *options, GError **error)
{
    BDRVReopenState state = { .bs = bs, .options = options };
    bool ok;

    GLOBAL_STATE_CODE();
    if (!bdrv_check_options(bs->drv, options, error) ||
        !check_unchanged(bs, options, error)) {
        return false;
    }
    /* As blockdev-add would: what is not named has its default. */
    state.flags = bdrv_flags_of(options, BDRV_O_RDWR);
    if ((state.flags ^ bs->open_flags) & BDRV_O_NOCACHE &&
        !bs->drv->bdrv_reopen_prepare && bs->drv->is_protocol) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s': cache.direct cannot be changed",
                    bs->node_name);
        return false;
    }
    bdrv_ref(bs);
    bdrv_flush(bs);
    bdrv_drained_begin(bs);
    ok = prepare(&state, error);
    if (ok && !switch_flags(&state, error)) {
        ok = false;
        if (bs->drv->bdrv_reopen_abort) {
            bs->drv->bdrv_reopen_abort(&state);
        }
    }
    if (ok) {
        if (bs->drv->bdrv_reopen_commit) {
            bs->drv->bdrv_reopen_commit(&state);
        }
        bs->detect_zeroes = (BlockdevDetectZeroes)block_opt_enum(
            options, "detect-zeroes", "off|on|unmap", 0);
        json_object_unref(bs->options);
        bs->options = block_opts_copy(options);
    }
    bdrv_drained_end(bs);
    bdrv_unref(bs);
    return ok;
}
