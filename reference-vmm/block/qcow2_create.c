/* SPDX-License-Identifier: MIT */
/*
 * qcow2_create.c - new images.
 *
 * The file gets a header, a refcount table and one refcount block, for a disk
 * of no size.  Then it is opened as any other image, and grows to its size.
 *
 * Thread context: main loop, no coroutine.
 */
#include "block/block_backend.h"
#include "block/qcow2.h"
#include "block/qcow2_driver.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

const BlockOption qcow2_create_options[] = {
    { "size", BLOCK_OPT_SIZE, "size of the virtual disk", NULL },
    { "compat", BLOCK_OPT_STRING, "version of the format: v2 (0.10) or "
      "v3 (1.1, the default)", NULL },
    { "backing_file", BLOCK_OPT_STRING, "image that shows where this one has "
      "nothing", NULL },
    { "backing_fmt", BLOCK_OPT_STRING, "format of the backing file", NULL },
    { "cluster_size", BLOCK_OPT_SIZE, "512 bytes to 2M, a power of two "
      "(default 64k)", NULL },
    { "refcount_bits", BLOCK_OPT_INT, "width of a reference count, 1 to 64, "
      "a power of two (default 16)", NULL },
    { "lazy_refcounts", BLOCK_OPT_BOOL, "postpone updates of refcounts",
      NULL },
    { "preallocation", BLOCK_OPT_ENUM, "clusters in advance",
      "off|metadata|falloc|full" },
    { "extended_l2", BLOCK_OPT_BOOL, "extended L2 entries (not supported)",
      NULL },
    { "compression_type", BLOCK_OPT_ENUM, "of compressed clusters (zstd is "
      "not supported)", "zlib|zstd" },
    { "data_file", BLOCK_OPT_STRING, "external data file (not supported)",
      NULL },
    { "data_file_raw", BLOCK_OPT_BOOL, "keep the external data file raw (not "
      "supported)", NULL },
    { "encryption", BLOCK_OPT_BOOL, "encrypt the image (not supported)",
      NULL },
    { NULL, 0, NULL, NULL },
};

typedef struct CreateOptions {
    int64_t size; /* -1: the backing file's */
    int version;
    const char *backing_file, *backing_fmt;
    int64_t cluster_size, refcount_bits;
    bool lazy_refcounts;
    PreallocMode prealloc;
} CreateOptions;

#define FAIL(...) \
    (g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, __VA_ARGS__), false)

static bool is_power_of_two(int64_t n)
{
    return n > 0 && !(n & (n - 1));
}

static bool refuse_unsupported(JsonObject *opts, GError **error)
{
    static const char *const flags[] = { "extended_l2", "data_file_raw",
                                         "encryption" };

    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        bool on = false;

        if (!block_opt_bool(opts, flags[i], false, &on, error)) {
            return false;
        }
        if (on) {
            return FAIL("qcow2: option '%s' is not supported", flags[i]);
        }
    }
    if (block_opt_string(opts, "data_file")) {
        return FAIL("qcow2: option 'data_file' is not supported");
    }
    if (block_opt_enum(opts, "compression_type", "zlib|zstd", 0)) {
        return FAIL("qcow2: option 'compression_type': 'zstd' is not "
                    "supported (zlib is)");
    }
    return true;
}

static bool parse_compat(const char *compat, int *version, GError **error)
{
    if (!compat || !strcmp(compat, "v3") || !strcmp(compat, "1.1")) {
        *version = 3;
    } else if (!strcmp(compat, "v2") || !strcmp(compat, "0.10")) {
        *version = 2;
    } else {
        return FAIL("qcow2: option 'compat': '%s' is none of v2, 0.10, v3, "
                    "1.1", compat);
    }
    return true;
}

