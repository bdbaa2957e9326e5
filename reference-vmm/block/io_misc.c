/* SPDX-License-Identifier: MIT */
/*
 * io_misc.c - flush, length, truncation, and small questions to a node.
 *
 * Thread context: coroutines with the graph lock, any thread.
 */
#include "block/block_int.h"
#include <errno.h>

/* ---- flush -------------------------------------------------------------- */

static int coroutine_fn flush_node(BlockDriverState *bs, bool clean)
    GRAPH_RDLOCK;
static int coroutine_fn flush_node(BlockDriverState *bs, bool clean)
{
    int ret = 0;

    if (bs->drv->bdrv_co_flush_to_os) {
        BLKDBG_CO_EVENT(bs->file, BLKDBG_FLUSH_TO_OS);
        ret = bs->drv->bdrv_co_flush_to_os(bs);
    }
    if (ret >= 0 && !clean && !(bs->open_flags & BDRV_O_NO_FLUSH) &&
        bs->drv->bdrv_co_flush_to_disk) {
        BLKDBG_CO_EVENT(bs->file, BLKDBG_FLUSH_TO_DISK);
        ret = bs->drv->bdrv_co_flush_to_disk(bs);
    }
    /* Also when this node is clean: its parents may share a child. */
    for (BdrvChild *c = bs->children; c && ret >= 0; c = c->next_child) {
        if (c->perm & (BLK_PERM_WRITE | BLK_PERM_WRITE_UNCHANGED)) {
            ret = bdrv_co_flush(c->bs);
        }
    }
    return ret;
}

int coroutine_fn bdrv_co_flush(BlockDriverState *bs)
{
    unsigned gen;
    bool clean;
    int ret;

    IO_CODE();
    if (bs->read_only) {
        return 0;
    }
    bdrv_inc_in_flight(bs);
    co_mutex_lock(&bs->reqs_lock);
    while (bs->active_flush) {
        co_queue_wait(&bs->flush_queue, &bs->reqs_lock);
    }
    /* Writes done by now; those that come later may be flushed or not. */
    gen = __atomic_load_n(&bs->write_gen, __ATOMIC_SEQ_CST);
    clean = bs->flushed_gen == gen;
    bs->active_flush = true;
    co_mutex_unlock(&bs->reqs_lock);

    ret = flush_node(bs, clean);

    co_mutex_lock(&bs->reqs_lock);
    if (ret >= 0) {
        bs->flushed_gen = gen;
    }
    bs->active_flush = false;
    co_queue_next(&bs->flush_queue);
    co_mutex_unlock(&bs->reqs_lock);
    bdrv_dec_in_flight(bs);
    return ret;
}

/* ---- length ------------------------------------------------------------- */

int coroutine_fn bdrv_co_refresh_total_bytes(BlockDriverState *bs)
{
    int64_t length;

    IO_CODE();
    if (bs->drv->bdrv_co_getlength) {
        length = bs->drv->bdrv_co_getlength(bs);
    } else {
        length = bs->file ? bdrv_co_getlength(bs->file->bs) : 0;
    }
    if (length < 0) {
        return (int)length;
    }
    if (length > BDRV_MAX_LENGTH) {
        return -EFBIG;
    }
    /* Guests count in sectors; what is missing of the last reads as zeroes. */
    length = (length + BDRV_SECTOR_SIZE - 1) & ~(BDRV_SECTOR_SIZE - 1);
    __atomic_store_n(&bs->total_bytes, length, __ATOMIC_RELEASE);
    return 0;
}

int64_t coroutine_fn bdrv_co_getlength(BlockDriverState *bs)
{
    int ret = 0;

    IO_CODE();
    /* Drivers whose length nobody changes but through this layer know it
     * well; others are asked. */
    if (bs->has_variable_length || (bs->drv->is_filter && bs->file)) {
        ret = bdrv_co_refresh_total_bytes(bs);
    }
    return ret < 0 ? ret
                   : __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE);
}

int64_t coroutine_fn bdrv_co_get_allocated_file_size(BlockDriverState *bs)
{
    int64_t sum = 0;

    IO_CODE();
    if (bs->drv->bdrv_co_get_allocated_file_size) {
        return bs->drv->bdrv_co_get_allocated_file_size(bs);
    }
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        if (c->role & (BDRV_CHILD_DATA | BDRV_CHILD_METADATA |
                       BDRV_CHILD_FILTERED)) {
            int64_t n = bdrv_co_get_allocated_file_size(c->bs);

            if (n < 0) {
                return n;
            }
            sum += n;
        }
    }
    return bs->children ? sum : -ENOTSUP;
}

void bdrv_parents_resized(BlockDriverState *bs)
{
    IO_CODE();
    for (BdrvChild *c = bs->parents; c; c = c->next_parent) {
        if (c->klass->resize) {
            c->klass->resize(c);
        }
    }
}

static int coroutine_fn driver_truncate(BlockDriverState *bs, int64_t offset,
                                        bool exact, PreallocMode prealloc,
                                        BdrvRequestFlags flags,
                                        GError **error) GRAPH_RDLOCK;
