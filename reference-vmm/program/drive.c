/* SPDX-License-Identifier: MIT */
/*
 * drive.c - see drive.h.
 *
 * A -drive is a named backend over a node that is opened from a file name,
 * its format probed unless it is given, with the options that -blockdev knows
 * by other names.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "program/drive.h"
#include "base/option.h"
#include "block/block_backend.h"
#include <string.h>

static const char *const known_options[] = {
    "file", "if", "id", "format", "driver", "unit", "index", "readonly",
    "read-only", "cache", "aio", "discard", "detect-zeroes", "werror",
    "rerror", "snapshot", "media", "node-name", "copy-on-read",
    "auto-read-only", "file.read-zeroes", "file.size", NULL
};

void drives_init(Drives *d)
{
    d->blks = g_ptr_array_new();
    d->virtio = g_ptr_array_new_with_free_func(g_free);
    d->undecided = g_ptr_array_new_with_free_func(g_free);
    d->pflash[0] = d->pflash[1] = NULL;
}

void drives_close(Drives *d)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < d->blks->len; i++) {
        blk_unref(g_ptr_array_index(d->blks, i));
    }
    g_ptr_array_set_size(d->blks, 0);
}

void drives_clear(Drives *d)
{
    g_ptr_array_unref(d->blks);
    g_ptr_array_unref(d->virtio);
    g_ptr_array_unref(d->undecided);
    g_free(d->pflash[0]);
    g_free(d->pflash[1]);
}

static bool unknown(GError **error, const char *key, const char *value,
                    const char *const *known)
{
    option_set_unknown(error, "-drive", key, value, known);
    return false;
}

/* ---- cache -------------------------------------------------------------- */

static bool cache_mode(JsonObject *o, JsonObject *node, bool *ret_writeback,
                       GError **error)
{
    static const char *const names[] = { "writeback", "none", "writethrough",
                                         "directsync", "unsafe", NULL };
    static const struct {
        bool writeback, direct, no_flush;
    } modes[] = {
        { true, false, false }, { true, true, false }, { false, false, false },
        { false, true, false }, { true, false, true },
    };
    const char *text = option_string(o, "cache");
    JsonObject *cache;
    int i = 0;

    *ret_writeback = true;
    if (!text) {
        return true;
    }
    while (names[i] && strcmp(names[i], text)) {
        i++;
    }
    if (!names[i]) {
        return unknown(error, "cache", text, names);
    }
    *ret_writeback = modes[i].writeback;
    cache = json_object_new();
    json_object_set_boolean_member(cache, "direct", modes[i].direct);
    json_object_set_boolean_member(cache, "no-flush", modes[i].no_flush);
    json_object_set_object_member(node, "cache", cache);
    return true;
}

/* ---- the node ----------------------------------------------------------- */

static void copy_string(JsonObject *o, const char *from, JsonObject *to,
                        const char *key)
{
    const char *value = option_string(o, from);

    if (value) {
        json_object_set_string_member(to, key, value);
    }
}

static bool read_only_option(JsonObject *o, bool *ret, GError **error)
{
    *ret = false;
    return option_bool(o, "readonly", ret, error) &&
           option_bool(o, "read-only", ret, error);
}

/* "null-co://" names no file; its options begin with "file.". */
static bool null_node(JsonObject *o, JsonObject *node, GError **error)
{
    JsonObject *file = json_object_new();
    uint64_t size = 0;
    bool zeroes = false;

    json_object_set_string_member(file, "driver", "null-co");
    json_object_set_object_member(node, "file", file);
    if (!option_size(o, "file.size", &size, error) ||
        !option_bool(o, "file.read-zeroes", &zeroes, error)) {
        return false;
    }
    if (size) {
        json_object_set_int_member(file, "size", size);
    }
    json_object_set_boolean_member(file, "read-zeroes", zeroes);
    return true;
}

