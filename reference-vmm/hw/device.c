/* SPDX-License-Identifier: MIT */
/*
 * device.c - devices: made from classes, put on buses, taken away again.
 *
 * Thread context: under the BQL.
 */
#include "hw/device.h"
#include "base/rcu.h"
#include "base/trace.h"
#include "hw/machine.h"
#include "base/option.h"
#include "hw/property.h"
#include <string.h>

static const DeviceClass *const class_list[] = {
#define DEVICE(name) &name##_class,
#include "hw/device_list.h"
#undef DEVICE
};

const DeviceClass *const *device_classes(size_t *ret_n)
{
    IO_CODE();
    *ret_n = G_N_ELEMENTS(class_list);
    return class_list;
}

const DeviceClass *device_class_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        if (!strcmp(class_list[i]->name, name)) {
            return class_list[i];
        }
    }
    return NULL;
}

/* ---- errors ------------------------------------------------------------- */

static void set_unknown_property(const DeviceClass *klass, const char *name,
                                 GError **error)
{
    const char **known = property_names(klass);

    option_set_unknown(error, klass->name, "property", name, known);
    g_free(known);
}

static void set_unknown_class(const char *name, GError **error)
{
    GPtrArray *known = g_ptr_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        if (class_list[i]->user_creatable) {
            g_ptr_array_add(known, (gpointer)class_list[i]->name);
        }
    }
    g_ptr_array_add(known, NULL);
    option_set_unknown(error, "device", "driver", name,
                       (const char *const *)known->pdata);
    g_ptr_array_unref(known);
}

/* ---- -global ------------------------------------------------------------ */

typedef struct DeviceGlobal {
    const DeviceClass *klass;
    const DeviceProperty *property;
    char *value;
} DeviceGlobal;

static GArray *globals GUARDED_BY(bql);

static void clear_global(gpointer data)
{
    g_free(((DeviceGlobal *)data)->value);
}

void device_globals_clear(void)
{
    GLOBAL_STATE_CODE();
    g_clear_pointer(&globals, g_array_unref);
}

static bool fill_global(DeviceGlobal *g, const char *driver,
                        const char *name, const char *value, GError **error)
{
    g->klass = device_class_find(driver);
    g->property = g->klass ? property_find(g->klass, name) : NULL;
    if (!g->klass) {
        set_unknown_class(driver, error);
    } else if (!g->property) {
        set_unknown_property(g->klass, name, error);
    }
    g->value = g_strdup(value);
    return g->property != NULL;
}

/* driver=...,property=...,value=... */
static bool parse_long_global(const char *text, DeviceGlobal *g,
                              GError **error)
{
    static const char *const known[] = { "driver", "property", "value",
                                         NULL };
    JsonObject *o = option_parse(text, NULL, NULL, error);
    const char *driver = NULL, *name = NULL, *value = NULL;
    bool ok;

    if (o && option_check_known(o, "-global", known, error)) {
        driver = option_need(o, "-global", "driver", error);
        name = driver ? option_need(o, "-global", "property", error) : NULL;
        value = name ? option_need(o, "-global", "value", error) : NULL;
    }
    ok = value && fill_global(g, driver, name, value, error);
    if (o) {
        json_object_unref(o);
    }
    return ok;
}

static bool parse_global(const char *text, DeviceGlobal *g, GError **error)
{
    const char *equals = strchr(text, '=');
    const char *dot = equals ? g_strrstr_len(text, equals - text, ".") : NULL;
    char *driver, *name;
    bool ok;

    if (!dot && equals) {
        return parse_long_global(text, g, error);
    }
    if (!dot) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-global: expected driver.property=value, not '%s'",
                    text);
        return false;
    }
    driver = g_strndup(text, dot - text);
    name = g_strndup(dot + 1, equals - dot - 1);
    ok = fill_global(g, driver, name, equals + 1, error);
    g_free(driver);
    g_free(name);
    return ok;
}

bool device_add_global(const char *text, GError **error)
{
    DeviceGlobal g = { NULL };

    GLOBAL_STATE_CODE();
    if (!parse_global(text, &g, error)) {
        g_free(g.value);
        return false;
    }
    if (!globals) {
        globals = g_array_new(FALSE, FALSE, sizeof(DeviceGlobal));
        g_array_set_clear_func(globals, clear_global);
    }
    g_array_append_val(globals, g);
    return true;
}

