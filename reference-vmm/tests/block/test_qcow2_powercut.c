/* SPDX-License-Identifier: MIT */
/*
 * Power cuts.  All writes and flushes of a random run are recorded; then, for
 * every prefix of the record, the image is what was flushed with all, none or
 * some of the later writes, torn at sectors.  It opens, the check finds no
 * corruption (leaks are allowed; after lazy refcounts not even those), and
 * every sector of the disk is what it was at the guest's last flush or what
 * was written to it since.
 *
 * QCOW2_CUT_OPS: requests an image; QCOW2_SEED: other numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "powercut/qcow2_image.h"

#define SECTOR 512
#define MAX_BATCH 4

/* A write of the guest: data NULL is zeros. */
typedef struct GuestOp {
    int64_t offset, bytes;
    uint8_t *data;
    guint begun; /* records there were then */
} GuestOp;

/* The guest's flushes: what is on disk for sure from this record on. */
typedef struct GuestFlush {
    guint records;
    guint ops;
    uint8_t *disk;
} GuestFlush;

typedef struct Run {
    ImageShape shape;
    bool discard;
    MemImage *image, *base;
    int64_t base_length; /* bytes of the image when the record begins */
    uint8_t *start;      /* the image then */
    uint8_t *shadow;
    GArray *ops;     /* of GuestOp */
    GArray *flushes; /* of GuestFlush */
    Random random;
    int64_t cuts;
} Run;

static int pending;

static void NO_TSA done(void *opaque, int ret)
{
    assert_int_equal(ret, 0);
    pending--;
}

/* ---- the run that is recorded ------------------------------------------- */

static BlockBackend *NO_TSA open_image(Run *run, MemImage *image, int flags)
{
    JsonObject *options = json_object_new();
    BlockDriverState *base = NULL;
    GError *error = NULL;
    BlockBackend *blk;

    if (run->base) {
        static unsigned serial;
        g_autofree char *name = g_strdup_printf("cutbase%u", serial++);

        base = mem_image_node(run->base, name, BDRV_O_PROTOCOL, &error);
        json_object_set_string_member(options, "backing", name);
    }
    if (random_below(&run->random, 2)) {
        json_object_set_int_member(options, "l2-cache-size", 1);
        json_object_set_int_member(options, "refcount-cache-size", 1);
    }
    blk = mem_image_open(image, "qcow2", flags, options, &error);
    bdrv_unref(base);
    if (!blk) {
        fail_msg("open: %s", error->message);
    }
    return blk;
}

static void NO_TSA guest_flush(Run *run, BlockBackend *blk)
{
    GuestFlush f;

    assert_int_equal(blk_flush(blk), 0);
    f.records = run->image->log->len;
    f.ops = run->ops->len;
    f.disk = g_memdup2(run->shadow, (gsize)run->shape.size);
    g_array_append_val(run->flushes, f);
}

/* Some requests at once, to different sectors; discards alone. */
static void NO_TSA guest_batch(Run *run, BlockBackend *blk)
{
    int64_t cs = (int64_t)1 << run->shape.cluster_bits;
    int64_t at = random_below(&run->random, run->shape.size / SECTOR);
    int n = 1 + (int)random_below(&run->random, MAX_BATCH);
    struct iovec iov[MAX_BATCH];
    IoVector v[MAX_BATCH];

    for (int i = 0; i < n; i++) {
        GuestOp op = { .begun = run->image->log->len };
        int64_t kind = random_below(&run->random, 10), sectors;

        at += random_below(&run->random, cs / SECTOR + 2);
        sectors = 1 + random_below(&run->random, 3 * cs / SECTOR);
        if ((at + sectors) * SECTOR > run->shape.size) {
            break;
        }
        op.offset = at * SECTOR;
        op.bytes = sectors * SECTOR;
        at += sectors;
        pending++;
        if (kind < 6) {
            op.data = g_malloc((gsize)op.bytes);
            random_fill(&run->random, op.data, (size_t)op.bytes);
            iov[i] = (struct iovec){ op.data, (size_t)op.bytes };
            io_vector_init_external(&v[i], &iov[i], 1);
            blk_aio_pwritev(blk, op.offset, &v[i], 0, done, run);
            memcpy(run->shadow + op.offset, op.data, (size_t)op.bytes);
        } else {
            int flags = kind < 8 ? BDRV_REQ_MAY_UNMAP : 0;

            blk_aio_pwrite_zeroes(blk, op.offset, op.bytes, flags, done, run);
            memset(run->shadow + op.offset, 0, (size_t)op.bytes);
        }
        g_array_append_val(run->ops, op);
        if (random_below(&run->random, 4) == 0) {
            /* Among the others; it promises nothing about them. */
            pending++;
            blk_aio_flush(blk, done, run);
        }
    }
    AIO_WAIT_WHILE(main_loop_context(), pending);
}

