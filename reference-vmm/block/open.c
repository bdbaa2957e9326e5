/* SPDX-License-Identifier: MIT */
/*
 * open.c - from options to a tree of nodes.
 *
 * Each node's options are checked before anything is opened: those every node
 * has, the driver's own, and the names of its children.
 *
 * Thread context: under the BQL, no coroutine.
 */
#include "block/block_backend.h"
#include "block/block_int.h"
#include <errno.h>
#include <string.h>

#define PROBE_BYTES 2048
/* Of nested options and backing files: a chain may lead back to itself. */
#define MAX_DEPTH 200

/* ---- drivers ------------------------------------------------------------ */

static const BlockDriver *const drivers[] = {
#define BLOCK_DRIVER(name) &bdrv_##name,
#include "block/driver_list.h"
#undef BLOCK_DRIVER
};

void bdrv_init(void)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_lock_init();
}

const BlockDriver *bdrv_find_format(const char *name)
{
    GLOBAL_STATE_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i]->format_name, name) == 0) {
            return drivers[i];
        }
    }
    return NULL;
}

const char *bdrv_driver_name(int i)
{
    GLOBAL_STATE_CODE();
    return i >= 0 && (size_t)i < G_N_ELEMENTS(drivers)
               ? drivers[i]->format_name : NULL;
}

static void set_unknown_driver(GError **error, const char *name)
{
    GString *known = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        g_string_append_printf(known, "%s%s", i ? ", " : "",
                               drivers[i]->format_name);
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "unknown driver '%s'; there are: %s", name, known->str);
    g_string_free(known, TRUE);
}

const BlockDriver *bdrv_probe_all(const uint8_t *buf, int bytes,
                                  const char *filename)
{
    const BlockDriver *best = NULL;
    int best_score = 0;

    GLOBAL_STATE_CODE();
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        int score = drivers[i]->bdrv_probe
                        ? drivers[i]->bdrv_probe(buf, bytes, filename) : 0;

        if (score > best_score) {
            best = drivers[i];
            best_score = score;
        }
    }
    return best;
}

bool bdrv_create(const BlockDriver *drv, const char *filename,
                 JsonObject *opts, GError **error)
{
    g_autofree char *who = g_strdup_printf("format '%s'", drv->format_name);
    const BlockOption *const tables[] = { drv->create_options, NULL };

    GLOBAL_STATE_CODE();
    if (!drv->bdrv_create) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s cannot make images", who);
        return false;
    }
    return block_opts_check(opts, who, tables, error) &&
           drv->bdrv_create(filename, opts, error);
}

/* ---- children ----------------------------------------------------------- */

/* What a child gets unless its own options say otherwise. */
static int inherited_flags(const BlockDriverState *parent,
                           BdrvChildRole role)
{
    int flags = parent->open_flags &
                (BDRV_O_RDWR | BDRV_O_NOCACHE | BDRV_O_NO_FLUSH |
                 BDRV_O_AUTO_RDONLY | BDRV_O_FORCE_SHARE | BDRV_O_NO_IO);

    if (role & BDRV_CHILD_COW) {
        return flags & ~(BDRV_O_RDWR | BDRV_O_AUTO_RDONLY);
    }
    if (parent->read_only) {
        flags &= ~BDRV_O_RDWR;
    }
    if (role & BDRV_CHILD_FILTERED) {
        return flags | (parent->open_flags & BDRV_O_UNMAP);
    }
    /* Whether the guest's discards arrive is decided above; an image's own
     * always do. */
    return flags | BDRV_O_PROTOCOL | BDRV_O_UNMAP;
}

bool bdrv_apply_auto_read_only(BlockDriverState *bs, const char *why,
                               GError **error)
{
    GLOBAL_STATE_CODE();
    if (bs->read_only) {
        return true;
    }
    if (!(bs->open_flags & BDRV_O_AUTO_RDONLY)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE, "%s", why);
        return false;
    }
    bs->read_only = true;
    bs->open_flags &= ~BDRV_O_RDWR;
    return true;
}

