/* SPDX-License-Identifier: MIT */
/* Bitmaps with levels against an array of bits; dirty bitmaps of nodes. */
#include "block_fixture.h"
#include "block/dirty_bitmap.h"
#include "block/hbitmap.h"

#define BITS 20000

static void check_equal(const HBitmap *h, const bool *bits, uint64_t n)
{
    uint64_t count = 0, at = 0;

    for (uint64_t i = 0; i < n; i++) {
        count += bits[i];
        assert_int_equal(hbitmap_get(h, i), bits[i]);
    }
    assert_int_equal(hbitmap_count(h), count);
    while (at < n) {
        uint64_t set = at, clear = at;

        while (set < n && !bits[set]) {
            set++;
        }
        while (clear < n && bits[clear]) {
            clear++;
        }
        assert_int_equal(hbitmap_next_set(h, at), set);
        assert_int_equal(hbitmap_next_clear(h, at), clear);
        at += 1 + at % 97;
    }
}

static void test_hbitmap(void **state)
{
    static bool bits[BITS];
    HBitmap *h = hbitmap_new(BITS);
    uint64_t s = 88172645463325252ULL;

    for (int i = 0; i < 300; i++) {
        uint64_t first, n;

        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        first = s % BITS;
        n = MIN((s >> 20) % (i % 7 ? 60 : 4000), BITS - first);
        if (s >> 60 & 1) {
            hbitmap_set(h, first, n);
        } else {
            hbitmap_reset(h, first, n);
        }
        memset(bits + first, (int)(s >> 60 & 1), n);
        if (i % 20 == 0) {
            check_equal(h, bits, BITS);
        }
    }
    check_equal(h, bits, BITS);
    hbitmap_resize(h, 1000);
    check_equal(h, bits, 1000);
    memset(bits + 1000, 0, BITS - 1000);
    hbitmap_resize(h, BITS);
    check_equal(h, bits, BITS);
    hbitmap_free(h);
    hbitmap_free(NULL);
    h = hbitmap_new(0);
    assert_int_equal(hbitmap_next_set(h, 0), 0);
    hbitmap_free(h);
}

static void test_node(void **state)
{
    char buf[512] = { 0 };
    GError *error = NULL;
    BdrvDirtyBitmap *b;
    BlockDriverState *bs;
    BlockBackend *blk;
    int64_t at, n;

    add("{'driver': 'null-co', 'node-name': 'n', 'size': 1000448}");
    GLOBAL_STATE_CODE();
    bs = bdrv_find_node("n");
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_false(qmp_block_dirty_bitmap_add("n", "b", 1000, false, &error));
    expect_error(error, "granularity 1000");
    error = NULL;
    assert_false(qmp_block_dirty_bitmap_add("n", "", 0, false, &error));
    expect_error(error, "1 to 1023");
    assert_true(qmp_block_dirty_bitmap_add("n", "b", 4096, false, NULL));
    error = NULL;
    assert_false(qmp_block_dirty_bitmap_add("n", "b", 0, false, &error));
    expect_error(error, "already has a dirty bitmap 'b'");
    b = bdrv_find_dirty_bitmap(bs, "b");
    assert_int_equal(bdrv_get_dirty_count(b), 0);
    assert_int_equal(blk_pwrite(blk, 4095, 2, buf, 0), 0);
    assert_int_equal(blk_pwrite_zeroes(blk, 999936, 512, 0), 0);
    /* The last granule is 1024 bytes. */
    assert_int_equal(bdrv_get_dirty_count(b), 8192 + 1000448 - 999424);
    assert_true(bdrv_dirty_bitmap_next_dirty_area(b, 0, INT64_MAX, &at, &n));
    assert_int_equal(at, 0);
    assert_int_equal(n, 8192);
    assert_int_equal(bdrv_dirty_bitmap_next_dirty(b, 8192), 999424);
    bdrv_reset_dirty_bitmap(b, 1, 8191);
    assert_true(bdrv_dirty_bitmap_get(b, 0));
    assert_false(bdrv_dirty_bitmap_get(b, 4096));
    assert_true(qmp_block_dirty_bitmap_enable("n", "b", false, NULL));
    assert_int_equal(blk_pwrite(blk, 40960, 2, buf, 0), 0);
    assert_false(bdrv_dirty_bitmap_get(b, 40960));
    assert_true(qmp_block_dirty_bitmap_clear("n", "b", NULL));
    assert_int_equal(bdrv_get_dirty_count(b), 0);
    assert_true(qmp_block_resize(NULL, "n", 8192, NULL));
    assert_int_equal(bdrv_dirty_bitmap_size(b), 8192);
    assert_true(qmp_block_dirty_bitmap_remove("n", "b", NULL));
    error = NULL;
    assert_false(qmp_block_dirty_bitmap_remove("n", "b", &error));
    expect_error(error, "no dirty bitmap 'b'");
    assert_true(qmp_block_dirty_bitmap_add("n", "left", 0, true, NULL));
    blk_unref(blk);
    del("n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hbitmap),
        cmocka_unit_test(test_node),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