static void NO_TSA guest_discard(Run *run, BlockBackend *blk)
{
    GuestOp op = { .begun = run->image->log->len };
    int64_t n = run->shape.size / SECTOR, at = random_below(&run->random, n);

    op.offset = at * SECTOR;
    op.bytes = (1 + random_below(&run->random, MIN(n - at, 64))) * SECTOR;
    op.bytes = MIN(op.bytes, run->shape.size - op.offset);
    assert_int_equal(blk_pdiscard(blk, op.offset, op.bytes), 0);
    g_array_append_val(run->ops, op);
    assert_int_equal(
        blk_pread(blk, op.offset, op.bytes, run->shadow + op.offset, 0), 0);
}

static void NO_TSA record(Run *run)
{
    int64_t n = test_count("QCOW2_CUT_OPS", 40);
    BlockBackend *blk = open_image(
        run, run->image, BDRV_O_RDWR | (run->discard ? BDRV_O_UNMAP : 0));

    run->image->delay_seed = 5;
    for (int64_t i = 0; i < n; i++) {
        int64_t what = random_below(&run->random, 12);

        if (what == 0) {
            blk_unref(blk);
            blk = open_image(run, run->image, BDRV_O_RDWR | BDRV_O_UNMAP);
        } else if (what < 4) {
            guest_flush(run, blk);
        } else if (what < 6 && run->discard) {
            guest_discard(run, blk);
        } else {
            guest_batch(run, blk);
        }
    }
    blk_unref(blk);
    run->image->delay_seed = 0;
}

/* ---- the cuts ----------------------------------------------------------- */

typedef enum CutKind {
    CUT_ALL,
    CUT_SOME,
    CUT_NONE,
    CUT_LAST
} CutKind;

/* Applies a record, or some of its sectors. */
static void NO_TSA apply(Run *run, MemImage *to, const MemRecord *r, bool torn)
{
    if (r->op != MEM_WRITE || !torn) {
        mem_image_apply(to, r);
        return;
    }
    for (int64_t at = 0; at < r->bytes;) {
        int64_t n = MIN(SECTOR - (r->offset + at) % SECTOR, r->bytes - at);
        MemRecord part = { MEM_WRITE, r->offset + at, n,
                           r->data ? r->data + at : NULL };

        if (random_below(&run->random, 2)) {
            mem_image_apply(to, &part);
        }
        at += n;
    }
}

static bool NO_TSA sector_ok(Run *run, const GuestFlush *f, guint records,
                             int64_t offset, const uint8_t *is)
{
    static const uint8_t zeros[SECTOR];

    if (!memcmp(is, f->disk + offset, SECTOR)) {
        return true;
    }
    for (guint i = f->ops; i < run->ops->len; i++) {
        GuestOp *op = &g_array_index(run->ops, GuestOp, i);

        if (op->begun > records) {
            break;
        }
        if (offset >= op->offset && offset < op->offset + op->bytes &&
            !memcmp(is, op->data ? op->data + offset - op->offset : zeros,
                    SECTOR)) {
            return true;
        }
    }
    return false;
}

static const GuestFlush *NO_TSA last_flush(Run *run, guint records)
{
    const GuestFlush *last = NULL;

    for (guint i = 0; i < run->flushes->len; i++) {
        GuestFlush *f = &g_array_index(run->flushes, GuestFlush, i);

        if (f->records <= records) {
            last = f;
        }
    }
    return last;
}

