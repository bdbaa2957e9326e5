/* SPDX-License-Identifier: MIT */
/*
 * iov.c - see iov.h.
 *
 * Thread context: any.
 */
#include "block/iov.h"
#include <glib.h>
#include <string.h>

void io_vector_init(IoVector *v, int nalloc)
{
    IO_CODE();
    v->iov = nalloc > 0 ? g_new(struct iovec, nalloc) : NULL;
    v->niov = 0;
    v->nalloc = MAX(nalloc, 0);
    v->size = 0;
}

void io_vector_init_external(IoVector *v, struct iovec *iov, int niov)
{
    IO_CODE();
    v->iov = iov;
    v->niov = niov;
    v->nalloc = -1;
    v->size = 0;
    for (int i = 0; i < niov; i++) {
        v->size += iov[i].iov_len;
    }
}

void io_vector_init_buf(IoVector *v, void *buf, size_t bytes)
{
    IO_CODE();
    v->local = (struct iovec){ buf, bytes };
    v->iov = &v->local;
    v->niov = 1;
    v->nalloc = -1;
    v->size = bytes;
}

void io_vector_destroy(IoVector *v)
{
    IO_CODE();
    if (v->nalloc >= 0) {
        g_free(v->iov);
    }
    *v = (IoVector){ .nalloc = -1 };
}

void io_vector_reset(IoVector *v)
{
    IO_CODE();
    v->niov = 0;
    v->size = 0;
}

void io_vector_add(IoVector *v, void *base, size_t bytes)
{
    IO_CODE();
    g_assert(v->nalloc >= 0);
    if (v->niov == v->nalloc) {
        v->nalloc = v->nalloc ? 2 * v->nalloc : 4;
        v->iov = g_renew(struct iovec, v->iov, v->nalloc);
    }
    v->iov[v->niov++] = (struct iovec){ base, bytes };
    v->size += bytes;
}

/*
 * One step of a walk over the bytes from offset on: the next piece of at most
 * bytes.  *i is the buffer, *skip what of it lies before.  False at the end.
 */
static bool next_piece(const IoVector *v, int *i, size_t *skip, size_t bytes,
                       struct iovec *piece)
{
    while (*i < v->niov && *skip >= v->iov[*i].iov_len) {
        *skip -= v->iov[*i].iov_len;
        (*i)++;
    }
    if (*i >= v->niov || !bytes) {
        return false;
    }
    piece->iov_base = (char *)v->iov[*i].iov_base + *skip;
    piece->iov_len = MIN(v->iov[*i].iov_len - *skip, bytes);
    *skip += piece->iov_len;
    return true;
}

void io_vector_concat(IoVector *dst, const IoVector *src, size_t offset,
                      size_t bytes)
{
    struct iovec piece;
    int i = 0;

    IO_CODE();
    while (next_piece(src, &i, &offset, bytes, &piece)) {
        io_vector_add(dst, piece.iov_base, piece.iov_len);
        bytes -= piece.iov_len;
    }
}

size_t io_vector_to_buf(const IoVector *v, size_t offset, void *buf,
                        size_t bytes)
{
    struct iovec piece;
    size_t done = 0;
    int i = 0;

    IO_CODE();
    while (next_piece(v, &i, &offset, bytes - done, &piece)) {
        memcpy((char *)buf + done, piece.iov_base, piece.iov_len);
        done += piece.iov_len;
    }
    return done;
}

size_t io_vector_from_buf(const IoVector *v, size_t offset, const void *buf,
                          size_t bytes)
{
    struct iovec piece;
    size_t done = 0;
    int i = 0;

    IO_CODE();
    while (next_piece(v, &i, &offset, bytes - done, &piece)) {
        memcpy(piece.iov_base, (const char *)buf + done, piece.iov_len);
        done += piece.iov_len;
    }
    return done;
}

size_t io_vector_memset(const IoVector *v, size_t offset, int fill,
                        size_t bytes)
{
    struct iovec piece;
    size_t done = 0;
    int i = 0;

    IO_CODE();
    while (next_piece(v, &i, &offset, bytes - done, &piece)) {
        memset(piece.iov_base, fill, piece.iov_len);
        done += piece.iov_len;
    }
    return done;
}

bool io_vector_is_zero(const IoVector *v, size_t offset, size_t bytes)
{
    struct iovec piece;
    int i = 0;

    IO_CODE();
    while (next_piece(v, &i, &offset, bytes, &piece)) {
        if (!buffer_is_zero(piece.iov_base, piece.iov_len)) {
            return false;
        }
        bytes -= piece.iov_len;
    }
    return true;
}

bool io_vector_is_aligned(const IoVector *v, size_t offset, size_t bytes,
                          size_t align)
{
    struct iovec piece;
    int i = 0;

    IO_CODE();
    while (next_piece(v, &i, &offset, bytes, &piece)) {
        if (((uintptr_t)piece.iov_base | piece.iov_len) & (align - 1)) {
            return false;
        }
        bytes -= piece.iov_len;
    }
    return true;
}

int io_vector_count(const IoVector *v, size_t offset, size_t bytes)
{
    struct iovec piece;
    int i = 0, n = 0;

    IO_CODE();
    for (; next_piece(v, &i, &offset, bytes, &piece); n++) {
        bytes -= piece.iov_len;
    }
    return n;
}

int io_vector_slice(const IoVector *v, size_t offset, size_t bytes,
                    struct iovec *iov)
{
    int i = 0, n = 0;

    IO_CODE();
    for (; next_piece(v, &i, &offset, bytes, &iov[n]); n++) {
        bytes -= iov[n].iov_len;
    }
    return n;
}

bool buffer_is_zero(const void *buf, size_t bytes)
{
    const unsigned char *p = buf;

    IO_CODE();
    if (!bytes) {
        return true;
    }
    /* Most buffers that are not zero show it at once. */
    if (p[0] || p[bytes - 1] || p[bytes / 2]) {
        return false;
    }
    while (bytes && ((uintptr_t)p & 7)) {
        if (*p++) {
            return false;
        }
        bytes--;
    }
    while (bytes >= 64) {
        const uint64_t *w = (const uint64_t *)(const void *)p;

        if (w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) {
            return false;
        }
        p += 64;
        bytes -= 64;
    }
    for (; bytes; bytes--) {
        if (*p++) {
            return false;
        }
    }
    return true;
}