static bool GS_FN check_options(const CreateOptions *o, GError **error)
{
    int64_t max = (int64_t)1 << QCOW2_MAX_CLUSTER_BITS;

    if (!is_power_of_two(o->cluster_size) ||
        o->cluster_size < 1 << QCOW2_MIN_CLUSTER_BITS ||
        o->cluster_size > max) {
        return FAIL("qcow2: option 'cluster_size': %" PRId64 " is not a "
                    "power of two from %d to %" PRId64, o->cluster_size,
                    1 << QCOW2_MIN_CLUSTER_BITS, max);
    }
    if (!is_power_of_two(o->refcount_bits) || o->refcount_bits > 64) {
        return FAIL("qcow2: option 'refcount_bits': %" PRId64 " is not a "
                    "power of two from 1 to 64", o->refcount_bits);
    }
    if (o->version < 3 && o->refcount_bits != 16) {
        return FAIL("qcow2: option 'refcount_bits': version 2 images have "
                    "16");
    }
    if (o->version < 3 && o->lazy_refcounts) {
        return FAIL("qcow2: option 'lazy_refcounts' needs compat=v3");
    }
    if (o->backing_fmt && !o->backing_file) {
        return FAIL("qcow2: option 'backing_fmt' needs 'backing_file'");
    }
    if (o->backing_file && !o->backing_fmt) {
        return FAIL("qcow2: option 'backing_file' needs 'backing_fmt'");
    }
    if (o->backing_fmt && !bdrv_find_format(o->backing_fmt)) {
        return FAIL("qcow2: option 'backing_fmt': unknown format '%s'",
                    o->backing_fmt);
    }
    if (o->backing_file && o->prealloc != PREALLOC_MODE_OFF) {
        return FAIL("qcow2: option 'preallocation' cannot be used together "
                    "with 'backing_file'");
    }
    if (o->size < 0 && !o->backing_file) {
        return FAIL("qcow2: option 'size' is missing");
    }
    return true;
}

static bool GS_FN parse_options(JsonObject *opts, CreateOptions *o,
                                GError **error)
{
    *o = (CreateOptions){ .size = -1 };
    o->backing_file = block_opt_string(opts, "backing_file");
    o->backing_fmt = block_opt_string(opts, "backing_fmt");
    o->prealloc = (PreallocMode)block_opt_enum(
        opts, "preallocation", "off|metadata|falloc|full", 0);
    return block_opt_size(opts, "size", -1, &o->size, error) &&
           block_opt_size(opts, "cluster_size", 65536, &o->cluster_size,
                          error) &&
           block_opt_int(opts, "refcount_bits", 16, &o->refcount_bits,
                         error) &&
           block_opt_bool(opts, "lazy_refcounts", false, &o->lazy_refcounts,
                          error) &&
           parse_compat(block_opt_string(opts, "compat"), &o->version,
                        error) &&
           refuse_unsupported(opts, error) && check_options(o, error);
}

/* The first clusters of an image: header, refcount table, refcount block. */
static uint8_t *build_image(const CreateOptions *o, GError **error)
{
    uint64_t cs = (uint64_t)o->cluster_size;
    g_autofree uint8_t *image = g_malloc0(3 * cs);
    Qcow2Header h = { 0 };
    bool ok;

    h.version = (uint32_t)o->version;
    h.cluster_bits = (uint32_t)__builtin_ctzll(cs);
    h.refcount_table_offset = cs;
    h.refcount_table_clusters = 1;
    h.refcount_order = (uint32_t)__builtin_ctzll((uint64_t)o->refcount_bits);
    h.header_length = o->version < 3 ? QCOW2_V2_HEADER_LENGTH
                                     : QCOW2_HEADER_LENGTH;
    h.compatible_features =
        o->lazy_refcounts ? QCOW2_COMPAT_LAZY_REFCOUNTS : 0;
    h.backing_file = (char *)o->backing_file;
    h.backing_format = (char *)o->backing_fmt;
    ok = qcow2_header_build(&h, image, error);
    qcow2_put_be64(image + cs, 2 * cs);
    for (uint64_t i = 0; i < 3; i++) {
        qcow2_refcount_set(image + 2 * cs, i, (int)h.refcount_order, 1);
    }
    return ok ? g_steal_pointer(&image) : NULL;
}

