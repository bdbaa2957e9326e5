/* SPDX-License-Identifier: MIT */
/*
 * img.c - see img.h.
 *
 * Thread context: the main thread, with the BQL.
 */
#include "img/img.h"
#include "base/keyval.h"
#include "block/block_int.h"
#include <errno.h>
#include <string.h>

void img_error(const char *text)
{
    fprintf(stderr, "refvmm-img: %s\n", text);
}

void img_report(const char *prefix, GError *error)
{
    fprintf(stderr, "refvmm-img: %s%s%s\n", prefix ? prefix : "",
            prefix ? ": " : "", error ? error->message : "failed");
    g_clear_error(&error);
}

int img_usage_error(const char *command, const char *what)
{
    if (what) {
        fprintf(stderr, "refvmm-img %s: %s\n", command, what);
    }
    fprintf(stderr, "Try 'refvmm-img %s --help' for more information\n",
            command);
    return 1;
}

bool img_parse_cache(const char *mode, int *flags, bool *writethrough)
{
    static const struct {
        const char *name;
        int flags;
        bool writethrough;
    } modes[] = {
        { "none", BDRV_O_NOCACHE, false },
        { "off", BDRV_O_NOCACHE, false },
        { "directsync", BDRV_O_NOCACHE, true },
        { "writeback", 0, false },
        { "unsafe", BDRV_O_NO_FLUSH, false },
        { "writethrough", 0, true },
    };

    IO_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (strcmp(modes[i].name, mode) == 0) {
            *flags |= modes[i].flags;
            *writethrough = modes[i].writethrough;
            return true;
        }
    }
    fprintf(stderr, "refvmm-img: unknown cache mode '%s': one of none, "
            "directsync, writeback, writethrough, unsafe\n", mode);
    return false;
}

BlockBackend *img_open(const char *name, const ImgOpen *how)
{
    g_autoptr(JsonObject) options = NULL;
    GError *error = NULL;
    BlockBackend *blk;
    int flags = how->flags;
    bool writethrough = false;

    GLOBAL_STATE_CODE();
    if (!img_parse_cache(how->cache ? how->cache : "writeback", &flags,
                         &writethrough)) {
        return NULL;
    }
    options = how->image_opts ? keyval_parse(name, "file", &error)
                              : json_object_new();
    if (!options) {
        img_report(name, error);
        return NULL;
    }
    if (how->format) {
        if (how->image_opts) {
            img_error("--image-opts and a format exclude each other");
            return NULL;
        }
        json_object_set_string_member(options, "driver", how->format);
    }
    flags |= how->force_share ? BDRV_O_FORCE_SHARE : 0;
    blk = blk_new_open(how->image_opts ? NULL : name, NULL, options, flags,
                       &error);
    if (!blk) {
        g_prefix_error(&error, "Could not open '%s': ", name);
        img_report(NULL, error);
        return NULL;
    }
    blk_set_enable_write_cache(blk, !writethrough);
    return blk;
}

static void list_options(const BlockDriver *drv)
{
    printf("Supported options of format %s:\n", drv->format_name);
    for (const BlockOption *o = drv->create_options; o && o->name; o++) {
        static const char *const kinds[] = { "str", "on/off", "num", "size",
                                             "str", "any" };

        printf("  %s=<%s>%*s - %s\n", o->name, kinds[o->type],
               (int)MAX(0, 22 - (int)(strlen(o->name) +
                                      strlen(kinds[o->type]))), "", o->help);
    }
}

bool img_parse_options(JsonObject *options, const char *text,
                       const BlockDriver *drv, bool *listed)
{
    g_autoptr(JsonObject) parsed = NULL;
    GError *error = NULL;
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    GLOBAL_STATE_CODE();
    *listed = strcmp(text, "help") == 0 || strcmp(text, "?") == 0;
    if (*listed) {
        list_options(drv);
        return true;
    }
    parsed = keyval_parse_opts(text, NULL, &error);
    if (!parsed) {
        img_report("-o", error);
        return false;
    }
    json_object_iter_init_ordered(&iter, parsed);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        json_object_set_member(options, name, json_node_copy(node));
    }
    return true;
}

bool img_parse_size(const char *text, const char *what, int64_t *ret)
{
    GError *error = NULL;

    IO_CODE();
    if (!block_parse_size(text, ret, &error)) {
        img_report(what, error);
        return false;
    }
    return true;
}

bool img_parse_number(const char *text, const char *what, int64_t min,
                      int64_t max, int64_t *ret)
{
    char *end;

    IO_CODE();
    errno = 0;
    *ret = g_ascii_strtoll(text, &end, 0);
    if (errno || end == text || *end || *ret < min || *ret > max) {
        fprintf(stderr, "refvmm-img: %s: '%s' is not a number from %" PRId64
                " to %" PRId64 "\n", what, text, min, max);
        return false;
    }
    return true;
}

const BlockDriver *img_find_format(const char *name)
{
    const BlockDriver *drv = bdrv_find_format(name);

    GLOBAL_STATE_CODE();
    if (!drv) {
        fprintf(stderr, "refvmm-img: unknown format '%s'; there are:", name);
        for (int i = 0; bdrv_driver_name(i); i++) {
            fprintf(stderr, " %s", bdrv_driver_name(i));
        }
        fputc('\n', stderr);
    }
    return drv;
}

/* "Formatting 'a.qcow2', fmt=qcow2 size=1048576 ..." */
static void say_formatting(const BlockDriver *drv, const char *filename,
                           JsonObject *options)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    printf("Formatting '%s', fmt=%s", filename, drv->format_name);
    json_object_iter_init_ordered(&iter, options);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        if (json_node_get_value_type(node) == G_TYPE_INT64) {
            printf(" %s=%" PRId64, name, (int64_t)json_node_get_int(node));
        } else {
            printf(" %s=%s", name, json_node_get_string(node));
        }
    }
    putchar('\n');
}

bool img_make(const BlockDriver *drv, const char *filename,
              JsonObject *options, bool quiet)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    if (!quiet) {
        say_formatting(drv, filename, options);
        fflush(stdout);
    }
    if (!bdrv_create(drv, filename, options, &error)) {
        img_report(filename, error);
        return false;
    }
    return true;
}

bool img_parse_output(const char *text, bool *json)
{
    IO_CODE();
    *json = strcmp(text, "json") == 0;
    if (!*json && strcmp(text, "human") != 0) {
        img_error("--output is human or json");
        return false;
    }
    return true;
}

static void print_value(JsonNode *node, int indent);

static void print_object(JsonObject *o, int indent)
{
    JsonObjectIter iter;
    const char *name, *separator = "";
    JsonNode *node;

    putchar('{');
    json_object_iter_init_ordered(&iter, o);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        printf("%s\n%*s\"%s\": ", separator, 4 * indent + 4, "", name);
        print_value(node, indent + 1);
        separator = ",";
    }
    printf("\n%*s}", 4 * indent, "");
}

static void print_array(JsonArray *array, int indent)
{
    putchar('[');
    for (guint i = 0; i < json_array_get_length(array); i++) {
        printf("%s\n%*s", i ? "," : "", 4 * indent + 4, "");
        print_value(json_array_get_element(array, i), indent + 1);
    }
    printf("\n%*s]", 4 * indent, "");
}

static void print_value(JsonNode *node, int indent)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        print_object(json_node_get_object(node), indent);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        print_array(json_node_get_array(node), indent);
    } else {
        g_autofree char *text = json_to_string(node, FALSE);

        fputs(text, stdout);
    }
}

void img_print_json(JsonNode *node)
{
    IO_CODE();
    print_value(node, 0);
    putchar('\n');
}
