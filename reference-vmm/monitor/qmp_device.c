/* SPDX-License-Identifier: MIT */
/*
 * qmp_device.c - devices come and go while the machine runs.
 *
 * Only buses that tell the guest about it take devices then: the ports of
 * virtio-serial do, a slot of virtio-mmio does not.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/qmp_device.h"
#include "hw/machine.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include "monitor/qom_tree.h"
#include <string.h>

static bool is_hotpluggable(const DeviceClass *k)
{
    return k->bus && !strcmp(k->bus, "virtio-serial-bus");
}

static bool check_hotplug(const DeviceClass *k, const char *bus,
                          GError **error)
{
    if (is_hotpluggable(k)) {
        return true;
    }
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "%s: bus '%s' takes and gives devices only before the machine "
                "starts", k->name, bus ? bus : k->bus ? k->bus : "none");
    return false;
}

bool monitor_device_add(JsonObject *options, GError **error)
{
    Machine *m = machine_current();
    const char *driver = qmp_arg_str(options, "driver");
    const DeviceClass *k = driver ? device_class_find(driver) : NULL;

    GLOBAL_STATE_CODE();
    if (k && k->user_creatable && m->ready &&
        !check_hotplug(k, qmp_arg_str(options, "bus"), error)) {
        return false;
    }
    return device_add(m, options, error) != NULL;
}

static JsonNode *GS_FN run_device_add(JsonObject *args, GError **error)
{
    monitor_device_add(args, error);
    return NULL;
}

static void GS_FN tell_deleted(const char *id, const char *path)
{
    JsonObject *data = json_object_new();

    if (id) {
        json_object_set_string_member(data, "device", id);
    }
    json_object_set_string_member(data, "path", path);
    qmp_event("DEVICE_DELETED", data);
}

static JsonNode *GS_FN run_device_del(JsonObject *args, GError **error)
{
    const char *id = qmp_arg_str(args, "id");
    DeviceState *dev = qom_device(id);
    g_autofree char *path = NULL;
    g_autofree char *name = NULL;

    if (!dev) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                    "there is no device '%s'", id);
        return NULL;
    }
    if (!check_hotplug(dev->klass, dev->bus ? dev->bus->name : NULL, error)) {
        return NULL;
    }
    path = device_path(dev);
    name = g_strdup(dev->id);
    device_free(dev);
    tell_deleted(name, path);
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "device_add", .args = "driver: str, *bus: str, *id: str, ...",
      .run = run_device_add },
    { .name = "device_del", .args = "id: str", .run = run_device_del },
    { .name = NULL }
};

static const QmpEvent events[] = {
    { .name = "DEVICE_DELETED", .data = "*device: str, path: str" },
    { .name = "VSERPORT_CHANGE", .data = "id: str, open: bool" },
    { .name = NULL }
};

const QmpSet device_qmp_set = { commands, events, NULL };
