/* SPDX-License-Identifier: MIT */
/*
 * Images made by qemu-img with unusual options are read right, and written so
 * that qemu-img still likes them; images that we make are liked, too.
 * Skipped without qemu-img and qemu-io.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "powercut/qcow2_image.h"
#include <unistd.h>

static char *dir;

static char *NO_TSA run_any(int *status, const char *format, va_list args)
{
    g_autofree char *command = g_strdup_vprintf(format, args);
    g_autofree char *err = NULL;
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    GError *error = NULL;
    char *out = NULL;

    if (!g_spawn_sync(dir, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                      &out, &err, status, &error)) {
        fail_msg("%s: %s", command, error->message);
    }
    if (*status) {
        print_message("%s: %d\n%s%s\n", command, *status, out, err);
    }
    return out;
}

/* A command in the test's directory, which must succeed. */
static void run(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void NO_TSA run(const char *format, ...)
{
    va_list args;
    int status;

    va_start(args, format);
    g_free(run_any(&status, format, args));
    va_end(args);
    assert_int_equal(status, 0);
}

static char *NO_TSA path_of(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static BlockBackend *NO_TSA open_file(const char *name, int flags)
{
    g_autofree char *path = path_of(name);
    JsonObject *options = json_object_new();
    GError *error = NULL;
    BlockBackend *blk;

    json_object_set_string_member(options, "driver", "qcow2");
    blk = blk_new_open(path, NULL, options, flags, &error);
    json_object_unref(options);
    if (!blk) {
        fail_msg("%s", error->message);
    }
    return blk;
}

/* What we read is what qemu-img reads. */
static void NO_TSA compare(const char *name)
{
    g_autofree char *raw = path_of("raw");
    g_autofree char *data = NULL;
    g_autofree uint8_t *buf = NULL;
    BlockBackend *blk;
    gsize length;

    run("qemu-img convert -O raw %s raw", name);
    assert_true(g_file_get_contents(raw, &data, &length, NULL));
    blk = open_file(name, 0);
    assert_int_equal(blk_getlength(blk), length);
    buf = g_malloc(length);
    assert_int_equal(blk_pread(blk, 0, (int64_t)length, buf, 0), 0);
    for (gsize i = 0; i < length; i++) {
        if (buf[i] != (uint8_t)data[i]) {
            fail_msg("%s: byte %zu is %02x, not %02x", name, i, buf[i],
                     (uint8_t)data[i]);
        }
    }
    blk_unref(blk);
}

/* Writes here and there, with us. */
static void NO_TSA write_some(const char *name)
{
    BlockBackend *blk = open_file(name, BDRV_O_RDWR | BDRV_O_UNMAP);
    int64_t length = blk_getlength(blk);
    uint8_t buf[20000];
    Random r = { 3 };

    for (int i = 0; i < 40; i++) {
        int64_t at = random_below(&r, length - (int64_t)sizeof buf);

        random_fill(&r, buf, sizeof buf);
        assert_int_equal(
            blk_pwrite(blk, at, 1 + random_below(&r, 20000), buf, 0), 0);
        if (i % 5 == 0) {
            at = random_below(&r, length - (int64_t)sizeof buf);
            assert_int_equal(blk_pdiscard(blk, at, 20000), 0);
            assert_int_equal(blk_pwrite_zeroes(blk, at, 10000, 0), 0);
        }
    }
    blk_unref(blk);
}

static void NO_TSA read_and_write(const char *name)
{
    BlockBackend *blk;
    BdrvCheckResult r = { 0 };

    compare(name);
    write_some(name);
    run("qemu-img check %s", name);
    compare(name);
    blk = open_file(name, 0);
    assert_int_equal(bdrv_check(blk_bs(blk), &r, 0), 0);
    assert_int_equal(r.corruptions + r.leaks + r.check_errors, 0);
    blk_unref(blk);
}

/* Random data with holes and zeros in it, put there by qemu-io. */
static void NO_TSA fill(const char *name)
{
    run("head -c 200000 /dev/urandom > pattern");
    run("qemu-io -c 'write -s pattern 0 200000' -c 'write -P 5 300000 70000'"
        " -c 'write -z 128k 64k' -c 'write -P 9 900k 3k' %s >/dev/null",
        name);
}

static void NO_TSA test_made_by_qemu(void **state)
{
    static const char *const options[] = {
        "cluster_size=512",
        "cluster_size=2M",
        "cluster_size=4k,refcount_bits=1",
        "cluster_size=512,refcount_bits=64",
        "refcount_bits=8",
        "compat=0.10",
        "compat=0.10,cluster_size=1k",
        "lazy_refcounts=on",
        "preallocation=metadata",
        "preallocation=falloc,cluster_size=4k",
        "preallocation=full",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        run("qemu-img create -q -f qcow2 -o %s disk 1234432", options[i]);
        fill("disk");
        read_and_write("disk");
    }
}

static void NO_TSA test_compressed(void **state)
{
    static const char *const sizes[] = { "512", "4k", "64k", "2M" };

    run("head -c 1500000 /dev/urandom | od -x | head -c 2000k > text");
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        run("qemu-img convert -c -O qcow2 -o cluster_size=%s text disk",
            sizes[i]);
        read_and_write("disk");
    }
}

static void NO_TSA test_backing_chain(void **state)
{
    run("qemu-img create -q -f qcow2 base 950k");
    fill("base");
    run("mkdir -p sub && mv base sub/base");
    run("qemu-img create -q -f qcow2 -b base -F qcow2 sub/mid 1200k");
    run("qemu-io -c 'write -P 7 100k 50k' sub/mid >/dev/null");
    run("qemu-img create -q -f qcow2 -o cluster_size=4k -b sub/mid -F qcow2 "
        "disk 1500k");
    run("qemu-io -c 'write -P 8 120k 50k' disk >/dev/null");
    read_and_write("disk");
}

static void NO_TSA test_snapshots(void **state)
{
    run("qemu-img create -q -f qcow2 -o cluster_size=4k disk 2M");
    fill("disk");
    run("qemu-img snapshot -c one disk && "
        "qemu-io -c 'write -P 77 0 100k' disk >/dev/null && "
        "qemu-img snapshot -c two disk && qemu-img convert -l one disk one");
    read_and_write("disk");
    /* The snapshot is what it was. */
    run("qemu-img convert -l one -O raw disk one.now && "
        "qemu-img convert -O raw one one.then && cmp one.now one.then");
    run("qemu-img snapshot -a one disk && qemu-img check disk");
    read_and_write("disk");
    run("qemu-img snapshot -d one disk && qemu-img check disk");
    read_and_write("disk");
}

static void NO_TSA test_bitmaps(void **state)
{
    run("qemu-img create -q -f qcow2 -o cluster_size=4k disk 2M && "
        "qemu-img bitmap --add disk on && "
        "qemu-img bitmap --add --disable disk off");
    compare("disk");
    write_some("disk");
    run("qemu-img check disk");
    run("qemu-img info --output=json disk | tr -d ' \\n' > info && "
        "grep -q '\"in-use\",\"auto\"' info && "
        "grep -q '\"flags\":\\[\\]' info");
}

static void NO_TSA test_refused(void **state)
{
    static const char *const options[][2] = {
        { "extended_l2=on", "extended L2 entries" },
        { "compression_type=zstd", "zstd" },
        { "data_file=ext", "external data files" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autofree char *path = path_of("disk");
        GError *error = NULL;

        run("rm -f disk ext; qemu-img create -q "
            "-f qcow2 -o %s disk 1M",
            options[i][0]);
        assert_null(blk_new_open(path, NULL, NULL, 0, &error));
        if (!strstr(error->message, options[i][1]) ||
            !strstr(error->message, path)) {
            fail_msg("%s", error->message);
        }
        g_error_free(error);
    }
}

/* Ours: qemu-img sees what was asked for. */
static void NO_TSA test_made_by_us(void **state)
{
    static const struct {
        const char *option, *value, *info;
    } cases[] = {
        { "cluster_size", "512", "\"cluster-size\":512" },
        { "cluster_size", "2M", "\"cluster-size\":2097152" },
        { "refcount_bits", "1", "\"refcount-bits\":1," },
        { "refcount_bits", "64", "\"refcount-bits\":64" },
        { "compat", "0.10", "\"compat\":\"0.10\"" },
        { "lazy_refcounts", "on", "\"lazy-refcounts\":true" },
        { "preallocation", "metadata", "qcow2" },
        { "preallocation", "falloc", "qcow2" },
        { "preallocation", "full", "qcow2" },
        { "backing_fmt", "raw", "\"backing-filename-format\":\"raw\"" },
    };

    run("rm -f base.raw; truncate -s 3M base.raw");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(JsonObject) opts = json_object_new();
        g_autofree char *path = path_of("disk");
        GError *error = NULL;

        run("rm -f disk");
        json_object_set_string_member(opts, "size", "3M");
        json_object_set_string_member(opts, cases[i].option, cases[i].value);
        if (!strcmp(cases[i].option, "backing_fmt")) {
            json_object_set_string_member(opts, "backing_file", "base.raw");
        }
        if (!bdrv_create(bdrv_find_format("qcow2"), path, opts, &error)) {
            fail_msg("%s", error->message);
        }
        run("qemu-img check disk && qemu-img info --output=json disk | "
            "tr -d ' \\n' > info");
        run("grep -q '\"virtual-size\":3145728' info && grep -q '%s' info",
            cases[i].info);
        fill("disk");
        read_and_write("disk");
    }
}

static void NO_TSA test_create_refused(void **state)
{
    static const char *const cases[][3] = {
        { "cluster_size", "1000", "cluster_size" },
        { "cluster_size", "4M", "cluster_size" },
        { "refcount_bits", "3", "refcount_bits" },
        { "refcount_bits", "128", "refcount_bits" },
        { "compat", "v4", "compat" },
        { "extended_l2", "on", "extended_l2" },
        { "compression_type", "zstd", "zstd" },
        { "data_file", "x", "data_file" },
        { "preallocation", "some", "preallocation" },
        { "backing_fmt", "raw", "backing_file" },
        { "size", "8E", "size" },
        { "colour", "red", "colour" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(JsonObject) opts = json_object_new();
        g_autofree char *path = path_of("refused");
        GError *error = NULL;

        json_object_set_string_member(opts, "size", "1M");
        json_object_set_string_member(opts, cases[i][0], cases[i][1]);
        assert_false(
            bdrv_create(bdrv_find_format("qcow2"), path, opts, &error));
        if (!strstr(error->message, cases[i][2])) {
            fail_msg("%s", error->message);
        }
        g_error_free(error);
        assert_int_equal(access(path, F_OK), -1);
    }
}

static int NO_TSA setup(void **state)
{
    g_autofree char *img = g_find_program_in_path("qemu-img");
    g_autofree char *io = g_find_program_in_path("qemu-io");

    if (!img || !io) {
        print_message("skipped: qemu-img or qemu-io is missing\n");
        exit(0);
    }
    dir = g_dir_make_tmp("qcow2-XXXXXX", NULL);
    test_block_start();
    return 0;
}

static int NO_TSA teardown(void **state)
{
    test_block_end();
    run("rm -r '%s'", dir);
    g_free(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_by_qemu),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_backing_chain),
        cmocka_unit_test(test_snapshots),
        cmocka_unit_test(test_bitmaps),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_made_by_us),
        cmocka_unit_test(test_create_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