static BlockDriverState *open_depth(const char *filename,
                                    const char *reference,
                                    JsonObject *options, int flags,
                                    GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;

static BlockDriverState *open_child_node(BlockDriverState *parent,
                                         JsonNode *node, const char *name,
                                         BdrvChildRole role, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_child_node(BlockDriverState *parent,
                                         JsonNode *node, const char *name,
                                         BdrvChildRole role, GError **error)
{
    GLOBAL_STATE_CODE();
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return open_depth(NULL, NULL, json_node_get_object(node),
                          inherited_flags(parent, role), error);
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_STRING) {
        return open_depth(NULL, json_node_get_string(node), NULL, 0, error);
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "driver '%s': '%s' is the name of a node, or an object with "
                "the options of a new one", parent->drv->format_name, name);
    return NULL;
}

BdrvChild *bdrv_open_child(BlockDriverState *parent, JsonObject *options,
                           const char *name, const BdrvChildClass *klass,
                           BdrvChildRole role, bool allow_none,
                           GError **error)
{
    JsonNode *node = json_object_get_member(options, name);
    BlockDriverState *bs;

    GLOBAL_STATE_CODE();
    if (!node) {
        if (!allow_none) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "driver '%s' needs the option '%s': a node, or the "
                        "options of one", parent->drv->format_name, name);
        }
        return NULL;
    }
    bs = open_child_node(parent, node, name, role, error);
    return bs ? bdrv_attach_child(parent, bs, name, klass, role, error)
              : NULL;
}

bool bdrv_open_file_child(BlockDriverState *bs, JsonObject *options,
                          GError **error)
{
    BdrvChildRole role = bs->drv->is_filter
                             ? BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY
                             : BDRV_CHILD_IMAGE;

    GLOBAL_STATE_CODE();
    return bdrv_open_child(bs, options, bdrv_file_child_name(bs->drv),
                           &child_of_bds, role, false, error) != NULL;
}

char *bdrv_full_backing_filename(const char *overlay, const char *backing)
{
    g_autofree char *dir = NULL;

    GLOBAL_STATE_CODE();
    if (g_path_is_absolute(backing) || g_str_has_prefix(backing, "json:") ||
        !strchr(overlay, '/')) {
        return g_strdup(backing);
    }
    dir = g_path_get_dirname(overlay);
    return g_build_filename(dir, backing, NULL);
}

/* The name that the image has for it. */
static BlockDriverState *open_named_backing(BlockDriverState *bs,
                                            GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_named_backing(BlockDriverState *bs,
                                            GError **error)
{
    g_autoptr(JsonObject) options = json_object_new();
    g_autofree char *path = NULL;

    GLOBAL_STATE_CODE();
    path = bdrv_full_backing_filename(bdrv_get_filename(bs),
                                      bs->backing_file);
    if (bs->backing_format && *bs->backing_format) {
        json_object_set_string_member(options, "driver", bs->backing_format);
    }
    return open_depth(path, NULL, options,
                      inherited_flags(bs, BDRV_CHILD_COW), error);
}

static bool open_backing(BlockDriverState *bs, JsonObject *options,
                         GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool open_backing(BlockDriverState *bs, JsonObject *options,
                         GError **error)
{
    JsonNode *node = json_object_get_member(options, "backing");
    const char *text = block_opt_string(options, "backing");
    BlockDriverState *backing;

    GLOBAL_STATE_CODE();
    if (!bs->drv->supports_backing || (bs->open_flags & BDRV_O_NO_BACKING)) {
        return true;
    }
    /* A command line has no null. */
    if (node && (JSON_NODE_HOLDS_NULL(node) || (text && !*text))) {
        return true;
    }
    if (node) {
        backing = open_child_node(bs, node, "backing", BDRV_CHILD_COW, error);
    } else if (bs->backing_file && *bs->backing_file) {
        backing = open_named_backing(bs, error);
        g_prefix_error(error, "backing file of '%s': ",
                       bdrv_get_filename(bs));
    } else {
        return true;
    }
    return backing && bdrv_attach_child(bs, backing, "backing", &child_of_bds,
                                        BDRV_CHILD_COW, error);
}

/* ---- one node ----------------------------------------------------------- */

static void take_filename_of_child(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bdrv_graph_rdlock_main_loop();
    if (!bs->filename && bs->file && bs->file->bs->filename) {
        bs->filename = g_strdup(bs->file->bs->filename);
    }
    bdrv_graph_rdunlock_main_loop();
}

static void merge_limits(BlockLimits *to, const BlockLimits *from)
{
    if (from->max_transfer) {
        to->max_transfer = to->max_transfer
                               ? MIN(to->max_transfer, from->max_transfer)
                               : from->max_transfer;
    }
    to->opt_transfer = MAX(to->opt_transfer, from->opt_transfer);
    to->min_mem_alignment = MAX(to->min_mem_alignment,
                                from->min_mem_alignment);
}

void bdrv_refresh_limits(BlockDriverState *bs)
{
    GLOBAL_STATE_CODE();
    bs->bl = (BlockLimits){ .min_mem_alignment = 1 };
    for (BdrvChild *c = bs->children; c; c = c->next_child) {
        if (c->role & (BDRV_CHILD_DATA | BDRV_CHILD_FILTERED |
                       BDRV_CHILD_COW)) {
            merge_limits(&bs->bl, &c->bs->bl);
        }
    }
    /* Formats read and write their file in any alignment; filters hand on
     * what they get. */
    if (bs->drv->is_filter && bs->file) {
        bs->bl = bs->file->bs->bl;
    }
    if (bs->drv->bdrv_refresh_limits) {
        bs->drv->bdrv_refresh_limits(bs);
    }
    bs->bl.request_alignment = MAX(bs->bl.request_alignment, 1);
    bs->bl.min_mem_alignment = MAX(bs->bl.min_mem_alignment, 1);
}

static bool open_driver(BlockDriverState *bs, JsonObject *options,
                        GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static bool open_driver(BlockDriverState *bs, JsonObject *options,
                        GError **error)
{
    int ret;

    GLOBAL_STATE_CODE();
    if (!bs->drv->bdrv_open(bs, options, bs->open_flags, error)) {
        return false;
    }
    bs->opened = true;
    take_filename_of_child(bs);
    ret = bdrv_refresh_total_bytes(bs);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "'%s': its length is not known: %s",
                    bdrv_get_filename(bs), g_strerror(-ret));
        return false;
    }
    if (!open_backing(bs, options, error)) {
        return false;
    }
    bdrv_graph_rdlock_main_loop();
    bdrv_refresh_limits(bs);
    bdrv_graph_rdunlock_main_loop();
    return true;
}

static BlockDriverState *open_node(const BlockDriver *drv,
                                   JsonObject *options, int flags,
                                   GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_node(const BlockDriver *drv,
                                   JsonObject *options, int flags,
                                   GError **error)
{
    BlockDriverState *bs;

    GLOBAL_STATE_CODE();
    if (!bdrv_check_options(drv, options, error)) {
        return NULL;
    }
    bs = bdrv_new(drv);
    bs->options = block_opts_copy(options);
    bs->open_flags = bdrv_flags_of(options, flags);
    bs->read_only = !(bs->open_flags & BDRV_O_RDWR);
    bs->force_share = (bs->open_flags & BDRV_O_FORCE_SHARE) != 0;
    bs->detect_zeroes = (BlockdevDetectZeroes)block_opt_enum(
        options, "detect-zeroes", BDRV_DETECT_ZEROES_VALUES, 0);
    if (bs->force_share && !bs->read_only) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver '%s': force-share=on needs read-only=on",
                    drv->format_name);
    } else if (bs->detect_zeroes == BLOCKDEV_DETECT_ZEROES_UNMAP &&
               !(bs->open_flags & BDRV_O_UNMAP)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "driver '%s': detect-zeroes=unmap needs discard=unmap",
                    drv->format_name);
    } else if (open_driver(bs, options, error) &&
               bdrv_register(bs, block_opt_string(options, "node-name"),
                             error)) {
        return bs;
    }
    bdrv_unref(bs);
    return NULL;
}

