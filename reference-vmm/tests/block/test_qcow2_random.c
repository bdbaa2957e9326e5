/* SPDX-License-Identifier: MIT */
/*
 * Random requests to qcow2 images of many shapes, several at a time and often
 * in the same clusters, beside a plain copy of what the disk should hold.
 * The images are checked by our own check, and by qemu-img where there is
 * one.
 *
 * QCOW2_ROUNDS: batches of requests an image; QCOW2_SEED: other numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "powercut/qcow2_image.h"

#define MAX_BATCH 8

typedef struct Disk {
    ImageShape shape;
    MemImage *image, *base; /* base: NULL without a backing file */
    BlockBackend *blk;
    BlockDriverState *base_bs;
    uint8_t *shadow;
    int64_t size;
    bool has_snapshots;
    Random random;
} Disk;

typedef enum OpKind {
    OP_WRITE,
    OP_READ,
    OP_ZEROES,
    OP_DISCARD,
    OP_FLUSH,
} OpKind;

typedef struct Op {
    Disk *disk;
    OpKind kind;
    int64_t offset, bytes;
    uint8_t *buf;
    struct iovec iov;
    IoVector v;
    int ret;
} Op;

static int pending;

/* ---- opening and closing ------------------------------------------------ */

static void NO_TSA disk_open(Disk *d)
{
    JsonObject *options = json_object_new();
    GError *error = NULL;
    int flags = BDRV_O_RDWR | BDRV_O_UNMAP;

    if (d->base) {
        static unsigned serial;
        g_autofree char *name = g_strdup_printf("base%u", serial++);

        d->base_bs = mem_image_node(d->base, name, BDRV_O_PROTOCOL, &error);
        assert_non_null(d->base_bs);
        json_object_set_string_member(options, "backing", name);
    }
    if (random_below(&d->random, 2)) {
        /* Too small to hold anything. */
        json_object_set_int_member(options, "l2-cache-size", 1);
        json_object_set_int_member(options, "refcount-cache-size", 1);
    }
    d->blk = mem_image_open(d->image, "qcow2", flags, options, &error);
    if (!d->blk) {
        fail_msg("%s", error->message);
    }
}

static void NO_TSA disk_close(Disk *d)
{
    blk_unref(d->blk);
    bdrv_unref(d->base_bs);
    d->blk = NULL;
    d->base_bs = NULL;
}

static void NO_TSA disk_check(Disk *d, int64_t leaks_allowed)
{
    BdrvCheckResult result = { 0 };
    int ret = bdrv_check(blk_bs(d->blk), &result, 0);

    if (ret < 0 || result.corruptions || result.check_errors ||
        result.leaks > leaks_allowed) {
        fail_msg("check: %d, %d corruptions, %d errors, %d leaks", ret,
                 (int)result.corruptions, (int)result.check_errors,
                 (int)result.leaks);
    }
}

/* ---- a batch of requests ------------------------------------------------ */

static void NO_TSA op_done(void *opaque, int ret)
{
    Op *op = opaque;

    op->ret = ret;
    pending--;
}

static bool NO_TSA op_overlaps(const Op *ops, int n, int64_t offset,
                               int64_t bytes)
{
    for (int i = 0; i < n; i++) {
        if (offset < ops[i].offset + ops[i].bytes &&
            ops[i].offset < offset + bytes) {
            return true;
        }
    }
    return false;
}

/* A range that no other of the batch touches, often near to the last one. */
static bool NO_TSA op_choose(Disk *d, Op *ops, int n)
{
    int64_t cs = (int64_t)1 << d->shape.cluster_bits;
    int64_t most = random_below(&d->random, 8) ? 3 * cs : 40 * cs;
    Op *op = &ops[n];

    for (int tries = 0; tries < 10; tries++) {
        int64_t align = random_below(&d->random, 4) ? 512 : 1;

        op->offset = random_below(&d->random, d->size);
        if (n && random_below(&d->random, 2)) {
            op->offset = ops[n - 1].offset + ops[n - 1].bytes +
                         random_below(&d->random, cs);
            op->offset = MIN(op->offset, d->size - 1);
        }
        op->offset -= op->offset % align;
        op->bytes = 1 + random_below(&d->random, MIN(most, 1 << 18));
        op->bytes = (op->bytes + align - 1) / align * align;
        op->bytes = MIN(op->bytes, d->size - op->offset);
        if (!random_below(&d->random, 4)) {
            op->offset &= ~(cs - 1);
            op->bytes = MIN((op->bytes + cs - 1) & ~(cs - 1),
                            d->size - op->offset);
        }
        if (!op_overlaps(ops, n, op->offset, op->bytes)) {
            return true;
        }
    }
    return false;
}

