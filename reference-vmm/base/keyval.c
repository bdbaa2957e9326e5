/* SPDX-License-Identifier: MIT */
/*
 * keyval.c - from text to a JsonObject: see keyval.h.  The getters are in
 * keyval_get.c.
 *
 * Thread context: any.
 */
#include "base/keyval.h"
#include "base/error.h"
#include <string.h>

#define MAX_DEPTH 64
#define MAX_LIST 1024

/* ---- JSON --------------------------------------------------------------- */

static bool check_depth(const char *text, size_t len, GError **error)
{
    bool in_string = false;
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > MAX_DEPTH) {
                g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                            "JSON: nested deeper than %d", MAX_DEPTH);
                return false;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

JsonNode *keyval_parse_json(const char *text, gssize len, GError **error)
{
    JsonParser *parser;
    JsonNode *root = NULL;
    GError *why = NULL;

    IO_CODE();
    if (len < 0) {
        len = (gssize)strlen(text);
    }
    if (!check_depth(text, (size_t)len, error)) {
        return NULL;
    }
    parser = json_parser_new();
    if (!g_utf8_validate(text, len, NULL)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "JSON: not UTF-8");
    } else if (!json_parser_load_from_data(parser, text, len, &why)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "JSON: %s",
                    why->message);
        g_error_free(why);
    } else {
        root = json_parser_steal_root(parser);
        if (!root) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "JSON: empty");
        }
    }
    g_object_unref(parser);
    return root;
}

static JsonObject *parse_json_object(const char *text, GError **error)
{
    JsonNode *root = keyval_parse_json(text, -1, error);
    JsonObject *object = NULL;

    if (root && JSON_NODE_HOLDS_OBJECT(root)) {
        object = json_node_dup_object(root);
    } else if (root) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "JSON: expected an object");
    }
    if (root) {
        json_node_unref(root);
    }
    return object;
}

/* ---- keys --------------------------------------------------------------- */

static bool is_index(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

static bool check_key(const char *key, char **parts, GError **error)
{
    if (g_strv_length(parts) > MAX_DEPTH) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "a key is nested deeper than %d", MAX_DEPTH);
        return false;
    }
    for (char **p = parts; *p; p++) {
        if (!**p || !g_ascii_isalnum(**p)) {
            break;
        }
        for (const char *c = *p; *c; c++) {
            if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_') {
                goto bad;
            }
        }
        if (!p[1]) {
            return true;
        }
    }
bad:
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "'%s' is not a key", key);
    return false;
}

/* The last of the same key wins. */
static bool put(JsonObject *object, const char *key, const char *value,
                GError **error)
{
    char **parts = g_strsplit(key, ".", -1);
    bool ok = check_key(key, parts, error);

    for (char **p = parts; ok && *p; p++) {
        JsonNode *node = json_object_get_member(object, *p);

        if (!p[1]) {
            ok = !node || JSON_NODE_HOLDS_VALUE(node);
            if (ok) {
                json_object_set_string_member(object, *p, value);
            }
        } else {
            if (!node) {
                json_object_set_object_member(object, *p, json_object_new());
                node = json_object_get_member(object, *p);
            }
            ok = JSON_NODE_HOLDS_OBJECT(node);
            object = ok ? json_node_get_object(node) : NULL;
        }
        if (!ok) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "'%s': '%s' is both a value and a group", key, *p);
        }
    }
    g_strfreev(parts);
    return ok;
}

/* ---- lists -------------------------------------------------------------- */

static JsonNode *finish_object(JsonObject *object, const char *path,
                               GError **error);

static JsonNode *make_list(JsonObject *object, const char *path,
                           GError **error)
{
    guint n = json_object_get_size(object);
    JsonArray *array = json_array_sized_new(n);
    JsonNode *node;

    for (guint i = 0; i < n; i++) {
        char index[16];

        g_snprintf(index, sizeof(index), "%u", i);
        node = json_object_dup_member(object, index);
        if (!node) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "'%s.%s' is missing", path, index);
            json_array_unref(array);
            return NULL;
        }
        json_array_add_element(array, node);
    }
    node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, array);
    return node;
}

