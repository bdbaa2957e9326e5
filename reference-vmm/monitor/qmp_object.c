/* SPDX-License-Identifier: MIT */
/*
 * qmp_object.c - the tree of objects, and objects that users make.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "base/iothread.h"
#include "base/option.h"
#include "hw/property.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include "monitor/qom_tree.h"
#include "monitor/user_object.h"
#include <string.h>

/* ---- properties of objects ---------------------------------------------- */

static void add_info(JsonArray *list, const char *name, const char *type,
                     const char *description)
{
    JsonObject *info = json_object_new();

    json_object_set_string_member(info, "name", name);
    json_object_set_string_member(info, "type", type);
    if (description) {
        json_object_set_string_member(info, "description", description);
    }
    json_array_add_object_element(list, info);
}

static JsonNode *GS_FN run_qom_list(JsonObject *args, GError **error)
{
    GPtrArray *all = qom_properties(qmp_arg_str(args, "path"), error);
    JsonArray *list;

    if (!all) {
        return NULL;
    }
    list = json_array_new();
    for (guint i = 0; i < all->len; i++) {
        const QomProperty *p = all->pdata[i];

        add_info(list, p->name, p->type, NULL);
    }
    g_ptr_array_unref(all);
    return qmp_list(list);
}

static JsonNode *GS_FN run_qom_get(JsonObject *args, GError **error)
{
    const char *path = qmp_arg_str(args, "path");
    const char *name = qmp_arg_str(args, "property");
    g_autoptr(GPtrArray) all = qom_properties(path, error);

    if (!all) {
        return NULL;
    }
    for (guint i = 0; i < all->len; i++) {
        const QomProperty *p = all->pdata[i];

        if (!strcmp(p->name, name)) {
            return json_node_copy(p->value);
        }
    }
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                "there is no property '%s' of '%s'", name, path);
    return NULL;
}

static JsonNode *GS_FN run_qom_set(JsonObject *args, GError **error)
{
    qom_set(qmp_arg_str(args, "path"), qmp_arg_str(args, "property"),
            json_object_get_member(args, "value"), error);
    return NULL;
}

/* ---- properties of types ------------------------------------------------ */

static JsonArray *device_class_properties(const DeviceClass *k)
{
    const DeviceProperty *p = k->properties;
    JsonArray *list = json_array_new();

    for (; p && p->name; p++) {
        add_info(list, p->name, qom_type_of_property(p), p->help);
    }
    return list;
}

static JsonNode *GS_FN run_device_list_properties(JsonObject *args,
                                                  GError **error)
{
    const char *name = qmp_arg_str(args, "typename");
    const DeviceClass *k = device_class_find(name);

    if (!k) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                    "there is no device type '%s'", name);
        return NULL;
    }
    return qmp_list(device_class_properties(k));
}

static bool is_machine(const char *name)
{
    for (const MachineClass *const *k = machine_classes(); *k; k++) {
        g_autofree char *type = g_strconcat((*k)->name, "-machine", NULL);

        if (!strcmp(type, name)) {
            return true;
        }
    }
    return false;
}

static JsonArray *machine_class_properties(void)
{
    static const char *const names[] = { "kernel", "initrd", "append", "dtb",
                                         "dumpdtb", "firmware",
                                         "memory-backend", "pflash0",
                                         "pflash1" };
    JsonArray *list = json_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        add_info(list, names[i], "string", NULL);
    }
    return list;
}

static JsonNode *GS_FN run_qom_list_properties(JsonObject *args,
                                               GError **error)
{
    const char *name = qmp_arg_str(args, "typename");
    const DeviceClass *k = device_class_find(name);
    g_autoptr(JsonObject) object = user_object_type_properties(name);
    JsonArray *list = k ? device_class_properties(k)
                      : is_machine(name) ? machine_class_properties()
                      : object ? json_array_new() : NULL;

    if (!list) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                    "there is no type '%s'", name);
        return NULL;
    }
    add_info(list, "type", "string", NULL);
    if (object) {
        g_autoptr(GList) names = json_object_get_members(object);

        for (GList *l = names; l; l = l->next) {
            add_info(list, l->data,
                     json_object_get_string_member(object, l->data), NULL);
        }
    }
    return qmp_list(list);
}

