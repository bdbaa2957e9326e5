/* SPDX-License-Identifier: MIT */
/*
 * qmp_schema.c - reading the members of a type, and checking values by them:
 * see qmp_schema.h.
 *
 * Thread context: any.
 */
#include "monitor/qmp_members.h"
#include "monitor/qmp.h"
#include <string.h>

#define QMP_SET(name) extern const QmpSet name##_qmp_set;
#include "monitor/command_list.h"
#undef QMP_SET

static const QmpSet *const sets[] = {
#define QMP_SET(name) &name##_qmp_set,
#include "monitor/command_list.h"
#undef QMP_SET
    NULL,
};

G_DEFINE_QUARK(qmp-error-quark, qmp_error)

const QmpSet *const *qmp_sets(void)
{
    return sets;
}

const QmpCommand *qmp_command_find(const char *name)
{
    for (const QmpSet *const *set = sets; *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            if (!strcmp(c->name, name)) {
                return c;
            }
        }
    }
    return NULL;
}

const QmpType *qmp_type_find(const char *name)
{
    for (const QmpSet *const *set = sets; *set; set++) {
        for (const QmpType *t = (*set)->types; t && t->name; t++) {
            if (!strcmp(t->name, name)) {
                return t;
            }
        }
    }
    return NULL;
}

/* ---- members ------------------------------------------------------------ */

void qmp_members_start(QmpMemberIter *it, const char *members)
{
    memset(it, 0, sizeof(*it));
    it->rest = members ? members : "";
}

static size_t trimmed(const char *text, size_t len, size_t size, char *out)
{
    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ') {
        len--;
    }
    g_assert(len < size);
    memcpy(out, text, len);
    out[len] = '\0';
    return len;
}

bool qmp_members_next(QmpMemberIter *it)
{
    size_t len = strcspn(it->rest, ",");
    char text[2 * QMP_NAME_MAX];
    const char *colon, *name = text;

    if (!trimmed(it->rest, len, sizeof(text), text)) {
        return false;
    }
    it->rest += len + (it->rest[len] == ',');
    if (!strcmp(text, "...")) {
        it->open = true;
        return false;
    }
    it->optional = *name == '*';
    name += it->optional;
    colon = strchr(name, ':');
    if (!colon) { /* of an enum or an alternate */
        g_strlcpy(it->name, name, sizeof(it->name));
        it->type[0] = '\0';
        return true;
    }
    trimmed(name, colon - name, sizeof(it->name), it->name);
    trimmed(colon + 1, strlen(colon + 1), sizeof(it->type), it->type);
    return true;
}

/* ---- checking ----------------------------------------------------------- */

static bool check_value(const char *type, const char *path, JsonNode *value,
                        GError **error);

static bool wrong_type(const char *path, const char *expected, GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "parameter '%s' must be %s", path, expected);
    return false;
}

static bool check_object(const char *members, const char *prefix,
                         JsonObject *object, GError **error)
{
    g_autoptr(GList) names = json_object_get_members(object);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal,
                                                        g_free, NULL);
    QmpMemberIter it;

    qmp_members_start(&it, members);
    while (qmp_members_next(&it)) {
        g_autofree char *path = g_strconcat(prefix, it.name, NULL);
        JsonNode *value = json_object_get_member(object, it.name);

        g_hash_table_add(known, g_strdup(it.name));
        if (!value) {
            if (it.optional) {
                continue;
            }
            g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                        "parameter '%s' is missing", path);
            return false;
        }
        if (!check_value(it.type, path, value, error)) {
            return false;
        }
    }
    for (GList *l = names; l && !it.open; l = l->next) {
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

static bool check_alternate(const QmpType *t, const char *path,
                            JsonNode *value, GError **error)
{
    QmpMemberIter it;

    qmp_members_start(&it, t->members);
    while (qmp_members_next(&it)) {
        const QmpType *member = qmp_type_find(it.name);
        bool object = member && member->kind == QMP_OBJECT;

        if (object == JSON_NODE_HOLDS_OBJECT(value) &&
            check_value(it.name, path, value, NULL)) {
            return true;
        }
        if (object && JSON_NODE_HOLDS_OBJECT(value)) {
            return check_value(it.name, path, value, error);
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
