/* SPDX-License-Identifier: MIT */
/*
 * check.c - `refvmm-img check`.
 *
 * Status: 0 fine, 1 the check did not come to its end, 2 the image is
 * damaged, 3 it has leaks, 63 its format has no check.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "img/img.h"
#include "block/block_io.h"
#include <errno.h>
#include <string.h>

enum { OPT_OUTPUT = 256, OPT_IMAGE_OPTS };

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "output", required_argument, NULL, OPT_OUTPUT },
    { "repair", required_argument, NULL, 'r' },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "force-share", no_argument, NULL, 'U' },
    { "quiet", no_argument, NULL, 'q' },
    { NULL, 0, NULL, 0 },
};

static void set_unless_zero(JsonObject *o, const char *name, int64_t value)
{
    if (value) {
        json_object_set_int_member(o, name, value);
    }
}

static void print_json(const char *filename, const char *format,
                       const BdrvCheckResult *r)
{
    JsonObject *o = json_object_new();
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o);

    set_unless_zero(o, "image-end-offset", r->image_end_offset);
    set_unless_zero(o, "total-clusters", r->total_clusters);
    json_object_set_int_member(o, "check-errors", r->check_errors);
    set_unless_zero(o, "corruptions", r->corruptions);
    set_unless_zero(o, "corruptions-fixed", r->corruptions_fixed);
    set_unless_zero(o, "leaks", r->leaks);
    set_unless_zero(o, "leaks-fixed", r->leaks_fixed);
    set_unless_zero(o, "allocated-clusters", r->allocated_clusters);
    set_unless_zero(o, "fragmented-clusters", r->fragmented_clusters);
    set_unless_zero(o, "compressed-clusters", r->compressed_clusters);
    json_object_set_string_member(o, "filename", filename);
    json_object_set_string_member(o, "format", format);
    img_print_json(node);
    json_object_unref(o);
}

static double percent(int64_t part, int64_t whole)
{
    return whole ? (double)part * 100.0 / (double)whole : 0;
}

static void print_human(const BdrvCheckResult *r)
{
    if (!r->corruptions && !r->leaks && !r->check_errors) {
        printf("No errors were found on the image.\n");
    }
    if (r->corruptions) {
        printf("\n%" PRId64 " errors were found on the image: data may be "
               "lost, and writing to it may lose more.\n", r->corruptions);
    }
    if (r->leaks) {
        printf("\n%" PRId64 " leaked clusters were found on the image: they "
               "take room and do no harm.\n", r->leaks);
    }
    if (r->check_errors) {
        printf("\n%" PRId64 " internal errors kept parts of the image from "
               "being checked.\n", r->check_errors);
    }
    if (r->total_clusters && r->allocated_clusters) {
        printf("%" PRId64 "/%" PRId64 " = %0.2f%% allocated, %0.2f%% "
               "fragmented, %0.2f%% compressed clusters\n",
               r->allocated_clusters, r->total_clusters,
               percent(r->allocated_clusters, r->total_clusters),
               percent(r->fragmented_clusters, r->allocated_clusters),
               percent(r->compressed_clusters, r->allocated_clusters));
    }
    if (r->image_end_offset) {
        printf("Image end offset: %" PRId64 "\n", r->image_end_offset);
    }
}

static int status_of(const BdrvCheckResult *r)
{
    if (r->check_errors) {
        return 1;
    }
    return r->corruptions ? 2 : r->leaks ? 3 : 0;
}

static int run(const char *filename, const ImgOpen *how, BdrvCheckMode fix,
               bool json, bool quiet) DROPS(bql) GS_FN;
static int run(const char *filename, const ImgOpen *how, BdrvCheckMode fix,
               bool json, bool quiet)
{
    BlockBackend *blk = img_open(filename, how);
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    BdrvCheckResult r = { .messages = messages }, fixed = { 0 };
    const char *format;
    int ret;

    GLOBAL_STATE_CODE();
    if (!blk) {
        return 1;
    }
    format = bdrv_get_format_name(blk_bs(blk));
    ret = bdrv_check(blk_bs(blk), &r, fix);
    for (guint i = 0; !quiet && i < messages->len; i++) {
        fprintf(stderr, "%s\n", (char *)g_ptr_array_index(messages, i));
    }
    r.messages = NULL;
    if (ret >= 0 && (r.corruptions_fixed || r.leaks_fixed)) {
        fixed = r;
        if (!quiet && !json) {
            printf("Repaired: %" PRId64 " leaked clusters, %" PRId64
                   " errors.  Checking again.\n", r.leaks_fixed,
                   r.corruptions_fixed);
        }
        ret = bdrv_check(blk_bs(blk), &r, 0);
        r.corruptions_fixed = fixed.corruptions_fixed;
        r.leaks_fixed = fixed.leaks_fixed;
    }
    if (ret == -ENOTSUP) {
        fprintf(stderr, "refvmm-img: format '%s' has no check\n", format);
        blk_unref(blk);
        return 63;
    }
    if (json) {
        print_json(filename, format, &r);
    } else if (!quiet) {
        print_human(&r);
    }
    if (ret < 0) {
        fprintf(stderr, "refvmm-img: the check failed: %s\n",
                g_strerror(-ret));
    }
    blk_unref(blk);
    return ret < 0 ? 1 : status_of(&r);
}

static bool parse_repair(const char *text, BdrvCheckMode *fix)
{
    if (strcmp(text, "leaks") == 0) {
        *fix = BDRV_FIX_LEAKS;
        return true;
    }
    *fix = BDRV_FIX_LEAKS | BDRV_FIX_ERRORS;
    if (strcmp(text, "all") != 0) {
        img_error("-r is leaks or all");
        return false;
    }
    return true;
}

int img_check(int argc, char **argv)
{
    ImgOpen how = { .flags = BDRV_O_CHECK | BDRV_O_NO_BACKING };
    BdrvCheckMode fix = 0;
    bool json = false, quiet = false;
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hf:r:T:qU", long_options, NULL)) !=
           -1) {
        switch (opt) {
        case 'h':
            img_help("check");
            return 0;
        case 'f':
            how.format = optarg;
            break;
        case 'r':
            if (!parse_repair(optarg, &fix)) {
                return 1;
            }
            how.flags |= BDRV_O_RDWR;
            break;
        case 'T':
            how.cache = optarg;
            break;
        case 'q':
            quiet = true;
            break;
        case 'U':
            how.force_share = true;
            break;
        case OPT_IMAGE_OPTS:
            how.image_opts = true;
            break;
        case OPT_OUTPUT:
            if (!img_parse_output(optarg, &json)) {
                return 1;
            }
            break;
        default:
            return img_usage_error("check", NULL);
        }
    }
    if (argc - optind != 1) {
        return img_usage_error("check", "expected one FILE");
    }
    return run(argv[optind], &how, fix, json, quiet);
}
