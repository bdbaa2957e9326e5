/* SPDX-License-Identifier: MIT */
/*
 * node_options.c - the options that every block node has.
 *
 * Thread context: under the BQL.
 */
#include "block/block_int.h"

#define DISCARD_VALUES "ignore|off|unmap|on"

static const BlockOption node_options[] = {
    { "driver", BLOCK_OPT_STRING, "what the node is" },
    { "node-name", BLOCK_OPT_STRING, "a name for it" },
    { "read-only", BLOCK_OPT_BOOL, "nothing is written to it" },
    { "auto-read-only", BLOCK_OPT_BOOL,
      "read-only when it cannot be opened otherwise" },
    { "force-share", BLOCK_OPT_BOOL,
      "others may change it meanwhile; needs read-only" },
    { "discard", BLOCK_OPT_ENUM, "what discards do", DISCARD_VALUES },
    { "detect-zeroes", BLOCK_OPT_ENUM,
      "whether written zeroes are looked for", BDRV_DETECT_ZEROES_VALUES },
    { "cache", BLOCK_OPT_ANY, "cache.direct, cache.no-flush" },
    { NULL },
};

static const BlockOption cache_options[] = {
    { "direct", BLOCK_OPT_BOOL, "without the host's page cache" },
    { "no-flush", BLOCK_OPT_BOOL, "flushes do nothing" },
    { NULL },
};

static const BlockOption backing_child_option[] = {
    { "backing", BLOCK_OPT_ANY, "the node that shows through" },
    { NULL },
};

static const BlockOption no_options[] = { { NULL } };

const char *bdrv_file_child_name(const BlockDriver *drv)
{
    return drv->file_child_name ? drv->file_child_name : "file";
}

bool bdrv_check_options(const BlockDriver *drv, JsonObject *options,
                           GError **error)
{
    g_autofree char *who = g_strdup_printf("driver '%s'", drv->format_name);
    JsonNode *cache = json_object_get_member(options, "cache");
    const BlockOption file_child_option[] = {
        { bdrv_file_child_name(drv), BLOCK_OPT_ANY, "the node below" },
        { NULL },
    };
    const BlockOption *const cache_tables[] = { cache_options, NULL };
    const BlockOption *const tables[] = {
        node_options,
        drv->options ? drv->options : no_options,
        drv->is_protocol ? no_options : file_child_option,
        drv->supports_backing ? backing_child_option : no_options,
        NULL,
    };

    GLOBAL_STATE_CODE();
    if (!block_opts_check(options, who, tables, error)) {
        return false;
    }
    if (cache && !JSON_NODE_HOLDS_OBJECT(cache)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: option 'cache' is an object with direct and "
                    "no-flush", who);
        return false;
    }
    return !cache || block_opts_check(json_node_get_object(cache),
                                      "option 'cache'", cache_tables, error);
}

static void set_flag(int *flags, int flag, bool on)
{
    *flags = on ? *flags | flag : *flags & ~flag;
}

int bdrv_flags_of(JsonObject *options, int flags)
{
    JsonObject *cache = block_opt_object(options, "cache");
    bool on;

    GLOBAL_STATE_CODE();
    if (block_opt_bool(options, "read-only", !(flags & BDRV_O_RDWR), &on,
                       NULL)) {
        set_flag(&flags, BDRV_O_RDWR, !on);
    }
    if (block_opt_bool(options, "auto-read-only",
                       flags & BDRV_O_AUTO_RDONLY, &on, NULL)) {
        set_flag(&flags, BDRV_O_AUTO_RDONLY, on);
    }
    if (block_opt_bool(options, "force-share", flags & BDRV_O_FORCE_SHARE,
                       &on, NULL)) {
        set_flag(&flags, BDRV_O_FORCE_SHARE, on);
    }
    if (cache && block_opt_bool(cache, "direct", flags & BDRV_O_NOCACHE, &on,
                                NULL)) {
        set_flag(&flags, BDRV_O_NOCACHE, on);
    }
    if (cache && block_opt_bool(cache, "no-flush", flags & BDRV_O_NO_FLUSH,
                                &on, NULL)) {
        set_flag(&flags, BDRV_O_NO_FLUSH, on);
    }
    /* "unmap" and "on" are the last two. */
    on = block_opt_enum(options, "discard", DISCARD_VALUES,
                        flags & BDRV_O_UNMAP ? 2 : 0) >= 2;
    set_flag(&flags, BDRV_O_UNMAP, on);
    return flags;
}
