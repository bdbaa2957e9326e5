/* SPDX-License-Identifier: MIT */
/*
 * drain.c - drained sections, and moving nodes between event loops.
 *
 * A node is drained by telling its parents to send nothing (backends keep
 * their requests queued; nodes tell their own parents), and waiting until
 * neither they nor the node have a request under way.  Children need not be
 * told: what they get comes from above.
 *
 * Thread context: under the BQL, no coroutine.  Requests end in other
 * threads, which call aio_wait_kick().
 */
#include "block/block_int.h"
#include "base/main_loop.h"

/* Of bdrv_drain_all_begin(): nodes made meanwhile are drained from birth. */
static int drain_all_count GUARDED_BY(bql);

void bdrv_inc_in_flight(BlockDriverState *bs)
{
    IO_CODE();
    __atomic_add_fetch(&bs->in_flight, 1, __ATOMIC_SEQ_CST);
}

void bdrv_dec_in_flight(BlockDriverState *bs)
{
    IO_CODE();
    if (__atomic_sub_fetch(&bs->in_flight, 1, __ATOMIC_SEQ_CST) == 0) {
        aio_wait_kick();
    }
}

/* ---- the parent's side of an edge --------------------------------------- */

void bdrv_parent_drained_begin(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    if (!c->quiesced_parent && c->bs->quiesce_counter) {
        c->quiesced_parent = true;
        if (c->klass->drained_begin) {
            c->klass->drained_begin(c);
        }
    }
}

void bdrv_parent_drained_end(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    if (c->quiesced_parent) {
        c->quiesced_parent = false;
        if (c->klass->drained_end) {
            c->klass->drained_end(c);
        }
    }
}

static char *child_of_bds_desc(BdrvChild *c)
{
    BlockDriverState *parent = c->opaque;

    GLOBAL_STATE_CODE();
    return g_strdup_printf("node '%s'", parent->node_name);
}

static void GRAPH_RDLOCK child_of_bds_drained_begin(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    bdrv_do_drained_begin_quiesce(c->opaque);
}

static bool GRAPH_RDLOCK child_of_bds_drained_poll(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    return bdrv_drain_poll(c->opaque);
}

static void GRAPH_RDLOCK child_of_bds_drained_end(BdrvChild *c)
{
    GLOBAL_STATE_CODE();
    bdrv_do_drained_end(c->opaque);
}

const BdrvChildClass child_of_bds = {
    .parent_is_bds = true,
    .get_parent_desc = child_of_bds_desc,
    .drained_begin = child_of_bds_drained_begin,
    .drained_poll = child_of_bds_drained_poll,
    .drained_end = child_of_bds_drained_end,
};

/* ---- one node ----------------------------------------------------------- */

void bdrv_do_drained_begin_quiesce(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    if (__atomic_fetch_add(&bs->quiesce_counter, 1, __ATOMIC_SEQ_CST)) {
        return;
    }
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        bdrv_parent_drained_begin(c);
    }
    if (bs->drv->bdrv_drain_begin) {
        bs->drv->bdrv_drain_begin(bs);
    }
}

bool bdrv_drain_poll(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        if (c->klass->drained_poll && c->klass->drained_poll(c)) {
            return true;
        }
    }
    return __atomic_load_n(&bs->in_flight, __ATOMIC_SEQ_CST) > 0;
}

static bool poll_locked(BlockDriverState *bs)
{
    bool busy;

    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    busy = bdrv_drain_poll(bs);
    bdrv_graph_rdunlock_main_loop();
    return busy;
}

void bdrv_drained_begin(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    bdrv_do_drained_begin_quiesce(bs);
    bdrv_graph_rdunlock_main_loop();
    AIO_WAIT_WHILE(main_loop_context(), poll_locked(bs));
}

void bdrv_do_drained_end(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    g_assert(bs->quiesce_counter > 0);
    if (__atomic_sub_fetch(&bs->quiesce_counter, 1, __ATOMIC_SEQ_CST)) {
        return;
    }
    if (bs->drv->bdrv_drain_end) {
        bs->drv->bdrv_drain_end(bs);
    }
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        bdrv_parent_drained_end(c);
    }
}

void bdrv_drained_end(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    bdrv_do_drained_end(bs);
    bdrv_graph_rdunlock_main_loop();
}

void bdrv_drain(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bdrv_drained_begin(bs);
    bdrv_drained_end(bs);
}

/* ---- all of them -------------------------------------------------------- */

