/* SPDX-License-Identifier: MIT */
/*
 * aio_file.c - see aio_file.h.
 *
 * Each event loop has a ring of its own, made with its first request.  What
 * is asked for within a turn is submitted at its end, in one system call.
 * Where there is no ring, a worker makes the call.
 *
 * Thread context: home rights of the loop; worker functions in the thread
 * pool.
 */
#include "base/aio_file.h"
#include "base/aio_int.h"
#include "base/thread_pool.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_ENTRIES 256

struct AioRing {
    struct io_uring uring;
};

typedef enum FileOp {
    FILE_READ,
    FILE_WRITE,
    FILE_FDATASYNC,
    FILE_FALLOCATE,
} FileOp;

/* On the stack of the coroutine that waits for it. */
typedef struct FileRequest {
    FileOp op;
    int fd;
    const struct iovec *iov;
    int n_iov;
    int mode;
    int64_t offset;
    int64_t bytes;
    Coroutine *co;
    int ret; /* as io_uring's: bytes, 0 or -errno */
} FileRequest;

/* ---- the ring ----------------------------------------------------------- */

static AioRing *get_ring(AioContext *ctx)
{
    struct epoll_event event = {
        .events = EPOLLIN,
        .data.ptr = &aio_ring_marker,
    };
    AioRing *ring;

    if (ctx->ring_tried) {
        return ctx->ring;
    }
    ctx->ring_tried = true;
    if (getenv("REFVMM_NO_IO_URING")) {
        return NULL;
    }
    ring = g_new0(AioRing, 1);
    if (io_uring_queue_init(RING_ENTRIES, &ring->uring, 0) < 0) {
        g_free(ring);
        return NULL;
    }
    if (epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, ring->uring.ring_fd,
                  &event) < 0) {
        io_uring_queue_exit(&ring->uring);
        g_free(ring);
        return NULL;
    }
    ctx->ring = ring;
    return ring;
}

void aio_ring_free(AioContext *ctx)
{
    if (ctx->ring) {
        io_uring_queue_exit(&ctx->ring->uring);
        g_free(ctx->ring);
        ctx->ring = NULL;
    }
}

bool aio_file_uses_io_uring(AioContext *ctx)
{
    IO_CODE();
    return get_ring(ctx) != NULL;
}

void aio_ring_submit(AioContext *ctx)
{
    int ret;

    if (!ctx->ring || !ctx->ring_pending) {
        return;
    }
    do {
        ret = io_uring_submit(&ctx->ring->uring);
    } while (ret == -EINTR);
    /* Otherwise (EAGAIN, EBUSY) the kernel is out of something for now: the
     * loop does not sleep long before it comes here again. */
    ctx->ring_pending = io_uring_sq_ready(&ctx->ring->uring) != 0;
    __atomic_store_n(&ctx->submit_again, ctx->ring_pending, __ATOMIC_RELAXED);
}

bool aio_ring_dispatch(AioContext *ctx)
{
    struct io_uring_cqe *cqe;
    bool progress = false;

    if (!ctx->ring) {
        return false;
    }
    /* One at a time: a coroutine may poll, and find the next ones itself. */
    while (io_uring_peek_cqe(&ctx->ring->uring, &cqe) == 0) {
        FileRequest *req = io_uring_cqe_get_data(cqe);

        req->ret = cqe->res;
        io_uring_cqe_seen(&ctx->ring->uring, cqe);
        aio_co_wake(req->co);
        progress = true;
    }
    return progress;
}

static struct io_uring_sqe *get_sqe(AioContext *ctx, AioRing *ring)
{
    struct io_uring_sqe *sqe;

    while (!(sqe = io_uring_get_sqe(&ring->uring))) {
        ctx->ring_pending = true;
        aio_ring_submit(ctx);
        if (ctx->ring_pending) {
            return NULL;
        }
    }
    return sqe;
}

static void prepare(struct io_uring_sqe *sqe, FileRequest *req)
{
    switch (req->op) {
    case FILE_READ:
        io_uring_prep_readv(sqe, req->fd, req->iov, (unsigned)req->n_iov,
                            (uint64_t)req->offset);
        break;
    case FILE_WRITE:
        io_uring_prep_writev(sqe, req->fd, req->iov, (unsigned)req->n_iov,
                             (uint64_t)req->offset);
        break;
    case FILE_FDATASYNC:
        io_uring_prep_fsync(sqe, req->fd, IORING_FSYNC_DATASYNC);
        break;
    case FILE_FALLOCATE:
        io_uring_prep_fallocate(sqe, req->fd, req->mode, req->offset,
                                req->bytes);
        break;
    }
    io_uring_sqe_set_data(sqe, req);
}

/* ---- the thread pool ---------------------------------------------------- */

