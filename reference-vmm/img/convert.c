/* SPDX-License-Identifier: MIT */
/*
 * convert.c - `refvmm-img convert`.
 *
 * Several coroutines copy at the same time.  Each takes the next piece of the
 * source that is all data or all zeroes, reads it, and writes it when all
 * before it has been written (-W: at once).
 *
 * Thread context: the main thread, with the BQL; coroutines in its loop.
 */
#include "img/img.h"
#include "base/co_lock.h"
#include "base/main_loop.h"
#include "block/block_io.h"
#include "block/options.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (2 << 20)
#define MAX_COROUTINES 16

enum { OPT_IMAGE_OPTS = 256, OPT_TARGET_IS_ZERO };

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "target-is-zero", no_argument, NULL, OPT_TARGET_IS_ZERO },
    { "force-share", no_argument, NULL, 'U' },
    { "quiet", no_argument, NULL, 'q' },
    { NULL, 0, NULL, 0 },
};

typedef struct Convert {
    const char *source_name, *target_name;
    ImgOpen source_how, target_how;
    const char *target_format;
    const char *backing, *backing_format;
    GPtrArray *options;   /* of -o, borrowed */
    bool no_create, target_is_zero, out_of_order, quiet, progress;
    int64_t n_coroutines, min_sparse;

    BlockBackend *source, *target;
    int64_t length;
    CoMutex lock;
    int64_t next GUARDED_BY(&lock);    /* of the source, to be taken */
    int64_t written GUARDED_BY(&lock); /* all before it is done */
    CoQueue order GUARDED_BY(&lock);
    int ret;      /* the first error; this loop only */
    int running;
} Convert;

typedef enum Kind {
    KIND_DATA,
    KIND_ZERO,
    KIND_BACKING, /* the target's backing file has it */
} Kind;

static void fail(Convert *c, const char *what, int64_t offset, int ret)
{
    if (!c->ret) {
        fprintf(stderr, "refvmm-img: %s offset %" PRId64 ": %s\n", what,
                offset, g_strerror(-ret));
        c->ret = ret;
    }
}

/* What lies at offset, for *n bytes. */
static int coroutine_fn look(Convert *c, int64_t offset, int64_t *n,
                             Kind *kind)
{
    BlockDriverState *bs = blk_bs(c->source);
    int ret;

    bdrv_graph_co_rdlock();
    if (c->backing) {
        ret = bdrv_co_block_status(bs, offset, c->length - offset, n, NULL,
                                   NULL);
    } else {
        ret = bdrv_co_block_status_above(bs, NULL, offset,
                                         c->length - offset, n, NULL, NULL);
    }
    bdrv_graph_co_rdunlock();
    if (ret < 0 || !*n) {
        return ret < 0 ? ret : -EIO;
    }
    *kind = ret & BDRV_BLOCK_ZERO ? KIND_ZERO
            : c->backing && !(ret & BDRV_BLOCK_ALLOCATED) ? KIND_BACKING
                                                          : KIND_DATA;
    if (*kind == KIND_DATA) {
        *n = MIN(*n, CHUNK);
    }
    return 0;
}

static int coroutine_fn write_zeroes(Convert *c, int64_t offset, int64_t n)
{
    if (c->target_is_zero) {
        return 0;
    }
    return blk_co_pwrite_zeroes(c->target, offset, n, BDRV_REQ_MAY_UNMAP);
}

/* How much from the beginning of buf is zeroes, or is not; in pieces that a
 * target may leave out. */
static int64_t run_length(const Convert *c, const uint8_t *buf, int64_t offset,
                          int64_t bytes, bool *zero)
{
    int64_t at = 0;

    if (!c->min_sparse) {
        *zero = false;
        return bytes;
    }
    while (at < bytes) {
        int64_t piece = c->min_sparse - (offset + at) % c->min_sparse;
        bool is_zero;

        piece = MIN(piece, bytes - at);
        is_zero = buffer_is_zero(buf + at, (size_t)piece);
        if (!at) {
            *zero = is_zero;
        } else if (is_zero != *zero) {
            break;
        }
        at += piece;
    }
    return at;
}

