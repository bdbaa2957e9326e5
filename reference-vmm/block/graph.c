/* SPDX-License-Identifier: MIT */
/*
 * graph.c - the graph of nodes: their list, their names, their edges.
 *
 * An edge points to the same node for as long as it exists.  It is made and
 * taken away under the graph's write lock, with its node drained: so nobody
 * follows it at that time.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/block_int.h"
#include "base/main_loop.h"
#include <string.h>

#define MAX_NODE_NAME 31

/* All nodes that are open. */
static BlockDriverState *all_nodes GUARDED_BY(bql);

/* ---- nodes -------------------------------------------------------------- */

BlockDriverState *bdrv_new(const BlockDriver *drv)
{
    BlockDriverState *bs = g_new0(BlockDriverState, 1);

    GLOBAL_STATE_CODE();
    bs->drv = drv;
    bs->opaque = g_malloc0(MAX(drv->instance_size, 1));
    bs->refcnt = 1;
    bs->node_name = g_strdup("");
    bs->aio_context = main_loop_context();
    bs->bl.request_alignment = 1;
    bs->bl.min_mem_alignment = 1;
    co_mutex_init(&bs->reqs_lock);
    co_queue_init(&bs->flush_queue);
    vm_mutex_init(&bs->dirty_bitmap_lock, "dirty bitmap", RANK_DIRTY_BITMAP);
    return bs;
}

static bool name_is_well_formed(const char *name)
{
    if (!g_ascii_isalpha(name[0]) || strlen(name) > MAX_NODE_NAME) {
        return false;
    }
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("-._", *p)) {
            return false;
        }
    }
    return true;
}

bool bdrv_register(BlockDriverState *bs, const char *node_name,
                   GError **error)
{
    static unsigned counter;
    BlockDriverState **p;

    GLOBAL_STATE_CODE();
    if (node_name && !name_is_well_formed(node_name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "node-name '%s' is not well formed: a letter, then up to "
                    "%d letters, digits, '-', '.' and '_'", node_name,
                    MAX_NODE_NAME - 1);
        return false;
    }
    if (node_name && bdrv_find_node(node_name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "there is already a node with node-name '%s'", node_name);
        return false;
    }
    if (node_name && blk_name_is_taken(node_name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node-name '%s' is the name of a device already",
                    node_name);
        return false;
    }
    g_free(bs->node_name);
    bs->node_name = node_name ? g_strdup(node_name)
                              : g_strdup_printf("#block%03u", counter++);
    for (p = &all_nodes; *p; p = &(*p)->next) {
    }
    *p = bs;
    bdrv_drain_all_take_part(bs);
    return true;
}

static void unregister(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    for (BlockDriverState **p = &all_nodes; *p; p = &(*p)->next) {
        if (*p == bs) {
            *p = bs->next;
            return;
        }
    }
}

BlockDriverState *bdrv_next_any(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    return bs ? bs->next : all_nodes;
}

BlockDriverState *bdrv_next_node(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    return bdrv_next_any(bs);
}

BlockDriverState *bdrv_find_node(const char *node_name)
{
    GLOBAL_STATE_CODE();
    for (BlockDriverState *bs = all_nodes; bs; bs = bs->next) {
        if (strcmp(bs->node_name, node_name) == 0) {
            return bs;
        }
    }
    return NULL;
}

void bdrv_ref(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bs->refcnt++;
}

static BdrvChild *first_child(BlockDriverState *bs)
{
    BdrvChild *c;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    c = bs->children;
    bdrv_graph_rdunlock_main_loop();
    return c;
}

