/* SPDX-License-Identifier: MIT */
/*
 * qmp_bitmap.h - changes of dirty bitmaps, by themselves or as actions of a
 * transaction, which can be undone.
 *
 *     undo = bitmap_action_run("block-dirty-bitmap-clear", data, &error);
 *     if (!undo) ...
 *     bitmap_undo(undo);      // as if nothing had been done
 *     bitmap_commit(undo);    // or: it stays
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_QMP_BITMAP_H
#define REFVMM_MONITOR_QMP_BITMAP_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct BitmapUndo BitmapUndo;

/* NULL with an error.  data: the arguments of the command of that name. */
BitmapUndo *bitmap_action_run(const char *name, JsonObject *data,
                              GError **error) DROPS(bql) GS_FN;
/* Both free it. */
void bitmap_undo(BitmapUndo *u) GS_FN;
void bitmap_commit(BitmapUndo *u) GS_FN;

#endif
