/* SPDX-License-Identifier: MIT */
/*
 * create.c - `refvmm-img create`.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "img/img.h"
#include "block/options.h"
#include <string.h>

typedef struct Create {
    const char *format, *backing, *backing_format;
    GPtrArray *options; /* of -o, borrowed */
    bool quiet, unsafe; /* -u: the backing file is not looked at */
} Create;

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "quiet", no_argument, NULL, 'q' },
    { NULL, 0, NULL, 0 },
};

/* Its length, when the image is to be as long; < 0: cannot be had. */
static DROPS(bql) int64_t backing_length(const char *filename, const char *backing,
                              const char *format)
{
    g_autofree char *path = NULL;
    ImgOpen how = { .format = format, .flags = 0 };
    BlockBackend *blk;
    int64_t length;

    GLOBAL_STATE_CODE();
    path = bdrv_full_backing_filename(filename, backing);
    blk = img_open(path, &how);
    if (!blk) {
        return -1;
    }
    length = blk_getlength(blk);
    blk_unref(blk);
    return length;
}

static DROPS(bql) bool fill_backing(Create *c, const char *filename,
                                    JsonObject *options)
{
    const char *backing, *format;
    int64_t length;

    GLOBAL_STATE_CODE();
    if (c->backing) {
        json_object_set_string_member(options, "backing_file", c->backing);
    }
    if (c->backing_format) {
        json_object_set_string_member(options, "backing_fmt",
                                      c->backing_format);
    }
    backing = block_opt_string(options, "backing_file");
    format = block_opt_string(options, "backing_fmt");
    if (!backing) {
        return true;
    }
    if (strcmp(backing, filename) == 0) {
        img_error("an image cannot be its own backing file");
        return false;
    }
    if (!format) {
        img_error("a backing file needs its format (-F): guessing would let "
                  "the guest of a raw image choose");
        return false;
    }
    if (c->unsafe) {
        return true;
    }
    length = backing_length(filename, backing, format);
    if (length < 0) {
        return false;
    }
    if (!json_object_has_member(options, "size")) {
        json_object_set_int_member(options, "size", length);
    }
    return true;
}

static int run(Create *c, int argc, char **argv) DROPS(bql) GS_FN;
static int run(Create *c, int argc, char **argv)
{
    g_autoptr(JsonObject) options = json_object_new();
    const BlockDriver *drv = img_find_format(c->format);
    const char *filename = argv[0];
    int64_t size;
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
            return 0;
        }
    }
    if (argc < 1 || argc > 2) {
        return img_usage_error("create", "expected FILE and perhaps SIZE");
    }
    if (argc == 2) {
        if (!img_parse_size(argv[1], "size", &size)) {
            return 1;
        }
        json_object_set_int_member(options, "size", size);
    } else if (json_object_has_member(options, "size")) {
        if (!img_parse_size(block_opt_string(options, "size"), "size",
                            &size)) {
            return 1;
        }
        json_object_set_int_member(options, "size", size);
    }
    if (!fill_backing(c, filename, options)) {
        return 1;
    }
    if (!json_object_has_member(options, "size")) {
        return img_usage_error("create", "the image needs a size");
    }
    return img_make(drv, filename, options, c->quiet) ? 0 : 1;
}

int img_create(int argc, char **argv)
{
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    Create c = { .format = "raw", .options = options };
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hf:b:F:o:qu", long_options,
                              NULL)) != -1) {
        switch (opt) {
        case 'h':
            img_help("create");
            return 0;
        case 'f':
            c.format = optarg;
            break;
        case 'b':
            c.backing = optarg;
            break;
        case 'F':
            c.backing_format = optarg;
            break;
        case 'o':
            g_ptr_array_add(options, optarg);
            break;
        case 'q':
            c.quiet = true;
            break;
        case 'u':
            c.unsafe = true;
            break;
        default:
            return img_usage_error("create", NULL);
        }
    }
    return run(&c, argc - optind, argv + optind);
}