static void NO_TSA op_start(Disk *d, Op *op)
{
    int64_t kind = random_below(&d->random, 11);

    op->disk = d;
    op->buf = g_malloc((gsize)op->bytes);
    op->iov = (struct iovec){ op->buf, (size_t)op->bytes };
    io_vector_init_external(&op->v, &op->iov, 1);
    pending++;
    if (kind < 5) {
        op->kind = OP_WRITE;
        random_fill(&d->random, op->buf, (size_t)op->bytes);
        blk_aio_pwritev(d->blk, op->offset, &op->v, 0, op_done, op);
    } else if (kind < 7) {
        op->kind = OP_READ;
        blk_aio_preadv(d->blk, op->offset, &op->v, 0, op_done, op);
    } else if (kind < 9) {
        op->kind = OP_ZEROES;
        blk_aio_pwrite_zeroes(
            d->blk, op->offset, op->bytes,
            random_below(&d->random, 2) ? BDRV_REQ_MAY_UNMAP : 0, op_done, op);
    } else if (kind < 10) {
        op->kind = OP_FLUSH;
        blk_aio_flush(d->blk, op_done, op);
    } else {
        op->kind = OP_DISCARD;
        blk_aio_pdiscard(d->blk, op->offset, op->bytes, op_done, op);
    }
}

/* A discard is a hint: each byte is what it was, or zero. */
static void NO_TSA settle_discard(Disk *d, Op *op)
{
    assert_int_equal(blk_pread(d->blk, op->offset, op->bytes, op->buf, 0), 0);
    for (int64_t i = 0; i < op->bytes; i++) {
        if (op->buf[i] && op->buf[i] != d->shadow[op->offset + i]) {
            fail_msg("discarded byte %d", (int)(op->offset + i));
        }
    }
    memcpy(d->shadow + op->offset, op->buf, (size_t)op->bytes);
}

static void NO_TSA op_finish(Disk *d, Op *op)
{
    uint8_t *at = d->shadow + op->offset;

    if (op->ret < 0) {
        fail_msg("kind %d at %d with %d bytes: %d", op->kind, (int)op->offset,
                 (int)op->bytes, op->ret);
    }
    switch (op->kind) {
    case OP_WRITE: memcpy(at, op->buf, (size_t)op->bytes); break;
    case OP_READ: assert_memory_equal(at, op->buf, (size_t)op->bytes); break;
    case OP_ZEROES: memset(at, 0, (size_t)op->bytes); break;
    case OP_DISCARD: settle_discard(d, op); break;
    case OP_FLUSH: break;
    }
    g_free(op->buf);
    io_vector_destroy(&op->v);
}

static void NO_TSA run_batch(Disk *d)
{
    Op ops[MAX_BATCH];
    int n = 0, wanted = 1 + (int)random_below(&d->random, MAX_BATCH);

    while (n < wanted && op_choose(d, ops, n)) {
        n++;
    }
    for (int i = 0; i < n; i++) {
        op_start(d, &ops[i]);
    }
    AIO_WAIT_WHILE(main_loop_context(), pending);
    for (int i = 0; i < n; i++) {
        op_finish(d, &ops[i]);
    }
}

static void NO_TSA verify(Disk *d)
{
    g_autofree uint8_t *buf = g_malloc((gsize)d->size);

    assert_int_equal(blk_pread(d->blk, 0, d->size, buf, 0), 0);
    for (int64_t i = 0; i < d->size; i++) {
        if (buf[i] != d->shadow[i]) {
            fail_msg("byte %d is %02x, not %02x", (int)i, buf[i], d->shadow[i]);
        }
    }
}

static void NO_TSA resize(Disk *d)
{
    int64_t size = (random_below(&d->random, d->shape.size * 2) + 512) &
                   ~(int64_t)511;
    GError *error = NULL;

    if (d->base && size > d->base->length) {
        /* Growing beyond: not what shows, but zeros. */
        size = MIN(size, d->shape.size);
    }
    if (blk_truncate(d->blk, size, false, PREALLOC_MODE_OFF,
                     BDRV_REQ_ZERO_WRITE, &error) < 0) {
        if (d->shape.version < 3 && d->base) {
            g_error_free(error); /* it has no zero clusters for that */
            return;
        }
        fail_msg("%s", error->message);
    }
    d->shadow = g_realloc(d->shadow, (gsize)size);
    if (size > d->size) {
        memset(d->shadow + d->size, 0, (size_t)(size - d->size));
    }
    d->size = size;
}

/* ---- qemu-img ----------------------------------------------------------- */

static void run_or_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void NO_TSA run_or_fail(const char *format, ...)
{
    g_autofree char *command = NULL, *out = NULL, *err = NULL;
    va_list args;
    int status;

    va_start(args, format);
    command = g_strdup_vprintf(format, args);
    va_end(args);
    assert_true(g_spawn_command_line_sync(command, &out, &err, &status, NULL));
    if (status) {
        fail_msg("%s: %d\n%s%s", command, status, out, err);
    }
}

