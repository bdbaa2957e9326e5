/* SPDX-License-Identifier: MIT */
/*
 * aio_int.h - an event loop from the inside: what the files aio*.c share.
 *
 * Home rights: what the home thread alone may touch; for the main loop's
 * context, whoever holds the BQL.  They pass from thread to thread with it, in
 * the middle of a dispatch too, when a callback waits: so a dispatch keeps its
 * place on its stack, and what it may still look at is freed by the last.
 *
 * Thread context: as each field says.
 */
#ifndef REFVMM_BASE_AIO_INT_H
#define REFVMM_BASE_AIO_INT_H

#include "base/aio.h"
#include "base/coroutine.h"
#include <sys/epoll.h>

#define AIO_MAX_EVENTS 32
#define AIO_N_CLOCKS 2

typedef struct AioHandler AioHandler;
typedef struct AioRing AioRing;

/* A binary heap, next first. */
typedef struct AioTimerList {
    GPtrArray *heap; /* of AioTimer* */
    uint64_t next_order;
} AioTimerList;

struct AioContext {
    int epoll_fd;
    EventNotifier notifier; /* ends a sleep */

    /*
     * Atomic.  A sleeper counts itself in `sleepers` and then looks at
     * `notified`; who has work for it sets `notified` and then looks at
     * `sleepers`.  So one of them sees the other.
     */
    unsigned sleepers;
    bool notified;
    int always_ready;  /* handlers of files that epoll does not take */
    bool submit_again; /* requests that the ring had no room for */

    /* Home rights. */
    GPtrArray *handlers;  /* of AioHandler*, by descriptor */
    GPtrArray *graveyard; /* removed while a dispatch might know them */
    unsigned dispatching; /* how many dispatches are on the way */
    unsigned turn;        /* counts them */
    AioRing *ring;        /* NULL: not needed yet, or not to be had */
    bool ring_tried;
    bool ring_pending; /* entries that the kernel has not been told of */

    VmMutex lock LOCK_RANK(RANK_AIO);
    GQueue bhs GUARDED_BY(&lock);    /* AioBh*, first come first served */
    Coroutine *co_first GUARDED_BY(&lock); /* to be entered */
    Coroutine **co_last GUARDED_BY(&lock);
    unsigned n_co GUARDED_BY(&lock);
    AioTimerList timers[AIO_N_CLOCKS] GUARDED_BY(&lock);
    AioTimer *due_first GUARDED_BY(&lock); /* about to be called */
    AioTimer **due_last GUARDED_BY(&lock);
};

/* Whether the calling thread has home rights in ctx. */
bool aio_context_in_home(AioContext *ctx) IO_FN;
/* Whether the calling thread dispatches ctx: who prepares requests then may
 * leave telling the kernel to the end of the dispatch. */
bool aio_context_in_dispatch(AioContext *ctx) IO_FN;
void aio_notify_all(void) IO_FN; /* every context there is */

/* ---- aio_wait.c --------------------------------------------------------- */

/* Sleeps in ctx, or until extra_fd (-1: none) is readable.  With events, what
 * epoll has to say is taken along, which needs home rights. */
int aio_sleep(AioContext *ctx, bool block, int extra_fd,
              struct epoll_event *events) IO_FN;
/* The same; the BQL, if held, is not while it sleeps. */
int aio_sleep_without_bql(AioContext *ctx, bool block, int extra_fd,
                          struct epoll_event *events) IO_FN;
/* After progress: others that wait look at their condition again. */
void aio_wait_kick_others(void) IO_FN;

/* ---- aio_fd.c ----------------------------------------------------------- */

void aio_handlers_init(AioContext *ctx) IO_FN;
void aio_handlers_free(AioContext *ctx) IO_FN;
bool aio_handlers_dispatch(AioContext *ctx, const struct epoll_event *events,
                           int n) IO_OR_GS_FN;
/* One direction of a descriptor; the other stays as it is. */
bool aio_set_fd_direction(AioContext *ctx, int fd, bool for_write, AioFn *fn,
                          void *opaque, GError **error) IO_OR_GS_FN;
/* What epoll returns for the ring; NULL is the notifier. */
extern char aio_ring_marker;

/* ---- aio_timer.c -------------------------------------------------------- */

void aio_timers_init(AioContext *ctx) IO_FN;
void aio_timers_free(AioContext *ctx) IO_FN;
/* When the next is due; INT64_MAX: none. */
int64_t aio_timers_deadline(AioContext *ctx, VmClock clock) IO_FN;
/* How long ctx may sleep for its timers; INT64_MAX: for ever. */
int64_t aio_timers_timeout_ns(AioContext *ctx) REQUIRES(&ctx->lock) IO_FN;
/* Calls those that are due; whether there were any. */
bool aio_timers_dispatch(AioContext *ctx, VmClock clock) IO_OR_GS_FN;

/* ---- aio_file.c --------------------------------------------------------- */

void aio_ring_free(AioContext *ctx) IO_FN;
bool aio_ring_dispatch(AioContext *ctx) IO_OR_GS_FN;
void aio_ring_submit(AioContext *ctx) IO_FN;

/* ---- coroutine.c -------------------------------------------------------- */

/* Where co keeps its successor in the list of those to be entered. */
Coroutine **coroutine_link(Coroutine *co) IO_FN;
void coroutine_enter_scheduled(Coroutine *co) IO_OR_GS_FN;
/* In aio.c: to the end of that list. */
void aio_co_list_add(AioContext *ctx, Coroutine *co) IO_FN;

#endif