/* Before the device's own options, which count more. */
bool device_apply_globals(DeviceState *dev, GError **error)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; globals && i < globals->len; i++) {
        DeviceGlobal *g = &g_array_index(globals, DeviceGlobal, i);
        JsonNode *node;
        bool ok;

        if (g->klass != dev->klass) {
            continue;
        }
        node = json_node_new(JSON_NODE_VALUE);
        json_node_set_string(node, g->value);
        ok = property_set(dev, g->property, node, error);
        json_node_free(node);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* ---- life cycle --------------------------------------------------------- */

DeviceState *device_new(Machine *machine, const DeviceClass *klass,
                        const char *id)
{
    DeviceState *dev = g_malloc0(klass->instance_size);
    const DeviceProperty *p = klass->properties;

    GLOBAL_STATE_CODE();
    dev->klass = klass;
    dev->id = g_strdup(id);
    dev->machine = machine;
    dev->buses = g_ptr_array_new();
    dev->mmio = g_ptr_array_new();
    dev->irqs = g_ptr_array_new();
    for (; p && p->name; p++) {
        property_set_default(dev, p);
    }
    g_ptr_array_add(machine->devices, dev);
    return dev;
}

static GS_FN void bus_free(DeviceBus *bus)
{
    GPtrArray *list = bus->parent ? bus->parent->buses : NULL;

    while (bus->devices->len) {
        device_free(g_ptr_array_index(bus->devices, bus->devices->len - 1));
    }
    if (list) {
        g_ptr_array_remove(list, bus);
    }
    g_ptr_array_unref(bus->devices);
    g_free(bus->name);
    g_free(bus);
}

/* The RCU thread: nobody can have come here by an old view any more. */
static void free_memory(void *opaque)
{
    g_free(opaque);
}

/* From here on no guest access starts; those that run end by the next grace
 * period. */
static GS_FN void unmap_all(DeviceState *dev)
{
    memory_region_transaction_begin();
    for (guint i = 0; i < dev->mmio->len; i++) {
        MemoryRegion *mr = g_ptr_array_index(dev->mmio, i);

        if (mr->container) {
            memory_region_del_subregion(mr->container, mr);
        }
    }
    memory_region_transaction_commit();
}

void device_free(DeviceState *dev)
{
    const DeviceProperty *p;

    GLOBAL_STATE_CODE();
    if (!dev) {
        return;
    }
    while (dev->buses->len) {
        bus_free(g_ptr_array_index(dev->buses, dev->buses->len - 1));
    }
    unmap_all(dev);
    if (dev->realized && dev->klass->unrealize) {
        dev->klass->unrealize(dev);
    }
    dev->realized = false;
    for (guint i = 0; i < dev->mmio->len; i++) {
        memory_region_finalize(g_ptr_array_index(dev->mmio, i));
    }
    if (dev->bus) {
        g_ptr_array_remove(dev->bus->devices, dev);
    }
    g_ptr_array_remove(dev->machine->devices, dev);
    for (p = dev->klass->properties; p && p->name; p++) {
        property_release(dev, p);
    }
    g_ptr_array_unref(dev->buses);
    g_ptr_array_unref(dev->mmio);
    g_ptr_array_unref(dev->irqs);
    g_free(dev->id);
    vm_rcu_call(free_memory, dev);
}

DeviceState *device_find(Machine *machine, const char *id)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < machine->devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(machine->devices, i);

        if (dev->id && !strcmp(dev->id, id)) {
            return dev;
        }
    }
    return NULL;
}

/* With an id or without, or of the board. */
static const char *place_of(const DeviceState *dev)
{
    return dev->id ? "peripheral"
           : dev->klass->user_creatable ? "peripheral-anon" : "unattached";
}

char *device_path(DeviceState *dev)
{
    const GPtrArray *all = dev->machine->devices;
    unsigned n = 0;

    GLOBAL_STATE_CODE();
    if (dev->id) {
        return g_strconcat("/machine/peripheral/", dev->id, NULL);
    }
    for (guint i = 0; i < all->len && all->pdata[i] != dev; i++) {
        n += !strcmp(place_of(all->pdata[i]), place_of(dev));
    }
    return g_strdup_printf("/machine/%s/device[%u]", place_of(dev), n);
}

void device_reset(DeviceState *dev)
{
    GLOBAL_STATE_CODE();
    if (dev->realized && dev->klass->reset) {
        dev->klass->reset(dev);
    }
}

/* ---- properties --------------------------------------------------------- */

