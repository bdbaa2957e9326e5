/* SPDX-License-Identifier: MIT */
/*
 * qmp_qom.c - what machines and devices there are.
 *
 * Types are named as QEMU names them.  Ours are not a tree of objects, so
 * that a device's line of parents is short: "device", and for a virtio device
 * "virtio-device" in between.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/machine.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include "monitor/user_object.h"
#include <string.h>

/* ---- machines ----------------------------------------------------------- */

static JsonNode *GS_FN run_query_machines(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();

    for (const MachineClass *const *k = machine_classes(); *k; k++) {
        JsonObject *info = json_object_new();

        json_object_set_string_member(info, "name", (*k)->name);
        json_object_set_int_member(info, "cpu-max", (*k)->max_cpus);
        json_object_set_boolean_member(info, "hotpluggable-cpus", FALSE);
        json_object_set_boolean_member(info, "numa-mem-supported", FALSE);
        json_object_set_boolean_member(info, "deprecated", FALSE);
        json_object_set_boolean_member(info, "acpi", FALSE);
        if ((*k)->is_default) {
            json_object_set_boolean_member(info, "is-default", TRUE);
        }
        json_array_add_object_element(list, info);
    }
    return qmp_list(list);
}

/* ---- types -------------------------------------------------------------- */

/* As said by the bus: of a chain of at most three. */
static const char *parent_of(const char *type)
{
    const DeviceClass *k = device_class_find(type);

    if (k && k->bus && !strcmp(k->bus, "virtio-bus")) {
        return "virtio-device";
    }
    if (k && k->bus && !strcmp(k->bus, "virtio-serial-bus")) {
        return "virtio-serial-port";
    }
    if (k || !strcmp(type, "virtio-device") ||
        !strcmp(type, "virtio-serial-port")) {
        return "device";
    }
    if (g_str_has_prefix(type, "memory-backend-")) {
        return "memory-backend";
    }
    return g_str_has_suffix(type, "-machine") ? "machine" : "object";
}

static bool implements(const char *type, const char *wanted)
{
    while (wanted && strcmp(type, wanted)) {
        if (!strcmp(type, "object")) {
            return false;
        }
        type = parent_of(type);
    }
    return true;
}

static void add_type(JsonArray *list, const char *type, bool is_abstract,
                     JsonObject *args)
{
    JsonObject *info;

    if (!implements(type, json_object_get_string_member_with_default(
                              args, "implements", NULL)) ||
        (is_abstract && !json_object_get_boolean_member_with_default(
                            args, "abstract", FALSE))) {
        return;
    }
    info = json_object_new();
    json_object_set_string_member(info, "name", type);
    json_object_set_string_member(info, "parent", parent_of(type));
    if (is_abstract) {
        json_object_set_boolean_member(info, "abstract", TRUE);
    }
    json_array_add_object_element(list, info);
}

static JsonNode *GS_FN run_qom_list_types(JsonObject *args, GError **error)
{
    static const char *const abstract[] = { "device", "virtio-device",
                                            "virtio-serial-port", "machine",
                                            "memory-backend" };
    JsonArray *list = json_array_new();
    const char *object;
    size_t n;
    const DeviceClass *const *devices = device_classes(&n);

    for (size_t i = 0; i < n; i++) {
        add_type(list, devices[i]->name, false, args);
    }
    for (const MachineClass *const *k = machine_classes(); *k; k++) {
        g_autofree char *name = g_strconcat((*k)->name, "-machine", NULL);

        add_type(list, name, false, args);
    }
    for (unsigned i = 0; (object = user_object_type(i)); i++) {
        add_type(list, object, false, args);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(abstract); i++) {
        add_type(list, abstract[i], true, args);
    }
    return qmp_list(list);
}

static const QmpCommand commands[] = {
    { .name = "query-machines", .args = "*compat-props: bool",
      .returns = "[MachineInfo]", .run = run_query_machines },
    { .name = "qom-list-types", .args = "*implements: str, *abstract: bool",
      .returns = "[ObjectTypeInfo]", .run = run_qom_list_types },
    { .name = NULL }
};

static const QmpType types[] = {
    { "MachineInfo", QMP_OBJECT,
      "name: str, *is-default: bool, cpu-max: int, hotpluggable-cpus: bool, "
      "numa-mem-supported: bool, deprecated: bool, acpi: bool" },
    { "ObjectTypeInfo", QMP_OBJECT,
      "name: str, *abstract: bool, *parent: str" },
    { NULL }
};

const QmpSet qom_qmp_set = { commands, NULL, types };
