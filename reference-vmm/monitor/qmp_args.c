/* SPDX-License-Identifier: MIT */
/*
 * qmp_args.c - see qmp_args.h.
 *
 * Thread context: any.
 */
#include "monitor/qmp_args.h"
#include "monitor/qmp.h"

#define QEMU_MAJOR 7
#define QEMU_MINOR 2

JsonNode *qmp_arg(JsonObject *args, const char *name)
{
    JsonNode *node = json_object_get_member(args, name);

    return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

const char *qmp_arg_str(JsonObject *args, const char *name)
{
    JsonNode *node = qmp_arg(args, name);

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node)
                                               : NULL;
}

JsonArray *qmp_arg_list(JsonObject *args, const char *name)
{
    JsonNode *node = qmp_arg(args, name);

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node)
                                               : NULL;
}

JsonObject *qmp_arg_object(JsonObject *args, const char *name)
{
    JsonNode *node = qmp_arg(args, name);

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
                                                : NULL;
}

bool qmp_arg_bool(JsonObject *args, const char *name, bool absent)
{
    JsonNode *node = qmp_arg(args, name);

    return node ? json_node_get_boolean(node) : absent;
}

int64_t qmp_arg_int(JsonObject *args, const char *name, int64_t absent)
{
    JsonNode *node = qmp_arg(args, name);

    return node ? json_node_get_int(node) : absent;
}

JsonNode *qmp_object(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    return node;
}

JsonNode *qmp_list(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, array);
    return node;
}

JsonNode *qmp_string(const char *text)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_node_set_string(node, valid);
    return node;
}

JsonNode *qmp_version(void)
{
    JsonObject *version = json_object_new(), *triple = json_object_new();

    json_object_set_int_member(triple, "micro", 0);
    json_object_set_int_member(triple, "minor", QEMU_MINOR);
    json_object_set_int_member(triple, "major", QEMU_MAJOR);
    json_object_set_object_member(version, "qemu", triple);
    json_object_set_string_member(version, "package", "holdfast");
    return qmp_object(version);
}

void qmp_error_not_found(GError *error)
{
    if (error) {
        error->domain = QMP_ERROR;
        error->code = QMP_ERROR_DEVICE_NOT_FOUND;
    }
}