bool device_set_property(DeviceState *dev, const char *name, JsonNode *value,
                         GError **error)
{
    const DeviceProperty *p = property_find(dev->klass, name);
    GError *local = NULL;

    GLOBAL_STATE_CODE();
    if (!p) {
        set_unknown_property(dev->klass, name, error);
        return false;
    }
    if (!property_set(dev, p, value, &local)) {
        g_propagate_prefixed_error(error, local, "%s: ", dev->klass->name);
        return false;
    }
    return true;
}

JsonNode *device_get_property(DeviceState *dev, const char *name,
                              GError **error)
{
    const DeviceProperty *p = property_find(dev->klass, name);

    GLOBAL_STATE_CODE();
    if (!p) {
        set_unknown_property(dev->klass, name, error);
        return NULL;
    }
    return property_get(dev, p);
}

/* ---- buses -------------------------------------------------------------- */

static GS_FN char *default_bus_name(DeviceState *parent, const char *type)
{
    unsigned n = 0;

    if (parent->id) {
        return g_strdup_printf("%s.%u", parent->id, parent->buses->len);
    }
    for (guint i = 0; i < parent->machine->devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(parent->machine->devices, i);

        for (guint j = 0; j < dev->buses->len; j++) {
            DeviceBus *bus = g_ptr_array_index(dev->buses, j);

            n += !strcmp(bus->type, type);
        }
    }
    return g_strdup_printf("%s.%u", type, n);
}

DeviceBus *device_bus_new(DeviceState *parent, const char *type,
                          const char *name, unsigned max_devices)
{
    DeviceBus *bus = g_new0(DeviceBus, 1);

    GLOBAL_STATE_CODE();
    bus->type = type;
    bus->parent = parent;
    bus->max_devices = max_devices;
    bus->devices = g_ptr_array_new();
    bus->name = name ? g_strdup(name) : default_bus_name(parent, type);
    g_ptr_array_add(parent->buses, bus);
    return bus;
}

static bool bus_has_room(const DeviceBus *bus)
{
    return !bus->max_devices || bus->devices->len < bus->max_devices;
}

/* By name, or of this type and with room; the newest first. */
static GS_FN DeviceBus *find_bus(Machine *machine, const char *name,
                                 const char *type)
{
    for (guint i = machine->devices->len; i-- > 0;) {
        DeviceState *dev = g_ptr_array_index(machine->devices, i);

        for (guint j = 0; j < dev->buses->len; j++) {
            DeviceBus *bus = g_ptr_array_index(dev->buses, j);

            if (name ? !strcmp(bus->name, name)
                     : !strcmp(bus->type, type) && bus_has_room(bus)) {
                return bus;
            }
        }
    }
    return NULL;
}

DeviceBus *device_bus_find(Machine *machine, const char *name)
{
    GLOBAL_STATE_CODE();
    return find_bus(machine, name, NULL);
}

bool device_realize(DeviceState *dev, DeviceBus *bus, GError **error)
{
    GError *local = NULL;

    GLOBAL_STATE_CODE();
    if (dev->klass->bus && !bus) {
        bus = find_bus(dev->machine, NULL, dev->klass->bus);
    }
    if (dev->klass->bus) {
        if (!bus || strcmp(bus->type, dev->klass->bus) ||
            !bus_has_room(bus)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "%s: %s%s%s%s", dev->klass->name,
                        !bus ? "no bus with room, of type " :
                        bus_has_room(bus) ? "needs another bus than '"
                                          : "no room on bus '",
                        bus ? bus->name : dev->klass->bus, bus ? "'" : "",
                        bus && bus_has_room(bus) ? " for its type" : "");
            return false;
        }
        dev->bus = bus;
        g_ptr_array_add(bus->devices, dev);
    }
    if (!dev->klass->realize(dev, &local)) {
        if (dev->bus) {
            g_ptr_array_remove(dev->bus->devices, dev);
            dev->bus = NULL;
        }
        g_propagate_prefixed_error(error, local, "%s: ", dev->klass->name);
        return false;
    }
    dev->realized = true;
    TRACE(device_realize, "%s id %s bus %s", dev->klass->name,
          dev->id ? dev->id : "-", dev->bus ? dev->bus->name : "-");
    return true;
}

/* ---- the board's devices ------------------------------------------------ */

void device_add_mmio(DeviceState *dev, MemoryRegion *mr)
{
    GLOBAL_STATE_CODE();
    g_ptr_array_add(dev->mmio, mr);
}

void device_add_irq(DeviceState *dev, VmIrq *irq)
{
    GLOBAL_STATE_CODE();
    g_ptr_array_add(dev->irqs, irq);
}

