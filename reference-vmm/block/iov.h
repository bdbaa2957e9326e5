/* SPDX-License-Identifier: MIT */
/*
 * iov.h - scattered buffers as one run of bytes.
 *
 *     IoVector v;
 *     io_vector_init(&v, 2);
 *     io_vector_add(&v, header, 512);
 *     io_vector_add(&v, data, 4096);
 *     io_vector_from_buf(&v, 500, bytes, 24);
 *     io_vector_destroy(&v);
 *
 * The buffers belong to whoever added them.  Offsets and lengths are bytes;
 * what lies beyond the end is left alone, and results say how much was done.
 *
 * Thread context: any, one thread at a time for one vector.
 */
#ifndef REFVMM_BLOCK_IOV_H
#define REFVMM_BLOCK_IOV_H

#include "base/annotate.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

typedef struct IoVector {
    struct iovec *iov;
    int niov;
    int nalloc; /* -1: iov is somebody else's, nothing can be added */
    size_t size;
    struct iovec local; /* of one that holds a single buffer */
} IoVector;

/* nalloc: how many buffers are expected. */
void io_vector_init(IoVector *v, int nalloc) IO_FN;
/* Borrows the array. */
void io_vector_init_external(IoVector *v, struct iovec *iov, int niov) IO_FN;
void io_vector_init_buf(IoVector *v, void *buf, size_t bytes) IO_FN;
void io_vector_destroy(IoVector *v) IO_FN;
/* Empties it, keeping the array. */
void io_vector_reset(IoVector *v) IO_FN;

void io_vector_add(IoVector *v, void *base, size_t bytes) IO_FN;
/* Adds a part of another one, the bytes of which stay where they are. */
void io_vector_concat(IoVector *dst, const IoVector *src, size_t offset,
                      size_t bytes) IO_FN;

size_t io_vector_to_buf(const IoVector *v, size_t offset, void *buf,
                        size_t bytes) IO_FN;
size_t io_vector_from_buf(const IoVector *v, size_t offset, const void *buf,
                          size_t bytes) IO_FN;
size_t io_vector_memset(const IoVector *v, size_t offset, int fill,
                        size_t bytes) IO_FN;
bool io_vector_is_zero(const IoVector *v, size_t offset, size_t bytes) IO_FN;
/* Whether every buffer of the part begins and ends at multiples of align. */
bool io_vector_is_aligned(const IoVector *v, size_t offset, size_t bytes,
                          size_t align) IO_FN;
/* Buffers that the part touches. */
int io_vector_count(const IoVector *v, size_t offset, size_t bytes) IO_FN;
/* Writes the part to iov, which has room for io_vector_count(); their
 * number. */
int io_vector_slice(const IoVector *v, size_t offset, size_t bytes,
                    struct iovec *iov) IO_FN;

bool buffer_is_zero(const void *buf, size_t bytes) IO_FN;

#endif
