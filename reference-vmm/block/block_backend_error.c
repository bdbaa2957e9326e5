/* SPDX-License-Identifier: MIT */
/*
 * block_backend_error.c - what a failed request leads to.
 *
 * Thread context: deciding in any thread; events and the stop of the machine
 * come from the main loop, in the order of the errors.
 */
#include "block/block_backend_int.h"
#include <errno.h>
#include <string.h>

static const BlockEventOps *event_ops GUARDED_BY(bql);

static const char *const on_error_names[] = {
    [BLOCKDEV_ON_ERROR_REPORT] = "report",
    [BLOCKDEV_ON_ERROR_IGNORE] = "ignore",
    [BLOCKDEV_ON_ERROR_ENOSPC] = "enospc",
    [BLOCKDEV_ON_ERROR_STOP] = "stop",
    [BLOCKDEV_ON_ERROR_AUTO] = "auto",
};

void blk_set_event_ops(const BlockEventOps *ops)
{
    GLOBAL_STATE_CODE();
    event_ops = ops;
}

const char *blk_on_error_name(BlockdevOnError on_error)
{
    IO_CODE();
    return on_error_names[on_error];
}

bool blk_parse_on_error(const char *text, bool is_read, BlockdevOnError *ret,
                        GError **error)
{
    IO_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(on_error_names); i++) {
        if (strcmp(text, on_error_names[i]) == 0 &&
            !(is_read && i == BLOCKDEV_ON_ERROR_ENOSPC)) {
            *ret = (BlockdevOnError)i;
            return true;
        }
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "%s=%s: one of report, ignore, %sstop, auto",
                is_read ? "rerror" : "werror", text,
                is_read ? "" : "enospc, ");
    return false;
}

void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error)
{
    GLOBAL_STATE_CODE();
    blk->on_read_error = on_read_error == BLOCKDEV_ON_ERROR_AUTO
                             ? BLOCKDEV_ON_ERROR_REPORT : on_read_error;
    blk->on_write_error = on_write_error == BLOCKDEV_ON_ERROR_AUTO
                              ? BLOCKDEV_ON_ERROR_ENOSPC : on_write_error;
}

BlockdevOnError blk_get_on_error(const BlockBackend *blk, bool is_read)
{
    IO_CODE();
    return is_read ? blk->on_read_error : blk->on_write_error;
}

BlockErrorAction blk_get_error_action(const BlockBackend *blk, bool is_read,
                                      int error)
{
    IO_CODE();
    switch (blk_get_on_error(blk, is_read)) {
    case BLOCKDEV_ON_ERROR_ENOSPC:
        return error == ENOSPC ? BLOCK_ERROR_ACTION_STOP
                               : BLOCK_ERROR_ACTION_REPORT;
    case BLOCKDEV_ON_ERROR_STOP:
        return BLOCK_ERROR_ACTION_STOP;
    case BLOCKDEV_ON_ERROR_IGNORE:
        return BLOCK_ERROR_ACTION_IGNORE;
    case BLOCKDEV_ON_ERROR_REPORT:
    case BLOCKDEV_ON_ERROR_AUTO:
        break;
    }
    return BLOCK_ERROR_ACTION_REPORT;
}

static void report_one(BlockBackend *blk, const BlkErrorEvent *e)
{
    BlockDriverState *bs = blk_bs(blk);

    GLOBAL_STATE_CODE();
    if (!event_ops) {
        return;
    }
    /* Whoever waits for the event finds the machine stopping. */
    if (e->action == BLOCK_ERROR_ACTION_STOP && event_ops->vm_stop) {
        event_ops->vm_stop();
    }
    if (event_ops->io_error) {
        event_ops->io_error(blk->dev_id, blk->name,
                            bs ? bdrv_get_node_name(bs) : NULL, e->is_read,
                            e->action, e->error == ENOSPC,
                            g_strerror(e->error));
    }
}

void blk_report_errors(void *opaque)
{
    BlockBackend *blk = opaque;
    BlkErrorEvent *list, *next;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&blk->queue_lock);
    list = blk->errors;
    blk->errors = NULL;
    vm_mutex_unlock(&blk->queue_lock);
    for (; list; list = next) {
        next = list->next;
        report_one(blk, list);
        g_free(list);
    }
}

void blk_error_action(BlockBackend *blk, BlockErrorAction action,
                      bool is_read, int error)
{
    BlkErrorEvent *e = g_new0(BlkErrorEvent, 1);
    BlkErrorEvent **p;

    IO_CODE();
    if (action == BLOCK_ERROR_ACTION_STOP && blk->iostatus_enabled) {
        int expected = BLOCK_DEVICE_IO_STATUS_OK;

        /* The first one counts, until it is reset. */
        __atomic_compare_exchange_n(
            &blk->iostatus, &expected,
            error == ENOSPC ? BLOCK_DEVICE_IO_STATUS_NOSPACE
                            : BLOCK_DEVICE_IO_STATUS_FAILED,
            false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    }
    *e = (BlkErrorEvent){ action, is_read, error, NULL };
    vm_mutex_lock(&blk->queue_lock);
    for (p = &blk->errors; *p; p = &(*p)->next) {
    }
    *p = e;
    vm_mutex_unlock(&blk->queue_lock);
    aio_bh_schedule(blk->error_bh);
}

void blk_iostatus_enable(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    blk->iostatus_enabled = true;
    blk_iostatus_reset(blk);
}

bool blk_iostatus_is_enabled(const BlockBackend *blk)
{
    IO_CODE();
    return blk->iostatus_enabled &&
           (blk->on_write_error == BLOCKDEV_ON_ERROR_ENOSPC ||
            blk->on_write_error == BLOCKDEV_ON_ERROR_STOP ||
            blk->on_read_error == BLOCKDEV_ON_ERROR_STOP);
}

BlockDeviceIoStatus blk_iostatus(const BlockBackend *blk)
{
    IO_CODE();
    return (BlockDeviceIoStatus)__atomic_load_n(&blk->iostatus,
                                                __ATOMIC_ACQUIRE);
}

void blk_iostatus_reset(BlockBackend *blk)
{
    GLOBAL_STATE_CODE();
    __atomic_store_n(&blk->iostatus, BLOCK_DEVICE_IO_STATUS_OK,
                     __ATOMIC_RELEASE);
}