static bool write_image(const char *filename, const CreateOptions *o,
                        GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool write_image(const char *filename, const CreateOptions *o,
                        GError **error)
{
    g_autofree uint8_t *image = build_image(o, error);
    g_autoptr(JsonObject) opts = json_object_new();
    BlockBackend *blk;
    int ret;

    json_object_set_int_member(opts, "size", 0);
    if (!image || !bdrv_create(bdrv_find_format("file"), filename, opts,
                               error)) {
        return false;
    }
    blk = blk_new_open(filename, NULL, NULL, BDRV_O_RDWR | BDRV_O_PROTOCOL,
                       error);
    if (!blk) {
        return false;
    }
    ret = blk_truncate(blk, 3 * o->cluster_size, false, PREALLOC_MODE_OFF, 0,
                       error);
    if (ret >= 0) {
        ret = blk_pwrite(blk, 0, 3 * o->cluster_size, image, 0);
        if (ret < 0) {
            g_set_error(error, VM_ERROR, VM_ERROR_OS,
                        "%s: cannot write the header: %s", filename,
                        g_strerror(-ret));
        }
    }
    blk_unref(blk);
    return ret >= 0;
}

/* Gives the disk its size. */
static bool grow_image(const char *filename, const CreateOptions *o,
                       GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool grow_image(const char *filename, const CreateOptions *o,
                       GError **error)
{
    g_autoptr(JsonObject) opts = json_object_new();
    BlockBackend *blk;
    int ret;

    json_object_set_string_member(opts, "driver", "qcow2");
    blk = blk_new_open(filename, NULL, opts, BDRV_O_RDWR | BDRV_O_NO_BACKING,
                       error);
    if (!blk) {
        return false;
    }
    ret = blk_truncate(blk, o->size, false, o->prealloc, 0, error);
    blk_unref(blk);
    return ret >= 0;
}

static bool backing_size(const char *filename, CreateOptions *o,
                         GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool backing_size(const char *filename, CreateOptions *o,
                         GError **error)
{
    g_autofree char *full =
        bdrv_full_backing_filename(filename, o->backing_file);
    g_autoptr(JsonObject) opts = json_object_new();
    BlockBackend *blk;

    json_object_set_string_member(opts, "driver", o->backing_fmt);
    blk = blk_new_open(full, NULL, opts, 0, error);
    if (!blk) {
        return false;
    }
    o->size = blk_getlength(blk);
    blk_unref(blk);
    if (o->size < 0) {
        return FAIL("%s: cannot find out its length", full);
    }
    return true;
}

bool qcow2_create(const char *filename, JsonObject *opts, GError **error)
{
    CreateOptions o;

    GLOBAL_STATE_CODE();
    if (!parse_options(opts, &o, error)) {
        return false;
    }
    if (o.size < 0 && !backing_size(filename, &o, error)) {
        return false;
    }
    if (o.size > INT64_MAX - BDRV_SECTOR_SIZE) {
        return FAIL("qcow2: option 'size' is too large");
    }
    o.size = (o.size + BDRV_SECTOR_SIZE - 1) & -(int64_t)BDRV_SECTOR_SIZE;
    if (qcow2_l1_entries((uint64_t)o.size,
                         (uint32_t)__builtin_ctzll((uint64_t)
                                                   o.cluster_size)) >
        QCOW2_MAX_L1_BYTES / 8) {
        return FAIL("qcow2: option 'size': %" PRId64 " is too large for "
                    "clusters of %" PRId64 " bytes", o.size, o.cluster_size);
    }
    return write_image(filename, &o, error) &&
           grow_image(filename, &o, error);
}
