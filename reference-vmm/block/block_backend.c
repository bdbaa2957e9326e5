/* SPDX-License-Identifier: MIT */
/*
 * block_backend.c - the life of backends, their node and their device.
 *
 * Thread context: under the BQL, no coroutine, unless block_backend.h says
 * otherwise.
 */
#include "block/block_backend_int.h"
#include "base/main_loop.h"
#include <string.h>

static BlockBackend *all_backends GUARDED_BY(bql);

/* ---- the edge to the node ----------------------------------------------- */

static char *root_desc(BdrvChild *c)
{
    BlockBackend *blk = c->opaque;

    GLOBAL_STATE_CODE();
    if (*blk->name) {
        return g_strdup_printf("block device '%s'", blk->name);
    }
    if (blk->dev_id && *blk->dev_id) {
        return g_strdup_printf("block device '%s'", blk->dev_id);
    }
    return g_strdup("an unnamed block device");
}

static void begin_drained(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (__atomic_fetch_add(&blk->quiesce_counter, 1, __ATOMIC_SEQ_CST) == 0 &&
        blk->dev_ops && blk->dev_ops->drained_begin) {
        blk->dev_ops->drained_begin(blk->dev_opaque);
    }
}

static bool poll_drained(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (blk->dev_ops && blk->dev_ops->drained_poll &&
        blk->dev_ops->drained_poll(blk->dev_opaque)) {
        return true;
    }
    return __atomic_load_n(&blk->in_flight, __ATOMIC_SEQ_CST) > 0;
}

static void end_drained(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    g_assert(blk->quiesce_counter > 0);
    if (__atomic_sub_fetch(&blk->quiesce_counter, 1, __ATOMIC_SEQ_CST)) {
        return;
    }
    if (blk->dev_ops && blk->dev_ops->drained_end) {
        blk->dev_ops->drained_end(blk->dev_opaque);
    }
    vm_mutex_lock(&blk->queue_lock);
    co_queue_restart_all(&blk->queued_requests);
    vm_mutex_unlock(&blk->queue_lock);
}

static void root_drained_begin(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    begin_drained(c->opaque);
}

static bool root_drained_poll(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    return poll_drained(c->opaque);
}

static void root_drained_end(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    end_drained(c->opaque);
}

static void root_resize(BdrvChild *c)
{
    BlockBackend *blk = c->opaque;

    IO_CODE();
    aio_bh_schedule(blk->resize_bh);
}

static bool root_can_set_aio_context(BdrvChild *c, AioContext *ctx,
                                     GError **error)
{
    BlockBackend *blk = c->opaque;

    GLOBAL_STATE_CODE();
    if (blk->allow_aio_context_change || !blk->dev_id) {
        return true;
    }
    g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                "node '%s' cannot move to another iothread: device '%s' uses "
                "it", c->bs->node_name, blk->dev_id);
    return false;
}

static void root_set_aio_context(BdrvChild *c, AioContext *ctx)
{
    BlockBackend *blk = c->opaque;

    GLOBAL_STATE_CODE();
    __atomic_store_n(&blk->ctx, ctx, __ATOMIC_RELEASE);
}

static const BdrvChildClass child_root = {
    .get_parent_desc = root_desc,
    .drained_begin = root_drained_begin,
    .drained_poll = root_drained_poll,
    .drained_end = root_drained_end,
    .resize = root_resize,
    .can_set_aio_context = root_can_set_aio_context,
    .set_aio_context = root_set_aio_context,
};

/* ---- life --------------------------------------------------------------- */

static void report_resize(void *opaque)
{
    BlockBackend *blk = opaque;

    GLOBAL_STATE_CODE();
    if (blk->dev_ops && blk->dev_ops->resize) {
        blk->dev_ops->resize(blk->dev_opaque);
    }
}

BlockBackend *blk_new(AioContext *ctx, uint64_t perm, uint64_t shared_perm)
{
    BlockBackend *blk = g_new0(BlockBackend, 1);
    BlockBackend **p;

    GLOBAL_STATE_CODE();
    blk->refcnt = 1;
    blk->name = g_strdup("");
    blk->perm = perm;
    blk->shared_perm = shared_perm;
    blk->ctx = ctx;
    blk->write_cache = true;
    blk->on_read_error = BLOCKDEV_ON_ERROR_REPORT;
    blk->on_write_error = BLOCKDEV_ON_ERROR_ENOSPC;
    blk->quiesce_counter = bdrv_drain_all_depth();
    vm_mutex_init(&blk->queue_lock, "block backend", RANK_BLK);
    co_queue_init(&blk->queued_requests);
    block_acct_init(&blk->stats);
    blk->resize_bh = aio_bh_new(main_loop_context(), report_resize, blk);
    blk->error_bh = aio_bh_new(main_loop_context(), blk_report_errors, blk);
    for (p = &all_backends; *p; p = &(*p)->next) {
    }
    *p = blk;
    return blk;
}

