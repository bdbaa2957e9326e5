/* SPDX-License-Identifier: MIT */
/*
 * fuzz_qcow2.c - any bytes, taken for a qcow2 image, are refused or can be
 * read, written, checked and repaired.
 *
 * The image lies in memory and may grow by a few megabytes.  Backing files
 * are not opened.  Corpus: tests/fuzz/corpus/qcow2, small images that
 * qemu-img made.
 */
#include "tests/block/powercut/qcow2_image.h"

#define INPUT_MAX (256 << 10)
#define GROWTH (4 << 20)
#define MAX_L1 (1 << 18) /* entries */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static MemImage *load(const uint8_t *data, size_t size)
{
    MemImage *image = mem_image_new();

    mem_image_resize(image, (int64_t)size);
    if (size) {
        memcpy(image->data, data, size);
    }
    image->limit = (int64_t)size + GROWTH;
    return image;
}

static BlockBackend *open_flags(MemImage *image, int flags) NO_TSA;
static BlockBackend *open_flags(MemImage *image, int flags)
{
    g_autoptr(GError) error = NULL;
    BlockBackend *blk = mem_image_open(image, "qcow2",
                                       flags | BDRV_O_NO_BACKING, NULL,
                                       &error);

    if ((blk != NULL) == (error != NULL)) {
        __builtin_trap();
    }
    return blk;
}

static void look(BlockBackend *blk, bool change) NO_TSA;
static void look(BlockBackend *blk, bool change)
{
    int64_t length = blk_getlength(blk);
    uint8_t *buf = g_malloc0(64 << 10);

    for (int i = 0; i < 12 && length > 0; i++) {
        /* From both ends, and some places between. */
        int64_t n = MIN(length, i % 2 ? 3000 : 64 << 10);
        int64_t at = i < 6 ? i * n : i == 6 ? length - n
                                            : length / 13 * (i - 6);

        at = MAX(MIN(at, length - n), 0);
        blk_pread(blk, at, n, buf, 0);
        if (change) {
            memset(buf, 0x5a, (size_t)n);
            if (blk_pwrite(blk, at, n, buf, 0) == 0 && i % 3 == 0) {
                blk_flush(blk);
            }
            blk_pwrite_zeroes(blk, at & ~511, 4096 + i, BDRV_REQ_MAY_UNMAP);
            blk_pdiscard(blk, at, n);
        }
    }
    if (change && length < 1 << 30) {
        blk_truncate(blk, length + 70000 * 512, false, PREALLOC_MODE_OFF, 0,
                     NULL);
        blk_truncate(blk, length / 2 & ~511, false, PREALLOC_MODE_OFF, 0,
                     NULL);
    }
    g_free(buf);
}

static void check(BlockBackend *blk, BdrvCheckMode fix) NO_TSA;
static void check(BlockBackend *blk, BdrvCheckMode fix)
{
    BdrvCheckResult result = { 0 };

    bdrv_check(blk_bs(blk), &result, fix);
}

static void read_only(const uint8_t *data, size_t size) NO_TSA;
static void read_only(const uint8_t *data, size_t size)
{
    MemImage *image = load(data, size);
    BlockBackend *blk = open_flags(image, 0);

    if (blk) {
        look(blk, false);
        check(blk, 0);
        blk_unref(blk);
    }
    mem_image_free(image);
}

static void write_to(const uint8_t *data, size_t size) NO_TSA;
static void write_to(const uint8_t *data, size_t size)
{
    MemImage *image = load(data, size);
    BlockBackend *blk = open_flags(image, BDRV_O_RDWR | BDRV_O_UNMAP);

    if (blk) {
        look(blk, true);
        check(blk, 0);
        blk_unref(blk);
    }
    mem_image_free(image);
}

static void repair(const uint8_t *data, size_t size) NO_TSA;
static void repair(const uint8_t *data, size_t size)
{
    MemImage *image = load(data, size);
    BlockBackend *blk = open_flags(image, BDRV_O_RDWR | BDRV_O_CHECK);

    if (blk) {
        check(blk, BDRV_FIX_LEAKS);
        check(blk, BDRV_FIX_LEAKS | BDRV_FIX_ERRORS);
        look(blk, false);
        blk_unref(blk);
    }
    mem_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;

    if (!started) {
        test_block_start();
        started = true;
    }
    if (size > INPUT_MAX ||
        (size > 40 && qcow2_be32(data + QCOW2_OFF_L1_SIZE) > MAX_L1)) {
        return 0; /* nothing new, but slow */
    }
    read_only(data, size);
    write_to(data, size);
    repair(data, size);
    return 0;
}
