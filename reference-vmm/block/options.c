/* SPDX-License-Identifier: MIT */
/*
 * options.c - see options.h.
 *
 * Thread context: any.
 */
#include "block/options.h"
#include "base/keyval.h"
#include <math.h>
#include <string.h>

static const char *node_string(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node) : NULL;
}

static bool node_is(JsonNode *node, GType type)
{
    return JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == type;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = { "on", "yes", "true", "y",
                                         "off", "no", "false", "n" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i < G_N_ELEMENTS(words) / 2;
            return true;
        }
    }
    return false;
}

static bool node_bool(JsonNode *node, bool *ret)
{
    const char *text = node_string(node);

    if (node_is(node, G_TYPE_BOOLEAN)) {
        *ret = json_node_get_boolean(node);
        return true;
    }
    return text && parse_bool(text, ret);
}

static bool node_int(JsonNode *node, bool is_size, int64_t *ret)
{
    const char *text = node_string(node);
    uint64_t value;

    if (node_is(node, G_TYPE_INT64)) {
        if (json_node_get_int(node) < 0) {
            return false;
        }
        *ret = json_node_get_int(node);
        return true;
    }
    if (!text ||
        !(is_size ? keyval_parse_size(text, &value)
                  : g_ascii_string_to_unsigned(text, 10, 0, INT64_MAX,
                                               &value, NULL)) ||
        value > INT64_MAX) {
        return false;
    }
    *ret = (int64_t)value;
    return true;
}

static int enum_index(const char *values, const char *text)
{
    g_auto(GStrv) list = g_strsplit(values, "|", -1);

    for (int i = 0; list[i]; i++) {
        if (strcmp(list[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static bool value_fits(const BlockOption *o, JsonNode *node)
{
    const char *text = node_string(node);
    int64_t number;
    bool truth;

    switch (o->type) {
    case BLOCK_OPT_STRING:
        return text != NULL;
    case BLOCK_OPT_BOOL:
        return node_bool(node, &truth);
    case BLOCK_OPT_INT:
        return node_int(node, false, &number);
    case BLOCK_OPT_SIZE:
        return node_int(node, true, &number);
    case BLOCK_OPT_ENUM:
        return text && enum_index(o->values, text) >= 0;
    case BLOCK_OPT_ANY:
        return true;
    }
    return false;
}

static void set_misfit(GError **error, const char *who, const BlockOption *o)
{
    static const char *const wants[] = {
        [BLOCK_OPT_STRING] = "a string",
        [BLOCK_OPT_BOOL] = "on or off",
        [BLOCK_OPT_INT] = "a number that is not negative",
        [BLOCK_OPT_SIZE] = "a size: bytes, or with a suffix k, M, G or T",
        [BLOCK_OPT_ENUM] = "one of ",
        [BLOCK_OPT_ANY] = "something else",
    };

    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "%s: option '%s' takes %s%s", who, o->name, wants[o->type],
                o->type == BLOCK_OPT_ENUM ? o->values : "");
}

static const BlockOption *find_option(const BlockOption *const *tables,
                                      const char *name)
{
    for (; *tables; tables++) {
        for (const BlockOption *o = *tables; o->name; o++) {
            if (strcmp(o->name, name) == 0) {
                return o;
            }
        }
    }
    return NULL;
}

static void set_unknown(GError **error, const char *who, const char *name,
                        const BlockOption *const *tables)
{
    GString *known = g_string_new(NULL);

    for (; *tables; tables++) {
        for (const BlockOption *o = *tables; o->name; o++) {
            g_string_append_printf(known, "%s%s", known->len ? ", " : "",
                                   o->name);
        }
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "%s has no option '%s'; it knows: %s", who, name, known->str);
    g_string_free(known, TRUE);
}

bool block_opts_check(JsonObject *options, const char *who,
                      const BlockOption *const *tables, GError **error)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    IO_CODE();
    json_object_iter_init_ordered(&iter, options);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        const BlockOption *o = find_option(tables, name);

        if (!o) {
            set_unknown(error, who, name, tables);
            return false;
        }
        if (!value_fits(o, node)) {
            set_misfit(error, who, o);
            return false;
        }
    }
    return true;
}

static void set_bad_value(GError **error, const char *name)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "option '%s' has a value of the wrong kind", name);
}

bool block_opt_bool(JsonObject *options, const char *name, bool fallback,
                    bool *ret, GError **error)
{
    JsonNode *node = json_object_get_member(options, name);

    IO_CODE();
    if (!node) {
        *ret = fallback;
        return true;
    }
    if (!node_bool(node, ret)) {
        set_bad_value(error, name);
        return false;
    }
    return true;
}

static bool get_number(JsonObject *options, const char *name, bool is_size,
                       int64_t fallback, int64_t *ret, GError **error)
{
    JsonNode *node = json_object_get_member(options, name);

    if (!node) {
        *ret = fallback;
        return true;
    }
    if (!node_int(node, is_size, ret)) {
        set_bad_value(error, name);
        return false;
    }
    return true;
}

bool block_opt_int(JsonObject *options, const char *name, int64_t fallback,
                   int64_t *ret, GError **error)
{
    IO_CODE();
    return get_number(options, name, false, fallback, ret, error);
}

bool block_opt_size(JsonObject *options, const char *name, int64_t fallback,
                    int64_t *ret, GError **error)
{
    IO_CODE();
    return get_number(options, name, true, fallback, ret, error);
}

const char *block_opt_string(JsonObject *options, const char *name)
{
    JsonNode *node = json_object_get_member(options, name);

    IO_CODE();
    return node ? node_string(node) : NULL;
}

JsonObject *block_opt_object(JsonObject *options, const char *name)
{
    JsonNode *node = json_object_get_member(options, name);

    IO_CODE();
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
                                                : NULL;
}

int block_opt_enum(JsonObject *options, const char *name, const char *values,
                   int fallback)
{
    const char *text = block_opt_string(options, name);
    int index = text ? enum_index(values, text) : -1;

    IO_CODE();
    return index < 0 ? fallback : index;
}

bool block_parse_size(const char *text, int64_t *ret, GError **error)
{
    uint64_t value;

    IO_CODE();
    if (!keyval_parse_size(text, &value) || value > INT64_MAX) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s' is not a size: bytes, or a number with a suffix "
                    "k, M, G, T, P or E", text);
        return false;
    }
    *ret = (int64_t)value;
    return true;
}

char *block_size_to_str(uint64_t bytes)
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi",
                                         "Ei" };
    int exponent;
    double value;

    IO_CODE();
    /* 999.5 and more would print as 1e+03: the next unit is used. */
    frexp((double)bytes / (1000.0 / 1024.0), &exponent);
    exponent = MAX(exponent - 1, 0) / 10;
    value = (double)bytes / (double)(1ULL << (exponent * 10));
    return g_strdup_printf("%0.3g %sB", value, units[exponent]);
}

JsonObject *block_opts_copy(JsonObject *options)
{
    JsonObjectIter iter;
    JsonObject *result = json_object_new();
    const char *name;
    JsonNode *member;

    IO_CODE();
    if (!options) {
        return result;
    }
    json_object_iter_init_ordered(&iter, options);
    while (json_object_iter_next_ordered(&iter, &name, &member)) {
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(member)
                                 ? json_node_get_object(member) : NULL;

        if (object) {
            json_object_set_object_member(result, name,
                                          block_opts_copy(object));
        } else {
            json_object_set_member(result, name, json_node_copy(member));
        }
    }
    return result;
}
