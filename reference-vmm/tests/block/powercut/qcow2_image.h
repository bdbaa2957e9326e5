/* SPDX-License-Identifier: MIT */
/*
 * qcow2_image.h - small qcow2 images in memory, for tests, and a random
 * source that gives the same numbers every time.
 *
 * Thread context: main loop.
 */
#ifndef REFVMM_TESTS_QCOW2_IMAGE_H
#define REFVMM_TESTS_QCOW2_IMAGE_H

#include "block/qcow2_format.h"
#include "mem_image.h"
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct ImageShape {
    int version, cluster_bits, refcount_order;
    bool lazy;
    int64_t size;
    const char *backing; /* a name to be found in the header */
} ImageShape;

typedef struct Random {
    uint64_t state;
} Random;

static inline uint64_t random_u64(Random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline int64_t random_below(Random *r, int64_t n)
{
    return n > 0 ? (int64_t)(random_u64(r) % (uint64_t)n) : 0;
}

static inline void random_fill(Random *r, uint8_t *buf, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        buf[i] = (uint8_t)(random_u64(r) | 1); /* never zero */
    }
}

/* Header, refcount table, refcount block; the disk has no size yet. */
static inline void image_write_first(MemImage *image, const ImageShape *shape)
{
    int64_t cs = (int64_t)1 << shape->cluster_bits;
    Qcow2Header h = { 0 };

    mem_image_resize(image, 3 * cs);
    h.version = (uint32_t)shape->version;
    h.cluster_bits = (uint32_t)shape->cluster_bits;
    h.refcount_table_offset = (uint64_t)cs;
    h.refcount_table_clusters = 1;
    h.refcount_order = (uint32_t)shape->refcount_order;
    h.header_length = shape->version < 3 ? QCOW2_V2_HEADER_LENGTH
                                         : QCOW2_HEADER_LENGTH;
    h.compatible_features =
        shape->lazy ? QCOW2_COMPAT_LAZY_REFCOUNTS : 0;
    h.backing_file = (char *)shape->backing;
    h.backing_format = shape->backing ? (char *)"raw" : NULL;
    if (!qcow2_header_build(&h, image->data, NULL)) {
        abort();
    }
    qcow2_put_be64(image->data + cs, 2 * (uint64_t)cs);
    for (uint64_t i = 0; i < 3; i++) {
        qcow2_refcount_set(image->data + 2 * cs, i, shape->refcount_order,
                           1);
    }
}

/* A whole one, of the shape's size. */
static inline MemImage *image_create(const ImageShape *shape) NO_TSA;
static inline MemImage *image_create(const ImageShape *shape)
{
    MemImage *image = mem_image_new();
    GError *error = NULL;
    BlockBackend *blk;

    image_write_first(image, shape);
    blk = mem_image_open(image, "qcow2", BDRV_O_RDWR | BDRV_O_NO_BACKING,
                         NULL, &error);
    if (!blk || blk_truncate(blk, shape->size, false, PREALLOC_MODE_OFF, 0,
                             &error) < 0) {
        g_error("cannot create an image: %s", error->message);
    }
    blk_unref(blk);
    return image;
}

/* Has qemu-img make a snapshot in it; false: there is no qemu-img. */
static inline bool image_add_snapshot(MemImage *image, const char *name)
{
    g_autofree char *program = g_find_program_in_path("qemu-img");
    g_autofree char *dir = NULL, *path = NULL, *command = NULL, *data = NULL;
    int status = -1;
    gsize length;

    if (!program) {
        return false;
    }
    dir = g_dir_make_tmp("qcow2-XXXXXX", NULL);
    path = g_build_filename(dir, "disk.qcow2", NULL);
    command = g_strdup_printf("qemu-img snapshot -c %s %s", name, path);
    if (!g_file_set_contents(path, (char *)image->data, image->length,
                             NULL) ||
        !g_spawn_command_line_sync(command, NULL, NULL, &status, NULL) ||
        status || !g_file_get_contents(path, &data, &length, NULL)) {
        g_error("%s: %d", command, status);
    }
    mem_image_resize(image, (int64_t)length);
    memcpy(image->data, data, length);
    remove(path);
    g_rmdir(dir);
    return true;
}

static inline void test_block_start(void) NO_TSA;
static inline void test_block_start(void)
{
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    if (!main_loop_init(NULL)) {
        abort();
    }
    bdrv_init();
}

static inline void test_block_end(void) NO_TSA;
static inline void test_block_end(void)
{
    bdrv_close_all();
    main_loop_free();
    bql_unlock();
}

/* A number from the environment, to make a run longer. */
static inline int64_t test_count(const char *variable, int64_t fallback)
{
    const char *text = g_getenv(variable);

    return text ? g_ascii_strtoll(text, NULL, 10) : fallback;
}

#endif