static DROPS(bql) void bdrv_delete(BlockDriverState *bs)
{
    BdrvChild *c;

    GLOBAL_STATE_CODE();
    /* What a driver still writes when it closes must not be cut short. */
    bs->refcnt = 1;
    bdrv_drained_begin(bs);
    if (bs->opened) {
        bdrv_flush(bs);
        if (bs->drv->bdrv_close) {
            bs->drv->bdrv_close(bs);
        }
    }
    while ((c = first_child(bs))) {
        bdrv_unref_child(bs, c);
    }
    bdrv_release_all_dirty_bitmaps(bs);
    unregister(bs);
    bdrv_drained_end(bs);
    g_assert(!__atomic_load_n(&bs->in_flight, __ATOMIC_ACQUIRE));
    vm_mutex_destroy(&bs->dirty_bitmap_lock);
    co_mutex_destroy(&bs->reqs_lock);
    if (bs->options) {
        json_object_unref(bs->options);
    }
    g_free(bs->opaque);
    g_free(bs->node_name);
    g_free(bs->filename);
    g_free(bs->backing_file);
    g_free(bs->backing_format);
    g_free(bs);
}

void bdrv_unref(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    if (bs && --bs->refcnt == 0) {
        bdrv_delete(bs);
    }
}

/* ---- edges -------------------------------------------------------------- */

static void link_edge(BdrvChild *c, BlockDriverState *parent)
    GRAPH_WRLOCK GS_FN;
static void link_edge(BdrvChild *c, BlockDriverState *parent)
{
    BdrvChild **p;

    GLOBAL_STATE_CODE();
    c->next_parent = c->bs->parents;
    c->bs->parents = c;
    if (!parent) {
        return;
    }
    for (p = &parent->children; *p; p = &(*p)->next_child) {
    }
    *p = c;
    if (c->role & BDRV_CHILD_COW) {
        parent->backing = c;
    } else if (c->role & BDRV_CHILD_PRIMARY) {
        parent->file = c;
    }
}

static void unlink_edge(BdrvChild *c, BlockDriverState *parent)
    GRAPH_WRLOCK GS_FN;
static void unlink_edge(BdrvChild *c, BlockDriverState *parent)
{
    BdrvChild **p;

    GLOBAL_STATE_CODE();
    for (p = &c->bs->parents; *p != c; p = &(*p)->next_parent) {
    }
    *p = c->next_parent;
    if (!parent) {
        return;
    }
    for (p = &parent->children; *p != c; p = &(*p)->next_child) {
    }
    *p = c->next_child;
    if (parent->backing == c) {
        parent->backing = NULL;
    } else if (parent->file == c) {
        parent->file = NULL;
    }
}

static BdrvChild *edge_new(BlockDriverState *bs, const char *name,
                           const BdrvChildClass *klass, BdrvChildRole role,
                           void *opaque)
{
    BdrvChild *c = g_new0(BdrvChild, 1);

    c->bs = bs;
    c->name = g_strdup(name);
    c->klass = klass;
    c->role = role;
    c->opaque = opaque;
    return c;
}

static void edge_free(BdrvChild *c)
{
    g_free(c->name);
    g_free(c);
}

/* Links c with the permissions in new_perm and new_shared, or with those its
 * parent's driver asks for. */