static int call(void *opaque)
{
    FileRequest *req = opaque;
    ssize_t ret = -1;

    switch (req->op) {
    case FILE_READ:
        ret = preadv(req->fd, req->iov, req->n_iov, req->offset);
        break;
    case FILE_WRITE:
        ret = pwritev(req->fd, req->iov, req->n_iov, req->offset);
        break;
    case FILE_FDATASYNC:
        ret = fdatasync(req->fd);
        break;
    case FILE_FALLOCATE:
        ret = fallocate(req->fd, req->mode, req->offset, req->bytes);
        break;
    }
    /* The kernel moves at most 0x7ffff000 bytes at a time. */
    return ret < 0 ? -errno : (int)ret;
}

/* ---- requests ----------------------------------------------------------- */

static int coroutine_fn submit_once(FileRequest *req)
{
    AioContext *ctx = coroutine_context(req->co);
    AioRing *ring = ctx ? get_ring(ctx) : NULL;
    struct io_uring_sqe *sqe = ring ? get_sqe(ctx, ring) : NULL;

    if (!sqe) {
        return thread_pool_submit_co(call, req);
    }
    prepare(sqe, req);
    ctx->ring_pending = true;
    if (!aio_context_in_dispatch(ctx)) {
        aio_ring_submit(ctx);
    }
    coroutine_yield();
    return req->ret;
}

/* ECANCELED: the thread that asked has ended before the kernel was done. */
static int coroutine_fn submit(FileRequest *req)
{
    int ret;

    req->co = coroutine_self();
    do {
        ret = submit_once(req);
    } while (ret == -EINTR || ret == -EAGAIN || ret == -ECANCELED);
    return ret;
}

/* Takes n bytes off the front; returns what entries are left. */
static int advance(struct iovec *iov, int n_iov, size_t n)
{
    int i = 0;

    while (i < n_iov && n >= iov[i].iov_len) {
        n -= iov[i++].iov_len;
    }
    if (i < n_iov) {
        iov[i].iov_base = (char *)iov[i].iov_base + n;
        iov[i].iov_len -= n;
    }
    memmove(iov, iov + i, (size_t)(n_iov - i) * sizeof(*iov));
    return n_iov - i;
}

/* A short read at the end of a file leaves an odd offset, which O_DIRECT does
 * not take. */
static bool is_at_end(const FileRequest *req)
{
    struct stat st;

    return req->op == FILE_READ && fstat(req->fd, &st) == 0 &&
           req->offset >= st.st_size;
}

/* After the first transfer has come out short. */
static ssize_t coroutine_fn transfer_rest(FileRequest *req, size_t done,
                                          size_t wanted)
{
    struct iovec *iov = g_memdup2(req->iov, (size_t)req->n_iov * sizeof(*iov));
    int n_iov = advance(iov, req->n_iov, done), ret = 0;
    size_t step = done;

    while (done < wanted) {
        req->iov = iov;
        req->n_iov = MIN(n_iov, IOV_MAX);
        req->offset += (int64_t)step;
        ret = submit(req);
        if (ret <= 0) {
            break;
        }
        step = (size_t)ret;
        done += step;
        n_iov = advance(iov, n_iov, step);
    }
    g_free(iov);
    if (ret < 0 && !(ret == -EINVAL && is_at_end(req))) {
        return ret;
    }
    if (ret == 0 && req->op == FILE_WRITE && done < wanted) {
        return -ENOSPC;
    }
    return (ssize_t)done;
}

static ssize_t coroutine_fn transfer(FileOp op, int fd,
                                     const struct iovec *iov, int n,
                                     int64_t offset)
{
    FileRequest req = {
        .op = op, .fd = fd, .iov = iov, .n_iov = MIN(n, IOV_MAX),
        .offset = offset,
    };
    size_t wanted = 0;
    int ret;

    for (int i = 0; i < n; i++) {
        wanted += iov[i].iov_len;
    }
    if (!wanted) {
        return 0;
    }
    ret = submit(&req);
    if (ret < 0 || (size_t)ret == wanted || (ret == 0 && op == FILE_READ)) {
        return ret;
    }
    req.n_iov = n;
    return transfer_rest(&req, (size_t)ret, wanted);
}

ssize_t coroutine_fn aio_file_preadv(int fd, const struct iovec *iov, int n,
                                     int64_t offset)
{
    IO_CODE();
    return transfer(FILE_READ, fd, iov, n, offset);
}

ssize_t coroutine_fn aio_file_pwritev(int fd, const struct iovec *iov, int n,
                                      int64_t offset)
{
    IO_CODE();
    return transfer(FILE_WRITE, fd, iov, n, offset);
}

int coroutine_fn aio_file_fdatasync(int fd)
{
    FileRequest req = { .op = FILE_FDATASYNC, .fd = fd };

    IO_CODE();
    return submit(&req);
}

int coroutine_fn aio_file_fallocate(int fd, int mode, int64_t offset,
                                    int64_t bytes)
{
    FileRequest req = {
        .op = FILE_FALLOCATE, .fd = fd, .mode = mode, .offset = offset,
        .bytes = bytes,
    };

    IO_CODE();
    return submit(&req);
}
