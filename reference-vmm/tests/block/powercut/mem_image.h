/* SPDX-License-Identifier: MIT */
/*
 * mem_image.h - a protocol driver for tests: an image file in memory, which
 * can write down all that is done to it.
 *
 *     MemImage *image = mem_image_new();
 *     BlockBackend *blk = mem_image_open(image, "qcow2", flags, NULL, &error);
 *
 * With delay_seed set, requests yield now and then, so that coroutines come
 * to overlap.
 *
 * Thread context: main loop; requests in its coroutines.
 */
#ifndef REFVMM_TESTS_MEM_IMAGE_H
#define REFVMM_TESTS_MEM_IMAGE_H

#include "base/main_loop.h"
#include "block/block_backend.h"
#include "block/block_int.h"
#include <errno.h>
#include <string.h>

typedef enum MemOp { MEM_WRITE, MEM_TRUNCATE, MEM_FLUSH } MemOp;

typedef struct MemRecord {
    MemOp op;
    int64_t offset; /* MEM_TRUNCATE: the length */
    int64_t bytes;
    uint8_t *data; /* NULL: zeros */
} MemRecord;

typedef struct MemImage {
    uint8_t *data;
    int64_t length, capacity;
    int64_t limit;      /* it cannot grow beyond */
    GArray *log;        /* of MemRecord; NULL: not wanted */
    uint32_t delay_seed; /* 0: never yield */
    int64_t writes_until_error; /* -1: never */
    int64_t flushes, writes;
    /* A write that begins with this byte waits for whoever wakes held. */
    int hold_writes_of; /* -1: none */
    Coroutine *held;
} MemImage;

/* What the driver's open takes; it has no other way to know. */
static MemImage *mem_image_to_open;

typedef struct MemState {
    MemImage *image;
} MemState;

static inline void mem_record_clear(gpointer data)
{
    MemRecord *r = data;

    g_free(r->data);
}

static inline MemImage *mem_image_new(void)
{
    MemImage *image = g_new0(MemImage, 1);

    image->limit = 1 << 30;
    image->writes_until_error = -1;
    image->hold_writes_of = -1;
    return image;
}

static inline void mem_image_free(MemImage *image)
{
    if (image) {
        if (image->log) {
            g_array_free(image->log, TRUE);
        }
        g_free(image->data);
        g_free(image);
    }
}

static inline void mem_image_start_log(MemImage *image)
{
    image->log = g_array_new(FALSE, FALSE, sizeof(MemRecord));
    g_array_set_clear_func(image->log, mem_record_clear);
}

static inline int mem_image_resize(MemImage *image, int64_t length)
{
    if (length > image->limit) {
        return -ENOSPC;
    }
    if (length > image->capacity) {
        int64_t capacity = MAX(length, image->capacity * 2);

        image->data = g_realloc(image->data, (gsize)capacity);
        memset(image->data + image->capacity, 0,
               (size_t)(capacity - image->capacity));
        image->capacity = capacity;
    }
    if (length < image->length) {
        memset(image->data + length, 0, (size_t)(image->length - length));
    }
    image->length = length;
    return 0;
}

static inline int mem_image_apply(MemImage *image, const MemRecord *r)
{
    int ret = 0;

    if (r->op == MEM_TRUNCATE) {
        return mem_image_resize(image, r->offset);
    }
    if (r->op == MEM_WRITE) {
        if (r->offset + r->bytes > image->length) {
            ret = mem_image_resize(image, r->offset + r->bytes);
        }
        if (ret >= 0 && r->data) {
            memcpy(image->data + r->offset, r->data, (size_t)r->bytes);
        } else if (ret >= 0) {
            memset(image->data + r->offset, 0, (size_t)r->bytes);
        }
    }
    return ret;
}

static inline int mem_image_do(MemImage *image, MemRecord *r)
{
    int ret;

    if (r->op != MEM_FLUSH && image->writes_until_error == 0) {
        ret = -EIO;
    } else {
        image->writes_until_error -= image->writes_until_error > 0;
        ret = mem_image_apply(image, r);
    }
    image->flushes += r->op == MEM_FLUSH;
    image->writes += r->op == MEM_WRITE;
    if (ret >= 0 && image->log) {
        g_array_append_val(image->log, *r);
    } else {
        g_free(r->data);
    }
    return ret;
}

static inline void coroutine_fn mem_image_delay(MemImage *image)
{
    while (image->delay_seed) {
        image->delay_seed = image->delay_seed * 1664525 + 1013904223;
        if (image->delay_seed >> 30) {
            break;
        }
        aio_co_schedule(main_loop_context(), coroutine_self());
        coroutine_yield();
    }
}

/* ---- the driver --------------------------------------------------------- */

static bool mem_open(BlockDriverState *bs, JsonObject *options, int flags,
                     GError **error)
{
    MemState *s = bs->opaque;

    s->image = mem_image_to_open;
    return true;
}

