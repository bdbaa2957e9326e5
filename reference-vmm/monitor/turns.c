/* SPDX-License-Identifier: MIT */
/*
 * turns.c - see turns.h.
 *
 * Thread context: under the BQL, in the main loop's bottom half.
 */
#include "monitor/turns.h"
#include "base/main_loop.h"

/* Set before there is another thread that kicks, gone after its end. */
static AioBh *bh;
static GPtrArray *turns GUARDED_BY(bql); /* const Turn* */
static guint next GUARDED_BY(bql);
static bool running GUARDED_BY(bql);
static bool allowed GUARDED_BY(bql);

/* The one after the last that ran, or further on. */
static bool GS_FN run_one(void)
{
    for (guint n = turns->len; n > 0 && turns->len; n--) {
        const Turn *t = g_ptr_array_index(turns, next++ % turns->len);

        if (t->run_next(t->opaque)) {
            return true;
        }
    }
    return false;
}

static void run(void *opaque)
{
    bool again;

    GLOBAL_STATE_CODE();
    if (running || !allowed) {
        return; /* there will be another kick */
    }
    running = true;
    again = run_one();
    running = false;
    if (again && bh) {
        aio_bh_schedule(bh);
    }
}

void turns_init(void)
{
    GLOBAL_STATE_CODE();
    turns = g_ptr_array_new();
    bh = aio_bh_new(main_loop_context(), run, NULL);
}

void turns_cleanup(void)
{
    GLOBAL_STATE_CODE();
    aio_bh_delete(bh);
    bh = NULL;
    g_clear_pointer(&turns, g_ptr_array_unref);
    allowed = false;
}

void turns_add(const Turn *t)
{
    GLOBAL_STATE_CODE();
    g_ptr_array_add(turns, (gpointer)t);
}

void turns_remove(const Turn *t)
{
    GLOBAL_STATE_CODE();
    g_ptr_array_remove(turns, (gpointer)t);
}

void turns_kick(void)
{
    IO_CODE();
    aio_bh_schedule(bh);
}

void turns_allow(bool allow)
{
    GLOBAL_STATE_CODE();
    allowed = allow;
    if (allow && bh) {
        aio_bh_schedule(bh);
    }
}
