/* SPDX-License-Identifier: MIT */
/*
 * keyval_get.c - reading a configuration with the right types: see keyval.h.
 *
 * Thread context: any.
 */
#include "base/error.h"
#include "base/keyval.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void keyval_begin(Keyval *kv, JsonObject *object, const char *what)
{
    IO_CODE();
    kv->object = object;
    kv->what = what;
    kv->known = g_ptr_array_new_with_free_func(g_free);
    kv->failed = false;
}

static void know(Keyval *kv, const char *key)
{
    for (guint i = 0; i < kv->known->len; i++) {
        if (g_str_equal(kv->known->pdata[i], key)) {
            return;
        }
    }
    g_ptr_array_add(kv->known, g_strdup(key));
}

static gint compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *known_keys(const Keyval *kv)
{
    GString *s = g_string_new("");

    g_ptr_array_sort(kv->known, compare_keys);
    for (guint i = 0; i < kv->known->len; i++) {
        g_string_append_printf(s, "%s%s", i ? ", " : "",
                               (char *)kv->known->pdata[i]);
    }
    return g_string_free(s, FALSE);
}

static const char *unknown_key(const Keyval *kv)
{
    GList *keys = json_object_get_members(kv->object);
    const char *found = NULL;

    for (GList *l = keys; l && !found; l = l->next) {
        guint i = 0;

        while (i < kv->known->len &&
               !g_str_equal(kv->known->pdata[i], l->data)) {
            i++;
        }
        if (i == kv->known->len) {
            found = l->data;
        }
    }
    g_list_free(keys);
    return found;
}

bool keyval_end(Keyval *kv, GError **error)
{
    const char *unknown = kv->failed ? NULL : unknown_key(kv);
    bool ok = !kv->failed && !unknown;

    IO_CODE();
    if (unknown) {
        char *known = known_keys(kv);

        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: unknown key '%s'; known are: %s", kv->what, unknown,
                    *known ? known : "none");
        g_free(known);
    }
    g_ptr_array_free(kv->known, TRUE);
    kv->known = NULL;
    return ok;
}

JsonNode *keyval_node(Keyval *kv, const char *key)
{
    JsonNode *node;

    IO_CODE();
    know(kv, key);
    node = json_object_get_member(kv->object, key);
    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

bool keyval_has(Keyval *kv, const char *key)
{
    return keyval_node(kv, key) != NULL;
}

/* ---- values ------------------------------------------------------------- */

static bool wrong(Keyval *kv, const char *key, const char *expected,
                  JsonNode *node, GError **error)
{
    char *shown = node ? json_to_string(node, FALSE) : g_strdup("nothing");

    kv->failed = true;
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "%s: '%s': expected %s, not %s", kv->what, key, expected,
                shown);
    g_free(shown);
    return false;
}

/* NULL: not a string. */
static const char *node_string(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node) : NULL;
}

bool keyval_get_str(Keyval *kv, const char *key, const char **ret,
                    GError **error)
{
    JsonNode *node = keyval_node(kv, key);
    const char *s;

    if (!node) {
        return true;
    }
    s = node_string(node);
    if (!s) {
        return wrong(kv, key, "a string", node, error);
    }
    *ret = s;
    return true;
}

bool keyval_need_str(Keyval *kv, const char *key, const char **ret,
                     GError **error)
{
    if (!keyval_has(kv, key)) {
        kv->failed = true;
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: '%s' is missing",
                    kv->what, key);
        return false;
    }
    return keyval_get_str(kv, key, ret, error);
}

static bool parse_bool(const char *s, bool *ret)
{
    static const char *const words[2][3] = {
        { "off", "no", "false" }, { "on", "yes", "true" },
    };

    for (int i = 0; i < 6; i++) {
        if (g_str_equal(s, words[i / 3][i % 3])) {
            *ret = i / 3;
            return true;
        }
    }
    return false;
}

bool keyval_get_bool(Keyval *kv, const char *key, bool *ret, GError **error)
{
    JsonNode *node = keyval_node(kv, key);
    const char *s;

    if (!node) {
        return true;
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_BOOLEAN) {
        *ret = json_node_get_boolean(node);
        return true;
    }
    s = node_string(node);
    return (s && parse_bool(s, ret)) ||
           wrong(kv, key, "on or off", node, error);
}

