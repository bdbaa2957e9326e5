/* SPDX-License-Identifier: MIT */
/*
 * qom_tree.c - see qom_tree.h.
 *
 * Nothing is kept: a path is looked up in the lists of those it names, and the
 * properties are made when somebody asks.
 *
 * Thread context: under the BQL.
 */
#include "monitor/qom_tree.h"
#include "base/option.h"
#include "hw/chardev/chardev.h"
#include "hw/property.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/user_object.h"
#include <string.h>

#define PERIPHERAL "/machine/peripheral/"
#define ANONYMOUS "/machine/peripheral-anon/"
#define UNATTACHED "/machine/unattached/"
#define OBJECTS "/objects/"
#define CHARDEVS "/chardevs/"

/* ---- lists of properties ------------------------------------------------ */

static void property_free(gpointer data)
{
    QomProperty *p = data;

    g_free(p->name);
    g_free(p->type);
    json_node_unref(p->value);
    g_free(p);
}

/* Takes value over. */
static void add(GPtrArray *list, const char *name, const char *type,
                JsonNode *value)
{
    QomProperty *p = g_new(QomProperty, 1);

    p->name = g_strdup(name);
    p->type = g_strdup(type);
    p->value = value;
    g_ptr_array_add(list, p);
}

static void add_string(GPtrArray *list, const char *name, const char *text)
{
    add(list, name, "string", qmp_string(text ? text : ""));
}

static void add_bool(GPtrArray *list, const char *name, bool value)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);

    json_node_set_boolean(node, value);
    add(list, name, "bool", node);
}

static void add_child(GPtrArray *list, const char *parent, const char *name,
                      const char *type)
{
    g_autofree char *child = g_strdup_printf("child<%s>", type);
    g_autofree char *path = g_strconcat(parent, name, NULL);

    add(list, name, child, qmp_string(path));
}

static GPtrArray *list_new(const char *type)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(property_free);

    add_string(list, "type", type);
    return list;
}

/* ---- devices ------------------------------------------------------------ */

DeviceState *qom_device(const char *path)
{
    const GPtrArray *all = machine_current()->devices;

    GLOBAL_STATE_CODE();
    if (*path != '/') {
        return device_find(machine_current(), path);
    }
    for (guint i = 0; i < all->len; i++) {
        g_autofree char *own = device_path(all->pdata[i]);

        if (!strcmp(own, path)) {
            return all->pdata[i];
        }
    }
    return NULL;
}

const char *qom_type_of_property(const DeviceProperty *p)
{
    IO_CODE();
    switch (p->type) {
    case PROPERTY_BOOL:
    case PROPERTY_UINT16:
    case PROPERTY_UINT32:
    case PROPERTY_UINT64:
    case PROPERTY_SIZE:
        return property_type_name(p->type);
    case PROPERTY_IOTHREAD:
        return "link<iothread>";
    default:
        return "str";
    }
}

static GS_FN GPtrArray *device_properties(DeviceState *dev)
{
    GPtrArray *list = list_new(dev->klass->name);
    const DeviceProperty *p = dev->klass->properties;

    add_bool(list, "realized", dev->realized);
    add_bool(list, "hotpluggable",
             dev->klass->bus && !strcmp(dev->klass->bus, "virtio-serial-bus"));
    if (dev->bus) {
        add(list, "parent_bus", "link<bus>", qmp_string(dev->bus->name));
    }
    for (; p && p->name; p++) {
        add(list, p->name, qom_type_of_property(p), property_get(dev, p));
    }
    return list;
}

/* Those whose path begins with this. */
static GS_FN GPtrArray *devices_of(const char *home)
{
    const GPtrArray *all = machine_current()->devices;
    GPtrArray *list = list_new("container");

    for (guint i = 0; i < all->len; i++) {
        DeviceState *dev = all->pdata[i];
        g_autofree char *path = device_path(dev);

        if (g_str_has_prefix(path, home)) {
            add_child(list, home, path + strlen(home), dev->klass->name);
        }
    }
    return list;
}

/* ---- the machine -------------------------------------------------------- */

static GS_FN GPtrArray *machine_properties(void)
{
    const Machine *m = machine_current();
    g_autofree char *type = g_strconcat(m->klass->name, "-machine", NULL);
    GPtrArray *list = list_new(type);

    add_string(list, "kernel", m->config.kernel);
    add_string(list, "initrd", m->config.initrd);
    add_string(list, "append", m->config.append);
    add_string(list, "dtb", m->config.dtb);
    add_string(list, "dumpdtb", m->config.dumpdtb);
    add_string(list, "firmware", m->config.firmware);
    add_string(list, "pflash0", m->config.pflash[0]);
    add_string(list, "pflash1", m->config.pflash[1]);
    add_child(list, "/machine/", "peripheral", "container");
    add_child(list, "/machine/", "peripheral-anon", "container");
    add_child(list, "/machine/", "unattached", "container");
    add_child(list, "/machine/", "soc0", "riscv.hart_array");
    return list;
}

static GS_FN GPtrArray *soc_properties(void)
{
    GPtrArray *list = list_new("riscv.hart_array");

    for (unsigned i = 0; i < vcpus_count(); i++) {
        g_autofree char *name = g_strdup_printf("harts[%u]", i);

        add_child(list, "/machine/soc0/", name, "rv64-riscv-cpu");
    }
    return list;
}

