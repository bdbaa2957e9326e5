/* SPDX-License-Identifier: MIT */
/*
 * Damaged qcow2 images: what the check finds and repairs, what is refused,
 * and that nothing is written over metadata; errors of the file below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "block/qcow2.h"
#include "powercut/qcow2_image.h"

#define CLUSTER 4096

static const ImageShape shape = { 3, 12, 4, false, 1 << 20, NULL };

/* An image with the first 64 KiB written. */
static MemImage *NO_TSA make_image(const ImageShape *s)
{
    MemImage *image = image_create(s);
    g_autofree uint8_t *buf = g_malloc(65536);
    BlockBackend *blk = mem_image_open(image, "qcow2", BDRV_O_RDWR, NULL, NULL);

    memset(buf, 0x11, 65536);
    assert_int_equal(blk_pwrite(blk, 0, 65536, buf, 0), 0);
    blk_unref(blk);
    return image;
}

static BlockBackend *NO_TSA open_good(MemImage *image, int flags)
{
    GError *error = NULL;
    BlockBackend *blk = mem_image_open(image, "qcow2",
                                       flags | BDRV_O_NO_BACKING, NULL, &error);

    if (!blk) {
        fail_msg("%s", error->message);
    }
    return blk;
}

static void NO_TSA open_refused(MemImage *image, int flags, const char *message)
{
    GError *error = NULL;

    assert_null(mem_image_open(image, "qcow2", flags, NULL, &error));
    if (!strstr(error->message, message)) {
        fail_msg("\"%s\" does not say \"%s\"", error->message, message);
    }
    g_error_free(error);
}

/* Where things are in the file. */
static uint8_t *NO_TSA l1_entry(MemImage *image, int i)
{
    return image->data + qcow2_be64(image->data + 40) + i * 8;
}

static uint8_t *NO_TSA l2_entry(MemImage *image, int i)
{
    return image->data + (qcow2_be64(l1_entry(image, 0)) & QCOW2_OFFSET_MASK) +
           i * 8;
}

static uint8_t *NO_TSA refblock(MemImage *image)
{
    return image->data + qcow2_be64(image->data + qcow2_be64(image->data + 48));
}

static uint64_t NO_TSA data_cluster(MemImage *image, int i)
{
    return (qcow2_be64(l2_entry(image, i)) & QCOW2_OFFSET_MASK) / CLUSTER;
}

/* What a check says, and that a repair leaves nothing of it. */
static void NO_TSA check_and_repair(MemImage *image, int64_t corruptions,
                                    int64_t leaks)
{
    BlockBackend *blk = open_good(image, BDRV_O_RDWR | BDRV_O_CHECK);
    BdrvCheckResult r = { 0 };

    assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
    assert_int_equal(r.corruptions, corruptions);
    assert_int_equal(r.leaks, leaks);
    if (leaks && !corruptions) {
        assert_int_equal(bdrv_check(blk_bs(blk), &r, BDRV_FIX_LEAKS), 0);
        assert_int_equal(r.leaks_fixed, leaks);
    } else {
        assert_int_equal(
            bdrv_check(blk_bs(blk), &r, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS), 0);
        assert_true(r.corruptions_fixed + r.leaks_fixed > 0);
    }
    assert_int_equal(r.corruptions, 0);
    blk_unref(blk);

    blk = open_good(image, BDRV_O_RDWR);
    assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
    assert_int_equal(r.corruptions + r.leaks + r.check_errors, 0);
    blk_unref(blk);
}

static void NO_TSA expect_data(MemImage *image)
{
    BlockBackend *blk = open_good(image, 0);
    uint8_t buf[65536];

    assert_int_equal(blk_pread(blk, 0, sizeof buf, buf, 0), 0);
    for (size_t i = 0; i < sizeof buf; i++) {
        assert_int_equal(buf[i], 0x11);
    }
    blk_unref(blk);
}

/* ---- check and repair --------------------------------------------------- */

static void NO_TSA test_leak(void **state)
{
    MemImage *image = make_image(&shape);

    qcow2_refcount_set(refblock(image), 100, 4, 1);
    qcow2_refcount_set(refblock(image), data_cluster(image, 3), 4, 2);
    /* The second one is a wrong copied flag, too. */
    check_and_repair(image, 1, 2);
    expect_data(image);
    mem_image_free(image);

    image = make_image(&shape);
    qcow2_refcount_set(refblock(image), 1000, 4, 7);
    check_and_repair(image, 0, 1);
    expect_data(image);
    mem_image_free(image);
}

