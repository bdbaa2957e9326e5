/* SPDX-License-Identifier: MIT */
/*
 * info.c - `refvmm-img info`.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "img/img.h"
#include "block/options.h"
#include "block/qapi.h"
#include <string.h>

#define MAX_CHAIN 200

enum { OPT_OUTPUT = 256, OPT_CHAIN, OPT_IMAGE_OPTS };

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "output", required_argument, NULL, OPT_OUTPUT },
    { "backing-chain", no_argument, NULL, OPT_CHAIN },
    { "image-opts", no_argument, NULL, OPT_IMAGE_OPTS },
    { "force-share", no_argument, NULL, 'U' },
    { NULL, 0, NULL, 0 },
};

/* "compression-type" -> "compression type" */
static void print_key(const char *name, int indent)
{
    printf("%*s", indent * 4, "");
    for (; *name; name++) {
        putchar(*name == '-' ? ' ' : *name);
    }
    putchar(':');
}

static void print_object(JsonObject *o, int indent)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init_ordered(&iter, o);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        print_key(name, indent);
        if (JSON_NODE_HOLDS_OBJECT(node)) {
            putchar('\n');
            print_object(json_node_get_object(node), indent + 1);
        } else if (JSON_NODE_HOLDS_ARRAY(node)) {
            g_autofree char *text = json_to_string(node, FALSE);

            printf(" %s\n", text);
        } else if (json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
            printf(" %s\n", json_node_get_boolean(node) ? "true" : "false");
        } else if (json_node_get_value_type(node) == G_TYPE_INT64) {
            printf(" %" PRId64 "\n", (int64_t)json_node_get_int(node));
        } else {
            printf(" %s\n", json_node_get_string(node));
        }
    }
}

static int64_t number(JsonObject *o, const char *name)
{
    return json_object_has_member(o, name)
               ? json_object_get_int_member(o, name) : -1;
}

static void print_backing(JsonObject *o)
{
    const char *name = block_opt_string(o, "backing-filename");
    const char *full = block_opt_string(o, "full-backing-filename");
    const char *format = block_opt_string(o, "backing-filename-format");

    if (!name) {
        return;
    }
    printf("backing file: %s", name);
    if (full && strcmp(name, full) != 0) {
        printf(" (actual path: %s)", full);
    }
    putchar('\n');
    if (format) {
        printf("backing file format: %s\n", format);
    }
}

static void print_human(JsonObject *o)
{
    int64_t size = number(o, "virtual-size");
    int64_t disk = number(o, "actual-size");
    JsonObject *specific = block_opt_object(o, "format-specific");
    g_autofree char *size_text = block_size_to_str((uint64_t)size);
    g_autofree char *disk_text =
        disk < 0 ? g_strdup("unavailable") : block_size_to_str((uint64_t)disk);

    printf("image: %s\nfile format: %s\nvirtual size: %s (%" PRId64
           " bytes)\ndisk size: %s\n", block_opt_string(o, "filename"),
           block_opt_string(o, "format"), size_text, size, disk_text);
    if (json_object_get_boolean_member(o, "dirty-flag")) {
        printf("cleanly shut down: no\n");
    }
    if (number(o, "cluster-size") > 0) {
        printf("cluster_size: %" PRId64 "\n", number(o, "cluster-size"));
    }
    print_backing(o);
    if (specific && block_opt_object(specific, "data")) {
        printf("Format specific information:\n");
        print_object(block_opt_object(specific, "data"), 1);
    }
}

static JsonObject *query(const char *filename, const ImgOpen *how)
    DROPS(bql) GS_FN;
static JsonObject *query(const char *filename, const ImgOpen *how)
{
    BlockBackend *blk = img_open(filename, how);
    GError *error = NULL;
    JsonObject *o;

    GLOBAL_STATE_CODE();
    if (!blk) {
        return NULL;
    }
    o = bdrv_query_image_info(blk_bs(blk), &error);
    blk_unref(blk);
    if (!o) {
        img_report(filename, error);
    }
    return o;
}

static bool collect(JsonArray *all, const char *filename, ImgOpen how,
                    bool chain) DROPS(bql) GS_FN;
static bool collect(JsonArray *all, const char *filename, ImgOpen how,
                    bool chain)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    GLOBAL_STATE_CODE();
    while (filename) {
        JsonObject *o;

        if (!g_hash_table_add(seen, (char *)filename) ||
            json_array_get_length(all) >= MAX_CHAIN) {
            fprintf(stderr, "refvmm-img: the backing files of '%s' do not "
                    "end\n", filename);
            return false;
        }
        o = query(filename, &how);
        if (!o) {
            return false;
        }
        /* Owned by the array, as are its strings. */
        json_array_add_object_element(all, o);
        filename = chain ? block_opt_string(o, "full-backing-filename")
                         : NULL;
        how.format = block_opt_string(o, "backing-filename-format");
        how.image_opts = false;
    }
    return true;
}

static int run(const char *filename, const ImgOpen *how, bool chain,
               bool json) DROPS(bql) GS_FN;
static int run(const char *filename, const ImgOpen *how, bool chain,
               bool json)
{
    g_autoptr(JsonArray) all = json_array_new();
    g_autoptr(JsonNode) node = NULL;

    GLOBAL_STATE_CODE();
    if (!collect(all, filename, *how, chain)) {
        return 1;
    }
    if (!json) {
        for (guint i = 0; i < json_array_get_length(all); i++) {
            fputs(i ? "\n" : "", stdout);
            print_human(json_array_get_object_element(all, i));
        }
        return 0;
    }
    if (chain) {
        node = json_node_init_array(json_node_alloc(), all);
    } else {
        node = json_node_init_object(
            json_node_alloc(), json_array_get_object_element(all, 0));
    }
    img_print_json(node);
    return 0;
}

int img_info(int argc, char **argv)
{
    ImgOpen how = { .flags = BDRV_O_NO_BACKING | BDRV_O_NO_IO };
    bool chain = false, json = false;
    int opt;

    GLOBAL_STATE_CODE();
    while ((opt = getopt_long(argc, argv, "hf:U", long_options, NULL)) !=
           -1) {
        switch (opt) {
        case 'h':
            img_help("info");
            return 0;
        case 'f':
            how.format = optarg;
            break;
        case 'U':
            how.force_share = true;
            break;
        case OPT_CHAIN:
            chain = true;
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
            return img_usage_error("info", NULL);
        }
    }
    if (argc - optind != 1) {
        return img_usage_error("info", "expected one FILE");
    }
    return run(argv[optind], &how, chain, json);
}
