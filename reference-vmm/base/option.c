/* SPDX-License-Identifier: MIT */
/*
 * option.c - see option.h.
 *
 * Thread context: any.
 */
#include "base/option.h"
#include "base/keyval.h"
#include <errno.h>
#include <string.h>

/* ---- values ------------------------------------------------------------- */

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[2][5] = {
        { "off", "no", "false", "n", NULL },
        { "on", "yes", "true", "y", NULL },
    };

    for (int value = 0; value < 2; value++) {
        if (g_strv_contains(words[value], text)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

bool option_parse_uint(const char *text, uint64_t *ret)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;
    uint64_t value;

    /* The library would take signs and blanks. */
    if (!(hex ? g_ascii_isxdigit(text[2]) : g_ascii_isdigit(text[0]))) {
        return false;
    }
    errno = 0;
    value = g_ascii_strtoull(text, &end, hex ? 16 : 10);
    if (errno || *end) {
        return false;
    }
    *ret = value;
    return true;
}

static bool holds(JsonNode *node, GType type)
{
    return node && JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == type;
}

const char *option_string(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);

    return holds(node, G_TYPE_STRING) ? json_node_get_string(node) : NULL;
}

const char *option_need(JsonObject *o, const char *what, const char *key,
                        GError **error)
{
    const char *text = option_string(o, key);

    if (!text) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: parameter '%s' is missing%s", what, key,
                    json_object_has_member(o, key) ? " or not a string" : "");
    }
    return text;
}

static bool fail(GError **error, const char *key, const char *expects)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "parameter '%s' expects %s", key, expects);
    return false;
}

bool option_bool(JsonObject *o, const char *key, bool *ret, GError **error)
{
    JsonNode *node = json_object_get_member(o, key);
    const char *text = option_string(o, key);

    if (!node || (text && parse_bool(text, ret))) {
        return true;
    }
    if (holds(node, G_TYPE_BOOLEAN)) {
        *ret = json_node_get_boolean(node);
        return true;
    }
    return fail(error, key, "'on' or 'off'");
}

/* A number that is not negative, or such text. */
static bool node_uint(JsonNode *node, uint64_t *ret)
{
    if (holds(node, G_TYPE_INT64) && json_node_get_int(node) >= 0) {
        *ret = json_node_get_int(node);
        return true;
    }
    return holds(node, G_TYPE_STRING) &&
           option_parse_uint(json_node_get_string(node), ret);
}

bool option_uint(JsonObject *o, const char *key, uint64_t minimum,
                 uint64_t maximum, uint64_t *ret, GError **error)
{
    JsonNode *node = json_object_get_member(o, key);
    uint64_t value;
    char *expects;

    if (!node) {
        return true;
    }
    if (node_uint(node, &value) && value >= minimum && value <= maximum) {
        *ret = value;
        return true;
    }
    expects = g_strdup_printf("a number from %" G_GUINT64_FORMAT " to %"
                              G_GUINT64_FORMAT, minimum, maximum);
    fail(error, key, expects);
    g_free(expects);
    return false;
}

bool option_size(JsonObject *o, const char *key, uint64_t *ret,
                 GError **error)
{
    JsonNode *node = json_object_get_member(o, key);
    const char *text = option_string(o, key);

    if (!node || (text ? keyval_parse_size(text, ret) : node_uint(node, ret))) {
        return true;
    }
    return fail(error, key, "a size: a number, with a suffix of K, M, G or T "
                            "if need be");
}

/* ---- names -------------------------------------------------------------- */

#define MAX_NAME 64

/* How many letters must be put in, left out or changed. */
static unsigned edit_distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    unsigned row[MAX_NAME + 1];

    if (na > MAX_NAME || nb > MAX_NAME) {
        return G_MAXUINT;
    }
    for (size_t j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[nb];
}

const char *option_nearest(const char *name, const char *const *known)
{
    unsigned best = strlen(name) / 3 + 1;
    const char *nearest = NULL;

    for (; *known; known++) {
        unsigned d = edit_distance(name, *known);

        if (d <= best && (!nearest || d < best)) {
            best = d;
            nearest = *known;
        }
    }
    return nearest;
}

