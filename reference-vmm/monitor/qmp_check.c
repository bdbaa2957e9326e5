/* SPDX-License-Identifier: MIT */
/*
 * qmp_check.c - whether values are what the schema says: see qmp_schema.h.
 *
 * How deep it goes is bounded by the nesting that JsonStream lets through.
 *
 * Thread context: any.
 */
#include "monitor/qmp.h"
#include "monitor/qmp_members.h"
#include <string.h>

static bool check_value(const char *type, const char *path, JsonNode *value,
                        GError **error);

static bool wrong_type(const char *path, const char *expected, GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "parameter '%s' must be %s", path, expected);
    return false;
}

/* Members of the text; their names go into known.  *ret_open: others are
 * fine. */
static bool check_members(const char *members, const char *prefix,
                          JsonObject *object, GHashTable *known,
                          bool *ret_open, GError **error)
{
    QmpMemberIter it;

    qmp_members_start(&it, members);
    while (qmp_members_next(&it)) {
        JsonNode *value = json_object_get_member(object, it.name);
        g_autofree char *path = g_strconcat(prefix, it.name, NULL);

        g_hash_table_add(known, g_strdup(it.name));
        if (!value && !it.optional) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                        "parameter '%s' is missing", path);
            return false;
        }
        if (value && !check_value(it.type, path, value, error)) {
            return false;
        }
    }
    *ret_open |= it.open;
    return true;
}

/* What the tag adds. */
static bool check_variant(const char *members, const char *prefix,
                          JsonObject *object, GHashTable *known,
                          bool *ret_open, GError **error)
{
    char tag[QMP_NAME_MAX];
    const char *value;
    QmpMemberIter it;

    if (!qmp_variants_start(&it, members, tag) ||
        !json_object_has_member(object, tag)) {
        return true;
    }
    value = json_object_get_string_member(object, tag);
    while (qmp_members_next(&it)) {
        if (!strcmp(it.name, value)) {
            const QmpType *t = qmp_type_find(it.type);

            return check_members(t->members, prefix, object, known, ret_open,
                                 error);
        }
    }
    return true;
}

static bool check_object(const char *members, const char *prefix,
                         JsonObject *object, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(object);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal,
                                                        g_free, NULL);
    bool open = false;

    if (!check_members(members, prefix, object, known, &open, error) ||
        !check_variant(members, prefix, object, known, &open, error)) {
        return false;
    }
    for (GList *l = names; l && !open; l = l->next) {
        if (!g_hash_table_contains(known, l->data)) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                        "parameter '%s%s' is unexpected", prefix,
                        (char *)l->data);
            return false;
        }
    }
    return true;
}

static bool check_list(const char *type, const char *path, JsonNode *value,
                       GError **error)
{
    g_autofree char *element = g_strndup(type + 1, strlen(type) - 2);
    JsonArray *array;

    if (!JSON_NODE_HOLDS_ARRAY(value)) {
        return wrong_type(path, "a list", error);
    }
    array = json_node_get_array(value);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *at = g_strdup_printf("%s[%u]", path, i);

        if (!check_value(element, at, json_array_get_element(array, i),
                         error)) {
            return false;
        }
    }
    return true;
}

static bool check_enum(const QmpType *t, const char *path, JsonNode *value,
                       GError **error)
{
    const char *text;
    QmpMemberIter it;

    if (json_node_get_value_type(value) != G_TYPE_STRING) {
        return wrong_type(path, "a string", error);
    }
    text = json_node_get_string(value);
    qmp_members_start(&it, t->members);
    while (qmp_members_next(&it)) {
        if (!strcmp(it.name, text)) {
            return true;
        }
    }
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "parameter '%s' does not accept value '%s'; it takes %s", path,
                text, t->members);
    return false;
}

/* At most one alternative is an object: with it the value is checked once,
 * however deep it goes. */
static bool check_alternate(const QmpType *t, const char *path,
                            JsonNode *value, GError **error)
{
    QmpMemberIter it;

    qmp_members_start(&it, t->members);
    while (qmp_members_next(&it)) {
        const QmpType *member = qmp_type_find(it.name);

        if (member && member->kind == QMP_OBJECT) {
            if (JSON_NODE_HOLDS_OBJECT(value)) {
                return check_value(it.name, path, value, error);
            }
        } else if (check_value(it.name, path, value, NULL)) {
            return true;
        }
    }
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "parameter '%s' must be one of %s", path, t->members);
    return false;
}

static bool check_named(const char *type, const char *path, JsonNode *value,
                        GError **error)
{
    const QmpType *t = qmp_type_find(type);
    g_autofree char *prefix = g_strconcat(path, ".", NULL);

    g_assert(t);
    if (t->kind == QMP_ENUM) {
        return check_enum(t, path, value, error);
    }
    if (t->kind == QMP_ALTERNATE) {
        return check_alternate(t, path, value, error);
    }
    if (!JSON_NODE_HOLDS_OBJECT(value)) {
        return wrong_type(path, "an object", error);
    }
    return check_object(t->members, prefix, json_node_get_object(value),
                        error);
}

static bool check_value(const char *type, const char *path, JsonNode *value,
                        GError **error)
{
    GType holds = JSON_NODE_HOLDS_VALUE(value)
                      ? json_node_get_value_type(value) : G_TYPE_INVALID;

    if (type[0] == '[') {
        return check_list(type, path, value, error);
    }
    if (!strcmp(type, "any")) {
        return true;
    }
    if (!strcmp(type, "str")) {
        return holds == G_TYPE_STRING || wrong_type(path, "a string", error);
    }
    if (!strcmp(type, "bool")) {
        return holds == G_TYPE_BOOLEAN || wrong_type(path, "a boolean", error);
    }
    if (!strcmp(type, "int")) {
        return holds == G_TYPE_INT64 || wrong_type(path, "an integer", error);
    }
    if (!strcmp(type, "size")) {
        return (holds == G_TYPE_INT64 && json_node_get_int(value) >= 0) ||
               wrong_type(path, "a size that is not negative", error);
    }
    if (!strcmp(type, "number")) {
        return holds == G_TYPE_INT64 || holds == G_TYPE_DOUBLE ||
               wrong_type(path, "a number", error);
    }
    if (!strcmp(type, "null")) {
        return JSON_NODE_HOLDS_NULL(value) || wrong_type(path, "null", error);
    }
    return check_named(type, path, value, error);
}

bool qmp_check_members(const char *members, JsonObject *object, GError **error)
{
    return check_object(members, "", object, error);
}

bool qmp_check_result(const QmpCommand *c, JsonNode *value, GError **error)
{
    if (!c->returns) {
        return (JSON_NODE_HOLDS_OBJECT(value) &&
                !json_object_get_size(json_node_get_object(value))) ||
               wrong_type("return", "an empty object", error);
    }
    return check_value(c->returns, "return", value, error);
}