static void NO_TSA must_check(BlockBackend *blk, guint records, bool leaks)
{
    BdrvCheckResult result = { 0 };
    int ret = bdrv_check(blk_bs(blk), &result, 0);

    if (ret < 0 || result.corruptions || result.check_errors ||
        (!leaks && result.leaks)) {
        fail_msg("cut after %u records: check: %d, %d corruptions, %d "
                 "errors, %d leaks",
                 records, ret, (int)result.corruptions,
                 (int)result.check_errors, (int)result.leaks);
    }
}

/* The image after a cut can be used on. */
static void NO_TSA use_on(Run *run, BlockBackend *blk, guint records)
{
    uint8_t buf[3 * SECTOR], again[3 * SECTOR];

    for (int i = 0; i < 10; i++) {
        int64_t offset = random_below(&run->random,
                                      run->shape.size - 3 * SECTOR);

        random_fill(&run->random, buf, sizeof buf);
        assert_int_equal(blk_pwrite(blk, offset, sizeof buf, buf, 0), 0);
        assert_int_equal(blk_pread(blk, offset, sizeof buf, again, 0), 0);
        assert_memory_equal(buf, again, sizeof buf);
    }
    must_check(blk, records, true);
}

/* Looks at what is left. */
static void NO_TSA examine(Run *run, MemImage *image, guint records)
{
    const GuestFlush *f = last_flush(run, records);
    g_autofree uint8_t *disk = g_malloc((gsize)run->shape.size);
    BlockBackend *blk = open_image(run, image, BDRV_O_RDWR);

    must_check(blk, records, !run->shape.lazy);
    assert_int_equal(blk_pread(blk, 0, run->shape.size, disk, 0), 0);
    for (int64_t at = 0; at < run->shape.size; at += SECTOR) {
        if (!sector_ok(run, f, records, at, disk + at)) {
            fail_msg("cut after %u records: sector at 0x%x is neither what "
                     "was flushed nor what was written since",
                     records, (unsigned)at);
        }
    }
    if (random_below(&run->random, 8) == 0) {
        use_on(run, blk, records);
    }
    blk_unref(blk);
    run->cuts++;
}

static void NO_TSA cut(Run *run, const MemImage *flushed, guint from, guint to,
                       CutKind kind)
{
    MemImage *image = mem_image_new();

    mem_image_resize(image, flushed->length);
    memcpy(image->data, flushed->data, (size_t)flushed->length);
    for (guint i = from; i < to; i++) {
        MemRecord *r = &g_array_index(run->image->log, MemRecord, i);

        if (kind == CUT_ALL || (kind == CUT_LAST && i + 1 == to) ||
            (kind == CUT_SOME && random_below(&run->random, 2))) {
            apply(run, image, r,
                  kind == CUT_SOME && random_below(&run->random, 2));
        }
    }
    examine(run, image, to);
    mem_image_free(image);
}

static void NO_TSA cut_everywhere(Run *run)
{
    MemImage *flushed = mem_image_new();
    GArray *log = run->image->log;
    guint from = 0;

    mem_image_resize(flushed, run->base_length);
    memcpy(flushed->data, run->start, (size_t)run->base_length);
    for (guint to = 0; to <= log->len; to++) {
        cut(run, flushed, from, to, CUT_ALL);
        if (to > from + 1) {
            cut(run, flushed, from, to, CUT_SOME);
            cut(run, flushed, from, to,
                random_below(&run->random, 2) ? CUT_SOME : CUT_LAST);
        }
        if (to < log->len &&
            g_array_index(log, MemRecord, to).op == MEM_FLUSH) {
            if (to > from) {
                cut(run, flushed, from, to, CUT_NONE);
            }
            for (; from <= to; from++) {
                mem_image_apply(flushed, &g_array_index(log, MemRecord, from));
            }
        }
    }
    mem_image_free(flushed);
}

/* ---- tests -------------------------------------------------------------- */