void option_set_unknown(GError **error, const char *what, const char *kind,
                        const char *name, const char *const *known)
{
    const char *nearest = option_nearest(name, known);
    char *list = g_strjoinv(", ", (char **)known);

    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "%s: unknown %s '%s'%s%s%s; known: %s", what, kind, name,
                nearest ? " (did you mean '" : "", nearest ? nearest : "",
                nearest ? "'?)" : "", *list ? list : "none");
    g_free(list);
}

bool option_check_known(JsonObject *o, const char *what,
                        const char *const *known, GError **error)
{
    GList *members = json_object_get_members(o);
    bool ok = true;

    for (GList *l = members; l && ok; l = l->next) {
        ok = g_strv_contains(known, l->data);
        if (!ok) {
            option_set_unknown(error, what, "parameter", l->data, known);
        }
    }
    g_list_free(members);
    return ok;
}

bool option_id_is_wellformed(const char *id)
{
    return g_ascii_isalpha(id[0]) &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
               strlen(id);
}

bool option_check_id(const char *id, GError **error)
{
    if (option_id_is_wellformed(id)) {
        return true;
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "parameter 'id' expects an identifier, not '%s': a letter, "
                "then letters, digits, '-', '.' and '_'", id);
    return false;
}

/* ---- text --------------------------------------------------------------- */

/* Up to a single comma; doubled ones become one.  Moves *text behind it. */
static char *take_item(const char **text)
{
    GString *item = g_string_new(NULL);
    const char *p = *text;

    for (; *p; p++) {
        if (*p == ',') {
            p++;
            if (*p != ',') {
                break;
            }
        }
        g_string_append_c(item, *p);
    }
    *text = p;
    return g_string_free(item, FALSE);
}

static bool add(JsonObject *o, const char *key, const char *value,
                const char *const *lists, GError **error)
{
    if (lists && g_strv_contains(lists, key)) {
        if (!json_object_has_member(o, key)) {
            json_object_set_array_member(o, key, json_array_new());
        }
        json_array_add_string_element(json_object_get_array_member(o, key),
                                      value);
        return true;
    }
    if (json_object_has_member(o, key)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter '%s' is given twice", key);
        return false;
    }
    json_object_set_string_member(o, key, value);
    return true;
}

/* A key alone is a switch; the old way to turn one off is in front of it. */
static bool add_switch(JsonObject *o, const char *item,
                       const char *const *lists, GError **error)
{
    if (!strcmp(item, "nowait") || !strcmp(item, "noserver") ||
        !strcmp(item, "notelnet")) {
        return add(o, item + 2, "off", lists, error);
    }
    return add(o, item, "on", lists, error);
}

static bool add_item(JsonObject *o, const char *item, const char *implied,
                     const char *const *lists, GError **error)
{
    const char *equals = strchr(item, '=');
    char *key;
    bool ok;

    if (!equals) {
        return implied ? add(o, implied, item, lists, error)
                       : add_switch(o, item, lists, error);
    }
    key = g_strndup(item, equals - item);
    ok = *key != '\0';
    if (ok) {
        ok = add(o, key, equals + 1, lists, error);
    } else {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "'%s' has no parameter name before '='", item);
    }
    g_free(key);
    return ok;
}

static JsonObject *parse_json(const char *text, GError **error)
{
    JsonNode *node = keyval_parse_json(text, -1, error);
    JsonObject *o = NULL;

    if (node && JSON_NODE_HOLDS_OBJECT(node)) {
        o = json_object_ref(json_node_get_object(node));
    } else if (node) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "expected a JSON object");
    }
    if (node) {
        json_node_free(node);
    }
    return o;
}

JsonObject *option_parse(const char *text, const char *implied,
                         const char *const *lists, GError **error)
{
    JsonObject *o;

    if (*text == '{') {
        return parse_json(text, error);
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "not UTF-8");
        return NULL;
    }
    o = json_object_new();
    while (*text) {
        char *item = take_item(&text);
        bool ok = add_item(o, item, implied, lists, error);

        g_free(item);
        if (!ok) {
            json_object_unref(o);
            return NULL;
        }
        implied = NULL;
    }
    return o;
}