BlockBackend *blk_new_open(const char *filename, const char *reference,
                           JsonObject *options, int flags, GError **error)
{
    uint64_t perm = BLK_PERM_CONSISTENT_READ;
    uint64_t shared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
    BlockDriverState *bs;
    BlockBackend *blk;

    GLOBAL_STATE_CODE();
    if (flags & BDRV_O_NO_IO) {
        perm = 0;
        shared = BLK_PERM_ALL;
    }
    if (flags & BDRV_O_FORCE_SHARE) {
        shared = BLK_PERM_ALL;
    }
    if (flags & BDRV_O_RDWR) {
        perm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
    }
    bs = bdrv_open(filename, reference, options, flags, error);
    if (!bs) {
        return NULL;
    }
    blk = blk_new(bdrv_get_aio_context(bs), perm, shared);
    if (!blk_insert_bs(blk, bs, error)) {
        blk_unref(blk);
        blk = NULL;
    }
    bdrv_unref(bs);
    return blk;
}

void blk_ref(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    blk->refcnt++;
}

static DROPS(bql) void blk_delete(BlockBackend *blk)
{
    BlockBackend **p;

    GLOBAL_STATE_CODE();
    blk->refcnt = 1;
    blk_drain(blk);
    blk_remove_bs(blk);
    for (p = &all_backends; *p != blk; p = &(*p)->next) {
    }
    *p = blk->next;
    /* Its errors are told, even now. */
    blk_report_errors(blk);
    aio_bh_delete(blk->resize_bh);
    aio_bh_delete(blk->error_bh);
    block_acct_destroy(&blk->stats);
    vm_mutex_destroy(&blk->queue_lock);
    g_free(blk->dev_id);
    g_free(blk->name);
    g_free(blk);
}

void blk_unref(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    if (blk && --blk->refcnt == 0) {
        blk_delete(blk);
    }
}

/* ---- names -------------------------------------------------------------- */

bool blk_name_is_taken(const char *name)
{
    GLOBAL_STATE_CODE();
    return blk_by_name(name) != NULL;
}

bool blk_set_name(BlockBackend *blk, const char *name, GError **error)
{
    GLOBAL_STATE_CODE();
    name = name ? name : "";
    if (*name && blk_by_name(name) && blk_by_name(name) != blk) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "there is already a block device '%s'", name);
        return false;
    }
    if (*name && bdrv_find_node(name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "'%s' is the name of a block node already", name);
        return false;
    }
    g_free(blk->name);
    blk->name = g_strdup(name);
    return true;
}

const char *blk_name(const BlockBackend *blk)
{
    IO_CODE();
    return blk->name;
}

BlockBackend *blk_next(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    return blk ? blk->next : all_backends;
}

BlockBackend *blk_by_name(const char *name)
{
    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = all_backends; blk; blk = blk->next) {
        if (*blk->name && strcmp(blk->name, name) == 0) {
            return blk;
        }
    }
    return NULL;
}

BlockBackend *blk_by_qdev_id(const char *id)
{
    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = all_backends; blk; blk = blk->next) {
        if (blk->dev_id && *blk->dev_id && strcmp(blk->dev_id, id) == 0) {
            return blk;
        }
    }
    return NULL;
}

BlockDriverState *bdrv_lookup_bs(const char *device, const char *node_name,
                                 GError **error)
{
    BlockBackend *blk = device ? blk_by_name(device) : NULL;
    BlockDriverState *bs = NULL;

    GLOBAL_STATE_CODE();
    if (device && !blk) {
        blk = blk_by_qdev_id(device);
    }
    if (blk) {
        bs = blk_bs(blk);
        if (!bs) {
            g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                        "block device '%s' has no medium", device);
        }
        return bs;
    }
    bs = node_name ? bdrv_find_node(node_name) : NULL;
    if (!bs && device && node_name) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no block device or node '%s'", node_name);
    } else if (!bs) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    device ? "there is no block device '%s'"
                           : "there is no block node '%s'",
                    device ? device : node_name ? node_name : "");
    }
    return bs;
}

/* ---- the node ----------------------------------------------------------- */

BlockDriverState *blk_bs(const BlockBackend *blk)
{
    BdrvChild *root = __atomic_load_n(&blk->root, __ATOMIC_ACQUIRE);

    IO_OR_GS_CODE();
    return root ? root->bs : NULL;
}

