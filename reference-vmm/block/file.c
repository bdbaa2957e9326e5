/* SPDX-License-Identifier: MIT */
/*
 * file.c - a file or block device of the host.
 *
 * Data goes through aio_file.h: io_uring of the loop the request runs in, or
 * worker threads.  With cache.direct the page cache is left out, and requests
 * are aligned as the device wants them.
 *
 * Thread context: as block_int.h says of each slot.
 */
#include "block/block_int.h"
#include "base/aio_file.h"
#include "base/thread_pool.h"
#include "block/file_lock.h"
#include "block/file_probe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct FileState {
    int fd; /* set when it is opened */
    bool is_block_device;
    bool threads; /* aio=threads */
    bool locking;
    uint64_t perm, shared; /* locked.  BQL */
    bool no_discard;       /* atomic: the kernel cannot */
    bool no_zero_range;    /* atomic */
    /* Atomic.  After a failed flush nobody knows what is on the disk, and
     * the kernel does not tell again. */
    bool flush_failed;
} FileState;

static const BlockOption file_options[] = {
    { "filename", BLOCK_OPT_STRING, "path of the file" },
    { "aio", BLOCK_OPT_ENUM, "how requests are made; default: io_uring where "
      "the kernel has it", "threads|io_uring" },
    { "locking", BLOCK_OPT_ENUM, "whether other processes are kept off",
      "auto|on|off" },
    { NULL },
};

static const BlockOption file_create_options[] = {
    { "size", BLOCK_OPT_SIZE, "Virtual disk size" },
    { "preallocation", BLOCK_OPT_ENUM,
      "Preallocation mode (allowed values: off, falloc, full)",
      "off|falloc|full" },
    { NULL },
};

/* ---- opening ------------------------------------------------------------ */

static int open_flags_of(const BlockDriverState *bs, bool writable)
{
    return O_CLOEXEC | (writable ? O_RDWR : O_RDONLY) |
           (bs->open_flags & BDRV_O_NOCACHE ? O_DIRECT : 0);
}

static bool open_fd(BlockDriverState *bs, const char *filename,
                    GError **error)
{
    FileState *s = bs->opaque;
    g_autofree char *why = NULL;

    GLOBAL_STATE_CODE();
    s->fd = open(filename, open_flags_of(bs, !bs->read_only));
    if (s->fd < 0 && !bs->read_only &&
        (errno == EACCES || errno == EPERM || errno == EROFS)) {
        why = g_strdup_printf("cannot open '%s' for writing: %s", filename,
                              g_strerror(errno));
        if (!bdrv_apply_auto_read_only(bs, why, error)) {
            return false;
        }
        s->fd = open(filename, open_flags_of(bs, false));
    }
    if (s->fd < 0) {
        int err = errno;

        g_set_error(error, VM_ERROR, VM_ERROR_OS, "cannot open '%s': %s%s",
                    filename, g_strerror(err),
                    err == EINVAL && (bs->open_flags & BDRV_O_NOCACHE)
                        ? " (its file system may not know cache.direct)"
                        : "");
        return false;
    }
    return true;
}

static bool check_kind(FileState *s, const char *filename, GError **error)
{
    struct stat st;

    if (fstat(s->fd, &st) < 0) {
        vm_set_errno(error, filename);
        return false;
    }
    s->is_block_device = S_ISBLK(st.st_mode);
    if (!s->is_block_device && !S_ISREG(st.st_mode)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s' is neither a regular file nor a block device",
                    filename);
        return false;
    }
    return true;
}

static bool check_locking(FileState *s, JsonObject *options, GError **error)
{
    enum { AUTO, ON, OFF } how =
        (unsigned)block_opt_enum(options, "locking", "auto|on|off", 0);

    s->locking = how != OFF && file_lock_supported(s->fd);
    if (how == ON && !s->locking) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "driver 'file': locking=on, and the file system has no "
                    "locks of open files");
        return false;
    }
    return true;
}