static void NO_TSA save(const char *dir, const char *name, const void *data,
                        int64_t bytes)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    assert_true(g_file_set_contents(path, data, bytes, NULL));
}

static void NO_TSA ask_qemu_img(Disk *d)
{
    g_autofree char *program = g_find_program_in_path("qemu-img");
    g_autofree char *dir = NULL;

    if (!program) {
        return;
    }
    dir = g_dir_make_tmp("qcow2-XXXXXX", NULL);
    save(dir, "disk.qcow2", d->image->data, d->image->length);
    save(dir, "disk.raw", d->shadow, d->size);
    if (d->base) {
        save(dir, "base.raw", d->base->data, d->base->length);
    }
    run_or_fail("qemu-img check -q %s/disk.qcow2", dir);
    run_or_fail("qemu-img compare -q -f raw -F qcow2 %s/disk.raw "
                "%s/disk.qcow2",
                dir, dir);
    run_or_fail("rm -r %s", dir);
}

/* ---- tests -------------------------------------------------------------- */

/* base_size 0: no backing file; snapshots are made by qemu-img between. */
static void NO_TSA run_shape(const ImageShape *shape, int64_t base_size,
                             int snapshots)
{
    Disk d = { .shape = *shape, .size = shape->size };
    int64_t rounds = test_count("QCOW2_ROUNDS", 150);

    d.random.state = (uint64_t)test_count("QCOW2_SEED", 1) * 1000 +
                     (uint64_t)shape->cluster_bits * 10 +
                     (uint64_t)shape->refcount_order;
    d.shadow = g_malloc0((gsize)d.size);
    if (base_size) {
        d.base = mem_image_new();
        mem_image_resize(d.base, base_size);
        random_fill(&d.random, d.base->data, (size_t)base_size);
        memcpy(d.shadow, d.base->data, (size_t)MIN(base_size, d.size));
    }
    d.image = image_create(shape);
    disk_open(&d);
    d.image->delay_seed = 77;
    for (int64_t i = 0; i < rounds; i++) {
        int64_t what = random_below(&d.random, 30);

        if (what == 0) {
            disk_close(&d);
            if (snapshots-- > 0) {
                d.has_snapshots = image_add_snapshot(d.image,
                                                     snapshots % 2 ? "a" : "b");
            }
            disk_open(&d);
            disk_check(&d, 0);
        } else if (what == 1 && (shape->version > 2 || !d.has_snapshots)) {
            resize(&d);
        } else if (what < 5) {
            assert_int_equal(blk_flush(d.blk), 0);
        } else {
            run_batch(&d);
        }
    }
    verify(&d);
    disk_check(&d, 1000000);
    disk_close(&d);
    ask_qemu_img(&d);
    disk_open(&d);
    verify(&d);
    disk_check(&d, 0);
    disk_close(&d);
    mem_image_free(d.image);
    mem_image_free(d.base);
    g_free(d.shadow);
}

static void NO_TSA test_cluster_sizes(void **state)
{
    for (int bits = 9; bits <= 21; bits += bits < 12 ? 1 : 3) {
        ImageShape shape = { 3, bits, 4, false, 3 << 20, NULL };

        run_shape(&shape, 0, 0);
    }
}

static void NO_TSA test_refcount_widths(void **state)
{
    for (int order = 0; order <= 6; order++) {
        ImageShape shape = {
            3, order % 2 ? 9 : 12, order, false, 4 << 20, NULL
        };

        run_shape(&shape, 0, 0);
    }
}

static void NO_TSA test_versions(void **state)
{
    ImageShape v2 = { 2, 12, 4, false, 2 << 20, NULL };
    ImageShape lazy = { 3, 12, 4, true, 2 << 20, NULL };

    run_shape(&v2, 0, 0);
    run_shape(&lazy, 0, 0);
}

static void NO_TSA test_backing(void **state)
{
    for (int bits = 9; bits <= 16; bits += 3) {
        ImageShape shape = { 3, bits, 4, false, 2 << 20, "base.raw" };

        run_shape(&shape, (1 << 20) + 1536, 0);
        run_shape(&shape, 3 << 20, 0);
        shape.version = 2;
        run_shape(&shape, (1 << 20) + 1536, 0);
    }
}

/* Their clusters are shared with the disk, until that is written. */
static void NO_TSA test_snapshots(void **state)
{
    for (int bits = 9; bits <= 16; bits += 3) {
        for (int version = 2; version <= 3; version++) {
            ImageShape shape = { version, bits, 4, false, 2 << 20, NULL };

            run_shape(&shape, 0, 3);
        }
    }
}

static int NO_TSA setup(void **state)
{
    test_block_start();
    return 0;
}

static int NO_TSA teardown(void **state)
{
    test_block_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cluster_sizes),
        cmocka_unit_test(test_refcount_widths),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_backing),
        cmocka_unit_test(test_snapshots),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
