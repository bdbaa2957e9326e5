/* SPDX-License-Identifier: MIT */
/*
 * iothread.c - see iothread.h.
 *
 * Thread context: the list and the counts of users under the BQL; run() in the
 * iothread, which does not hold it.
 */
#include "base/iothread.h"
#include "base/error.h"
#include "base/main_loop.h"

struct IOThread {
    char *id;
    AioContext *ctx;
    VmThread *thread;
    int users GUARDED_BY(bql);
    bool stop; /* atomic */
};

static GQueue iothreads GUARDED_BY(bql); /* of IOThread*, oldest first */

static void *run(void *opaque) ROLE_ENTRY(role_iothread)
{
    IOThread *t = opaque;

    aio_context_adopt(t->ctx);
    while (!__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE)) {
        aio_poll(t->ctx, true);
    }
    /* What was asked of us before we were told to stop. */
    aio_poll(t->ctx, false);
    aio_context_adopt(NULL);
    return NULL;
}

static void free_iothread(IOThread *t)
{
    aio_context_free(t->ctx);
    g_free(t->id);
    g_free(t);
}

IOThread *iothread_new(const char *id, GError **error)
{
    IOThread *t;

    GLOBAL_STATE_CODE();
    if (iothread_find(id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is an iothread '%s' already", id);
        return NULL;
    }
    t = g_new0(IOThread, 1);
    t->ctx = aio_context_new(error);
    if (t->ctx) {
        char *name = g_strconcat("IO ", id, NULL);

        t->thread = vm_thread_create(name, VM_ROLE_IOTHREAD, run, t, error);
        g_free(name);
    }
    if (!t->thread) {
        free_iothread(t);
        return NULL;
    }
    t->id = g_strdup(id);
    g_queue_push_tail(&iothreads, t);
    return t;
}

static void end_iothread(IOThread *t) DROPS(bql) GS_FN
{
    g_queue_remove(&iothreads, t);
    __atomic_store_n(&t->stop, true, __ATOMIC_RELEASE);
    aio_notify(t->ctx);
    main_loop_join(t->thread);
    free_iothread(t);
}

bool iothread_del(const char *id, GError **error)
{
    IOThread *t;

    GLOBAL_STATE_CODE();
    t = iothread_find(id);
    if (!t) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no iothread '%s'", id);
        return false;
    }
    if (t->users) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "iothread '%s' is in use", id);
        return false;
    }
    end_iothread(t);
    return true;
}

void iothread_free_all(void)
{
    IOThread *t;

    GLOBAL_STATE_CODE();
    while ((t = g_queue_peek_head(&iothreads))) {
        end_iothread(t);
    }
}

IOThread *iothread_find(const char *id)
{
    GLOBAL_STATE_CODE();
    for (GList *l = iothreads.head; l; l = l->next) {
        IOThread *t = l->data;

        if (g_str_equal(t->id, id)) {
            return t;
        }
    }
    return NULL;
}

void iothread_ref(IOThread *t)
{
    GLOBAL_STATE_CODE();
    t->users++;
}

void iothread_unref(IOThread *t)
{
    GLOBAL_STATE_CODE();
    g_assert(t->users > 0);
    t->users--;
}

AioContext *iothread_context(IOThread *t)
{
    IO_CODE();
    return t->ctx;
}

const char *iothread_id(const IOThread *t)
{
    IO_CODE();
    return t->id;
}

int iothread_tid(const IOThread *t)
{
    IO_CODE();
    return vm_thread_tid(t->thread);
}

void iothread_foreach(void (*fn)(IOThread *t, void *opaque), void *opaque)
{
    GLOBAL_STATE_CODE();
    for (GList *l = iothreads.head, *next; l; l = next) {
        next = l->next;
        fn(l->data, opaque);
    }
}