static bool file_open(BlockDriverState *bs, JsonObject *options, int flags,
                      GError **error)
{
    FileState *s = bs->opaque;
    const char *filename = block_opt_string(options, "filename");

    GLOBAL_STATE_CODE();
    s->fd = -1;
    s->shared = BLK_PERM_ALL;
    s->threads = block_opt_enum(options, "aio", "threads|io_uring", 1) == 0;
    if (!filename) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver 'file' needs the option 'filename'");
        return false;
    }
    if (!open_fd(bs, filename, error)) {
        return false;
    }
    if (!check_kind(s, filename, error) ||
        !check_locking(s, options, error)) {
        close(s->fd);
        return false;
    }
    bs->filename = g_strdup(filename);
    bs->has_variable_length = s->is_block_device;
    bs->supported_zero_flags = BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK;
    /* New room in a file is a hole. */
    bs->supported_truncate_flags = BDRV_REQ_ZERO_WRITE;
    return true;
}

static void file_close(BlockDriverState *bs)
{
    FileState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    close(s->fd);
}

static void file_refresh_limits(BlockDriverState *bs)
{
    const FileState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    bs->bl.max_iov = IOV_MAX;
    bs->bl.min_mem_alignment = 1;
    bs->bl.request_alignment = 1;
    if (bs->open_flags & BDRV_O_NOCACHE) {
        file_probe_alignment(s->fd, &bs->bl.request_alignment,
                             &bs->bl.min_mem_alignment);
    }
}

/* ---- permissions -------------------------------------------------------- */

static bool file_check_perm(BlockDriverState *bs, uint64_t perm,
                            uint64_t shared, GError **error)
{
    FileState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (!s->locking) {
        return true;
    }
    /* Taken first and looked at then: of two that do this at the same time
     * at least one sees the other. */
    if (file_lock_apply(s->fd, s->perm | perm, s->shared & shared, false,
                        error) &&
        file_lock_check(s->fd, bs->filename, perm, shared, error)) {
        return true;
    }
    file_lock_apply(s->fd, s->perm, s->shared, true, NULL);
    return false;
}

static void file_set_perm(BlockDriverState *bs, uint64_t perm,
                          uint64_t shared)
{
    FileState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (s->locking) {
        file_lock_apply(s->fd, perm, shared, true, NULL);
    }
    s->perm = perm;
    s->shared = shared;
}

static void file_abort_perm_update(BlockDriverState *bs)
{
    FileState *s = bs->opaque;

    GLOBAL_STATE_CODE();
    if (s->locking) {
        file_lock_apply(s->fd, s->perm, s->shared, true, NULL);
    }
}

/* ---- data --------------------------------------------------------------- */

typedef struct FileJob {
    int fd;
    bool is_write;
    const struct iovec *iov;
    int niov;
    int64_t offset;
    ssize_t done;
} FileJob;

/* In a worker. */
static int run_job(void *opaque)
{
    FileJob *job = opaque;

    do {
        job->done = job->is_write
                        ? pwritev(job->fd, job->iov, job->niov, job->offset)
                        : preadv(job->fd, job->iov, job->niov, job->offset);
    } while (job->done < 0 && errno == EINTR);
    return job->done < 0 ? -errno : 0;
}

static ssize_t coroutine_fn transfer_threads(FileState *s, bool is_write,
                                             const struct iovec *iov,
                                             int niov, int64_t offset)
{
    FileJob job = { s->fd, is_write, iov, niov, offset, 0 };
    int ret = thread_pool_submit_co(run_job, &job);

    return ret < 0 ? ret : job.done;
}

static ssize_t coroutine_fn transfer(FileState *s, bool is_write,
                                     const struct iovec *iov, int niov,
                                     int64_t offset)
{
    if (s->threads) {
        return transfer_threads(s, is_write, iov, niov, offset);
    }
    return is_write ? aio_file_pwritev(s->fd, iov, niov, offset)
                    : aio_file_preadv(s->fd, iov, niov, offset);
}

/* How many of the buffers one call takes, and their bytes. */
static int piece(const struct iovec *iov, int niov, int64_t *bytes)
{
    int n = 0;

    *bytes = 0;
    while (n < MIN(niov, IOV_MAX)) {
        *bytes += (int64_t)iov[n++].iov_len;
    }
    return n;
}

/* Moves the front of iov by n bytes, which are within its first buffers. */
static void advance(struct iovec **iov, int *niov, size_t n)
{
    while (*niov && n >= (*iov)->iov_len) {
        n -= (*iov)->iov_len;
        (*iov)++;
        (*niov)--;
    }
    if (n) {
        (*iov)->iov_base = (char *)(*iov)->iov_base + n;
        (*iov)->iov_len -= n;
    }
}

