/* SPDX-License-Identifier: MIT */
/* The first cluster of a qcow2 image: what is read, refused and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "block/qcow2_format.h"

static uint8_t cluster[65536];

/* A header that is good, for a disk of 1 GiB. */
static void make_header(uint32_t version)
{
    Qcow2Header h = { .version = version, .cluster_bits = 16,
                      .size = 1 << 30, .l1_size = 2,
                      .l1_table_offset = 3 << 16,
                      .refcount_table_offset = 1 << 16,
                      .refcount_table_clusters = 1, .refcount_order = 4,
                      .header_length = version < 3 ? 72 : 112 };

    memset(cluster, 0, sizeof cluster);
    assert_true(qcow2_header_build(&h, cluster, NULL));
}

static void expect_refused(const char *message)
{
    GError *error = NULL;
    Qcow2Header h;

    assert_false(qcow2_header_parse(&h, cluster, "disk.img", &error));
    if (!strstr(error->message, message) ||
        !g_str_has_prefix(error->message, "disk.img: ")) {
        fail_msg("\"%s\" does not say \"%s\"", error->message, message);
    }
    g_error_free(error);
    assert_null(h.backing_file);
}

static void expect_good(Qcow2Header *h)
{
    GError *error = NULL;

    if (!qcow2_header_parse(h, cluster, "disk.img", &error)) {
        fail_msg("%s", error->message);
    }
}

static void test_good_headers(void **state)
{
    Qcow2Header h;

    make_header(2);
    expect_good(&h);
    assert_int_equal(h.version, 2);
    assert_int_equal(h.refcount_order, 4);
    assert_int_equal(h.header_length, 72);
    qcow2_header_clear(&h);
    make_header(3);
    expect_good(&h);
    assert_int_equal(h.size, 1 << 30);
    assert_int_equal(h.l1_size, 2);
    qcow2_header_clear(&h);
}

