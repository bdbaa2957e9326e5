/* SPDX-License-Identifier: MIT */
/*
 * qmp_control.c - commands about the protocol itself.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/hmp.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include "monitor/qmp_session.h"

static JsonNode *GS_FN run_capabilities(JsonObject *args, GError **error)
{
    JsonArray *enable = qmp_arg_list(args, "enable");
    bool oob = enable && json_array_get_length(enable);

    if (oob && !qmp_session_offers_oob()) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "capability 'oob' is not available on this monitor");
    } else {
        qmp_negotiate(oob, error);
    }
    return NULL;
}

static JsonNode *GS_FN run_query_version(JsonObject *args, GError **error)
{
    return qmp_version();
}

static JsonNode *GS_FN run_query_commands(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();

    for (const QmpSet *const *set = qmp_sets(); *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            JsonObject *command = json_object_new();

            json_object_set_string_member(command, "name", c->name);
            json_array_add_object_element(list, command);
        }
    }
    return qmp_list(list);
}

static JsonNode *GS_FN run_query_schema(JsonObject *args, GError **error)
{
    return qmp_schema_to_json();
}

static JsonNode *GS_FN run_human(JsonObject *args, GError **error)
{
    g_autofree char *text =
        hmp_run(qmp_arg_str(args, "command-line"),
                qmp_arg_int(args, "cpu-index", 0), error);

    if (text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *crlf = g_strjoinv("\r\n", lines);

        return qmp_string(crlf);
    }
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "qmp_capabilities", .args = "*enable: [QMPCapability]",
      .run = run_capabilities },
    { .name = "query-version", .returns = "VersionInfo",
      .run = run_query_version },
    { .name = "query-commands", .returns = "[CommandInfo]",
      .run = run_query_commands },
    { .name = "query-qmp-schema", .returns = "[SchemaInfo]",
      .run = run_query_schema },
    { .name = "human-monitor-command",
      .args = "command-line: str, *cpu-index: int", .returns = "str",
      .run = run_human },
    { .name = NULL }
};

static const QmpType types[] = {
    { "QMPCapability", QMP_ENUM, "oob" },
    { "VersionTriple", QMP_OBJECT, "major: int, minor: int, micro: int" },
    { "VersionInfo", QMP_OBJECT, "qemu: VersionTriple, package: str" },
    { "CommandInfo", QMP_OBJECT, "name: str" },
    { "SchemaMetaType", QMP_ENUM,
      "builtin, enum, array, object, alternate, command, event" },
    { "SchemaInfo", QMP_OBJECT,
      "name: str, meta-type: SchemaMetaType, *features: [str]; meta-type: "
      "builtin=SchemaInfoBuiltin, enum=SchemaInfoEnum, array=SchemaInfoArray, "
      "object=SchemaInfoObject, alternate=SchemaInfoAlternate, "
      "command=SchemaInfoCommand, event=SchemaInfoEvent" },
    { "JSONType", QMP_ENUM,
      "string, number, int, boolean, null, object, array, value" },
    { "SchemaInfoBuiltin", QMP_OBJECT, "json-type: JSONType" },
    { "SchemaInfoEnum", QMP_OBJECT,
      "members: [SchemaInfoEnumMember], values: [str]" },
    { "SchemaInfoEnumMember", QMP_OBJECT, "name: str, *features: [str]" },
    { "SchemaInfoArray", QMP_OBJECT, "element-type: str" },
    { "SchemaInfoObject", QMP_OBJECT,
      "members: [SchemaInfoObjectMember], *tag: str, "
      "*variants: [SchemaInfoObjectVariant]" },
    { "SchemaInfoObjectMember", QMP_OBJECT,
      "name: str, type: str, *default: any, *features: [str]" },
    { "SchemaInfoObjectVariant", QMP_OBJECT, "case: str, type: str" },
    { "SchemaInfoAlternate", QMP_OBJECT,
      "members: [SchemaInfoAlternateMember]" },
    { "SchemaInfoAlternateMember", QMP_OBJECT, "type: str" },
    { "SchemaInfoCommand", QMP_OBJECT,
      "arg-type: str, ret-type: str, *allow-oob: bool" },
    { "SchemaInfoEvent", QMP_OBJECT, "arg-type: str" },
    { NULL }
};

const QmpSet control_qmp_set = { commands, NULL, types };
