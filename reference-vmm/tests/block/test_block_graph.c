/* SPDX-License-Identifier: MIT */
/* Nodes and their options, edges and their permissions, QMP commands. */
#include "block_fixture.h"
#include <errno.h>

static void test_options(void **state)
{
    add_fails("{'driver': 'raw'}", "'node-name' must be specified");
    add_fails("{'node-name': 'n'}", "'driver' must be specified");
    add_fails("{'driver': 'rwa', 'node-name': 'n'}", "unknown driver 'rwa'");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'sise': 1}",
              "has no option 'sise'; it knows: driver, node-name");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'size': 'x'}",
              "option 'size' takes a size");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'size': -1}",
              "option 'size'");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'read-only': 'maybe'}",
              "takes on or off");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'discard': 'x'}",
              "one of ignore|off|unmap|on");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'cache': true}",
              "'cache' is an object");
    add_fails("{'driver': 'null-co', 'node-name': 'n',"
              " 'cache': {'dircet': true}}", "has no option 'dircet'");
    add_fails("{'driver': 'null-co', 'node-name': '1n'}", "not well formed");
    add_fails("{'driver': 'raw', 'node-name': 'n'}", "needs the option "
              "'file'");
    add_fails("{'driver': 'raw', 'node-name': 'n', 'file': 'nobody'}",
              "no block device or node 'nobody'");
    add_fails("{'driver': 'raw', 'node-name': 'n', 'file': 7}",
              "'file' is the name of a node");
    add_fails("{'driver': 'file', 'node-name': 'n',"
              " 'filename': '@/missing'}", "No such file");
    add_fails("{'driver': 'file', 'node-name': 'n', 'filename': '/tmp'}",
              "'/tmp'");
    add_fails("{'driver': 'null-co', 'node-name': 'n',"
              " 'detect-zeroes': 'unmap'}", "needs discard=unmap");
    add_fails("{'driver': 'null-co', 'node-name': 'n', 'force-share': true}",
              "needs read-only=on");
    /* Strings, as a command line has them. */
    add("{'driver': 'null-co', 'node-name': 'n', 'size': '1M',"
        " 'read-only': 'on', 'cache': {'direct': 'on'}}");
    add_fails("{'driver': 'null-co', 'node-name': 'n'}",
              "already a node with node-name 'n'");
    GLOBAL_STATE_CODE();
    assert_int_equal(bdrv_getlength(bdrv_find_node("n")), 1 << 20);
    assert_true(bdrv_is_read_only(bdrv_find_node("n")));
    del("n");
    assert_null(bdrv_find_node("n"));
}

static void test_references(void **state)
{
    GError *error = NULL;

    add("{'driver': 'null-co', 'node-name': 'f', 'size': 4096}");
    add("{'driver': 'raw', 'node-name': 'r', 'file': 'f'}");
    GLOBAL_STATE_CODE();
    assert_false(qmp_blockdev_del("f", &error));
    expect_error(error, "node 'f' is in use by node 'r'");
    error = NULL;
    assert_false(qmp_blockdev_del("none", &error));
    expect_error(error, "no block node 'none'");
    del("r");
    del("f");
    /* Inline: goes with its parent. */
    add("{'driver': 'raw', 'node-name': 'r',"
        " 'file': {'driver': 'null-co', 'node-name': 'f'}}");
    error = NULL;
    assert_false(qmp_blockdev_del("f", &error));
    expect_error(error, "was not made by blockdev-add");
    del("r");
    assert_null(bdrv_find_node("f"));
}

