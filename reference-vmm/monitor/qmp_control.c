/* SPDX-License-Identifier: MIT */
/*
 * qmp_control.c - commands about the protocol itself, and about whether the
 * machine runs.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/machine.h"
#include "monitor/qmp.h"
#include "monitor/qmp_schema.h"
#include "monitor/qmp_session.h"
#include <string.h>

static JsonNode *object_node(JsonObject *object)
{
    return json_node_init_object(json_node_alloc(), object);
}

/* ---- the protocol ------------------------------------------------------- */

static JsonNode *GS_FN run_capabilities(JsonObject *args, GError **error)
{
    JsonArray *enable = json_object_has_member(args, "enable")
                            ? json_object_get_array_member(args, "enable")
                            : NULL;
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
    JsonObject *version = json_object_new(), *triple = json_object_new();

    json_object_set_int_member(triple, "micro", 0);
    json_object_set_int_member(triple, "minor", 2);
    json_object_set_int_member(triple, "major", 7);
    json_object_set_object_member(version, "qemu", triple);
    json_object_set_string_member(version, "package", "holdfast");
    return object_node(version);
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
    return json_node_init_array(json_node_alloc(), list);
}

static JsonNode *GS_FN run_query_schema(JsonObject *args, GError **error)
{
    return qmp_schema_to_json();
}

/* ---- run state ---------------------------------------------------------- */

static JsonNode *GS_FN run_query_status(JsonObject *args, GError **error)
{
    RunState state = machine_current()->run_state;
    JsonObject *status = json_object_new();

    json_object_set_boolean_member(status, "running",
                                   state == RUN_STATE_RUNNING);
    json_object_set_boolean_member(status, "singlestep", FALSE);
    json_object_set_string_member(status, "status", run_state_name(state));
    return object_node(status);
}

static JsonNode *GS_FN run_quit(JsonObject *args, GError **error)
{
    machine_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT, 0);
    return NULL;
}

static JsonNode *GS_FN run_stop(JsonObject *args, GError **error)
{
    vm_stop(machine_current(), RUN_STATE_PAUSED);
    return NULL;
}

static JsonNode *GS_FN run_cont(JsonObject *args, GError **error)
{
    Machine *m = machine_current();

    if (m->run_state == RUN_STATE_SHUTDOWN ||
        m->run_state == RUN_STATE_INTERNAL_ERROR) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "the machine is in state '%s'; reset it first",
                    run_state_name(m->run_state));
    } else if (m->run_state == RUN_STATE_INMIGRATE) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "the machine waits for its state to come in");
    } else {
        vm_start(m);
    }
    return NULL;
}

static JsonNode *GS_FN run_system_reset(JsonObject *args, GError **error)
{
    machine_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "qmp_capabilities", .args = "*enable: [QMPCapability]",
      .run = run_capabilities },
    { .name = "query-version", .returns = "VersionInfo",
      .run = run_query_version },
    { .name = "query-commands", .returns = "[CommandInfo]",
      .run = run_query_commands },
    { .name = "query-qmp-schema", .returns = "[any]",
      .run = run_query_schema },
    { .name = "query-status", .returns = "StatusInfo",
      .run = run_query_status },
    { .name = "quit", .run = run_quit },
    { .name = "stop", .run = run_stop },
    { .name = "cont", .run = run_cont },
    { .name = "system_reset", .run = run_system_reset },
    { .name = NULL }
};

static const QmpEvent events[] = {
    { .name = "STOP" },
    { .name = "RESUME" },
    { .name = "RESET", .data = "guest: bool, reason: ShutdownCause" },
    { .name = "SHUTDOWN", .data = "guest: bool, reason: ShutdownCause" },
    { .name = NULL }
};

static const QmpType types[] = {
    { "QMPCapability", QMP_ENUM, "oob" },
    { "VersionTriple", QMP_OBJECT, "major: int, minor: int, micro: int" },
    { "VersionInfo", QMP_OBJECT, "qemu: VersionTriple, package: str" },
    { "CommandInfo", QMP_OBJECT, "name: str" },
    { "StatusInfo", QMP_OBJECT,
      "running: bool, singlestep: bool, status: RunState" },
    { "RunState", QMP_ENUM,
      "prelaunch, paused, running, io-error, finish-migrate, postmigrate, "
      "inmigrate, shutdown, internal-error" },
    { "ShutdownCause", QMP_ENUM,
      "none, host-qmp-quit, host-qmp-system-reset, host-signal, "
      "guest-shutdown, guest-reset, guest-panic" },
    { NULL }
};

const QmpSet control_qmp_set = { commands, events, types };