static int coroutine_fn driver_truncate(BlockDriverState *bs, int64_t offset,
                                        bool exact, PreallocMode prealloc,
                                        BdrvRequestFlags flags,
                                        GError **error)
{
    if (bs->drv->bdrv_co_truncate) {
        return bs->drv->bdrv_co_truncate(bs, offset, exact, prealloc,
                                         flags & bs->supported_truncate_flags,
                                         error);
    }
    if (bs->drv->is_filter && bs->file) {
        return bdrv_co_truncate(bs->file, offset, exact, prealloc, flags,
                                error);
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "node '%s': driver '%s' cannot resize", bs->node_name,
                bs->drv->format_name);
    return -ENOTSUP;
}

/* With a longer backing file, what is gained would show it. */
static int coroutine_fn hides_backing(BlockDriverState *bs, int64_t old)
    GRAPH_RDLOCK;
static int coroutine_fn hides_backing(BlockDriverState *bs, int64_t old)
{
    int64_t length;

    if (!bs->backing) {
        return 0;
    }
    length = bdrv_co_getlength(bs->backing->bs);
    return length < 0 ? (int)length : length > old;
}

static int check_truncate(BdrvChild *child, int64_t offset, GError **error)
    GRAPH_RDLOCK;
static int check_truncate(BdrvChild *child, int64_t offset, GError **error)
{
    BlockDriverState *bs = child->bs;
    int ret = bdrv_check_request(offset, 0);

    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "node '%s': a length of %" PRId64 " is out of range",
                    bs->node_name, offset);
        return ret;
    }
    if (bs->read_only || !(child->perm & BLK_PERM_RESIZE)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    bs->read_only ? "node '%s' is read-only"
                                  : "node '%s' was not opened to be resized",
                    bs->node_name);
        return -EACCES;
    }
    return 0;
}

int coroutine_fn bdrv_co_truncate(BdrvChild *child, int64_t offset, bool exact,
                                  PreallocMode prealloc,
                                  BdrvRequestFlags flags, GError **error)
{
    BlockDriverState *bs = child->bs;
    BdrvTrackedRequest req;
    int64_t old = __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE);
    int64_t gained = MAX(0, offset - old);
    int ret = check_truncate(child, offset, error);

    IO_CODE();
    if (ret < 0) {
        return ret;
    }
    bdrv_inc_in_flight(bs);
    tracked_request_begin(&req, bs, offset - gained, gained, true);
    /* Writes beyond the old end wait until there is a new one. */
    if (gained) {
        tracked_request_serialise(&req, 1);
    }
    ret = hides_backing(bs, old);
    if (ret > 0 && gained) {
        flags |= BDRV_REQ_ZERO_WRITE;
    }
    if (ret >= 0) {
        ret = driver_truncate(bs, offset, exact, prealloc, flags, error);
    } else {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "node '%s': %s",
                    bs->backing->bs->node_name, g_strerror(-ret));
    }
    if (ret >= 0) {
        __atomic_add_fetch(&bs->write_gen, 1, __ATOMIC_SEQ_CST);
        ret = bdrv_co_refresh_total_bytes(bs);
        if (ret < 0) {
            g_set_error(error, VM_ERROR, VM_ERROR_OS,
                        "node '%s': its new length is not known: %s",
                        bs->node_name, g_strerror(-ret));
        }
        bdrv_dirty_bitmaps_truncate(
            bs, __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE));
        bdrv_parents_resized(bs);
    }
    tracked_request_end(&req);
    bdrv_dec_in_flight(bs);
    return MIN(ret, 0);
}

/* ---- questions ---------------------------------------------------------- */

int coroutine_fn bdrv_co_get_info(BlockDriverState *bs, BlockDriverInfo *info)
{
    IO_CODE();
    *info = (BlockDriverInfo){ 0 };
    if (bs->drv->bdrv_co_get_info) {
        return bs->drv->bdrv_co_get_info(bs, info);
    }
    if (bs->drv->is_filter && bs->file) {
        return bdrv_co_get_info(bs->file->bs, info);
    }
    return -ENOTSUP;
}

int coroutine_fn bdrv_co_check(BlockDriverState *bs, BdrvCheckResult *result,
                               BdrvCheckMode fix)
{
    int ret;

    IO_CODE();
    *result = (BdrvCheckResult){ .messages = result->messages };
    if (!bs->drv->bdrv_co_check) {
        return -ENOTSUP;
    }
    bdrv_inc_in_flight(bs);
    ret = bs->drv->bdrv_co_check(bs, result, fix);
    bdrv_dec_in_flight(bs);
    return ret;
}

static const char *const event_names[BLKDBG__MAX] = {
#define BLKDBG_EVENT(symbol, name) [BLKDBG_##symbol] = name,
#include "block/blkdebug_events.h"
#undef BLKDBG_EVENT
};

const char *blkdebug_event_name(BlkdebugEvent event)
{
    IO_CODE();
    return event < BLKDBG__MAX ? event_names[event] : NULL;
}

void coroutine_fn bdrv_co_debug_event(BdrvChild *child, BlkdebugEvent event)
{
    IO_CODE();
    if (child && child->bs->drv->bdrv_co_debug_event) {
        child->bs->drv->bdrv_co_debug_event(child->bs, event);
    }
}
