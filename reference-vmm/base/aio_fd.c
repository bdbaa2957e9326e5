/* SPDX-License-Identifier: MIT */
/*
 * aio_fd.c - the descriptors of an event loop; see aio.h.
 *
 * epoll does not take regular files, which are always ready; such handlers
 * are called in every turn, as poll() would have it.
 *
 * Thread context: home rights.
 */
#include "base/aio_int.h"
#include "base/error.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

struct AioHandler {
    int fd;
    AioFn *fn[2]; /* on_read, on_write; both NULL: it is to be freed */
    void *opaque[2];
    bool always_ready;
};

char aio_ring_marker;

void aio_handlers_init(AioContext *ctx)
{
    ctx->handlers = g_ptr_array_new_with_free_func(g_free);
    ctx->graveyard = g_ptr_array_new_with_free_func(g_free);
}

void aio_handlers_free(AioContext *ctx)
{
    g_ptr_array_free(ctx->handlers, TRUE);
    g_ptr_array_free(ctx->graveyard, TRUE);
}

static AioHandler *find_handler(AioContext *ctx, int fd)
{
    if (fd < 0 || (guint)fd >= ctx->handlers->len) {
        return NULL;
    }
    return g_ptr_array_index(ctx->handlers, fd);
}

static void count_always_ready(AioContext *ctx, int by)
{
    __atomic_fetch_add(&ctx->always_ready, by, __ATOMIC_RELAXED);
}

static void remove_handler(AioContext *ctx, AioHandler *h)
{
    if (h->always_ready) {
        count_always_ready(ctx, -1);
    } else {
        /* Fails when it was closed before: then epoll has forgotten it. */
        epoll_ctl(ctx->epoll_fd, EPOLL_CTL_DEL, h->fd, NULL);
    }
    ctx->handlers->pdata[h->fd] = NULL;
    h->fn[0] = h->fn[1] = NULL;
    if (ctx->dispatching) {
        g_ptr_array_add(ctx->graveyard, h);
    } else {
        g_free(h);
    }
}

static bool watch(AioContext *ctx, AioHandler *h)
{
    struct epoll_event event = {
        .events = (h->fn[0] ? EPOLLIN : 0) | (h->fn[1] ? EPOLLOUT : 0),
        .data.ptr = h,
    };

    if (h->always_ready ||
        epoll_ctl(ctx->epoll_fd, EPOLL_CTL_MOD, h->fd, &event) == 0) {
        return true;
    }
    /* New, or closed and opened again behind our back. */
    if (errno == ENOENT &&
        epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, h->fd, &event) == 0) {
        return true;
    }
    if (errno == EPERM) {
        h->always_ready = true;
        count_always_ready(ctx, 1);
        aio_notify(ctx);
        return true;
    }
    return false;
}

/* Which of fn[] and opaque[] to set: bit 0 is reading, bit 1 writing. */
static bool set_handler(AioContext *ctx, int fd, unsigned which,
                        AioFn *const fn[2], void *opaque, GError **error)
{
    AioHandler *h = find_handler(ctx, fd);

    if (!h) {
        if ((!(which & 1) || !fn[0]) && (!(which & 2) || !fn[1])) {
            return true;
        }
        h = g_new0(AioHandler, 1);
        h->fd = fd;
        if (fd >= 0) {
            if ((guint)fd >= ctx->handlers->len) {
                g_ptr_array_set_size(ctx->handlers, fd + 1);
            }
            ctx->handlers->pdata[fd] = h;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (which >> i & 1) {
            h->fn[i] = fn[i];
            h->opaque[i] = opaque;
        }
    }
    if (!h->fn[0] && !h->fn[1]) {
        remove_handler(ctx, h);
        return true;
    }
    if (!watch(ctx, h)) {
        vm_set_errno(error, "cannot watch a file descriptor");
        if (fd < 0) {
            g_free(h);
        } else {
            remove_handler(ctx, h);
        }
        return false;
    }
    return true;
}

bool aio_set_fd_handler(AioContext *ctx, int fd, AioFn *on_read,
                        AioFn *on_write, void *opaque, GError **error)
{
    AioFn *const fn[2] = { on_read, on_write };

    IO_OR_GS_CODE();
    return set_handler(ctx, fd, 3, fn, opaque, error);
}

bool aio_set_fd_direction(AioContext *ctx, int fd, bool for_write, AioFn *fn,
                          void *opaque, GError **error)
{
    AioFn *const both[2] = { fn, fn };

    IO_OR_GS_CODE();
    return set_handler(ctx, fd, for_write ? 2 : 1, both, opaque, error);
}

bool aio_set_event_notifier(AioContext *ctx, EventNotifier *n, AioFn *fn,
                            void *opaque, GError **error)
{
    IO_OR_GS_CODE();
    return aio_set_fd_handler(ctx, n->fd, fn, NULL, opaque, error);
}

/* What of it is still true, after a nested turn. */
static unsigned still_ready(const AioHandler *h, unsigned events)
{
    struct pollfd p = { .fd = h->fd, .events = POLLIN | POLLOUT };

    return poll(&p, 1, 0) > 0 ? events & (unsigned)p.revents : 0;
}

/* The bits of epoll and poll are the same. */
static bool call_handler(AioContext *ctx, AioHandler *h, unsigned events)
{
    static const unsigned wanted[2] = {
        EPOLLIN | EPOLLHUP | EPOLLERR, EPOLLOUT | EPOLLHUP | EPOLLERR,
    };
    unsigned turn = ctx->turn;
    bool progress = false;

    for (int i = 0; i < 2; i++) {
        if (ctx->turn != turn && events) {
            events = still_ready(h, events);
        }
        /* The first may have removed the second. */
        if ((events & wanted[i]) && h->fn[i]) {
            h->fn[i](h->opaque[i]);
            progress = true;
        }
    }
    return progress;
}

static bool call_always_ready(AioContext *ctx)
{
    bool progress = false;

    if (!__atomic_load_n(&ctx->always_ready, __ATOMIC_RELAXED)) {
        return false;
    }
    for (guint i = 0; i < ctx->handlers->len; i++) {
        AioHandler *h = g_ptr_array_index(ctx->handlers, i);

        if (h && h->always_ready) {
            progress |= call_handler(ctx, h, EPOLLIN | EPOLLOUT);
        }
    }
    return progress;
}

bool aio_handlers_dispatch(AioContext *ctx, const struct epoll_event *events,
                           int n)
{
    unsigned turn = ctx->turn;
    bool progress = false;

    for (int i = 0; i < n; i++) {
        AioHandler *h = events[i].data.ptr;
        unsigned ready = events[i].events;

        if (!h) {
            event_notifier_test_and_clear(&ctx->notifier);
        } else if ((void *)h != &aio_ring_marker && (h->fn[0] || h->fn[1])) {
            /* A callback before us may have polled, and dealt with this. */
            if (ctx->turn != turn) {
                ready = still_ready(h, ready);
            }
            progress |= call_handler(ctx, h, ready);
        }
    }
    return call_always_ready(ctx) || progress;
}