static int coroutine_fn transfer_all(FileState *s, bool is_write,
                                     int64_t offset, struct iovec *iov,
                                     int niov)
{
    while (niov) {
        int64_t want;
        int n = piece(iov, niov, &want);
        ssize_t got = transfer(s, is_write, iov, n, offset);

        if (got < 0) {
            return (int)got;
        }
        if (got == 0 && is_write) {
            return -EIO;
        }
        if (got == 0) {
            /* The end of the file: zeroes from here on. */
            for (; niov; iov++, niov--) {
                memset(iov->iov_base, 0, iov->iov_len);
            }
            return 0;
        }
        offset += got;
        advance(&iov, &niov, (size_t)got);
    }
    return 0;
}

static int coroutine_fn request(BlockDriverState *bs, bool is_write,
                                int64_t offset, int64_t bytes, IoVector *qiov,
                                size_t qiov_offset)
{
    struct iovec local[16], *iov = local;
    int n = io_vector_count(qiov, qiov_offset, (size_t)bytes), ret;

    if (n > (int)G_N_ELEMENTS(local)) {
        iov = g_new(struct iovec, n);
    }
    io_vector_slice(qiov, qiov_offset, (size_t)bytes, iov);
    ret = transfer_all(bs->opaque, is_write, offset, iov, n);
    if (iov != local) {
        g_free(iov);
    }
    return ret;
}

static int coroutine_fn file_co_preadv_part(BlockDriverState *bs,
                                            int64_t offset, int64_t bytes,
                                            IoVector *qiov,
                                            size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    IO_CODE();
    return request(bs, false, offset, bytes, qiov, qiov_offset);
}

static int coroutine_fn file_co_pwritev_part(BlockDriverState *bs,
                                             int64_t offset, int64_t bytes,
                                             IoVector *qiov,
                                             size_t qiov_offset,
                                             BdrvRequestFlags flags)
{
    IO_CODE();
    return request(bs, true, offset, bytes, qiov, qiov_offset);
}

static bool not_supported(int ret)
{
    return ret == -EOPNOTSUPP || ret == -ENOTTY || ret == -ENOSYS ||
           ret == -ENODEV;
}

static int coroutine_fn punch(BlockDriverState *bs, int64_t offset,
                              int64_t bytes)
{
    FileState *s = bs->opaque;
    int ret;

    if (__atomic_load_n(&s->no_discard, __ATOMIC_RELAXED)) {
        return -ENOTSUP;
    }
    ret = aio_file_fallocate(s->fd,
                             FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                             offset, bytes);
    if (not_supported(ret)) {
        __atomic_store_n(&s->no_discard, true, __ATOMIC_RELAXED);
        return -ENOTSUP;
    }
    return ret;
}

static int coroutine_fn file_co_pdiscard(BlockDriverState *bs, int64_t offset,
                                         int64_t bytes)
{
    IO_CODE();
    return punch(bs, offset, bytes);
}

static int coroutine_fn file_co_pwrite_zeroes(BlockDriverState *bs,
                                              int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags)
{
    FileState *s = bs->opaque;
    int64_t length = __atomic_load_n(&bs->total_bytes, __ATOMIC_ACQUIRE);
    int ret = -ENOTSUP;

    IO_CODE();
    /* A hole does not make the file longer. */
    if ((flags & BDRV_REQ_MAY_UNMAP) && offset + bytes <= length) {
        ret = punch(bs, offset, bytes);
    }
    if (ret == -ENOTSUP &&
        !__atomic_load_n(&s->no_zero_range, __ATOMIC_RELAXED)) {
        ret = aio_file_fallocate(s->fd, FALLOC_FL_ZERO_RANGE, offset, bytes);
        if (not_supported(ret)) {
            __atomic_store_n(&s->no_zero_range, true, __ATOMIC_RELAXED);
            ret = -ENOTSUP;
        }
    }
    return ret;
}

static int coroutine_fn file_co_flush_to_disk(BlockDriverState *bs)
{
    FileState *s = bs->opaque;
    int ret;

    IO_CODE();
    if (__atomic_load_n(&s->flush_failed, __ATOMIC_RELAXED)) {
        return -EIO;
    }
    ret = aio_file_fdatasync(s->fd);
    if (ret < 0) {
        __atomic_store_n(&s->flush_failed, true, __ATOMIC_RELAXED);
    }
    return ret;
}

/* ---- length ------------------------------------------------------------- */

