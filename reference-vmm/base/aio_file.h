/* SPDX-License-Identifier: MIT */
/*
 * aio_file.h - file input and output for coroutines: io_uring of the
 * coroutine's loop, or the thread pool where the kernel has none (or
 * REFVMM_NO_IO_URING is set in the environment).
 *
 * Results are bytes moved (short only at the end of the file: the rest of a
 * short transfer is asked for again), or -errno.
 *
 * Thread context: coroutines.
 */
#ifndef REFVMM_BASE_AIO_FILE_H
#define REFVMM_BASE_AIO_FILE_H

#include "base/coroutine.h"
#include <sys/types.h>
#include <sys/uio.h>

ssize_t coroutine_fn aio_file_preadv(int fd, const struct iovec *iov, int n,
                                     int64_t offset) IO_FN;
ssize_t coroutine_fn aio_file_pwritev(int fd, const struct iovec *iov, int n,
                                      int64_t offset) IO_FN;
int coroutine_fn aio_file_fdatasync(int fd) IO_FN;
/* mode: FALLOC_FL_... */
int coroutine_fn aio_file_fallocate(int fd, int mode, int64_t offset,
                                    int64_t bytes) IO_FN;
bool aio_file_uses_io_uring(AioContext *ctx) IO_FN;

#endif
