/* SPDX-License-Identifier: MIT */
/*
 * request.c - requests of a node as others that overlap them see them.
 *
 * Requests that overlap run side by side: a guest that does this must expect
 * anything.  Some of ours must not be disturbed though: a read-modify-write
 * round a request that is not aligned, a write that makes the image longer.
 * Those are serialising: they wait for what overlaps them, and what overlaps
 * them and comes later waits for them.
 *
 * Thread context: coroutines, any thread.
 */
#include "block/block_int.h"

static bool overlaps(const BdrvTrackedRequest *req, int64_t offset,
                     int64_t bytes)
{
    return offset < req->overlap_offset + req->overlap_bytes &&
           req->overlap_offset < offset + bytes;
}

/* One that self has to wait for; NULL: none. */
static BdrvTrackedRequest *coroutine_fn
find_conflict(BdrvTrackedRequest *self, BlockDriverState *bs)
    REQUIRES(&bs->reqs_lock);
static BdrvTrackedRequest *coroutine_fn
find_conflict(BdrvTrackedRequest *self, BlockDriverState *bs)
{
    for (BdrvTrackedRequest *req = bs->tracked_requests; req;
         req = req->next) {
        if (req == self || (!req->serialising && !self->serialising) ||
            !overlaps(req, self->overlap_offset, self->overlap_bytes)) {
            continue;
        }
        /* Inside of itself: would wait for ever. */
        g_assert(coroutine_self() != req->co);
        /* One that waits goes on only when we are done, perhaps: it will see
         * us when it looks again. */
        if (!req->waiting_for) {
            return req;
        }
    }
    return NULL;
}

static void coroutine_fn wait_for_overlapping(BdrvTrackedRequest *self,
                                              BlockDriverState *bs)
    DROPS(&bs->reqs_lock);
static void coroutine_fn wait_for_overlapping(BdrvTrackedRequest *self,
                                              BlockDriverState *bs)
{
    BdrvTrackedRequest *req;

    while ((req = find_conflict(self, bs))) {
        self->waiting_for = req;
        co_queue_wait(&req->wait_queue, &bs->reqs_lock);
        self->waiting_for = NULL;
    }
}

void coroutine_fn tracked_request_begin(BdrvTrackedRequest *req,
                                        BlockDriverState *bs, int64_t offset,
                                        int64_t bytes, bool is_write)
{
    IO_CODE();
    *req = (BdrvTrackedRequest){
        .bs = bs, .offset = offset, .bytes = bytes, .is_write = is_write,
        .overlap_offset = offset, .overlap_bytes = bytes,
        .co = coroutine_self(),
    };
    co_queue_init(&req->wait_queue);
    co_mutex_lock(&bs->reqs_lock);
    req->next = bs->tracked_requests;
    req->prev = &bs->tracked_requests;
    if (req->next) {
        req->next->prev = &req->next;
    }
    bs->tracked_requests = req;
    if (__atomic_load_n(&bs->serialising_in_flight, __ATOMIC_RELAXED)) {
        wait_for_overlapping(req, bs);
    }
    co_mutex_unlock(&bs->reqs_lock);
}

void coroutine_fn tracked_request_serialise(BdrvTrackedRequest *req,
                                            int64_t align)
{
    BlockDriverState *bs = req->bs;
    int64_t offset = req->offset & ~(align - 1);
    int64_t end = (req->offset + req->bytes + align - 1) & ~(align - 1);

    IO_CODE();
    co_mutex_lock(&bs->reqs_lock);
    if (!req->serialising) {
        req->serialising = true;
        __atomic_add_fetch(&bs->serialising_in_flight, 1, __ATOMIC_RELAXED);
    }
    end = MAX(end, req->overlap_offset + req->overlap_bytes);
    req->overlap_offset = MIN(req->overlap_offset, offset);
    req->overlap_bytes = end - req->overlap_offset;
    wait_for_overlapping(req, bs);
    co_mutex_unlock(&bs->reqs_lock);
}

void coroutine_fn tracked_request_end(BdrvTrackedRequest *req)
{
    BlockDriverState *bs = req->bs;

    IO_CODE();
    co_mutex_lock(&bs->reqs_lock);
    if (req->serialising) {
        __atomic_sub_fetch(&bs->serialising_in_flight, 1, __ATOMIC_RELAXED);
    }
    *req->prev = req->next;
    if (req->next) {
        req->next->prev = req->prev;
    }
    co_queue_restart_all(&req->wait_queue);
    co_mutex_unlock(&bs->reqs_lock);
}
