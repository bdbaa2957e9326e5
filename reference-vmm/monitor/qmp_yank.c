/* SPDX-License-Identifier: MIT */
/*
 * qmp_yank.c - cutting connections that have fallen silent; out of band,
 * because the main loop may be what waits for them.
 *
 * Thread context: any.
 */
#include "base/yank.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include <string.h>

/* The member that names one, besides "type". */
static const char *id_of(JsonObject *instance)
{
    const char *id = qmp_arg_str(instance, "id");

    if (!id) {
        id = qmp_arg_str(instance, "node-name");
    }
    return id ? id : "";
}

static JsonNode *IO_FN run_yank(JsonObject *args, GError **error)
{
    JsonArray *list = qmp_arg_list(args, "instances");
    guint n = json_array_get_length(list);

    /* All or none. */
    for (guint i = 0; i < n; i++) {
        JsonObject *o = json_array_get_object_element(list, i);
        const char *type = qmp_arg_str(o, "type");

        if (!yank_exists(type, id_of(o))) {
            g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                        "there is no %s '%s' to be cut", type, id_of(o));
            return NULL;
        }
    }
    for (guint i = 0; i < n; i++) {
        JsonObject *o = json_array_get_object_element(list, i);

        yank_cut(qmp_arg_str(o, "type"), id_of(o));
    }
    return NULL;
}

static JsonNode *IO_FN run_query_yank(JsonObject *args, GError **error)
{
    g_auto(GStrv) all = yank_list();
    JsonArray *list = json_array_new();

    for (char **p = all; *p; p += 2) {
        JsonObject *o = json_object_new();

        json_object_set_string_member(o, "type", p[0]);
        json_object_set_string_member(o, strcmp(p[0], "block-node")
                                             ? "id" : "node-name", p[1]);
        json_array_add_object_element(list, o);
    }
    return qmp_list(list);
}

static const QmpCommand commands[] = {
    { .name = "yank", .args = "instances: [YankInstance]",
      .run_oob = run_yank },
    { .name = "query-yank", .returns = "[YankInstance]",
      .run_oob = run_query_yank },
    { .name = NULL }
};

static const QmpType types[] = {
    { "YankInstanceType", QMP_ENUM, "block-node, chardev, migration" },
    { "YankInstance", QMP_OBJECT,
      "type: YankInstanceType; type: block-node=YankInstanceBlockNode, "
      "chardev=YankInstanceChardev" },
    { "YankInstanceBlockNode", QMP_OBJECT, "node-name: str" },
    { "YankInstanceChardev", QMP_OBJECT, "id: str" },
    { NULL }
};

const QmpSet yank_qmp_set = { commands, NULL, types };