static bool finish_members(JsonObject *object, const char *path,
                           GError **error)
{
    GList *keys = json_object_get_members(object);
    bool ok = true;

    for (GList *l = keys; ok && l; l = l->next) {
        JsonNode *node = json_object_get_member(object, l->data);
        char *inner;

        if (!JSON_NODE_HOLDS_OBJECT(node)) {
            continue;
        }
        inner = *path ? g_strconcat(path, ".", l->data, NULL)
                      : g_strdup(l->data);
        node = finish_object(json_node_get_object(node), inner, error);
        g_free(inner);
        ok = node != NULL;
        if (ok) {
            json_object_set_member(object, l->data, node);
        }
    }
    g_list_free(keys);
    return ok;
}

/* The object, or the list that its keys make it. */
static JsonNode *finish_object(JsonObject *object, const char *path,
                               GError **error)
{
    GList *keys = json_object_get_members(object);
    guint n = 0;
    JsonNode *node;

    for (GList *l = keys; l; l = l->next) {
        n += is_index(l->data);
    }
    g_list_free(keys);
    if (n && (n != json_object_get_size(object) || n > MAX_LIST)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    n > MAX_LIST ? "'%s' is too long a list"
                                 : "'%s' has both numbers and names below it",
                    path);
        return NULL;
    }
    if (!finish_members(object, path, error)) {
        return NULL;
    }
    if (n) {
        return make_list(object, path, error);
    }
    node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, object);
    return node;
}

/* ---- KEY=VALUE ---------------------------------------------------------- */

/* Up to a comma that is not doubled; returns what follows it. */
static const char *take_item(const char *text, GString *item)
{
    g_string_truncate(item, 0);
    while (*text) {
        if (*text == ',') {
            if (text[1] != ',') {
                return text + 1;
            }
            text++;
        }
        g_string_append_c(item, *text++);
    }
    return text;
}

static bool put_item(JsonObject *object, char *item, const char *implied_key,
                     bool flags, GError **error)
{
    char *equals = strchr(item, '=');

    if (equals) {
        *equals = '\0';
        return put(object, item, equals + 1, error);
    }
    if (implied_key) {
        return put(object, implied_key, item, error);
    }
    if (!flags) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s': expected KEY=VALUE", item);
        return false;
    }
    if (g_str_has_prefix(item, "no") && item[2]) {
        return put(object, item + 2, "off", error);
    }
    return put(object, item, "on", error);
}

static JsonObject *parse(const char *text, const char *implied_key,
                         bool flags, GError **error)
{
    JsonObject *object, *result = NULL;
    GString *item;
    bool ok = true;

    if (*text == '{') {
        return parse_json_object(text, error);
    }
    object = json_object_new();
    item = g_string_new("");
    while (ok && *text) {
        text = take_item(text, item);
        ok = put_item(object, item->str, implied_key, flags, error);
        implied_key = NULL;
    }
    if (ok) {
        JsonNode *node = finish_object(object, "", error);

        if (node && JSON_NODE_HOLDS_OBJECT(node)) {
            result = json_node_dup_object(node);
        } else if (node) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "'0': a name was expected, not a number");
        }
        if (node) {
            json_node_unref(node);
        }
    }
    g_string_free(item, TRUE);
    json_object_unref(object);
    return result;
}

JsonObject *keyval_parse(const char *text, const char *implied_key,
                         GError **error)
{
    IO_CODE();
    return parse(text, implied_key, false, error);
}

JsonObject *keyval_parse_opts(const char *text, const char *implied_key,
                              GError **error)
{
    IO_CODE();
    return parse(text, implied_key, true, error);
}