static void test_permissions(void **state)
{
    BlockBackend *a, *b;
    GError *error = NULL;
    BlockDriverState *bs;

    add("{'driver': 'null-co', 'node-name': 'n', 'size': 4096}");
    GLOBAL_STATE_CODE();
    bs = bdrv_find_node("n");
    a = backend("n", PERM_RW, BLK_PERM_ALL & ~BLK_PERM_WRITE);
    assert_true(blk_set_name(a, "disk0", NULL));
    b = blk_new(main_loop_context(), PERM_RW, BLK_PERM_ALL);
    assert_false(blk_insert_bs(b, bs, &error));
    expect_error(error, "node 'n' is used as 'root' by block device 'disk0', "
                 "which does not allow 'write' on it");
    assert_null(blk_bs(b));
    /* Less will do. */
    assert_true(blk_set_perm(b, BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL,
                             NULL));
    assert_true(blk_insert_bs(b, bs, NULL));
    error = NULL;
    assert_false(blk_set_perm(b, PERM_RW, BLK_PERM_ALL, &error));
    expect_error(error, "does not allow 'write'");
    /* It stays as it was. */
    assert_int_equal(blk_pwrite(b, 0, 1, "x", 0), -EPERM);
    /* A filter above hands on what its parent wants. */
    error = NULL;
    add("{'driver': 'raw', 'node-name': 'r', 'file': 'n'}");
    blk_unref(b);
    b = blk_new(main_loop_context(), PERM_RW, BLK_PERM_ALL);
    assert_false(blk_insert_bs(b, bdrv_find_node("r"), &error));
    expect_error(error, "node 'r' needs that for its 'file'");
    blk_unref(a);
    assert_true(blk_insert_bs(b, bdrv_find_node("r"), NULL));
    blk_unref(b);
    del("r");
    del("n");
}

static void test_read_only(void **state)
{
    GError *error = NULL;
    BlockBackend *a;

    add("{'driver': 'null-co', 'node-name': 'n', 'read-only': true}");
    GLOBAL_STATE_CODE();
    a = blk_new(main_loop_context(), PERM_RW, BLK_PERM_ALL);
    assert_false(blk_supports_write_perm(a) &&
                 blk_insert_bs(a, bdrv_find_node("n"), &error));
    expect_error(error, "node 'n' is read-only");
    blk_unref(a);
    del("n");
}

static void test_files_of_two(void **state)
{
    make_file("two", 65536);
    add("{'driver': 'file', 'node-name': 'a', 'filename': '@/two'}");
    add("{'driver': 'file', 'node-name': 'b', 'filename': '@/two'}");
    {
        GError *error = NULL;
        BlockBackend *x, *y;

        GLOBAL_STATE_CODE();
        x = backend("a", PERM_RW, BLK_PERM_CONSISTENT_READ);
        y = blk_new(main_loop_context(), PERM_RW, BLK_PERM_ALL);
        assert_false(blk_insert_bs(y, bdrv_find_node("b"), &error));
        expect_error(error, "failed to get the 'write, resize' lock");
        /* Locks are let go with the permission. */
        blk_unref(x);
        assert_true(blk_insert_bs(y, bdrv_find_node("b"), NULL));
        blk_unref(y);
    }
    del("a");
    del("b");
}

static void test_resize(void **state)
{
    GError *error = NULL;

    make_file("size", 65536);
    add("{'driver': 'raw', 'node-name': 'n',"
        " 'file': {'driver': 'file', 'filename': '@/size'}}");
    GLOBAL_STATE_CODE();
    assert_true(qmp_block_resize(NULL, "n", 1 << 20, &error));
    fail_on(error);
    assert_int_equal(bdrv_getlength(bdrv_find_node("n")), 1 << 20);
    assert_false(qmp_block_resize(NULL, "n", -1, &error));
    expect_error(error, "'size' is negative");
    error = NULL;
    assert_false(qmp_block_resize("disk", NULL, 1, &error));
    expect_error(error, "no block device 'disk'");
    error = NULL;
    assert_false(qmp_block_resize(NULL, "n", INT64_MAX, &error));
    expect_error(error, "out of range");
    del("n");
}

