/* SPDX-License-Identifier: MIT */
/*
 * iothread.h - a thread that runs an event loop of its own, for devices.
 *
 * Thread context: made, found and freed under the BQL.
 */
#ifndef REFVMM_BASE_IOTHREAD_H
#define REFVMM_BASE_IOTHREAD_H

#include "base/aio.h"
#include "base/thread.h"

typedef struct IOThread IOThread;

/* Owned by the list of all; id is copied and unique. */
IOThread *iothread_new(const char *id, GError **error) GS_FN;
/* Fails while something uses it. */
bool iothread_del(const char *id, GError **error) DROPS(bql) GS_FN;
void iothread_free_all(void) DROPS(bql) GS_FN;
IOThread *iothread_find(const char *id) GS_FN; /* NULL: none */
void iothread_ref(IOThread *t) GS_FN;
void iothread_unref(IOThread *t) GS_FN;
AioContext *iothread_context(IOThread *t) IO_FN;
const char *iothread_id(const IOThread *t) IO_FN;
int iothread_tid(const IOThread *t) IO_FN; /* of gettid() */
void iothread_foreach(void (*fn)(IOThread *t, void *opaque), void *opaque)
    GS_FN;

#endif
