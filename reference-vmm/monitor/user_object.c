/* SPDX-License-Identifier: MIT */
/*
 * user_object.c - see user_object.h.
 *
 * Thread context: under the BQL.
 */
#include "monitor/user_object.h"
#include "base/iothread.h"
#include "base/option.h"
#include "block/throttle_group.h"
#include "hw/virtio/rng_backend.h"
#include <string.h>

typedef struct PropertyInfo {
    const char *name; /* NULL: the end */
    const char *type; /* as QOM names it */
} PropertyInfo;

typedef struct ObjectType {
    const char *name;
    const PropertyInfo *properties;
    bool (*create)(UserObject *u, GError **error) SLOT(GS_FN);
    bool (*destroy)(UserObject *u, GError **error) SLOT(DROPS(bql) GS_FN);
} ObjectType;

static GPtrArray *objects GUARDED_BY(bql); /* UserObject* */

/* ---- types -------------------------------------------------------------- */

static GS_FN bool iothread_create(UserObject *u, GError **error)
{
    return iothread_new(u->id, error) != NULL;
}

static bool iothread_destroy(UserObject *u, GError **error)
    DROPS(bql) GS_FN;
static bool iothread_destroy(UserObject *u, GError **error)
{
    return iothread_del(u->id, error);
}

/* Limits by themselves, as "x-NAME" or "limits.NAME", or in an object
 * "limits".  Owned by the caller. */
static JsonObject *collect_limits(JsonObject *properties)
{
    JsonObject *limits = json_object_new();
    g_autoptr(GList) names = json_object_get_members(properties);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        JsonNode *value = json_object_get_member(properties, name);

        if (!strcmp(name, "limits") && JSON_NODE_HOLDS_OBJECT(value)) {
            JsonObject *o = json_node_get_object(value);
            g_autoptr(GList) inner = json_object_get_members(o);

            for (GList *i = inner; i; i = i->next) {
                json_object_set_member(limits, i->data,
                                       json_object_dup_member(o, i->data));
            }
            continue;
        }
        name += g_str_has_prefix(name, "limits.") ? strlen("limits.")
                : g_str_has_prefix(name, "x-")    ? strlen("x-") : 0;
        json_object_set_member(limits, name, json_node_copy(value));
    }
    return limits;
}

static GS_FN bool throttle_create(UserObject *u, GError **error)
{
    g_autoptr(JsonObject) limits = collect_limits(u->properties);

    return throttle_group_new(u->id, limits, error);
}

static GS_FN bool throttle_destroy(UserObject *u, GError **error)
{
    return throttle_group_del(u->id, error);
}

static GS_FN bool memory_create(UserObject *u, GError **error)
{
    uint64_t size = 0;

    if (!option_size(u->properties, "size", &size, error)) {
        return false;
    }
    if (!size) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "object '%s': parameter 'size' is missing or 0", u->id);
    }
    return size != 0;
}

static GS_FN bool memory_destroy(UserObject *u, GError **error)
{
    return true;
}

static GS_FN bool rng_create(UserObject *u, GError **error)
{
    return rng_backend_new(u->id, option_string(u->properties, "filename"),
                           error);
}

static GS_FN bool rng_destroy(UserObject *u, GError **error)
{
    return rng_backend_del(u->id, error);
}

static const PropertyInfo iothread_properties[] = {
    { "poll-max-ns", "int" }, { "poll-grow", "int" },
    { "poll-shrink", "int" }, { "aio-max-batch", "int" },
    { "thread-pool-min", "int" }, { "thread-pool-max", "int" }, { NULL }
};

static const PropertyInfo throttle_properties[] = {
    { "limits", "ThrottleLimits" }, { NULL }
};

static const PropertyInfo memory_properties[] = {
    { "size", "int" },      { "share", "bool" },   { "merge", "bool" },
    { "dump", "bool" },     { "prealloc", "bool" }, { NULL }
};

static const PropertyInfo rng_random_properties[] = {
    { "filename", "string" }, { NULL }
};

static const PropertyInfo no_properties[] = { { NULL } };

static const ObjectType types[] = {
    { "iothread", iothread_properties, iothread_create, iothread_destroy },
    { "throttle-group", throttle_properties, throttle_create,
      throttle_destroy },
    { "memory-backend-ram", memory_properties, memory_create,
      memory_destroy },
    { "memory-backend-memfd", memory_properties, memory_create,
      memory_destroy },
    { "rng-random", rng_random_properties, rng_create, rng_destroy },
    { "rng-builtin", no_properties, rng_create, rng_destroy },
};

static const ObjectType *find_type(const char *name, GError **error)
{
    const char *known[G_N_ELEMENTS(types) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        known[i] = types[i].name;
        if (!strcmp(known[i], name)) {
            return &types[i];
        }
    }
    option_set_unknown(error, "object", "type", name, known);
    return NULL;
}

const char *user_object_type(unsigned i)
{
    return i < G_N_ELEMENTS(types) ? types[i].name : NULL;
}

JsonObject *user_object_type_properties(const char *type)
{
    const ObjectType *t = find_type(type, NULL);
    JsonObject *o = t ? json_object_new() : NULL;

    GLOBAL_STATE_CODE();
    for (const PropertyInfo *p = t ? t->properties : NULL; p && p->name;
         p++) {
        json_object_set_string_member(o, p->name, p->type);
    }
    return o;
}

/* ---- making and unmaking ------------------------------------------------ */

