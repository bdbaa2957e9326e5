/* SPDX-License-Identifier: MIT */
/*
 * qmp_machine.c - CPUs and memory of the machine.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/machine.h"
#include "monitor/guest_memory.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"

/* ---- CPUs --------------------------------------------------------------- */

static JsonObject *cpu_info(const Vcpu *cpu)
{
    JsonObject *info = json_object_new(), *props = json_object_new();
    unsigned id = vcpu_id(cpu);
    g_autofree char *path = g_strdup_printf("/machine/soc0/harts[%u]", id);

    json_object_set_int_member(props, "core-id", id);
    json_object_set_int_member(info, "cpu-index", id);
    json_object_set_string_member(info, "qom-path", path);
    json_object_set_int_member(info, "thread-id", vcpu_thread_id(cpu));
    json_object_set_object_member(info, "props", props);
    json_object_set_string_member(info, "target", "riscv64");
    return info;
}

static JsonNode *GS_FN run_query_cpus(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();

    for (unsigned i = 0; i < vcpus_count(); i++) {
        json_array_add_object_element(list, cpu_info(vcpu_by_id(i)));
    }
    return qmp_list(list);
}

static JsonNode *GS_FN run_query_hotpluggable(JsonObject *args,
                                              GError **error)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "machine '%s' does not let CPUs be plugged",
                machine_current()->klass->name);
    return NULL;
}

static JsonNode *GS_FN run_query_current_machine(JsonObject *args,
                                                 GError **error)
{
    JsonObject *info = json_object_new();

    json_object_set_boolean_member(info, "wakeup-suspend-support", FALSE);
    return qmp_object(info);
}

/* ---- memory ------------------------------------------------------------- */

static JsonNode *GS_FN run_query_memory_size(JsonObject *args, GError **error)
{
    JsonObject *info = json_object_new();

    json_object_set_int_member(info, "base-memory",
                               (int64_t)machine_current()->config.ram_size);
    return qmp_object(info);
}

static JsonNode *GS_FN run_query_memdev(JsonObject *args, GError **error)
{
    const Machine *m = machine_current();
    JsonArray *list = json_array_new();
    JsonObject *info = json_object_new();

    json_object_set_string_member(info, "id", m->ram.name);
    json_object_set_int_member(info, "size", (int64_t)m->config.ram_size);
    json_object_set_boolean_member(info, "merge", TRUE);
    json_object_set_boolean_member(info, "dump", TRUE);
    json_object_set_boolean_member(info, "prealloc", FALSE);
    json_object_set_boolean_member(info, "share", m->config.ram_memfd);
    json_object_set_array_member(info, "host-nodes", json_array_new());
    json_object_set_string_member(info, "policy", "default");
    json_array_add_object_element(list, info);
    return qmp_list(list);
}

static JsonNode *GS_FN run_query_memory_devices(JsonObject *args,
                                                GError **error)
{
    return qmp_list(json_array_new()); /* memory is not pluggable */
}

static void save(JsonObject *args, Vcpu *cpu, GError **error)
    DROPS(bql) GS_FN;
static void save(JsonObject *args, Vcpu *cpu, GError **error)
{
    int64_t size = qmp_arg_int(args, "size", 0);
    GuestMemory memory;

    if (size < 0) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'size' is negative");
        return;
    }
    guest_memory_init(&memory, &machine_current()->as, cpu);
    guest_memory_save(&memory, (uint64_t)qmp_arg_int(args, "val", 0),
                      (uint64_t)size, qmp_arg_str(args, "filename"), error);
}

static JsonNode *GS_FN run_memsave(JsonObject *args, GError **error)
{
    int64_t index = qmp_arg_int(args, "cpu-index", 0);

    if (index < 0 || index >= vcpus_count()) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'cpu-index': there is no CPU %" G_GINT64_FORMAT,
                    index);
        return NULL;
    }
    save(args, vcpu_by_id((unsigned)index), error);
    return NULL;
}

static JsonNode *GS_FN run_pmemsave(JsonObject *args, GError **error)
{
    save(args, NULL, error);
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "query-cpus-fast", .returns = "[CpuInfoFast]",
      .run = run_query_cpus },
    { .name = "query-hotpluggable-cpus", .returns = "[HotpluggableCPU]",
      .run = run_query_hotpluggable },
    { .name = "query-current-machine", .returns = "CurrentMachineParams",
      .run = run_query_current_machine },
    { .name = "query-memory-size-summary", .returns = "MemoryInfo",
      .run = run_query_memory_size },
    { .name = "query-memdev", .returns = "[Memdev]",
      .run = run_query_memdev },
    { .name = "query-memory-devices", .returns = "[MemoryDeviceInfo]",
      .run = run_query_memory_devices },
    { .name = "memsave",
      .args = "val: int, size: int, filename: str, *cpu-index: int",
      .run = run_memsave },
    { .name = "pmemsave", .args = "val: int, size: int, filename: str",
      .run = run_pmemsave },
    { .name = NULL }
};

static const QmpType types[] = {
    { "CpuInfoFast", QMP_OBJECT,
      "cpu-index: int, qom-path: str, thread-id: int, "
      "*props: CpuInstanceProperties, target: SysEmuTarget" },
    { "CpuInstanceProperties", QMP_OBJECT,
      "*node-id: int, *socket-id: int, *core-id: int, *thread-id: int" },
    { "HotpluggableCPU", QMP_OBJECT,
      "type: str, vcpus-count: int, props: CpuInstanceProperties, "
      "*qom-path: str" },
    { "CurrentMachineParams", QMP_OBJECT, "wakeup-suspend-support: bool" },
    { "MemoryInfo", QMP_OBJECT, "base-memory: size, *plugged-memory: size" },
    { "Memdev", QMP_OBJECT,
      "*id: str, size: size, merge: bool, dump: bool, prealloc: bool, "
      "share: bool, *reserve: bool, host-nodes: [int], "
      "policy: HostMemPolicy" },
    { "HostMemPolicy", QMP_ENUM, "default, preferred, bind, interleave" },
    { "MemoryDeviceInfo", QMP_OBJECT, "type: str" },
    { NULL }
};

const QmpSet machine_qmp_set = { commands, NULL, types };