static void NO_TSA test_refcount_too_small(void **state)
{
    MemImage *image = make_image(&shape);

    qcow2_refcount_set(refblock(image), data_cluster(image, 5), 4, 0);
    check_and_repair(image, 2, 0); /* with the copied flag */
    expect_data(image);
    mem_image_free(image);
}

static void NO_TSA test_copied_flags(void **state)
{
    MemImage *image = make_image(&shape);

    l1_entry(image, 0)[0] ^= 0x80;
    l2_entry(image, 2)[0] ^= 0x80;
    check_and_repair(image, 2, 0);
    expect_data(image);
    mem_image_free(image);
}

static void NO_TSA test_refcounts_lost(void **state)
{
    MemImage *image = make_image(&shape);

    /* No block at all. */
    qcow2_put_be64(image->data + qcow2_be64(image->data + 48), 0);
    {
        BlockBackend *blk = open_good(image, BDRV_O_RDWR | BDRV_O_CHECK);
        BdrvCheckResult r = { 0 };

        assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
        assert_true(r.corruptions >= 16);
        assert_int_equal(
            bdrv_check(blk_bs(blk), &r, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS), 0);
        assert_int_equal(r.corruptions, 0);
        assert_true(r.corruptions_fixed > 0);
        blk_unref(blk);
        blk = open_good(image, BDRV_O_RDWR);
        assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
        assert_int_equal(r.corruptions + r.leaks + r.check_errors, 0);
        blk_unref(blk);
    }
    expect_data(image);
    mem_image_free(image);
}

static void NO_TSA test_refblock_misplaced(void **state)
{
    uint64_t wrong[] = { 0x1234, UINT64_C(1) << 40, 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        MemImage *image = make_image(&shape);
        BdrvCheckResult r = { 0 };
        BlockBackend *blk;

        /* The last case: on the L2 table. */
        qcow2_put_be64(image->data + qcow2_be64(image->data + 48),
                       wrong[i] ? wrong[i]
                                : qcow2_be64(l1_entry(image, 0)) &
                                      QCOW2_OFFSET_MASK);
        blk = open_good(image, BDRV_O_RDWR | BDRV_O_CHECK);
        assert_int_equal(
            bdrv_check(blk_bs(blk), &r, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS), 0);
        assert_int_equal(r.corruptions, 0);
        assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
        assert_int_equal(r.corruptions + r.leaks + r.check_errors, 0);
        blk_unref(blk);
        expect_data(image);
        mem_image_free(image);
    }
}

/* ---- refused, and stopped ----------------------------------------------- */

static void NO_TSA test_corrupt_bit(void **state)
{
    MemImage *image = make_image(&shape);

    image->data[79] |= QCOW2_INCOMPAT_CORRUPT;
    open_refused(image, BDRV_O_RDWR, "the image is corrupt");
    expect_data(image); /* for reading */
    {
        BlockBackend *blk = open_good(image, BDRV_O_RDWR | BDRV_O_CHECK);
        BdrvCheckResult r = { 0 };

        assert_int_equal(bdrv_check(blk_bs(blk), &r, BDRV_FIX_ERRORS), 0);
        blk_unref(blk);
    }
    assert_int_equal(image->data[79], 0);
    blk_unref(open_good(image, BDRV_O_RDWR));
    mem_image_free(image);
}

/* Writes into a free-looking cluster that is metadata: never. */
static void NO_TSA expect_overlap(void (*damage)(MemImage *image),
                                  int64_t offset)
{
    MemImage *image = make_image(&shape);
    g_autofree uint8_t *before = NULL;
    int64_t length = image->length;
    uint8_t buf[512] = { 1 };
    BlockBackend *blk;

    damage(image);
    before = g_memdup2(image->data, (gsize)length);
    blk = open_good(image, BDRV_O_RDWR);
    assert_int_equal(blk_pwrite(blk, offset, sizeof buf, buf, 0), -EIO);
    /* From now on nothing works, not even reading. */
    assert_int_equal(blk_pread(blk, 0, sizeof buf, buf, 0), -EIO);
    assert_int_equal(blk_flush(blk), -EIO);
    blk_unref(blk);
    assert_int_equal(image->data[79], QCOW2_INCOMPAT_CORRUPT);
    image->data[79] = 0;
    assert_memory_equal(image->data, before, length);
    open_good(image, 0);
    mem_image_free(image);
}