/* ---- objects ------------------------------------------------------------ */

static JsonNode *GS_FN run_object_add(JsonObject *args, GError **error)
{
    user_object_add(args, error);
    return NULL;
}

static JsonNode *GS_FN run_object_del(JsonObject *args, GError **error)
{
    user_object_del(qmp_arg_str(args, "id"), error);
    return NULL;
}

static int64_t setting(JsonObject *properties, const char *name)
{
    return properties ? qmp_arg_int(properties, name, 0) : 0;
}

static void add_iothread(IOThread *t, void *opaque)
{
    JsonObject *info = json_object_new();
    const UserObject *u;
    g_autoptr(JsonObject) properties = NULL;
    static const char *const names[] = { "poll-max-ns", "poll-grow",
                                         "poll-shrink", "aio-max-batch" };

    GLOBAL_STATE_CODE();
    u = user_object_find(iothread_id(t));
    properties = u ? user_object_get(u) : NULL;
    json_object_set_string_member(info, "id", iothread_id(t));
    json_object_set_int_member(info, "thread-id", iothread_tid(t));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        json_object_set_int_member(info, names[i],
                                   setting(properties, names[i]));
    }
    json_array_add_object_element(opaque, info);
}

static JsonNode *GS_FN run_query_iothreads(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();

    iothread_foreach(add_iothread, list);
    return qmp_list(list);
}

static const QmpCommand commands[] = {
    { .name = "qom-list", .args = "path: str",
      .returns = "[ObjectPropertyInfo]", .run = run_qom_list },
    { .name = "qom-get", .args = "path: str, property: str",
      .returns = "any", .run = run_qom_get },
    { .name = "qom-set", .args = "path: str, property: str, value: any",
      .run = run_qom_set },
    { .name = "device-list-properties", .args = "typename: str",
      .returns = "[ObjectPropertyInfo]", .run = run_device_list_properties },
    { .name = "qom-list-properties", .args = "typename: str",
      .returns = "[ObjectPropertyInfo]", .run = run_qom_list_properties },
    { .name = "object-add",
      .args = "qom-type: ObjectType, id: str; qom-type: "
              "iothread=IothreadProperties, "
              "throttle-group=ThrottleGroupProperties, "
              "memory-backend-ram=MemoryBackendProperties, "
              "memory-backend-memfd=MemoryBackendProperties, "
              "rng-random=RngRandomProperties, rng-builtin=RngProperties",
      .run = run_object_add },
    { .name = "object-del", .args = "id: str", .run = run_object_del },
    { .name = "query-iothreads", .returns = "[IOThreadInfo]",
      .run = run_query_iothreads },
    { .name = NULL }
};

#define LIMIT(name) \
    "*" name ": int, *" name "-max: int, *" name "-max-length: int, "

static const QmpType types[] = {
    { "ObjectPropertyInfo", QMP_OBJECT,
      "name: str, type: str, *description: str, *default-value: any" },
    { "ObjectType", QMP_ENUM,
      "iothread, throttle-group, memory-backend-ram, memory-backend-memfd, "
      "rng-random, rng-builtin" },
    { "RngRandomProperties", QMP_OBJECT, "*filename: str" },
    { "RngProperties", QMP_OBJECT, "" },
    { "IothreadProperties", QMP_OBJECT,
      "*poll-max-ns: int, *poll-grow: int, *poll-shrink: int, "
      "*aio-max-batch: int, *thread-pool-min: int, *thread-pool-max: int" },
    { "ThrottleGroupProperties", QMP_OBJECT, "*limits: ThrottleLimits, ..." },
    { "ThrottleLimits", QMP_OBJECT,
      LIMIT("iops-total") LIMIT("iops-read") LIMIT("iops-write")
      LIMIT("bps-total") LIMIT("bps-read") LIMIT("bps-write")
      "*iops-size: int" },
    { "MemoryBackendProperties", QMP_OBJECT,
      "size: size, *share: bool, *merge: bool, *dump: bool, "
      "*prealloc: bool" },
    { "IOThreadInfo", QMP_OBJECT,
      "id: str, thread-id: int, poll-max-ns: int, poll-grow: int, "
      "poll-shrink: int, aio-max-batch: int" },
    { NULL }
};

const QmpSet object_qmp_set = { commands, NULL, types };
