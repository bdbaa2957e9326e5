/* SPDX-License-Identifier: MIT */
/*
 * incoming.c - see incoming.h.
 *
 * Thread context: incoming_thread() and what it calls in the incoming thread,
 * without the BQL; all else under it.
 */
#include "seed/incoming.h"
#include "base/error.h"
#include "base/main_loop.h"
#include "seed/ram_save.h"

typedef struct Incoming {
    VmThread *thread GUARDED_BY(bql);
    /* The thread's own while it runs. */
    Stream *from_src;
    Ram *ram;

    VmMutex lock LOCK_RANK(RANK_INCOMING);
    IncomingStatus status GUARDED_BY(&lock);
    char *error GUARDED_BY(&lock);
} Incoming;

static Incoming incoming;

/* error is copied; NULL unless FAILED. */
static void set_status(Incoming *in, IncomingStatus status, const char *error)
    EXCLUDES(&in->lock)
{
    vm_mutex_lock(&in->lock);
    in->status = status;
    g_free(in->error);
    in->error = g_strdup(error);
    vm_mutex_unlock(&in->lock);
}

static void load_page(Incoming *in) REQUIRES(role_incoming)
{
    uint64_t buf[RAM_PAGE_WORDS];
    uint64_t page = stream_get_u64(in->from_src);

    stream_get(in->from_src, buf, sizeof(buf));
    if (page >= in->ram->n_pages) {
        stream_set_error(in->from_src, "page number out of range");
    } else if (stream_ok(in->from_src)) {
        ram_write_page(in->ram, page, buf);
    }
}

/* Up to and including REC_COMPLETE. */
static bool load_pages(Incoming *in) REQUIRES(role_incoming)
{
    for (;;) {
        uint8_t record = stream_get_u8(in->from_src);

        if (record == REC_PAGE) {
            load_page(in);
        } else if (record == REC_COMPLETE) {
            return true;
        } else {
            stream_set_error(in->from_src, "unknown record");
        }
        if (!stream_ok(in->from_src)) {
            return false;
        }
    }
}

static void *incoming_thread(void *opaque) ROLE_ENTRY(role_incoming)
{
    Incoming *in = opaque;
    bool ok = load_pages(in);

    if (ok) {
        set_status(in, INCOMING_LOADED, NULL);
        stream_put_u8(in->from_src, REC_LOADED);
        stream_flush(in->from_src);
        ok = stream_get_u8(in->from_src) == REC_GO;
        if (!ok) {
            stream_set_error(in->from_src, "expected the word to run");
        }
    }
    set_status(in, ok ? INCOMING_COMPLETED : INCOMING_FAILED,
               stream_error(in->from_src));
    /* Tells the source, if it still sends, that nobody listens. */
    stream_close(in->from_src);
    in->from_src = NULL;
    return NULL;
}

void incoming_init(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_init(&incoming.lock, "incoming", RANK_INCOMING);
}

void incoming_free(void)
{
    GLOBAL_STATE_CODE();
    set_status(&incoming, INCOMING_NONE, NULL);
    vm_mutex_destroy(&incoming.lock);
    g_clear_pointer(&incoming.ram, ram_free);
}

bool incoming_start(int fd, size_t n_pages, GError **error)
{
    Incoming *in = &incoming;

    GLOBAL_STATE_CODE();
    g_clear_pointer(&in->ram, ram_free);
    in->from_src = stream_new(fd);
    in->ram = ram_new(n_pages, error);
    if (!in->ram) {
        stream_close(in->from_src);
        return false;
    }
    set_status(in, INCOMING_ACTIVE, NULL);
    in->thread = vm_thread_create("incoming", VM_ROLE_INCOMING,
                                  incoming_thread, in, error);
    if (!in->thread) {
        set_status(in, INCOMING_NONE, NULL);
        stream_close(in->from_src);
        return false;
    }
    return true;
}

void incoming_finish(void)
{
    VmThread *thread = incoming.thread;

    GLOBAL_STATE_CODE();
    incoming.thread = NULL;
    main_loop_join(thread);
}

IncomingStatus incoming_status(void)
{
    IncomingStatus status;

    IO_CODE();
    vm_mutex_lock(&incoming.lock);
    status = incoming.status;
    vm_mutex_unlock(&incoming.lock);
    return status;
}

char *incoming_error(void)
{
    char *error;

    IO_CODE();
    vm_mutex_lock(&incoming.lock);
    error = g_strdup(incoming.error);
    vm_mutex_unlock(&incoming.lock);
    return error;
}

const Ram *incoming_ram(void)
{
    GLOBAL_STATE_CODE();
    return incoming_status() == INCOMING_COMPLETED ? incoming.ram : NULL;
}