static void NO_TSA free_l1(MemImage *image)
{
    qcow2_refcount_set(refblock(image), qcow2_be64(image->data + 40) / CLUSTER,
                       4, 0);
}

static void NO_TSA free_l2(MemImage *image)
{
    qcow2_refcount_set(
        refblock(image),
        (qcow2_be64(l1_entry(image, 0)) & QCOW2_OFFSET_MASK) / CLUSTER, 4, 0);
}

static void NO_TSA free_header(MemImage *image)
{
    qcow2_refcount_set(refblock(image), 0, 4, 0);
}

static void NO_TSA free_refblock(MemImage *image)
{
    qcow2_refcount_set(refblock(image), 2, 4, 0);
}

static void NO_TSA data_is_l1(MemImage *image)
{
    qcow2_put_be64(l2_entry(image, 1),
                   qcow2_be64(image->data + 40) | QCOW2_OFLAG_COPIED);
}

static void NO_TSA data_unaligned(MemImage *image)
{
    qcow2_put_be64(l2_entry(image, 1), 0x3200 | QCOW2_OFLAG_COPIED);
}

static void NO_TSA l2_unaligned(MemImage *image)
{
    qcow2_put_be64(l1_entry(image, 0), 0x3200 | QCOW2_OFLAG_COPIED);
}

static void NO_TSA test_overlaps(void **state)
{
    int64_t unallocated = 512 << 10;

    expect_overlap(free_l1, unallocated);
    expect_overlap(free_l2, unallocated);
    expect_overlap(free_header, unallocated);
    expect_overlap(free_refblock, unallocated);
    expect_overlap(data_is_l1, CLUSTER);
    expect_overlap(data_unaligned, CLUSTER);
    expect_overlap(l2_unaligned, CLUSTER);
}

static void NO_TSA test_shared_refblocks(void **state)
{
    MemImage *image = make_image(&shape);
    uint8_t *table = image->data + qcow2_be64(image->data + 48);

    memcpy(table + 8, table, 8);
    open_refused(image, BDRV_O_RDWR, "refcount block shares");
    expect_data(image);
    mem_image_free(image);
}

/* ---- the rest ----------------------------------------------------------- */

static void NO_TSA test_dirty_bit(void **state)
{
    ImageShape lazy = shape;
    uint8_t buf[CLUSTER] = { 7 };
    MemImage *image, *copy;
    BlockBackend *blk;
    BdrvCheckResult r = { 0 };

    lazy.lazy = true;
    image = make_image(&lazy);
    assert_int_equal(image->data[79], 0); /* clean when closed */
    blk = open_good(image, BDRV_O_RDWR);
    assert_int_equal(image->data[79], 0); /* and until written */
    assert_int_equal(blk_pwrite(blk, 512 << 10, sizeof buf, buf, 0), 0);
    assert_int_equal(image->data[79], QCOW2_INCOMPAT_DIRTY);
    assert_int_equal(blk_flush(blk), 0);
    /* The machine dies here. */
    copy = mem_image_new();
    mem_image_resize(copy, image->length);
    memcpy(copy->data, image->data, (size_t)image->length);
    blk_unref(blk);
    assert_int_equal(image->data[79], 0);

    blk = open_good(copy, BDRV_O_RDWR);
    assert_int_equal(copy->data[79], 0);
    assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
    assert_int_equal(r.corruptions + r.leaks, 0);
    assert_int_equal(blk_pread(blk, 512 << 10, sizeof buf, buf, 0), 0);
    assert_int_equal(buf[0], 7);
    blk_unref(blk);
    mem_image_free(image);
    mem_image_free(copy);
}