static bool drain_all_poll(void)
{
    bool busy;

    GLOBAL_STATE_CODE();
    busy = blk_all_drain_poll();
    bdrv_graph_rdlock_main_loop();
    for (BlockDriverState *bs = NULL; !busy && (bs = bdrv_next_any(bs));) {
        busy = bdrv_drain_poll(bs);
    }
    bdrv_graph_rdunlock_main_loop();
    return busy;
}

void bdrv_drain_all_begin(void)
{
    GLOBAL_STATE_CODE();
    drain_all_count++;
    blk_all_drained_begin();
    bdrv_graph_rdlock_main_loop();
    for (BlockDriverState *bs = NULL; (bs = bdrv_next_any(bs));) {
        bdrv_do_drained_begin_quiesce(bs);
    }
    bdrv_graph_rdunlock_main_loop();
    AIO_WAIT_WHILE(main_loop_context(), drain_all_poll());
}

void bdrv_drain_all_end(void)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    for (BlockDriverState *bs = NULL; (bs = bdrv_next_any(bs));) {
        bdrv_do_drained_end(bs);
    }
    bdrv_graph_rdunlock_main_loop();
    blk_all_drained_end();
    drain_all_count--;
}

void bdrv_drain_all_take_part(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    for (int i = 0; i < drain_all_count; i++) {
        bdrv_do_drained_begin_quiesce(bs);
    }
    bdrv_graph_rdunlock_main_loop();
}

int bdrv_drain_all_depth(void)
{
    GLOBAL_STATE_CODE();
    return drain_all_count;
}

void bdrv_drain_all(void)
{
    GLOBAL_STATE_CODE();
    bdrv_drain_all_begin();
    bdrv_drain_all_end();
}

int bdrv_flush_all(void)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    int result = 0;

    GLOBAL_STATE_CODE();
    /* They must still be there afterwards. */
    for (BlockDriverState *bs = NULL; (bs = bdrv_next_any(bs));) {
        bdrv_ref(bs);
        g_ptr_array_add(nodes, bs);
    }
    for (guint i = 0; i < nodes->len; i++) {
        int ret = bdrv_flush(nodes->pdata[i]);

        result = result ? result : ret;
        bdrv_unref(nodes->pdata[i]);
    }
    return result;
}

/* ---- event loops -------------------------------------------------------- */

static void collect(BlockDriverState *bs, GHashTable *seen) GRAPH_RDLOCK;
static void collect(BlockDriverState *bs, GHashTable *seen)
{
    if (!g_hash_table_add(seen, bs)) {
        return;
    }
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        collect(c->bs, seen);
    }
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        if (c->klass->parent_is_bds) {
            collect(c->opaque, seen);
        }
    }
}

static bool parents_can_follow(BlockDriverState *bs, AioContext *ctx,
                               GError **error) GRAPH_RDLOCK GS_FN;
static bool parents_can_follow(BlockDriverState *bs, AioContext *ctx,
                               GError **error)
{
    GLOBAL_STATE_CODE();
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        if (c->klass->can_set_aio_context &&
            !c->klass->can_set_aio_context(c, ctx, error)) {
            return false;
        }
    }
    return true;
}

static void move_node(BlockDriverState *bs, AioContext *ctx)
    GRAPH_RDLOCK GS_FN;
static void move_node(BlockDriverState *bs, AioContext *ctx)
{
    GLOBAL_STATE_CODE();
    if (bs->drv->bdrv_detach_aio_context) {
        bs->drv->bdrv_detach_aio_context(bs);
    }
    __atomic_store_n(&bs->aio_context, ctx, __ATOMIC_RELEASE);
    if (bs->drv->bdrv_attach_aio_context) {
        bs->drv->bdrv_attach_aio_context(bs, ctx);
    }
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        if (c->klass->set_aio_context) {
            c->klass->set_aio_context(c, ctx);
        }
    }
}

bool bdrv_try_change_aio_context(BlockDriverState *bs, AioContext *ctx,
                                 GError **error)
{
    g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer node;
    bool ok = true;

    GLOBAL_STATE_CODE();
    if (bdrv_get_aio_context(bs) == ctx) {
        return true;
    }
    bdrv_drain_all_begin();
    bdrv_graph_rdlock_main_loop();
    collect(bs, nodes);
    g_hash_table_iter_init(&iter, nodes);
    while (ok && g_hash_table_iter_next(&iter, &node, NULL)) {
        ok = parents_can_follow(node, ctx, error);
    }
    g_hash_table_iter_init(&iter, nodes);
    while (ok && g_hash_table_iter_next(&iter, &node, NULL)) {
        move_node(node, ctx);
    }
    bdrv_graph_rdunlock_main_loop();
    bdrv_drain_all_end();
    return ok;
}