static bool attach(BdrvChild *c, BlockDriverState *parent, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool attach(BdrvChild *c, BlockDriverState *parent, GError **error)
{
    bool ok;

    GLOBAL_STATE_CODE();
    bdrv_graph_wrlock();
    link_edge(c, parent);
    if (parent) {
        uint64_t perm, shared;

        bdrv_get_cumulative_perm(parent, &perm, &shared);
        bdrv_child_perm(parent, c, perm, shared, &c->new_perm,
                        &c->new_shared);
    }
    ok = bdrv_update_perms(c->bs, c, error);
    if (!ok) {
        unlink_edge(c, parent);
    } else {
        bdrv_parent_drained_begin(c);
    }
    bdrv_graph_wrunlock();
    return ok;
}

/* The parent's requests are in the same context as its child's. */
static bool same_context(BlockDriverState *parent, BlockDriverState *child,
                         GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool same_context(BlockDriverState *parent, BlockDriverState *child,
                         GError **error)
{
    AioContext *ctx = bdrv_get_aio_context(parent);

    GLOBAL_STATE_CODE();
    return bdrv_get_aio_context(child) == ctx ||
           bdrv_try_change_aio_context(child, ctx, error) ||
           (bdrv_try_change_aio_context(parent, bdrv_get_aio_context(child),
                                        NULL) &&
            (g_clear_error(error), true));
}

BdrvChild *bdrv_attach_child(BlockDriverState *parent,
                             BlockDriverState *child_bs, const char *name,
                             const BdrvChildClass *klass, BdrvChildRole role,
                             GError **error)
{
    BdrvChild *c;

    GLOBAL_STATE_CODE();
    if (!same_context(parent, child_bs, error)) {
        bdrv_unref(child_bs);
        return NULL;
    }
    c = edge_new(child_bs, name, klass, role, parent);
    if (!attach(c, parent, error)) {
        edge_free(c);
        bdrv_unref(child_bs);
        return NULL;
    }
    return c;
}

BdrvChild *bdrv_root_attach_child(BlockDriverState *child_bs,
                                  const char *name,
                                  const BdrvChildClass *klass,
                                  BdrvChildRole role, uint64_t perm,
                                  uint64_t shared, void *opaque,
                                  GError **error)
{
    BdrvChild *c = edge_new(child_bs, name, klass, role, opaque);

    GLOBAL_STATE_CODE();
    c->new_perm = perm;
    c->new_shared = shared;
    if (!attach(c, NULL, error)) {
        edge_free(c);
        bdrv_unref(child_bs);
        return NULL;
    }
    return c;
}

static void detach(BdrvChild *c, BlockDriverState *parent)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static void detach(BdrvChild *c, BlockDriverState *parent)
{
    BlockDriverState *bs = c->bs;

    GLOBAL_STATE_CODE();
    bdrv_graph_wrlock();
    unlink_edge(c, parent);
    bdrv_parent_drained_end(c);
    /* Asking for less never fails. */
    bdrv_update_perms(bs, NULL, NULL);
    bdrv_graph_wrunlock();
    edge_free(c);
    bdrv_unref(bs);
}

void bdrv_root_unref_child(BdrvChild *child)
{
    GLOBAL_STATE_CODE();
    detach(child, NULL);
}

void bdrv_unref_child(BlockDriverState *parent, BdrvChild *child)
{
    GLOBAL_STATE_CODE();
    if (child) {
        detach(child, parent);
    }
}

/* ---- looking ------------------------------------------------------------ */

const char *bdrv_get_node_name(const BlockDriverState *bs)
{
    IO_CODE();
    return bs->node_name;
}

const char *bdrv_get_format_name(const BlockDriverState *bs)
{
    IO_CODE();
    return bs->drv->format_name;
}

bool bdrv_is_read_only(const BlockDriverState *bs)
{
    IO_CODE();
    return bs->read_only;
}

int bdrv_get_flags(const BlockDriverState *bs)
{
    IO_CODE();
    return bs->open_flags;
}

const char *bdrv_get_filename(const BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    return bs->filename ? bs->filename : "";
}

BlockDriverState *bdrv_skip_filters(BlockDriverState *bs)
{
    IO_OR_GS_CODE();
    while (bs && bs->drv->is_filter) {
        bs = bs->file ? bs->file->bs : NULL;
    }
    return bs;
}

BlockDriverState *bdrv_backing_bs(BlockDriverState *bs)
{
    IO_OR_GS_CODE();
    bs = bdrv_skip_filters(bs);
    return bs && bs->backing ? bs->backing->bs : NULL;
}

bool bdrv_has_backing(BlockDriverState *bs)
{
    IO_OR_GS_CODE();
    return bdrv_backing_bs(bs) != NULL;
}

AioContext *bdrv_get_aio_context(const BlockDriverState *bs)
{
    IO_CODE();
    return __atomic_load_n(&bs->aio_context, __ATOMIC_ACQUIRE);
}