static void test_offset(void **state)
{
    BlockBackend *blk;
    char buf[16];

    make_file("offset", 65536);
    add_fails("{'driver': 'raw', 'node-name': 'n', 'offset': 1000,"
              " 'size': 65536,"
              " 'file': {'driver': 'file', 'filename': '@/offset'}}",
              "do not lie within the file");
    add("{'driver': 'file', 'node-name': 'f', 'filename': '@/offset'}");
    add("{'driver': 'raw', 'node-name': 'n', 'offset': 1024, 'size': 2048,"
        " 'file': 'f'}");
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_getlength(blk), 2048);
    assert_int_equal(blk_pwrite(blk, 2040, 8, "12345678", 0), 0);
    assert_int_equal(blk_pwrite(blk, 2041, 8, "12345678", 0), -EIO);
    assert_int_equal(blk_pwrite(blk, INT64_MAX, 8, "12345678", 0), -EIO);
    assert_int_equal(blk_pwrite(blk, -1, 8, "12345678", 0), -EIO);
    blk_unref(blk);
    del("n");
    blk = backend("f", PERM_RW, BLK_PERM_ALL);
    assert_int_equal(blk_pread(blk, 1024 + 2036, 16, buf, 0), 0);
    assert_memory_equal(buf, "\0\0\0\00012345678\0\0\0\0", 16);
    blk_unref(blk);
    del("f");
}

static void test_reopen(void **state)
{
    GError *error = NULL;
    g_autoptr(JsonObject) ro = json(
        "{'driver': 'null-co', 'node-name': 'n', 'read-only': true}");
    g_autoptr(JsonObject) bigger = json(
        "{'driver': 'null-co', 'node-name': 'n', 'size': 8192}");
    BlockBackend *blk;

    add("{'driver': 'null-co', 'node-name': 'n'}");
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_false(bdrv_reopen(bdrv_find_node("n"), ro, &error));
    expect_error(error, "is read-only");
    assert_false(bdrv_is_read_only(bdrv_find_node("n")));
    blk_unref(blk);
    error = NULL;
    assert_false(bdrv_reopen(bdrv_find_node("n"), bigger, &error));
    expect_error(error, "option 'size' cannot be changed");
    assert_true(bdrv_reopen(bdrv_find_node("n"), ro, NULL));
    assert_true(bdrv_is_read_only(bdrv_find_node("n")));
    del("n");
}

static void test_queries(void **state)
{
    g_autoptr(JsonArray) nodes = NULL, devices = NULL, stats = NULL;
    JsonObject *o;
    BlockBackend *blk;

    add("{'driver': 'null-co', 'node-name': 'n', 'size': 4096}");
    GLOBAL_STATE_CODE();
    blk = backend("n", PERM_RW, BLK_PERM_ALL);
    assert_true(blk_attach_dev(blk, "d0", NULL));
    nodes = qmp_query_named_block_nodes(false, NULL);
    assert_int_equal(json_array_get_length(nodes), 1);
    o = json_array_get_object_element(nodes, 0);
    assert_string_equal(json_object_get_string_member(o, "node-name"), "n");
    o = json_object_get_object_member(o, "image");
    assert_int_equal(json_object_get_int_member(o, "virtual-size"), 4096);
    devices = qmp_query_block(NULL);
    assert_int_equal(json_array_get_length(devices), 1);
    o = json_array_get_object_element(devices, 0);
    assert_string_equal(json_object_get_string_member(o, "qdev"), "d0");
    stats = qmp_query_blockstats(false);
    assert_int_equal(json_array_get_length(stats), 1);
    assert_ptr_equal(blk_by_qdev_id("d0"), blk);
    blk_detach_dev(blk);
    blk_unref(blk);
    del("n");
}

/* A chain of options deeper than anybody's stack. */
static void test_depth(void **state)
{
    GString *s = g_string_new("{'driver': 'raw', 'node-name': 'n'");

    for (int i = 0; i < 400; i++) {
        g_string_append(s, ", 'file': {'driver': 'raw'");
    }
    for (int i = 0; i < 401; i++) {
        g_string_append_c(s, '}');
    }
    add_fails(s->str, "block nodes in a chain");
    g_string_free(s, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_files_of_two),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_offset),
        cmocka_unit_test(test_reopen),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