static GS_FN BlockBackend *open_node(JsonObject *o, bool *ret_writeback,
                                     GError **error)
{
    JsonObject *node = json_object_new();
    const char *file = option_string(o, "file");
    BlockBackend *blk = NULL;
    bool read_only, snapshot = false, automatic = false;

    copy_string(o, "format", node, "driver");
    copy_string(o, "driver", node, "driver");
    copy_string(o, "node-name", node, "node-name");
    copy_string(o, "discard", node, "discard");
    copy_string(o, "detect-zeroes", node, "detect-zeroes");
    if (!read_only_option(o, &read_only, error) ||
        !option_bool(o, "snapshot", &snapshot, error) ||
        !option_bool(o, "auto-read-only", &automatic, error) ||
        !cache_mode(o, node, ret_writeback, error)) {
        goto out;
    }
    if (snapshot) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-drive: parameter 'snapshot': only 'off' is possible; "
                    "use an overlay");
        goto out;
    }
    if (!g_strcmp0(file, "null-co://")) {
        if (!null_node(o, node, error)) {
            goto out;
        }
        file = NULL;
    }
    json_object_set_boolean_member(node, "read-only", read_only);
    json_object_set_boolean_member(node, "auto-read-only", automatic);
    blk = blk_new_open(file, NULL, node, read_only ? 0 : BDRV_O_RDWR, error);
out:
    json_object_unref(node);
    return blk;
}

/* ---- the drive ---------------------------------------------------------- */

static GS_FN bool set_errors(BlockBackend *blk, JsonObject *o, GError **error)
{
    const char *r = option_string(o, "rerror"), *w = option_string(o, "werror");
    BlockdevOnError on_read = BLOCKDEV_ON_ERROR_REPORT;
    BlockdevOnError on_write = BLOCKDEV_ON_ERROR_ENOSPC;

    if ((r && !blk_parse_on_error(r, true, &on_read, error)) ||
        (w && !blk_parse_on_error(w, false, &on_write, error))) {
        return false;
    }
    blk_set_on_error(blk, on_read, on_write);
    return true;
}

/* What it is for. */
static bool connect(Drives *d, JsonObject *o, const char *id, GError **error)
{
    static const char *const interfaces[] = { "none", "virtio", "pflash",
                                              NULL };
    const char *interface = option_string(o, "if");
    uint64_t unit = d->pflash[0] ? 1 : 0;

    if (!interface) {
        g_ptr_array_add(d->undecided, g_strdup(id));
        return true;
    }
    if (!strcmp(interface, "none")) {
        return true;
    }
    if (!strcmp(interface, "virtio")) {
        g_ptr_array_add(d->virtio, g_strdup(id));
        return true;
    }
    if (strcmp(interface, "pflash")) {
        return unknown(error, "interface", interface, interfaces);
    }
    if (!option_uint(o, "unit", 0, 1, &unit, error) ||
        !option_uint(o, "index", 0, 1, &unit, error)) {
        return false;
    }
    if (d->pflash[unit]) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-drive: flash bank %d is given twice", (int)unit);
        return false;
    }
    d->pflash[unit] = g_strdup(id);
    return true;
}

static GS_FN bool add(Drives *d, JsonObject *o, GError **error)
{
    char *id = option_string(o, "id")
                   ? g_strdup(option_string(o, "id"))
                   : g_strdup_printf("drive%u", d->blks->len);
    bool writeback, ok = option_check_id(id, error);
    BlockBackend *blk = ok ? open_node(o, &writeback, error) : NULL;

    if (blk) {
        g_ptr_array_add(d->blks, blk);
        blk_set_enable_write_cache(blk, writeback);
        ok = blk_set_name(blk, id, error) && set_errors(blk, o, error) &&
             connect(d, o, id, error);
        /* Until a device comes, which says what it needs. */
        ok = ok && blk_set_perm(blk, 0, BLK_PERM_ALL, error);
    }
    g_free(id);
    return ok && blk;
}

bool drives_add(Drives *d, const char *text, GError **error)
{
    GError *local = NULL;
    JsonObject *o = option_parse(text, NULL, NULL, &local);
    bool ok = o && option_check_known(o, "-drive", known_options, &local) &&
              add(d, o, &local);

    GLOBAL_STATE_CODE();
    if (o) {
        json_object_unref(o);
    }
    if (!ok) {
        g_propagate_prefixed_error(error, local, "%s",
                                   g_str_has_prefix(local->message, "-drive")
                                       ? "" : "-drive: ");
    }
    return ok;
}