/* A throttle group's limits are the group's business. */
static GS_FN bool check_properties(const ObjectType *t, JsonObject *options,
                                   GError **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    g_autofree char *what = g_strdup_printf("object '%s'", t->name);

    if (t->properties == throttle_properties) {
        return true;
    }
    for (const PropertyInfo *p = t->properties; p->name; p++) {
        uint64_t number;
        bool flag, ok = true;

        g_ptr_array_add(known, (gpointer)p->name);
        if (!strcmp(p->type, "bool")) {
            ok = option_bool(options, p->name, &flag, error);
        } else if (strcmp(p->name, "size") && strcmp(p->type, "string")) {
            ok = option_uint(options, p->name, 0, INT64_MAX, &number, error);
        }
        if (!ok) {
            return false;
        }
    }
    g_ptr_array_add(known, (gpointer)"qom-type");
    g_ptr_array_add(known, (gpointer)"id");
    g_ptr_array_add(known, NULL);
    return option_check_known(options, what,
                              (const char *const *)known->pdata, error);
}

static void object_free(UserObject *u)
{
    g_free(u->id);
    json_object_unref(u->properties);
    g_free(u);
}

static UserObject *object_new(const ObjectType *t, const char *id,
                              JsonObject *options)
{
    UserObject *u = g_new0(UserObject, 1);
    g_autoptr(GList) names = json_object_get_members(options);

    u->type = t->name;
    u->id = g_strdup(id);
    u->properties = json_object_new();
    for (GList *l = names; l; l = l->next) {
        if (strcmp(l->data, "qom-type") && strcmp(l->data, "id")) {
            json_object_set_member(u->properties, l->data,
                                   json_object_dup_member(options, l->data));
        }
    }
    return u;
}

bool user_object_add(JsonObject *options, GError **error)
{
    const char *type = option_need(options, "object", "qom-type", error);
    const char *id = type ? option_need(options, "object", "id", error) : NULL;
    const ObjectType *t = id ? find_type(type, error) : NULL;
    UserObject *u;

    GLOBAL_STATE_CODE();
    if (!t || !option_check_id(id, error) ||
        !check_properties(t, options, error)) {
        return false;
    }
    if (user_object_find(id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is an object '%s' already", id);
        return false;
    }
    u = object_new(t, id, options);
    if (!t->create(u, error)) {
        object_free(u);
        return false;
    }
    if (!objects) {
        objects = g_ptr_array_new();
    }
    g_ptr_array_add(objects, u);
    return true;
}

bool user_object_del(const char *id, GError **error)
{
    UserObject *u = user_object_find(id);

    GLOBAL_STATE_CODE();
    if (!u) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is no object '%s'", id);
        return false;
    }
    if (u->in_use) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "object '%s' is in use", id);
        return false;
    }
    if (!find_type(u->type, NULL)->destroy(u, error)) {
        return false;
    }
    g_ptr_array_remove(objects, u);
    object_free(u);
    return true;
}

void user_objects_pin(void)
{
    UserObject *u;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; (u = user_object_nth(i)); i++) {
        u->in_use = g_str_has_prefix(u->type, "memory-backend-");
    }
}

void user_objects_free(void)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; objects && i < objects->len; i++) {
        UserObject *u = g_ptr_array_index(objects, i);

        if (!strcmp(u->type, "throttle-group")) {
            throttle_group_del(u->id, NULL);
        }
        object_free(u);
    }
    rng_backends_free();
    g_clear_pointer(&objects, g_ptr_array_unref);
}

/* ---- looking and changing ----------------------------------------------- */

UserObject *user_object_find(const char *id)
{
    UserObject *u;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; (u = user_object_nth(i)); i++) {
        if (!strcmp(u->id, id)) {
            return u;
        }
    }
    return NULL;
}

UserObject *user_object_nth(unsigned i)
{
    GLOBAL_STATE_CODE();
    return objects && i < objects->len ? g_ptr_array_index(objects, i) : NULL;
}

/* What was given, or nothing. */
static JsonNode *value_of(const UserObject *u, const PropertyInfo *p)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    uint64_t number = 0;
    bool flag = false;

    if (!strcmp(p->type, "string")) {
        const char *text = option_string(u->properties, p->name);

        json_node_set_string(node, text ? text : "/dev/urandom");
    } else if (!strcmp(p->type, "bool")) {
        option_bool(u->properties, p->name, &flag, NULL);
        json_node_set_boolean(node, flag);
    } else {
        option_size(u->properties, p->name, &number, NULL);
        json_node_set_int(node, (int64_t)number);
    }
    return node;
}

JsonObject *user_object_get(const UserObject *u)
{
    const ObjectType *t = find_type(u->type, NULL);
    JsonObject *o = json_object_new();

    GLOBAL_STATE_CODE();
    if (t->properties == throttle_properties) {
        JsonObject *limits = throttle_group_limits(u->id);

        json_object_set_object_member(o, "limits",
                                      limits ? limits : json_object_new());
        return o;
    }
    for (const PropertyInfo *p = t->properties; p->name; p++) {
        json_object_set_member(o, p->name, value_of(u, p));
    }
    return o;
}

bool user_object_set(UserObject *u, const char *name, JsonNode *value,
                     GError **error)
{
    const ObjectType *t = find_type(u->type, NULL);
    g_autoptr(JsonObject) one = json_object_new();

    GLOBAL_STATE_CODE();
    json_object_set_member(one, name, json_node_copy(value));
    if (t->properties == throttle_properties) {
        g_autoptr(JsonObject) limits = collect_limits(one);

        return throttle_group_configure(u->id, limits, error);
    }
    if (t->properties == memory_properties ||
        t->properties == rng_random_properties) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "object '%s' cannot be changed any more", u->id);
        return false;
    }
    if (!check_properties(t, one, error)) {
        return false;
    }
    json_object_set_member(u->properties, name, json_node_copy(value));
    return true;
}