static void test_wrong_fields(void **state)
{
    static const struct {
        int offset, width;
        uint64_t value;
        const char *message;
    } cases[] = {
        { 0, 4, 0x12345678, "wrong magic" },
        { 4, 4, 4, "version 4" },
        { 4, 4, 1, "version 1" },
        { 8, 8, 16, "backing_file_offset 0x10" },
        { 8, 8, 65537, "backing_file_offset 0x10001" },
        { 20, 4, 8, "cluster_bits 8" },
        { 20, 4, 22, "cluster_bits 22" },
        { 24, 8, UINT64_C(1) << 60, "size" },
        { 24, 8, UINT64_MAX, "size" },
        { 32, 4, 1, "crypt_method 1" },
        { 36, 4, 1, "l1_size 1 is too small" },
        { 36, 4, 0xffffffff, "l1_size 4294967295" },
        { 40, 8, 0x30001, "l1_table_offset 0x30001" },
        { 40, 8, UINT64_C(1) << 63, "l1_table_offset" },
        { 48, 8, 0x10200, "refcount_table_offset 0x10200" },
        { 48, 8, UINT64_MAX & ~UINT64_C(0xffff), "refcount_table_offset" },
        { 56, 4, 129, "refcount_table_clusters 129" },
        { 60, 4, 65537, "nb_snapshots 65537" },
        { 64, 8, 12, "snapshots_offset 0xc" },
        { 72, 8, 4, "external data files" },
        { 72, 8, 8, "compression_type 0" },
        { 72, 8, 16, "extended L2 entries" },
        { 72, 8, 32, "incompatible feature bit 5" },
        { 96, 4, 7, "refcount_order 7" },
        { 100, 4, 103, "header_length 103" },
        { 100, 4, 96, "header_length 96" },
        { 100, 4, 0xfffffff8, "header_length" },
        { 104, 1, 1, "compression_type 1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_header(3);
        if (cases[i].width == 8) {
            qcow2_put_be64(cluster + cases[i].offset, cases[i].value);
        } else if (cases[i].width == 4) {
            qcow2_put_be32(cluster + cases[i].offset,
                           (uint32_t)cases[i].value);
        } else {
            cluster[cases[i].offset] = (uint8_t)cases[i].value;
        }
        expect_refused(cases[i].message);
    }
}

/* An unknown feature is named by the image's own table. */
static void test_feature_names(void **state)
{
    make_header(3);
    qcow2_put_be64(cluster + 72, UINT64_C(1) << 40);
    memset(cluster + 112, 0, 1024);
    qcow2_put_be32(cluster + 112, 0x6803f857);
    qcow2_put_be32(cluster + 116, 48);
    cluster[121] = 40;
    memcpy(cluster + 122, "time travel", 11);
    expect_refused("unsupported feature: time travel");
}

static void test_extensions(void **state)
{
    static const uint8_t bitmaps[24] = { [3] = 1, [15] = 32, [21] = 5 };
    uint8_t *at = cluster + 112;
    Qcow2Header h, again;

    make_header(3);
    memset(at, 0, 1024);
    qcow2_put_be32(at, 0x01020304);
    qcow2_put_be32(at + 4, 5);
    memcpy(at + 8, "hello", 5);
    qcow2_put_be32(at + 16, 0xe2792aca);
    qcow2_put_be32(at + 20, 3);
    memcpy(at + 24, "raw", 3);
    qcow2_put_be32(at + 32, 0x23852875);
    qcow2_put_be32(at + 36, 24);
    memcpy(at + 40, bitmaps, 24);
    qcow2_put_be64(cluster + 88, 1);
    memcpy(cluster + 2048, "base.img", 8);
    qcow2_put_be64(cluster + 8, 2048);
    qcow2_put_be32(cluster + 16, 8);
    expect_good(&h);
    assert_string_equal(h.backing_format, "raw");
    assert_string_equal(h.backing_file, "base.img");
    assert_true(h.has_bitmaps);
    assert_int_equal(h.bitmap_directory_offset, 0x50000);

    /* Written again, nothing is lost. */
    memset(cluster, 0, sizeof cluster);
    assert_true(qcow2_header_build(&h, cluster, NULL));
    expect_good(&again);
    assert_string_equal(again.backing_file, "base.img");
    assert_string_equal(again.backing_format, "raw");
    assert_int_equal(again.nb_bitmaps, 1);
    assert_int_equal(again.unknown->len, 1);
    assert_memory_equal(
        g_array_index(again.unknown, Qcow2Extension, 0).data, "hello", 5);
    qcow2_header_clear(&h);
    qcow2_header_clear(&again);
}

static void test_wrong_extensions(void **state)
{
    make_header(3);
    qcow2_put_be32(cluster + 112, 0x01020304);
    qcow2_put_be32(cluster + 116, 65536);
    expect_refused("header extension 0x01020304: length 65536");
    make_header(3);
    qcow2_put_be32(cluster + 112, 0x23852875);
    qcow2_put_be32(cluster + 116, 16);
    expect_refused("bitmaps extension: length 16");
    make_header(3);
    qcow2_put_be32(cluster + 112, 0xe2792aca);
    qcow2_put_be32(cluster + 116, 16);
    expect_refused("backing format extension: too long");
    make_header(3);
    qcow2_put_be64(cluster + 8, 2048);
    qcow2_put_be32(cluster + 16, 1024);
    expect_refused("backing_file_size 1024");
}

static void test_no_room(void **state)
{
    char name[400];
    Qcow2Header h = { .version = 3, .cluster_bits = 9, .refcount_order = 4,
                      .header_length = 112, .backing_file = name };
    GError *error = NULL;

    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = 0;
    assert_false(qcow2_header_build(&h, cluster, &error));
    assert_non_null(strstr(error->message, "do not fit"));
    g_error_free(error);
}

static void test_refcounts(void **state)
{
    for (int order = 0; order <= 6; order++) {
        uint8_t block[512] = { 0 };
        uint64_t n = 512 * 8 >> order, max = qcow2_refcount_max(order);

        for (uint64_t i = 0; i < n; i++) {
            qcow2_refcount_set(block, i, order, (i * 7 + 1) & max);
        }
        for (uint64_t i = 0; i < n; i++) {
            assert_int_equal(qcow2_refcount_get(block, i, order),
                             (i * 7 + 1) & max);
        }
        qcow2_refcount_set(block, n / 2, order, 0);
        assert_int_equal(qcow2_refcount_get(block, n / 2, order), 0);
        assert_int_equal(qcow2_refcount_get(block, n / 2 - 1, order),
                         ((n / 2 - 1) * 7 + 1) & max);
    }
    {
        /* Widths below a byte begin at the least significant bit. */
        uint8_t byte = 0;

        qcow2_refcount_set(&byte, 1, 1, 3);
        assert_int_equal(byte, 0x0c);
    }
}

static void test_compressed_entries(void **state)
{
    uint64_t offset, length;

    /* 64 KiB clusters: 54 bits of offset, 8 of sectors. */
    qcow2_l2_entry_compressed((UINT64_C(1) << 62) | (UINT64_C(3) << 54) |
                                  0x12345, 16, &offset, &length);
    assert_int_equal(offset, 0x12345);
    assert_int_equal(length, 4 * 512 - 0x145);
    /* 512 byte clusters: one bit of sectors. */
    qcow2_l2_entry_compressed((UINT64_C(3) << 61) | 512, 9, &offset, &length);
    assert_int_equal(offset, 512);
    assert_int_equal(length, 1024);
}

static void test_l1_entries(void **state)
{
    assert_int_equal(qcow2_l1_entries(0, 16), 0);
    assert_int_equal(qcow2_l1_entries(1, 16), 1);
    assert_int_equal(qcow2_l1_entries(UINT64_C(512) << 20, 16), 1);
    assert_int_equal(qcow2_l1_entries((UINT64_C(512) << 20) + 1, 16), 2);
    assert_int_equal(qcow2_l1_entries(32768 * 3, 9), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_headers),
        cmocka_unit_test(test_wrong_fields),
        cmocka_unit_test(test_feature_names),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_wrong_extensions),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_refcounts),
        cmocka_unit_test(test_compressed_entries),
        cmocka_unit_test(test_l1_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