/* Unknown autoclear features are gone after a write, and not before. */
static void NO_TSA test_autoclear(void **state)
{
    MemImage *image = make_image(&shape);
    uint8_t buf[512] = { 1 };
    BlockBackend *blk;

    image->data[88] = 0x80;
    blk_unref(open_good(image, BDRV_O_RDWR));
    assert_int_equal(image->data[88], 0x80);
    blk = open_good(image, BDRV_O_RDWR);
    assert_int_equal(blk_pwrite(blk, 0, sizeof buf, buf, 0), 0);
    blk_unref(blk);
    assert_int_equal(image->data[88], 0);
    mem_image_free(image);
}

/* Whenever the file fails, the image stays right and the disk readable. */
static void NO_TSA test_write_errors(void **state)
{
    for (int64_t n = 0; n < 60; n++) {
        MemImage *image = make_image(&shape);
        BlockBackend *blk = open_good(image, BDRV_O_RDWR | BDRV_O_UNMAP);
        BdrvCheckResult r = { 0 };
        uint8_t buf[3000];
        int failures = 0;

        memset(buf, 0x22, sizeof buf);
        image->writes_until_error = n;
        for (int i = 0; i < 12; i++) {
            int64_t at = 65536 + i * 70000;

            failures += blk_pwrite(blk, at, sizeof buf, buf, 0) < 0;
            failures += blk_pdiscard(blk, i * 4096, 4096) < 0;
            failures += i % 3 == 0 && blk_flush(blk) < 0;
        }
        assert_true(failures > 0 || n > 20);
        image->writes_until_error = -1;
        assert_int_equal(blk_pread(blk, 61440, 3000, buf, 0), 0);
        assert_int_equal(buf[0], 0x11);
        assert_int_equal(blk_pwrite(blk, 900000, 512, buf, 0), 0);
        blk_unref(blk);
        blk = open_good(image, BDRV_O_RDWR);
        assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
        assert_int_equal(r.corruptions, 0);
        blk_unref(blk);
        mem_image_free(image);
    }
}

/* ---- a write that is late ----------------------------------------------- */

static int late_pending;

static void NO_TSA late_done(void *opaque, int ret)
{
    assert_int_equal(ret, 0);
    late_pending--;
}

/* What a discard frees, nobody gets while a write to it is under way. */
static void NO_TSA test_late_write(void **state)
{
    MemImage *image = make_image(&shape);
    BlockBackend *blk = open_good(image, BDRV_O_RDWR | BDRV_O_UNMAP);
    uint8_t *old = g_malloc(CLUSTER), *fresh = g_malloc(CLUSTER), now[512];
    struct iovec iov = { old, CLUSTER };
    IoVector v;

    memset(old, 0x33, CLUSTER);
    memset(fresh, 0x44, CLUSTER);
    io_vector_init_external(&v, &iov, 1);
    image->hold_writes_of = old[0];
    late_pending = 1;
    blk_aio_pwritev(blk, 0, &v, 0, late_done, NULL);
    while (!image->held) {
        aio_poll(main_loop_context(), true);
    }
    assert_int_equal(blk_pdiscard(blk, 0, CLUSTER), 0);
    assert_int_equal(blk_flush(blk), 0);
    assert_int_equal(
        blk_pwrite(blk, 800000 & ~(CLUSTER - 1), CLUSTER, fresh, 0), 0);
    image->hold_writes_of = -1;
    aio_co_schedule(main_loop_context(), image->held);
    AIO_WAIT_WHILE(main_loop_context(), late_pending);
    assert_int_equal(
        blk_pread(blk, 800000 & ~(CLUSTER - 1), sizeof now, now, 0), 0);
    assert_int_equal(now[0], 0x44);
    assert_int_equal(now[511], 0x44);
    blk_unref(blk);
    g_free(old);
    g_free(fresh);
    mem_image_free(image);
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
        cmocka_unit_test(test_leak),
        cmocka_unit_test(test_refcount_too_small),
        cmocka_unit_test(test_copied_flags),
        cmocka_unit_test(test_refcounts_lost),
        cmocka_unit_test(test_refblock_misplaced),
        cmocka_unit_test(test_corrupt_bit),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_shared_refblocks),
        cmocka_unit_test(test_dirty_bit),
        cmocka_unit_test(test_autoclear),
        cmocka_unit_test(test_write_errors),
        cmocka_unit_test(test_late_write),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
