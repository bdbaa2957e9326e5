/* SPDX-License-Identifier: MIT */
/*
 * file_probe.c - see file_probe.h.
 *
 * Thread context: any.
 */
#include "block/file_probe.h"
#include "block/file_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ALIGNMENT 4096

static bool can_read(int fd, char *buf, size_t bytes)
{
    ssize_t n;

    do {
        n = pread(fd, buf, bytes, 0);
    } while (n < 0 && errno == EINTR);
    /* Any other error is no matter of alignment. */
    return n >= 0 || errno != EINVAL;
}

void file_probe_alignment(int fd, uint32_t *request, size_t *memory)
{
    char *buf = NULL;
    size_t align;

    IO_CODE();
    *request = MAX_ALIGNMENT;
    *memory = MAX_ALIGNMENT;
#ifdef STATX_DIOALIGN
    struct statx st;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) == 0 &&
        (st.stx_mask & STATX_DIOALIGN) && st.stx_dio_offset_align) {
        *request = st.stx_dio_offset_align;
        *memory = MAX(st.stx_dio_mem_align, 1);
        return;
    }
#endif
    if (posix_memalign((void **)&buf, MAX_ALIGNMENT, 2 * MAX_ALIGNMENT)) {
        return;
    }
    for (align = 512; align < MAX_ALIGNMENT; align *= 2) {
        if (can_read(fd, buf, align)) {
            break;
        }
    }
    *request = (uint32_t)align;
    for (align = 512; align < MAX_ALIGNMENT; align *= 2) {
        if (can_read(fd, buf + align, MAX_ALIGNMENT)) {
            break;
        }
    }
    *memory = align;
    free(buf);
}

bool file_find_allocation(int fd, int64_t offset, int64_t *data,
                          int64_t *hole)
{
    int64_t at = lseek(fd, offset, SEEK_DATA);

    IO_CODE();
    if (at < 0 && errno == ENXIO) {
        /* A hole up to the end, or beyond it. */
        *data = INT64_MAX;
        *hole = offset;
        return true;
    }
    if (at < offset) {
        return false;
    }
    *data = at;
    if (at > offset) {
        *hole = offset;
        return true;
    }
    *hole = lseek(fd, offset, SEEK_HOLE);
    /* Somebody may have cut the file between the two. */
    return *hole > offset;
}

static int write_zeroes(int fd, int64_t offset, int64_t end)
{
    size_t size = 1 << 20;
    char *buf = calloc(1, size);
    int ret = buf ? 0 : -ENOMEM;

    while (ret == 0 && offset < end) {
        ssize_t n = pwrite(fd, buf, (size_t)MIN((int64_t)size, end - offset),
                           offset);

        if (n < 0 && errno != EINTR) {
            ret = -errno;
        } else if (n > 0) {
            offset += n;
        }
    }
    free(buf);
    return ret == 0 && fdatasync(fd) < 0 ? -errno : ret;
}

int file_resize(void *opaque)
{
    FileResize *job = opaque;
    struct stat st;
    int ret = 0;

    IO_CODE();
    if (fstat(job->fd, &st) < 0) {
        return -errno;
    }
    if (job->length <= st.st_size || job->prealloc == PREALLOC_MODE_OFF ||
        job->prealloc == PREALLOC_MODE_METADATA) {
        return ftruncate(job->fd, job->length) < 0 ? -errno : 0;
    }
    if (job->prealloc == PREALLOC_MODE_FALLOC) {
        ret = -posix_fallocate(job->fd, st.st_size,
                               job->length - st.st_size);
    } else {
        ret = write_zeroes(job->fd, st.st_size, job->length);
    }
    if (ret < 0 && ftruncate(job->fd, st.st_size) < 0) {
        /* The first error is the one to tell. */
        return ret;
    }
    return ret;
}

int file_create_empty(const char *filename, GError **error)
{
    uint64_t perm = BLK_PERM_WRITE | BLK_PERM_RESIZE;
    uint64_t shared = BLK_PERM_ALL & ~(uint64_t)BLK_PERM_RESIZE;
    int fd = open(filename, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    IO_CODE();
    if (fd < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "cannot create '%s': %s",
                    filename, g_strerror(errno));
        return -1;
    }
    if (file_lock_supported(fd) &&
        (!file_lock_apply(fd, perm, shared, false, error) ||
         !file_lock_check(fd, filename, perm, shared, error))) {
        close(fd);
        return -1;
    }
    if (ftruncate(fd, 0) < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "cannot empty '%s': %s",
                    filename, g_strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}