static int coroutine_fn write_data(Convert *c, int64_t offset, int64_t bytes,
                                   uint8_t *buf)
{
    int ret = 0;

    while (bytes > 0 && ret >= 0) {
        bool zero = false;
        int64_t n = run_length(c, buf, offset, bytes, &zero);

        ret = zero ? write_zeroes(c, offset, n)
                   : blk_co_pwrite(c->target, offset, n, buf, 0);
        offset += n;
        buf += n;
        bytes -= n;
    }
    return ret;
}

static void coroutine_fn wait_for_turn(Convert *c, int64_t offset)
{
    co_mutex_lock(&c->lock);
    while (!c->out_of_order && c->written != offset && !c->ret) {
        co_queue_wait(&c->order, &c->lock);
    }
    co_mutex_unlock(&c->lock);
}

static void coroutine_fn copy_piece(Convert *c, int64_t offset, int64_t n,
                                    Kind kind, uint8_t *buf)
{
    int ret = 0;

    if (kind == KIND_DATA) {
        ret = blk_co_pread(c->source, offset, n, buf, 0);
        if (ret < 0) {
            fail(c, "reading", offset, ret);
        }
    }
    wait_for_turn(c, offset);
    if (!c->ret && kind != KIND_BACKING) {
        ret = kind == KIND_ZERO ? write_zeroes(c, offset, n)
                                : write_data(c, offset, n, buf);
        if (ret < 0) {
            fail(c, "writing", offset, ret);
        }
    }
    co_mutex_lock(&c->lock);
    c->written = offset + n;
    co_queue_restart_all(&c->order);
    co_mutex_unlock(&c->lock);
}

static void coroutine_fn worker(void *opaque)
{
    Convert *c = opaque;
    uint8_t *buf = blk_blockalign(c->source, CHUNK);

    for (;;) {
        int64_t offset, n = 0;
        Kind kind = KIND_DATA;
        int ret = 0;

        co_mutex_lock(&c->lock);
        offset = c->next;
        if (offset < c->length && !c->ret) {
            ret = look(c, offset, &n, &kind);
            c->next += n;
        }
        co_mutex_unlock(&c->lock);
        if (ret < 0) {
            fail(c, "status of", offset, ret);
        }
        if (offset >= c->length || c->ret) {
            break;
        }
        copy_piece(c, offset, n, kind, buf);
    }
    free(buf);
    c->running--;
    aio_wait_kick();
}

static int copy(Convert *c) DROPS(bql) GS_FN;
static int copy(Convert *c)
{
    GLOBAL_STATE_CODE();
    co_mutex_init(&c->lock);
    co_queue_init(&c->order);
    c->running = (int)c->n_coroutines;
    for (int64_t i = 0; i < c->n_coroutines; i++) {
        coroutine_enter(coroutine_create(worker, c));
    }
    AIO_WAIT_WHILE(main_loop_context(), c->running > 0);
    co_mutex_destroy(&c->lock);
    if (!c->ret) {
        int ret = blk_flush(c->target);

        if (ret < 0) {
            fail(c, "flushing at", c->length, ret);
        }
    }
    if (c->progress && !c->ret) {
        printf("    (100.00/100%%)\r\n");
    }
    return c->ret < 0 ? 1 : 0;
}

/* Whether reading a fresh image of this kind gives zeroes. */
static bool starts_with_zeroes(const Convert *c)
{
    return !c->no_create && !c->backing;
}

static int make_target(Convert *c) DROPS(bql) GS_FN;
static int make_target(Convert *c)
{
    const BlockDriver *drv = img_find_format(c->target_format);
    g_autoptr(JsonObject) options = json_object_new();
    bool listed;

    GLOBAL_STATE_CODE();
    if (!drv) {
        return 1;
    }
    for (guint i = 0; i < c->options->len; i++) {
        if (!img_parse_options(options, c->options->pdata[i], drv, &listed)) {
            return 1;
        }
        if (listed) {
            return -1;
        }
    }
    json_object_set_int_member(options, "size", c->length);
    if (c->backing) {
        json_object_set_string_member(options, "backing_file", c->backing);
    }
    if (c->backing_format) {
        json_object_set_string_member(options, "backing_fmt",
                                      c->backing_format);
    }
    if (!c->backing) {
        c->backing = block_opt_string(options, "backing_file");
        c->backing = g_intern_string(c->backing);
    }
    return c->no_create || img_make(drv, c->target_name, options, true) ? 0
                                                                        : 1;
}