static GS_FN GPtrArray *hart_properties(const char *name)
{
    for (unsigned i = 0; i < vcpus_count(); i++) {
        g_autofree char *own = g_strdup_printf("harts[%u]", i);

        if (!strcmp(own, name)) {
            GPtrArray *list = list_new("rv64-riscv-cpu");

            add_bool(list, "realized", true);
            add_bool(list, "start-powered-off", false);
            return list;
        }
    }
    return NULL;
}

/* ---- objects and chardevs ----------------------------------------------- */

static GS_FN GPtrArray *object_list(void)
{
    GPtrArray *list = list_new("container");
    UserObject *u;

    for (unsigned i = 0; (u = user_object_nth(i)); i++) {
        add_child(list, OBJECTS, u->id, u->type);
    }
    return list;
}

static GS_FN GPtrArray *object_properties(const UserObject *u)
{
    GPtrArray *list = list_new(u->type);
    g_autoptr(JsonObject) types = user_object_type_properties(u->type);
    g_autoptr(JsonObject) values = user_object_get(u);
    g_autoptr(GList) names = json_object_get_members(values);

    for (GList *l = names; l; l = l->next) {
        add(list, l->data, json_object_get_string_member(types, l->data),
            json_object_dup_member(values, l->data));
    }
    return list;
}

static void add_chardev(Chardev *c, void *opaque)
{
    GLOBAL_STATE_CODE();
    add_child(opaque, CHARDEVS, chardev_id(c), "chardev");
}

static GS_FN GPtrArray *chardev_list(void)
{
    GPtrArray *list = list_new("container");

    chardev_foreach(add_chardev, list);
    return list;
}

static GS_FN GPtrArray *chardev_properties(const Chardev *c)
{
    GPtrArray *list = list_new("chardev");
    g_autofree char *filename = chardev_describe(c);

    add_bool(list, "connected", chardev_is_open(c));
    add(list, "addr", "str", qmp_string(filename));
    return list;
}

/* ---- paths -------------------------------------------------------------- */

static GS_FN GPtrArray *root_properties(void)
{
    g_autofree char *type = g_strconcat(machine_current()->klass->name,
                                        "-machine", NULL);
    GPtrArray *list = list_new("container");

    add_child(list, "/", "machine", type);
    add_child(list, "/", "objects", "container");
    add_child(list, "/", "chardevs", "container");
    return list;
}

/* Those that are always there. */
static GS_FN GPtrArray *fixed_properties(const char *path)
{
    if (!*path) {
        return root_properties();
    }
    if (!strcmp(path, "/machine")) {
        return machine_properties();
    }
    if (!strcmp(path, "/machine/peripheral")) {
        return devices_of(PERIPHERAL);
    }
    if (!strcmp(path, "/machine/peripheral-anon")) {
        return devices_of(ANONYMOUS);
    }
    if (!strcmp(path, "/machine/unattached")) {
        return devices_of(UNATTACHED);
    }
    if (!strcmp(path, "/machine/soc0")) {
        return soc_properties();
    }
    if (!strcmp(path, "/objects")) {
        return object_list();
    }
    return strcmp(path, "/chardevs") ? NULL : chardev_list();
}

static GS_FN UserObject *find_object(const char *path)
{
    return user_object_find(g_str_has_prefix(path, OBJECTS)
                                ? path + strlen(OBJECTS) : path);
}

/* Without slashes at the end; owned by the caller. */
static char *normalized(const char *path)
{
    char *text = g_strdup(path);

    for (size_t n = strlen(text); n && text[n - 1] == '/'; n--) {
        text[n - 1] = '\0';
    }
    return text;
}

GPtrArray *qom_properties(const char *path, GError **error)
{
    g_autofree char *at = normalized(path);
    GPtrArray *list = fixed_properties(at);
    DeviceState *dev = list ? NULL : qom_device(at);
    const UserObject *u = list ? NULL : find_object(at);
    const char *hart = "/machine/soc0/";

    GLOBAL_STATE_CODE();
    if (dev) {
        list = device_properties(dev);
    } else if (u) {
        list = object_properties(u);
    } else if (!list && g_str_has_prefix(at, hart)) {
        list = hart_properties(at + strlen(hart));
    } else if (!list && g_str_has_prefix(at, CHARDEVS)) {
        const Chardev *c = chardev_find(at + strlen(CHARDEVS));

        list = c ? chardev_properties(c) : NULL;
    }
    if (!list) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_DEVICE_NOT_FOUND,
                    "there is no object '%s'", path);
    }
    return list;
}

bool qom_set(const char *path, const char *name, JsonNode *value,
             GError **error)
{
    g_autofree char *at = normalized(path);
    DeviceState *dev = qom_device(at);
    UserObject *u = dev ? NULL : find_object(at);
    GPtrArray *others;

    GLOBAL_STATE_CODE();
    if (u) {
        return user_object_set(u, name, value, error);
    }
    if (dev && property_find(dev->klass, name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "property '%s' of device '%s' (%s) cannot be set after "
                    "it was realized", name, dev->id ? dev->id : "",
                    dev->klass->name);
        return false;
    }
    others = qom_properties(path, error);
    if (others) {
        bool found = false;

        for (guint i = 0; i < others->len; i++) {
            found |= !strcmp(((QomProperty *)others->pdata[i])->name, name);
        }
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    found ? "property '%s' of '%s' cannot be set"
                          : "there is no property '%s' of '%s'", name, path);
        g_ptr_array_unref(others);
    }
    return false;
}
