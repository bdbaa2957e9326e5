/* SPDX-License-Identifier: MIT */
/*
 * bench.c - `refvmm-img bench`.
 *
 * As many coroutines as there are to be requests at a time; each makes the
 * next request until all have been made.
 *
 * Thread context: the main thread, with the BQL; coroutines in its loop.
 */
#include "img/img.h"
#include "base/lock.h"
#include "base/main_loop.h"
#include <stdlib.h>
#include <string.h>

enum { OPT_IMAGE_OPTS = 256, OPT_FLUSH, OPT_NO_DRAIN, OPT_PATTERN };

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "flush-interval", required_argument, NULL, OPT_FLUSH },
    { "no-drain", no_argument, NULL, OPT_NO_DRAIN },
    { "pattern", required_argument, NULL, OPT_PATTERN },
    { "cache", required_argument, NULL, 't' },
    { "force-share", no_argument, NULL, 'U' },
    { NULL, 0, NULL, 0 },
};

typedef struct Bench {
    const char *filename;
    ImgOpen how;
    bool write, no_drain;
    int64_t count, depth, size, offset, step, flush_interval, pattern;

    BlockBackend *blk;
    int64_t length;
    int64_t next;    /* offset */
    int64_t to_make; /* requests */
    int64_t done, running;
    bool flushing;
    int ret;
} Bench;

static int coroutine_fn one_request(Bench *b, uint8_t *buf)
{
    int64_t offset = b->next;

    b->next += b->step;
    if (b->next > b->length - b->size) {
        b->next = b->length ? b->next % MAX(b->length - b->size + 1, 1) : 0;
        b->next -= b->next % MIN(BDRV_SECTOR_SIZE, b->size);
    }
    return b->write ? blk_co_pwrite(b->blk, offset, b->size, buf, 0)
                    : blk_co_pread(b->blk, offset, b->size, buf, 0);
}

/* After every so many requests. */
static int coroutine_fn flush_in_turn(Bench *b)
{
    int ret;

    if (!b->flush_interval || b->done % b->flush_interval) {
        return 0;
    }
    ret = blk_co_flush(b->blk);
    return ret;
}

static void coroutine_fn worker(void *opaque)
{
    Bench *b = opaque;
    uint8_t *buf = blk_blockalign(b->blk, (size_t)b->size);

    memset(buf, (int)b->pattern, (size_t)b->size);
    while (b->to_make > 0 && !b->ret) {
        int ret;

        b->to_make--;
        ret = one_request(b, buf);
        b->done++;
        if (ret >= 0) {
            ret = flush_in_turn(b);
        }
        if (ret < 0 && !b->ret) {
            b->ret = ret;
        }
    }
    free(buf);
    b->running--;
    aio_wait_kick();
}

static int measure(Bench *b) DROPS(bql) GS_FN;
static int measure(Bench *b)
{
    int64_t start, ns;

    GLOBAL_STATE_CODE();
    printf("Sending %" PRId64 " %s requests, %" PRId64 " bytes each, %" PRId64
           " in parallel (starting at offset %" PRId64 ", step size %" PRId64
           ")\n", b->count, b->write ? "write" : "read", b->size, b->depth,
           b->offset, b->step);
    if (b->flush_interval) {
        printf("Sending flush every %" PRId64 " %srequests\n",
               b->flush_interval, b->no_drain ? "" : "finished ");
    }
    fflush(stdout);
    b->next = b->offset;
    b->to_make = b->count;
    b->running = b->depth;
    start = vm_clock_ns();
    for (int64_t i = 0; i < b->depth; i++) {
        coroutine_enter(coroutine_create(worker, b));
    }
    AIO_WAIT_WHILE(main_loop_context(), b->running > 0);
    ns = vm_clock_ns() - start;
    if (b->ret < 0) {
        fprintf(stderr, "refvmm-img: '%s': a request failed: %s\n",
                b->filename, g_strerror(-b->ret));
        return 1;
    }
    printf("Run completed in %3.3f seconds.\n", (double)ns / 1e9);
    return 0;
}

static int run(Bench *b) DROPS(bql) GS_FN;
static int run(Bench *b)
{
    int ret = 1;

    GLOBAL_STATE_CODE();
    b->how.flags |= b->write ? BDRV_O_RDWR : 0;
    b->blk = img_open(b->filename, &b->how);
    if (!b->blk) {
        return 1;
    }
    b->length = blk_getlength(b->blk);
    if (b->offset > b->length || b->size > b->length - b->offset) {
        fprintf(stderr, "refvmm-img: '%s' is too short for such a request\n",
                b->filename);
    } else {
        ret = measure(b);
    }
    blk_unref(b->blk);
    return ret;
}

static bool parse_one(Bench *b, int opt, const char *arg)
{
    switch (opt) {
    case 'c':
        return img_parse_number(arg, "-c", 1, 1000000000, &b->count);
    case 'd':
        return img_parse_number(arg, "-d", 1, 4096, &b->depth);
    case 'f':
        b->how.format = arg;
        return true;
    case 'o':
        return img_parse_size(arg, "-o", &b->offset);
    case 's':
        return img_parse_size(arg, "-s", &b->size);
    case 'S':
        return img_parse_size(arg, "-S", &b->step);
    case 't':
        b->how.cache = arg;
        return true;
    case 'q':
        return true;
    case 'U':
        b->how.force_share = true;
        return true;
    case 'w':
        b->write = true;
        return true;
    case OPT_IMAGE_OPTS:
        b->how.image_opts = true;
        return true;
    case OPT_NO_DRAIN:
        b->no_drain = true;
        return true;
    case OPT_FLUSH:
        return img_parse_number(arg, "--flush-interval", 0, 1000000000,
                                &b->flush_interval);
    case OPT_PATTERN:
        return img_parse_number(arg, "--pattern", 0, 255, &b->pattern);
    }
    return false;
}

int img_bench(int argc, char **argv)
{
    Bench b = { .count = 75000, .depth = 64, .size = 4096 };
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hc:d:f:o:s:S:t:qUw", long_options,
                              NULL)) != -1) {
        if (opt == 'h') {
            img_help("bench");
            return 0;
        }
        if (opt == '?' || !parse_one(&b, opt, optarg)) {
            return img_usage_error("bench", NULL);
        }
    }
    if (argc - optind != 1) {
        return img_usage_error("bench", "expected one FILE");
    }
    if (b.flush_interval && !b.write) {
        return img_usage_error("bench", "--flush-interval needs -w");
    }
    if (b.size < 1 || b.size > (int64_t)1 << 30) {
        return img_usage_error("bench", "-s is from 1 to 1G");
    }
    b.step = b.step ? b.step : b.size;
    b.filename = argv[optind];
    return run(&b);
}