/* ---- what is to be opened ----------------------------------------------- */

static const BlockDriver *probe_node(BlockDriverState *file, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static const BlockDriver *probe_node(BlockDriverState *file, GError **error)
{
    uint8_t buf[PROBE_BYTES] = { 0 };
    const BlockDriver *drv;
    int64_t bytes = bdrv_getlength(file);
    BlockBackend *blk;
    int ret = 0;

    GLOBAL_STATE_CODE();
    bytes = MIN(bytes, PROBE_BYTES);
    blk = blk_new(bdrv_get_aio_context(file), BLK_PERM_CONSISTENT_READ,
                  BLK_PERM_ALL);
    if (!blk_insert_bs(blk, file, error)) {
        blk_unref(blk);
        return NULL;
    }
    if (bytes > 0) {
        ret = blk_pread(blk, 0, bytes, buf, 0);
    }
    blk_unref(blk);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "'%s': cannot be read to find its format: %s",
                    bdrv_get_filename(file), g_strerror(-ret));
        return NULL;
    }
    drv = bdrv_probe_all(buf, (int)MAX(bytes, 0), bdrv_get_filename(file));
    if (!drv) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s': its format is not known", bdrv_get_filename(file));
    }
    return drv;
}

/* A file whose format is to be found out: the file node first. */
static BlockDriverState *open_probed(JsonObject *file_options,
                                     JsonObject *options, int flags,
                                     GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_probed(JsonObject *file_options,
                                     JsonObject *options, int flags,
                                     GError **error)
{
    BlockDriverState *file, *bs = NULL;
    const BlockDriver *drv;
    int file_flags = bdrv_flags_of(options, flags) &
                     ~(BDRV_O_NO_BACKING | BDRV_O_CHECK);

    GLOBAL_STATE_CODE();
    file = open_depth(NULL, NULL, file_options,
                      file_flags | BDRV_O_PROTOCOL | BDRV_O_UNMAP, error);
    if (!file) {
        return NULL;
    }
    drv = probe_node(file, error);
    if (drv) {
        json_object_set_string_member(options, "driver", drv->format_name);
        json_object_set_string_member(options, "file",
                                      bdrv_get_node_name(file));
        bs = open_node(drv, options, flags, error);
    }
    bdrv_unref(file);
    return bs;
}

/* "json:{...}" in a file name: options.  NULL: it is none, or is wrong. */
static JsonObject *parse_json_name(const char *filename, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, filename + strlen("json:"), -1,
                                    error)) {
        g_prefix_error(error, "'%s': ", filename);
        return NULL;
    }
    root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s': json: is followed by an object", filename);
        return NULL;
    }
    return block_opts_copy(json_node_get_object(root));
}