bool blk_insert_bs(BlockBackend *blk, BlockDriverState *bs, GError **error)
{
    BdrvChild *root;

    GLOBAL_STATE_CODE();
    g_assert(!blk->root);
    if (bdrv_get_aio_context(bs) != blk_get_aio_context(blk) &&
        !bdrv_try_change_aio_context(bs, blk_get_aio_context(blk), error)) {
        return false;
    }
    bdrv_ref(bs);
    root = bdrv_root_attach_child(bs, "root", &child_root,
                                  BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY,
                                  blk->perm, blk->shared_perm, blk, error);
    __atomic_store_n(&blk->root, root, __ATOMIC_RELEASE);
    return root != NULL;
}

void blk_remove_bs(BlockBackend *blk)
{
    BdrvChild *root;

    GLOBAL_STATE_CODE();
    if (blk->root) {
        blk_drain(blk);
    }
    /* Asked after the drain, which gives the BQL back.  Requests that come
     * now find nothing; those that found it are in the graph, and taking away
     * the edge waits for them. */
    root = __atomic_exchange_n(&blk->root, NULL, __ATOMIC_ACQ_REL);
    if (root) {
        bdrv_root_unref_child(root);
    }
}

bool blk_set_perm(BlockBackend *blk, uint64_t perm, uint64_t shared_perm,
                  GError **error)
{
    GLOBAL_STATE_CODE();
    if (blk->root &&
        !bdrv_child_try_set_perm(blk->root, perm, shared_perm, error)) {
        return false;
    }
    blk->perm = perm;
    blk->shared_perm = shared_perm;
    return true;
}

/* ---- the device --------------------------------------------------------- */

bool blk_attach_dev(BlockBackend *blk, const char *id, GError **error)
{
    GLOBAL_STATE_CODE();
    if (blk->dev_id) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "block device '%s' is in use by '%s' already", blk->name,
                    blk->dev_id);
        return false;
    }
    blk->dev_id = g_strdup(id);
    return true;
}

void blk_detach_dev(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    g_clear_pointer(&blk->dev_id, g_free);
    blk_set_dev_ops(blk, NULL, NULL);
}

const char *blk_dev_id(const BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    return blk->dev_id;
}

void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque)
{
    GLOBAL_STATE_CODE();
    blk->dev_ops = ops;
    blk->dev_opaque = opaque;
    if (blk->quiesce_counter && ops && ops->drained_begin) {
        ops->drained_begin(opaque);
    }
}

AioContext *blk_get_aio_context(const BlockBackend *blk)
{
    IO_CODE();
    return __atomic_load_n(&blk->ctx, __ATOMIC_ACQUIRE);
}

bool blk_set_aio_context(BlockBackend *blk, AioContext *ctx, GError **error)
{
    bool allow = blk->allow_aio_context_change, ok = true;

    GLOBAL_STATE_CODE();
    if (blk->root) {
        blk->allow_aio_context_change = true;
        ok = bdrv_try_change_aio_context(blk->root->bs, ctx, error);
        blk->allow_aio_context_change = allow;
    }
    if (ok) {
        __atomic_store_n(&blk->ctx, ctx, __ATOMIC_RELEASE);
    }
    return ok;
}

void blk_set_allow_aio_context_change(BlockBackend *blk, bool allow)
{
    GLOBAL_STATE_CODE();
    blk->allow_aio_context_change = allow;
}

void blk_set_disable_request_queuing(BlockBackend *blk, bool disable)
{
    IO_CODE();
    __atomic_store_n(&blk->disable_request_queuing, disable,
                     __ATOMIC_RELEASE);
}

/* ---- drain -------------------------------------------------------------- */

void blk_drain(BlockBackend *blk)
{
    BlockDriverState *bs = blk_bs(blk);

    GLOBAL_STATE_CODE();
    if (bs) {
        bdrv_ref(bs);
        bdrv_drained_begin(bs);
    }
    AIO_WAIT_WHILE(main_loop_context(),
                   __atomic_load_n(&blk->in_flight, __ATOMIC_SEQ_CST) > 0);
    if (bs) {
        bdrv_drained_end(bs);
        bdrv_unref(bs);
    }
}

void blk_all_drained_begin(void)
{
    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = all_backends; blk; blk = blk->next) {
        begin_drained(blk);
    }
}

void blk_all_drained_end(void)
{
    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = all_backends; blk; blk = blk->next) {
        end_drained(blk);
    }
}

bool blk_all_drain_poll(void)
{
    GLOBAL_STATE_CODE();
    for (BlockBackend *blk = all_backends; blk; blk = blk->next) {
        if (poll_drained(blk)) {
            return true;
        }
    }
    return false;
}