static bool parse_uint64(const char *s, uint64_t *ret)
{
    bool hex = g_ascii_strncasecmp(s, "0x", 2) == 0;
    char *end;

    if (!g_ascii_isxdigit(s[hex ? 2 : 0])) {
        return false;
    }
    errno = 0;
    *ret = strtoull(s, &end, hex ? 16 : 10);
    return !errno && !*end;
}

static bool node_uint64(JsonNode *node, bool (*parse)(const char *, uint64_t *),
                        uint64_t *ret)
{
    const char *s = node_string(node);

    if (s) {
        return parse(s, ret);
    }
    if (!JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_INT64 ||
        json_node_get_int(node) < 0) {
        return false;
    }
    *ret = (uint64_t)json_node_get_int(node);
    return true;
}

bool keyval_get_uint64(Keyval *kv, const char *key, uint64_t min, uint64_t max,
                       uint64_t *ret, GError **error)
{
    JsonNode *node = keyval_node(kv, key);
    char expected[80];
    uint64_t value;

    if (!node) {
        return true;
    }
    if (!node_uint64(node, parse_uint64, &value) || value < min ||
        value > max) {
        g_snprintf(expected, sizeof(expected),
                   "a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                   min, max);
        return wrong(kv, key, expected, node, error);
    }
    *ret = value;
    return true;
}

bool keyval_parse_size(const char *text, uint64_t *ret)
{
    static const char suffixes[] = "BKMGTPE";
    const char *suffix;
    double value;
    char *end;

    IO_CODE();
    if (parse_uint64(text, ret)) {
        return true;
    }
    if (!g_ascii_isdigit(*text) || g_ascii_strncasecmp(text, "0x", 2) == 0) {
        return false;
    }
    errno = 0;
    *ret = g_ascii_strtoull(text, &end, 10);
    value = *end == '.' ? g_ascii_strtod(text, &end) : 0;
    suffix = *end ? strchr(suffixes, g_ascii_toupper(*end)) : NULL;
    if (errno || !suffix || end[1] || strcspn(text, "eE") <
        (size_t)(end - text)) {
        return false;
    }
    if (value) {
        value = ldexp(value, 10 * (int)(suffix - suffixes));
        *ret = value < 0x1p64 ? (uint64_t)value : 0;
        return value < 0x1p64;
    }
    return !__builtin_mul_overflow(*ret, 1ULL << 10 * (suffix - suffixes),
                                   ret);
}

bool keyval_get_size(Keyval *kv, const char *key, uint64_t *ret,
                     GError **error)
{
    JsonNode *node = keyval_node(kv, key);
    uint64_t value;

    if (!node) {
        return true;
    }
    if (!node_uint64(node, keyval_parse_size, &value)) {
        return wrong(kv, key, "a size such as 512 or 1.5G", node, error);
    }
    *ret = value;
    return true;
}

bool keyval_get_enum(Keyval *kv, const char *key, const char *const *names,
                     unsigned *ret, GError **error)
{
    JsonNode *node = keyval_node(kv, key);
    char *joined, *expected;
    const char *s;

    if (!node) {
        return true;
    }
    s = node_string(node);
    for (unsigned i = 0; s && names[i]; i++) {
        if (g_str_equal(s, names[i])) {
            *ret = i;
            return true;
        }
    }
    joined = g_strjoinv(", ", (char **)names);
    expected = g_strconcat("one of ", joined, NULL);
    wrong(kv, key, expected, node, error);
    g_free(expected);
    g_free(joined);
    return false;
}

bool keyval_get_object(Keyval *kv, const char *key, JsonObject **ret,
                       GError **error)
{
    JsonNode *node = keyval_node(kv, key);

    if (!node) {
        return true;
    }
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        return wrong(kv, key, "a group of keys", node, error);
    }
    *ret = json_node_get_object(node);
    return true;
}

bool keyval_get_list(Keyval *kv, const char *key, JsonArray **ret,
                     GError **error)
{
    JsonNode *node = keyval_node(kv, key);

    if (!node) {
        return true;
    }
    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        return wrong(kv, key, "a list", node, error);
    }
    *ret = json_node_get_array(node);
    return true;
}