void device_map(DeviceState *dev, unsigned n, uint64_t addr)
{
    GLOBAL_STATE_CODE();
    memory_region_add_subregion(&dev->machine->system_memory, addr,
                                g_ptr_array_index(dev->mmio, n));
}

void device_connect_irq(DeviceState *dev, unsigned n, VmIrq irq)
{
    GLOBAL_STATE_CODE();
    *(VmIrq *)g_ptr_array_index(dev->irqs, n) = irq;
}

/* ---- -device and device_add --------------------------------------------- */

static GS_FN const DeviceClass *check_options(Machine *machine,
                                              JsonObject *options,
                                              GError **error)
{
    const char *name = option_string(options, "driver");
    const char *id = option_string(options, "id");
    const DeviceClass *klass;

    if (!name) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "device: parameter 'driver' is missing");
        return NULL;
    }
    klass = device_class_find(name);
    if (!klass || !klass->user_creatable) {
        set_unknown_class(name, error);
        return NULL;
    }
    if (id && !option_check_id(id, error)) {
        return NULL;
    }
    if (id && device_find(machine, id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is a device '%s' already", id);
        return NULL;
    }
    return klass;
}

static GS_FN bool set_properties(DeviceState *dev, JsonObject *options,
                                 GError **error)
{
    GList *members = json_object_get_members(options);
    bool ok = true;

    for (GList *l = members; l && ok; l = l->next) {
        if (strcmp(l->data, "driver") && strcmp(l->data, "id") &&
            strcmp(l->data, "bus")) {
            ok = device_set_property(
                dev, l->data, json_object_get_member(options, l->data),
                error);
        }
    }
    g_list_free(members);
    return ok;
}

DeviceState *device_add(Machine *machine, JsonObject *options, GError **error)
{
    const char *bus_name = option_string(options, "bus");
    const DeviceClass *klass;
    DeviceBus *bus = NULL;
    DeviceState *dev;

    GLOBAL_STATE_CODE();
    klass = check_options(machine, options, error);
    if (!klass) {
        return NULL;
    }
    if (bus_name) {
        bus = find_bus(machine, bus_name, NULL);
        if (!bus) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "%s: there is no bus '%s'", klass->name, bus_name);
            return NULL;
        }
    }
    dev = device_new(machine, klass, option_string(options, "id"));
    if (!device_apply_globals(dev, error) ||
        !set_properties(dev, options, error) ||
        !device_realize(dev, bus, error)) {
        device_free(dev);
        return NULL;
    }
    return dev;
}

/* ---- help --------------------------------------------------------------- */

char *device_help(void)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        const DeviceClass *k = class_list[i];

        if (k->user_creatable) {
            g_string_append_printf(text, "name \"%s\", bus %s: %s\n", k->name,
                                   k->bus ? k->bus : "none", k->help);
        }
    }
    return g_string_free(text, FALSE);
}

static void append_property(GString *text, const DeviceProperty *p)
{
    g_string_append_printf(text, "  %s=<", p->name);
    if (p->type == PROPERTY_ENUM) {
        char *choices = g_strjoinv("|", (char **)p->choices);

        g_string_append(text, choices);
        g_free(choices);
    } else {
        g_string_append(text, property_type_name(p->type));
    }
    g_string_append_printf(text, "> - %s", p->help ? p->help : "");
    if (p->type == PROPERTY_BOOL) {
        g_string_append_printf(text, " (default: %s)",
                               p->value ? "on" : "off");
    } else if (p->type <= PROPERTY_SIZE) {
        g_string_append_printf(text, " (default: %" G_GUINT64_FORMAT ")",
                               p->value);
    } else if (p->type == PROPERTY_ENUM) {
        g_string_append_printf(text, " (default: %s)", p->choices[p->value]);
    }
    g_string_append_c(text, '\n');
}

char *device_class_help(const char *name)
{
    const DeviceClass *k = device_class_find(name);
    const DeviceProperty *p;
    GString *text;

    IO_CODE();
    if (!k || !k->user_creatable) {
        return NULL;
    }
    text = g_string_new(NULL);
    g_string_append_printf(text, "%s options:\n  bus=<str> - the bus it sits "
                                 "on, of type %s\n  id=<str> - its name\n",
                           k->name, k->bus ? k->bus : "none");
    for (p = k->properties; p && p->name; p++) {
        append_property(text, p);
    }
    return g_string_free(text, FALSE);
}