static int open_target(Convert *c) DROPS(bql) GS_FN;
static int open_target(Convert *c)
{
    int64_t length;

    GLOBAL_STATE_CODE();
    c->target_how.flags = BDRV_O_RDWR | BDRV_O_UNMAP;
    if (!c->target_how.image_opts) {
        c->target_how.format = c->target_format;
    }
    c->target = img_open(c->target_name, &c->target_how);
    if (!c->target) {
        return 1;
    }
    length = blk_getlength(c->target);
    if (length < c->length) {
        fprintf(stderr, "refvmm-img: '%s' is shorter than '%s'\n",
                c->target_name, c->source_name);
        return 1;
    }
    if (starts_with_zeroes(c)) {
        c->target_is_zero = true;
    }
    return 0;
}

static int run(Convert *c) DROPS(bql) GS_FN;
static int run(Convert *c)
{
    int ret;

    GLOBAL_STATE_CODE();
    c->source = img_open(c->source_name, &c->source_how);
    if (!c->source) {
        return 1;
    }
    c->length = blk_getlength(c->source);
    if (c->length < 0) {
        fprintf(stderr, "refvmm-img: '%s': its length is not known\n",
                c->source_name);
        ret = 1;
    } else {
        ret = make_target(c);
    }
    if (ret == 0) {
        ret = open_target(c);
    }
    if (ret == 0) {
        ret = copy(c);
    }
    blk_unref(c->target);
    blk_unref(c->source);
    return MAX(ret, 0);
}

static bool parse_one(Convert *c, int opt, const char *arg)
{
    switch (opt) {
    case 'f':
        c->source_how.format = arg;
        return true;
    case 'O':
        c->target_format = arg;
        return true;
    case 'B':
    case 'b':
        c->backing = arg;
        return true;
    case 'F':
        c->backing_format = arg;
        return true;
    case 'o':
        g_ptr_array_add(c->options, (char *)arg);
        return true;
    case 't':
        c->target_how.cache = arg;
        return true;
    case 'T':
        c->source_how.cache = arg;
        return true;
    case 'm':
        return img_parse_number(arg, "-m", 1, MAX_COROUTINES,
                                &c->n_coroutines);
    case 'S':
        return img_parse_size(arg, "-S", &c->min_sparse);
    }
    return false;
}

static bool parse_switch(Convert *c, int opt)
{
    switch (opt) {
    case 'n':
        c->no_create = true;
        return true;
    case 'W':
        c->out_of_order = true;
        return true;
    case 'p':
        c->progress = true;
        return true;
    case 'q':
        c->quiet = true;
        return true;
    case 'U':
        c->source_how.force_share = true;
        return true;
    case OPT_IMAGE_OPTS:
        c->source_how.image_opts = true;
        return true;
    case OPT_TARGET_IS_ZERO:
        c->target_is_zero = true;
        return true;
    }
    return false;
}

int img_convert(int argc, char **argv)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    Convert c = { .target_format = "raw", .options = options,
                  .n_coroutines = 8, .min_sparse = 4096,
                  .target_how = { .cache = "unsafe" } };
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hf:O:B:b:F:o:t:T:m:S:nWpqU",
                              long_options, NULL)) != -1) {
        if (opt == 'h') {
            img_help("convert");
            return 0;
        }
        if (opt == '?' || (!parse_switch(&c, opt) &&
                           !parse_one(&c, opt, optarg))) {
            return img_usage_error("convert", NULL);
        }
    }
    if (argc - optind != 2) {
        return img_usage_error("convert", "expected FILE and TARGET");
    }
    if (c.min_sparse % BDRV_SECTOR_SIZE) {
        return img_usage_error("convert", "-S is a multiple of 512");
    }
    if (c.target_is_zero && !c.no_create) {
        return img_usage_error("convert", "--target-is-zero needs -n");
    }
    if (c.backing && !c.backing_format) {
        return img_usage_error("convert", "a backing file needs its format "
                               "(-F)");
    }
    c.source_name = argv[optind];
    c.target_name = argv[optind + 1];
    return run(&c);
}
