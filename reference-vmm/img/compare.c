/* SPDX-License-Identifier: MIT */
/*
 * compare.c - `refvmm-img compare`.
 *
 * Status: 0 the same content, 1 another one, 2 an image cannot be opened, 3
 * what lies where cannot be asked, 4 an image cannot be read.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "img/img.h"
#include "block/block_io.h"
#include <stdlib.h>
#include <string.h>

#define CHUNK (2 << 20)

enum { OPT_IMAGE_OPTS = 256 };

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "force-share", no_argument, NULL, 'U' },
    { "quiet", no_argument, NULL, 'q' },
    { NULL, 0, NULL, 0 },
};

typedef struct Side {
    const char *filename;
    BlockBackend *blk;
    int64_t length;
    uint8_t *buf;
    /* Of the piece looked at: */
    bool is_zero;
    int64_t n;
} Side;

static void say(bool quiet, const char *text)
{
    if (!quiet) {
        puts(text);
    }
}

static bool ask(Side *s, int64_t offset, int64_t bytes) DROPS(bql) GS_FN;
static bool ask(Side *s, int64_t offset, int64_t bytes)
{
    int ret;

    GLOBAL_STATE_CODE();
    if (offset >= s->length) {
        /* A shorter image goes on with zeroes. */
        s->is_zero = true;
        s->n = bytes;
        return true;
    }
    ret = bdrv_block_status_above(blk_bs(s->blk), NULL, offset,
                                  MIN(bytes, s->length - offset), &s->n, NULL,
                                  NULL);
    if (ret < 0 || !s->n) {
        fprintf(stderr, "refvmm-img: '%s': status of offset %" PRId64
                ": %s\n", s->filename, offset, g_strerror(-ret));
        return false;
    }
    s->is_zero = (ret & BDRV_BLOCK_ZERO) != 0;
    return true;
}

static bool fetch(Side *s, int64_t offset, int64_t bytes) DROPS(bql) GS_FN;
static bool fetch(Side *s, int64_t offset, int64_t bytes)
{
    int ret = 0;

    GLOBAL_STATE_CODE();
    if (s->is_zero) {
        memset(s->buf, 0, (size_t)bytes);
    } else {
        ret = blk_pread(s->blk, offset, bytes, s->buf, 0);
    }
    if (ret < 0) {
        fprintf(stderr, "refvmm-img: '%s': reading offset %" PRId64 ": %s\n",
                s->filename, offset, g_strerror(-ret));
    }
    return ret >= 0;
}

/* The first sector that differs; -1: none. */
static int64_t first_difference(const uint8_t *a, const uint8_t *b,
                                int64_t bytes)
{
    if (memcmp(a, b, (size_t)bytes) == 0) {
        return -1;
    }
    for (int64_t i = 0; i < bytes; i += BDRV_SECTOR_SIZE) {
        if (memcmp(a + i, b + i,
                   (size_t)MIN(BDRV_SECTOR_SIZE, bytes - i)) != 0) {
            return i;
        }
    }
    return -1;
}

static int compare_all(Side s[2], bool quiet) DROPS(bql) GS_FN;
static int compare_all(Side s[2], bool quiet)
{
    int64_t length = MAX(s[0].length, s[1].length), n, at;

    GLOBAL_STATE_CODE();
    for (int64_t offset = 0; offset < length; offset += n) {
        int64_t room = length - offset;

        if (!ask(&s[0], offset, room) || !ask(&s[1], offset, room)) {
            return 3;
        }
        n = MIN(s[0].n, s[1].n);
        if (s[0].is_zero && s[1].is_zero) {
            continue;
        }
        n = MIN(n, CHUNK);
        if (!fetch(&s[0], offset, n) || !fetch(&s[1], offset, n)) {
            return 4;
        }
        at = first_difference(s[0].buf, s[1].buf, n);
        if (at >= 0) {
            if (!quiet) {
                printf("Content mismatch at offset %" PRId64 "!\n",
                       offset + at);
            }
            return 1;
        }
    }
    return 0;
}

static int run(Side s[2], const ImgOpen how[2], bool strict, bool quiet)
    DROPS(bql) GS_FN;
static int run(Side s[2], const ImgOpen how[2], bool strict, bool quiet)
{
    int ret = 0;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < 2 && !ret; i++) {
        s[i].blk = img_open(s[i].filename, &how[i]);
        s[i].length = s[i].blk ? blk_getlength(s[i].blk) : -1;
        s[i].buf = s[i].blk ? blk_blockalign(s[i].blk, CHUNK) : NULL;
        ret = s[i].length < 0 || !s[i].buf ? 2 : 0;
    }
    if (!ret && s[0].length != s[1].length) {
        say(quiet, strict ? "Strict mode: Image size mismatch!"
                          : "Warning: Image size mismatch!");
        ret = strict ? 1 : 0;
    }
    if (!ret) {
        ret = compare_all(s, quiet);
        if (!ret) {
            say(quiet, "Images are identical.");
        }
    }
    for (int i = 0; i < 2; i++) {
        free(s[i].buf);
        blk_unref(s[i].blk);
    }
    return ret;
}

int img_compare(int argc, char **argv)
{
    ImgOpen how[2] = { { .flags = 0 }, { .flags = 0 } };
    Side s[2] = { { .filename = NULL }, { .filename = NULL } };
    bool strict = false, quiet = false;
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hf:F:T:pqsU", long_options,
                              NULL)) != -1) {
        switch (opt) {
        case 'h':
            img_help("compare");
            return 0;
        case 'f':
            how[0].format = optarg;
            break;
        case 'F':
            how[1].format = optarg;
            break;
        case 'T':
            how[0].cache = how[1].cache = optarg;
            break;
        case 'p':
            break;
        case 'q':
            quiet = true;
            break;
        case 's':
            strict = true;
            break;
        case 'U':
            how[0].force_share = how[1].force_share = true;
            break;
        case OPT_IMAGE_OPTS:
            how[0].image_opts = how[1].image_opts = true;
            break;
        default:
            img_usage_error("compare", NULL);
            return 2;
        }
    }
    if (argc - optind != 2) {
        img_usage_error("compare", "expected FILE1 and FILE2");
        return 2;
    }
    s[0].filename = argv[optind];
    s[1].filename = argv[optind + 1];
    return run(s, how, strict, quiet);
}
