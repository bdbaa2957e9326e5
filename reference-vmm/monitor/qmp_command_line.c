/* SPDX-License-Identifier: MIT */
/*
 * qmp_command_line.c - query-command-line-options: for tools that look what
 * the command line can do before they write one.
 *
 * Thread context: the main loop, under the BQL; constant data.
 */
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include <string.h>

/* "name:type ..." with types s(tring), b(oolean), n(umber) and (si)z(e). */
static const struct {
    const char *option, *parameters;
} options[] = {
    { "machine", "type:s accel:s kernel:s initrd:s append:s dtb:s dumpdtb:s "
                 "firmware:s memory-backend:s pflash0:s pflash1:s" },
    { "accel", "accel:s" },
    { "m", "size:z" },
    { "memory", "size:z" },
    { "smp-opts", "cpus:n maxcpus:n sockets:n cores:n threads:n" },
    { "name", "guest:s process:s debug-threads:b" },
    { "rtc", "base:s clock:s driftfix:s" },
    { "action", "reboot:s shutdown:s panic:s watchdog:s" },
    { "global", "driver:s property:s value:s" },
    { "object", "qom-type:s id:s" },
    { "device", "driver:s id:s bus:s" },
    { "netdev", "type:s id:s" },
    { "nic", "type:s id:s model:s mac:s" },
    { "drive", "file:s if:s id:s format:s driver:s unit:n index:n "
               "readonly:b read-only:b cache:s aio:s discard:s "
               "detect-zeroes:s werror:s rerror:s snapshot:b media:s "
               "node-name:s copy-on-read:b" },
    { "chardev", "backend:s id:s path:s input-path:s host:s port:s ipv4:b "
                 "ipv6:b server:b wait:b telnet:b reconnect:n nodelay:b "
                 "mux:b signal:b size:z append:b fd:s" },
    { "mon", "chardev:s mode:s pretty:b" },
};

static const char *type_name(char letter)
{
    switch (letter) {
    case 'b':
        return "boolean";
    case 'n':
        return "number";
    case 'z':
        return "size";
    default:
        return "string";
    }
}

static JsonObject *option_info(const char *option, const char *parameters)
{
    g_auto(GStrv) words = g_strsplit(parameters, " ", -1);
    JsonObject *info = json_object_new();
    JsonArray *list = json_array_new();

    for (char **word = words; *word; word++) {
        JsonObject *parameter = json_object_new();
        char *colon = strchr(*word, ':');

        *colon = '\0';
        json_object_set_string_member(parameter, "name", *word);
        json_object_set_string_member(parameter, "type", type_name(colon[1]));
        json_array_add_object_element(list, parameter);
    }
    json_object_set_string_member(info, "option", option);
    json_object_set_array_member(info, "parameters", list);
    return info;
}

static JsonNode *GS_FN run_query_options(JsonObject *args, GError **error)
{
    const char *wanted = qmp_arg_str(args, "option");
    JsonArray *list = json_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        if (!wanted || !strcmp(wanted, options[i].option)) {
            json_array_add_object_element(
                list, option_info(options[i].option, options[i].parameters));
        }
    }
    if (wanted && !json_array_get_length(list)) {
        json_array_unref(list);
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'option': there is no option '%s'", wanted);
        return NULL;
    }
    return qmp_list(list);
}

static const QmpCommand commands[] = {
    { .name = "query-command-line-options", .args = "*option: str",
      .returns = "[CommandLineOptionInfo]", .run = run_query_options },
    { .name = NULL }
};

static const QmpType types[] = {
    { "CommandLineOptionInfo", QMP_OBJECT,
      "option: str, parameters: [CommandLineParameterInfo]" },
    { "CommandLineParameterInfo", QMP_OBJECT,
      "name: str, type: CommandLineParameterType, *help: str, "
      "*default: str" },
    { "CommandLineParameterType", QMP_ENUM, "string, boolean, number, size" },
    { NULL }
};

const QmpSet command_line_qmp_set = { commands, NULL, types };
