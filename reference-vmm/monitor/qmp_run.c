/* SPDX-License-Identifier: MIT */
/*
 * qmp_run.c - whether the machine runs, and what it is called.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "block/block_backend.h"
#include "hw/machine.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"

static char *machine_name GUARDED_BY(bql);
static char *machine_uuid GUARDED_BY(bql);

void monitor_set_identity(const char *name, const char *uuid)
{
    GLOBAL_STATE_CODE();
    g_free(machine_name);
    g_free(machine_uuid);
    machine_name = g_strdup(name);
    machine_uuid = g_strdup(uuid);
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
    return qmp_object(status);
}

static JsonNode *GS_FN run_quit(JsonObject *args, GError **error)
{
    machine_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT, 0);
    return NULL;
}

static JsonNode *GS_FN run_stop(JsonObject *args, GError **error)
{
    Machine *m = machine_current();

    /* A state that it has stopped in for a reason stays. */
    if (m->run_state == RUN_STATE_RUNNING) {
        vm_stop(m, RUN_STATE_PAUSED);
    }
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
        return NULL;
    }
    if (m->run_state == RUN_STATE_INMIGRATE) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "the machine waits for its state to come in");
        return NULL;
    }
    for (BlockBackend *blk = NULL; (blk = blk_next(blk));) {
        blk_iostatus_reset(blk);
    }
    vm_start(m);
    return NULL;
}

static JsonNode *GS_FN run_system_reset(JsonObject *args, GError **error)
{
    machine_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return NULL;
}

/* The board has no power button: whoever listens sees the event. */
static JsonNode *GS_FN run_system_powerdown(JsonObject *args, GError **error)
{
    qmp_event("POWERDOWN", NULL);
    return NULL;
}

static JsonNode *GS_FN run_system_wakeup(JsonObject *args, GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "this machine cannot be suspended, nor woken up");
    return NULL;
}

/* ---- identity ----------------------------------------------------------- */

static JsonNode *GS_FN run_query_name(JsonObject *args, GError **error)
{
    JsonObject *info = json_object_new();

    if (machine_name) {
        json_object_set_string_member(info, "name", machine_name);
    }
    return qmp_object(info);
}

static JsonNode *GS_FN run_query_uuid(JsonObject *args, GError **error)
{
    JsonObject *info = json_object_new();

    json_object_set_string_member(
        info, "UUID", machine_uuid ? machine_uuid
                                   : "00000000-0000-0000-0000-000000000000");
    return qmp_object(info);
}

static JsonNode *GS_FN run_query_kvm(JsonObject *args, GError **error)
{
    JsonObject *info = json_object_new();

    json_object_set_boolean_member(info, "enabled", FALSE);
    json_object_set_boolean_member(info, "present", FALSE);
    return qmp_object(info);
}

static JsonNode *GS_FN run_query_target(JsonObject *args, GError **error)
{
    JsonObject *info = json_object_new();

    json_object_set_string_member(info, "arch", "riscv64");
    return qmp_object(info);
}

/* Nothing migrates, and no job runs: see the README for what there is. */
static JsonNode *GS_FN run_query_migrate(JsonObject *args, GError **error)
{
    return NULL;
}

static JsonNode *GS_FN run_query_no_jobs(JsonObject *args, GError **error)
{
    return qmp_list(json_array_new());
}

static const QmpCommand commands[] = {
    { .name = "query-status", .returns = "StatusInfo",
      .run = run_query_status },
    { .name = "quit", .run = run_quit },
    { .name = "stop", .run = run_stop },
    { .name = "cont", .run = run_cont },
    { .name = "system_reset", .run = run_system_reset },
    { .name = "system_powerdown", .run = run_system_powerdown },
    { .name = "system_wakeup", .run = run_system_wakeup },
    { .name = "query-name", .returns = "NameInfo", .run = run_query_name },
    { .name = "query-uuid", .returns = "UuidInfo", .run = run_query_uuid },
    { .name = "query-kvm", .returns = "KvmInfo", .run = run_query_kvm },
    { .name = "query-target", .returns = "TargetInfo",
      .run = run_query_target },
    { .name = "query-migrate", .returns = "MigrationInfo",
      .run = run_query_migrate },
    { .name = "query-jobs", .returns = "[JobInfo]",
      .run = run_query_no_jobs },
    { .name = "query-block-jobs", .returns = "[BlockJobInfo]",
      .run = run_query_no_jobs },
    { .name = NULL }
};

static const QmpEvent events[] = {
    { .name = "STOP" },
    { .name = "RESUME" },
    { .name = "POWERDOWN" },
    { .name = "RESET", .data = "guest: bool, reason: ShutdownCause" },
    { .name = "SHUTDOWN", .data = "guest: bool, reason: ShutdownCause" },
    { .name = NULL }
};

static const QmpType types[] = {
    { "StatusInfo", QMP_OBJECT,
      "running: bool, singlestep: bool, status: RunState" },
    { "RunState", QMP_ENUM,
      "prelaunch, paused, running, io-error, finish-migrate, postmigrate, "
      "inmigrate, shutdown, internal-error" },
    { "ShutdownCause", QMP_ENUM,
      "none, host-qmp-quit, host-qmp-system-reset, host-signal, "
      "guest-shutdown, guest-reset, guest-panic" },
    { "NameInfo", QMP_OBJECT, "*name: str" },
    { "UuidInfo", QMP_OBJECT, "UUID: str" },
    { "KvmInfo", QMP_OBJECT, "enabled: bool, present: bool" },
    { "TargetInfo", QMP_OBJECT, "arch: SysEmuTarget" },
    { "SysEmuTarget", QMP_ENUM, "riscv64" },
    { "MigrationInfo", QMP_OBJECT, "*status: MigrationStatus" },
    { "MigrationStatus", QMP_ENUM, "none" },
    { "JobInfo", QMP_OBJECT, "id: str, type: str, status: str" },
    { "BlockJobInfo", QMP_OBJECT, "device: str, type: str" },
    { NULL }
};

const QmpSet run_qmp_set = { commands, events, types };