/* Lets the members of from that to does not have into to. */
static void merge(JsonObject *to, JsonObject *from)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init_ordered(&iter, from);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        if (!json_object_has_member(to, name)) {
            json_object_set_member(to, name, json_node_copy(node));
        }
    }
}

static JsonObject *file_options_of(const char *filename)
{
    JsonObject *o = json_object_new();

    if (g_str_has_prefix(filename, "file:")) {
        filename += strlen("file:");
    }
    json_object_set_string_member(o, "driver", "file");
    json_object_set_string_member(o, "filename", filename);
    return o;
}

static BlockDriverState *open_options(const char *filename,
                                      JsonObject *options, int flags,
                                      GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_options(const char *filename,
                                      JsonObject *options, int flags,
                                      GError **error)
{
    const char *driver = block_opt_string(options, "driver");
    const BlockDriver *drv = driver ? bdrv_find_format(driver) : NULL;

    GLOBAL_STATE_CODE();
    if (driver && !drv) {
        set_unknown_driver(error, driver);
        return NULL;
    }
    if (!drv && !filename && !json_object_has_member(options, "file")) {
        filename = block_opt_string(options, "filename");
        if (!filename) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "the options of a block node need 'driver'");
            return NULL;
        }
        /* Only a file has a name; what is in it is to be found out, except
         * below a format. */
        if (flags & BDRV_O_PROTOCOL) {
            drv = bdrv_find_format("file");
            filename = NULL;
        }
    }
    if (!drv && filename && (flags & BDRV_O_PROTOCOL)) {
        drv = bdrv_find_format("file");
    }
    if (drv && filename && drv->is_protocol) {
        if (g_str_has_prefix(filename, "file:")) {
            filename += strlen("file:");
        }
        json_object_set_string_member(options, "filename", filename);
    } else if (filename) {
        JsonObject *file = file_options_of(filename);

        json_object_remove_member(options, "filename");
        if (!drv) {
            BlockDriverState *bs = open_probed(file, options, flags, error);

            json_object_unref(file);
            return bs;
        }
        json_object_set_object_member(options, "file", file);
    } else if (!drv) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "the options of a block node with 'file' need 'driver'");
        return NULL;
    }
    return open_node(drv, options, flags & ~BDRV_O_PROTOCOL, error);
}

static BlockDriverState *open_reference(const char *reference,
                                        GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
static BlockDriverState *open_reference(const char *reference,
                                        GError **error)
{
    BlockDriverState *bs = bdrv_lookup_bs(reference, reference, error);

    GLOBAL_STATE_CODE();
    if (bs) {
        bdrv_ref(bs);
    }
    return bs;
}

static BlockDriverState *open_depth(const char *filename,
                                    const char *reference,
                                    JsonObject *options, int flags,
                                    GError **error)
{
    /* Only this thread opens nodes while it does, except when it polls: then
     * the depth is of both, which only makes it fail earlier. */
    static int depth GUARDED_BY(bql);
    g_autoptr(JsonObject) copy = NULL;
    BlockDriverState *bs = NULL;

    GLOBAL_STATE_CODE();
    if (reference) {
        return open_reference(reference, error);
    }
    if (depth >= MAX_DEPTH) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "more than %d block nodes in a chain%s%s", MAX_DEPTH,
                    filename ? ", at " : "", filename ? filename : "");
        return NULL;
    }
    copy = block_opts_copy(options);
    if (filename && g_str_has_prefix(filename, "json:")) {
        g_autoptr(JsonObject) named = parse_json_name(filename, error);

        if (!named) {
            return NULL;
        }
        merge(copy, named);
        filename = NULL;
    }
    depth++;
    bs = open_options(filename, copy, flags, error);
    depth--;
    return bs;
}

BlockDriverState *bdrv_open(const char *filename, const char *reference,
                            JsonObject *options, int flags, GError **error)
{
    GLOBAL_STATE_CODE();
    return open_depth(filename, reference, options, flags, error);
}