static int64_t coroutine_fn file_co_getlength(BlockDriverState *bs)
{
    FileState *s = bs->opaque;
    struct stat st;
    int64_t length;

    IO_CODE();
    if (s->is_block_device) {
        length = lseek(s->fd, 0, SEEK_END);
        return length < 0 ? -errno : length;
    }
    return fstat(s->fd, &st) < 0 ? -errno : (int64_t)st.st_size;
}

static int64_t coroutine_fn
file_co_get_allocated_file_size(BlockDriverState *bs)
{
    FileState *s = bs->opaque;
    struct stat st;

    IO_CODE();
    return fstat(s->fd, &st) < 0 ? -errno : (int64_t)st.st_blocks * 512;
}

static int coroutine_fn file_co_truncate(BlockDriverState *bs, int64_t offset,
                                         bool exact, PreallocMode prealloc,
                                         BdrvRequestFlags flags,
                                         GError **error)
{
    FileState *s = bs->opaque;
    FileResize job = { s->fd, offset, prealloc };
    int64_t length = file_co_getlength(bs);
    int ret;

    IO_CODE();
    if (s->is_block_device) {
        if (length >= 0 && (offset == length || (!exact && offset < length))) {
            return 0;
        }
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "'%s' is a block device: its length is fixed",
                    bs->filename);
        return -ENOTSUP;
    }
    ret = thread_pool_submit_co(file_resize, &job);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "'%s' cannot be resized: "
                    "%s", bs->filename, g_strerror(-ret));
    }
    return ret;
}

static int coroutine_fn file_co_block_status(BlockDriverState *bs,
                                             bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum,
                                             int64_t *map,
                                             BlockDriverState **file)
{
    const FileState *s = bs->opaque;
    int64_t data = 0, hole = 0;

    IO_CODE();
    *map = offset;
    *file = bs;
    *pnum = bytes;
    if (!want_zero || !file_find_allocation(s->fd, offset, &data, &hole)) {
        return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
    }
    if (data == offset) {
        /* The last block may be there in part. */
        *pnum = MIN(bytes, MAX(hole - offset, 0));
        *pnum += *pnum < bytes ? -*pnum & (bs->bl.request_alignment - 1) : 0;
        return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
    }
    *pnum = MIN(bytes, data - offset);
    return BDRV_BLOCK_ZERO | BDRV_BLOCK_OFFSET_VALID;
}

/* ---- making ------------------------------------------------------------- */

static bool file_create(const char *filename, JsonObject *opts,
                        GError **error)
{
    FileResize job = { -1, 0, PREALLOC_MODE_OFF };
    int ret;

    GLOBAL_STATE_CODE();
    if (!block_opt_size(opts, "size", 0, &job.length, error)) {
        return false;
    }
    switch (block_opt_enum(opts, "preallocation", "off|falloc|full", 0)) {
    case 1:
        job.prealloc = PREALLOC_MODE_FALLOC;
        break;
    case 2:
        job.prealloc = PREALLOC_MODE_FULL;
        break;
    }
    if (g_str_has_prefix(filename, "file:")) {
        filename += strlen("file:");
    }
    job.fd = file_create_empty(filename, error);
    if (job.fd < 0) {
        return false;
    }
    ret = file_resize(&job);
    close(job.fd);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "'%s' cannot be made %" PRId64 " bytes long: %s",
                    filename, job.length, g_strerror(-ret));
    }
    return ret >= 0;
}

const BlockDriver bdrv_file = {
    .format_name = "file",
    .instance_size = sizeof(FileState),
    .is_protocol = true,
    .options = file_options,
    .create_options = file_create_options,
    .bdrv_open = file_open,
    .bdrv_close = file_close,
    .bdrv_refresh_limits = file_refresh_limits,
    .bdrv_create = file_create,
    .bdrv_co_preadv_part = file_co_preadv_part,
    .bdrv_co_pwritev_part = file_co_pwritev_part,
    .bdrv_co_pwrite_zeroes = file_co_pwrite_zeroes,
    .bdrv_co_pdiscard = file_co_pdiscard,
    .bdrv_co_flush_to_disk = file_co_flush_to_disk,
    .bdrv_co_truncate = file_co_truncate,
    .bdrv_co_getlength = file_co_getlength,
    .bdrv_co_get_allocated_file_size = file_co_get_allocated_file_size,
    .bdrv_co_block_status = file_co_block_status,
    .bdrv_check_perm = file_check_perm,
    .bdrv_set_perm = file_set_perm,
    .bdrv_abort_perm_update = file_abort_perm_update,
};