static void NO_TSA clear_op(gpointer data)
{
    g_free(((GuestOp *)data)->data);
}

static void NO_TSA clear_flush(gpointer data)
{
    g_free(((GuestFlush *)data)->disk);
}

/* Fills half of the disk, so that there is something to lose. */
static void NO_TSA fill(Run *run)
{
    BlockBackend *blk = open_image(run, run->image, BDRV_O_RDWR);

    for (int64_t at = 0; at < run->shape.size; at += 65536) {
        int64_t n = MIN(40000, run->shape.size - at);

        random_fill(&run->random, run->shadow + at, (size_t)n);
        assert_int_equal(blk_pwrite(blk, at, n, run->shadow + at, 0), 0);
    }
    blk_unref(blk);
}

static void NO_TSA run_shape(const ImageShape *shape, bool discard,
                             bool snapshot)
{
    Run run = { .shape = *shape, .discard = discard };
    GuestFlush first = { 0 };

    run.random.state = (uint64_t)test_count("QCOW2_SEED", 1);
    run.ops = g_array_new(FALSE, FALSE, sizeof(GuestOp));
    run.flushes = g_array_new(FALSE, FALSE, sizeof(GuestFlush));
    g_array_set_clear_func(run.ops, clear_op);
    g_array_set_clear_func(run.flushes, clear_flush);
    run.shadow = g_malloc0((gsize)shape->size);
    if (shape->backing) {
        run.base = mem_image_new();
        mem_image_resize(run.base, shape->size / 2 + 1024);
        random_fill(&run.random, run.base->data, (size_t)run.base->length);
        memcpy(run.shadow, run.base->data, (size_t)run.base->length);
    }
    run.image = image_create(shape);
    fill(&run);
    if (snapshot && !image_add_snapshot(run.image, "s")) {
        skip();
    }
    run.base_length = run.image->length;
    run.start = g_memdup2(run.image->data, (gsize)run.base_length);
    first.disk = g_memdup2(run.shadow, (gsize)shape->size);
    g_array_append_val(run.flushes, first);
    mem_image_start_log(run.image);
    record(&run);
    cut_everywhere(&run);
    print_message("%d records, %d cuts\n", (int)run.image->log->len,
                  (int)run.cuts);
    mem_image_free(run.image);
    mem_image_free(run.base);
    g_array_free(run.ops, TRUE);
    g_array_free(run.flushes, TRUE);
    g_free(run.shadow);
    g_free(run.start);
}

static void NO_TSA test_small_clusters(void **state)
{
    ImageShape shape = { 3, 9, 6, false, 512 << 10, NULL };

    run_shape(&shape, true, false);
}

static void NO_TSA test_usual_clusters(void **state)
{
    ImageShape shape = { 3, 16, 4, false, 1 << 20, NULL };

    run_shape(&shape, true, false);
}

static void NO_TSA test_narrow_refcounts(void **state)
{
    ImageShape shape = { 3, 12, 0, false, 512 << 10, NULL };

    run_shape(&shape, true, false);
}

static void NO_TSA test_version_2(void **state)
{
    ImageShape shape = { 2, 12, 4, false, 512 << 10, NULL };

    run_shape(&shape, true, false);
}

static void NO_TSA test_lazy_refcounts(void **state)
{
    ImageShape shape = { 3, 12, 4, true, 512 << 10, NULL };

    run_shape(&shape, true, false);
}

static void NO_TSA test_backing_file(void **state)
{
    ImageShape shape = { 3, 12, 4, false, 512 << 10, "base.raw" };

    run_shape(&shape, true, false);
}

static void NO_TSA test_snapshot(void **state)
{
    ImageShape shape = { 3, 10, 4, false, 512 << 10, NULL };

    run_shape(&shape, true, true);
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
        cmocka_unit_test(test_small_clusters),
        cmocka_unit_test(test_usual_clusters),
        cmocka_unit_test(test_narrow_refcounts),
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_lazy_refcounts),
        cmocka_unit_test(test_backing_file),
        cmocka_unit_test(test_snapshot),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