static int coroutine_fn mem_co_preadv_part(BlockDriverState *bs,
                                           int64_t offset, int64_t bytes,
                                           IoVector *qiov, size_t at,
                                           BdrvRequestFlags flags)
{
    MemImage *image = ((MemState *)bs->opaque)->image;
    int64_t n;

    mem_image_delay(image);
    n = MAX(MIN(bytes, image->length - offset), 0);
    if (n) {
        io_vector_from_buf(qiov, at, image->data + offset, (size_t)n);
    }
    io_vector_memset(qiov, at + (size_t)n, 0, (size_t)(bytes - n));
    return 0;
}

static int coroutine_fn mem_co_pwritev_part(BlockDriverState *bs,
                                            int64_t offset, int64_t bytes,
                                            IoVector *qiov, size_t at,
                                            BdrvRequestFlags flags)
{
    MemImage *image = ((MemState *)bs->opaque)->image;
    MemRecord r = { MEM_WRITE, offset, bytes, g_malloc((gsize)bytes) };

    io_vector_to_buf(qiov, at, r.data, (size_t)bytes);
    mem_image_delay(image);
    if (r.data[0] == image->hold_writes_of) {
        image->held = coroutine_self();
        coroutine_yield();
    }
    return mem_image_do(image, &r);
}

static int coroutine_fn mem_co_pdiscard(BlockDriverState *bs, int64_t offset,
                                        int64_t bytes)
{
    MemImage *image = ((MemState *)bs->opaque)->image;
    MemRecord r = { MEM_WRITE, offset, bytes, NULL };

    mem_image_delay(image);
    r.bytes = MIN(bytes, image->length - offset);
    return r.bytes > 0 ? mem_image_do(image, &r) : 0;
}

static int coroutine_fn mem_co_flush(BlockDriverState *bs)
{
    MemImage *image = ((MemState *)bs->opaque)->image;
    MemRecord r = { MEM_FLUSH, 0, 0, NULL };

    mem_image_delay(image);
    return mem_image_do(image, &r);
}

static int coroutine_fn mem_co_truncate(BlockDriverState *bs, int64_t offset,
                                        bool exact, PreallocMode prealloc,
                                        BdrvRequestFlags flags,
                                        GError **error)
{
    MemImage *image = ((MemState *)bs->opaque)->image;
    MemRecord r = { MEM_TRUNCATE, offset, 0, NULL };

    return mem_image_do(image, &r);
}

static int64_t coroutine_fn mem_co_getlength(BlockDriverState *bs)
{
    return ((MemState *)bs->opaque)->image->length;
}

static const BlockDriver mem_driver = {
    .format_name = "memory",
    .instance_size = sizeof(MemState),
    .is_protocol = true,
    .bdrv_open = mem_open,
    .bdrv_co_preadv_part = mem_co_preadv_part,
    .bdrv_co_pwritev_part = mem_co_pwritev_part,
    .bdrv_co_pdiscard = mem_co_pdiscard,
    .bdrv_co_flush_to_disk = mem_co_flush,
    .bdrv_co_truncate = mem_co_truncate,
    .bdrv_co_getlength = mem_co_getlength,
};

/* ---- opening ------------------------------------------------------------ */

/* A node for the image alone; the graph does not know the driver's name. */
static inline BlockDriverState *mem_image_node(MemImage *image,
                                               const char *node_name,
                                               int flags, GError **error)
    NO_TSA;
static inline BlockDriverState *mem_image_node(MemImage *image,
                                               const char *node_name,
                                               int flags, GError **error)
{
    BlockDriverState *bs = bdrv_new(&mem_driver);

    mem_image_to_open = image;
    bs->open_flags = flags;
    bs->read_only = !(flags & BDRV_O_RDWR);
    bs->options = json_object_new();
    mem_driver.bdrv_open(bs, bs->options, flags, NULL);
    bs->opened = true;
    bs->total_bytes = image->length;
    bdrv_graph_rdlock_main_loop();
    bdrv_refresh_limits(bs);
    bdrv_graph_rdunlock_main_loop();
    if (!bdrv_register(bs, node_name, error)) {
        bdrv_unref(bs);
        return NULL;
    }
    return bs;
}

/*
 * The image in a format; options (consumed, NULL is fine) are the format
 * node's, except for "driver" and "file".
 */
static inline BlockBackend *mem_image_open(MemImage *image,
                                           const char *format, int flags,
                                           JsonObject *options,
                                           GError **error) NO_TSA;
static inline BlockBackend *mem_image_open(MemImage *image,
                                           const char *format, int flags,
                                           JsonObject *options,
                                           GError **error)
{
    static unsigned serial;
    g_autofree char *name = g_strdup_printf("mem%u", serial++);
    BlockDriverState *file =
        mem_image_node(image, name, flags | BDRV_O_PROTOCOL, error);
    BlockBackend *blk;

    if (!options) {
        options = json_object_new();
    }
    json_object_set_string_member(options, "driver", format);
    json_object_set_string_member(options, "file", name);
    blk = blk_new_open(NULL, NULL, options, flags, error);
    json_object_unref(options);
    bdrv_unref(file);
    return blk;
}

#endif
