/* SPDX-License-Identifier: MIT */
/*
 * property.c - see property.h.
 *
 * Thread context: under the BQL.
 */
#include "hw/property.h"
#include "base/iothread.h"
#include "hw/chardev/chardev.h"
#include "hw/drive.h"
#include "hw/net/net.h"
#include "base/option.h"
#include <stdio.h>
#include <string.h>

const char *property_type_name(DevicePropertyType type)
{
    static const char *const names[] = {
        [PROPERTY_BOOL] = "bool",
        [PROPERTY_UINT16] = "uint16",
        [PROPERTY_UINT32] = "uint32",
        [PROPERTY_UINT64] = "uint64",
        [PROPERTY_SIZE] = "size",
        [PROPERTY_STRING] = "str",
        [PROPERTY_ENUM] = "enum",
        [PROPERTY_MAC] = "mac address",
        [PROPERTY_DRIVE] = "node name or id of a drive",
        [PROPERTY_CHARDEV] = "id of a chardev",
        [PROPERTY_NETDEV] = "id of a netdev",
        [PROPERTY_IOTHREAD] = "id of an iothread",
    };

    return names[type];
}

const DeviceProperty *property_find(const DeviceClass *klass,
                                    const char *name)
{
    const DeviceProperty *p = klass->properties;

    for (; p && p->name; p++) {
        if (!strcmp(p->name, name)) {
            return p;
        }
    }
    return NULL;
}

const char **property_names(const DeviceClass *klass)
{
    const DeviceProperty *p = klass->properties;
    GPtrArray *names = g_ptr_array_new();

    for (; p && p->name; p++) {
        g_ptr_array_add(names, (gpointer)p->name);
    }
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static inline void *field_of(DeviceState *dev, const DeviceProperty *p)
{
    return (char *)dev + p->offset;
}

static uint64_t type_maximum(DevicePropertyType type)
{
    return type == PROPERTY_UINT16 ? UINT16_MAX
           : type == PROPERTY_UINT32 ? UINT32_MAX : UINT64_MAX;
}

static void store_number(DeviceState *dev, const DeviceProperty *p,
                         uint64_t value)
{
    void *at = field_of(dev, p);

    switch (p->type) {
    case PROPERTY_BOOL:
        *(bool *)at = value;
        break;
    case PROPERTY_UINT16:
        *(uint16_t *)at = value;
        break;
    case PROPERTY_UINT32:
        *(uint32_t *)at = value;
        break;
    case PROPERTY_UINT64:
    case PROPERTY_SIZE:
        *(uint64_t *)at = value;
        break;
    case PROPERTY_ENUM:
        *(int *)at = value;
        break;
    default:
        break;
    }
}

void property_set_default(DeviceState *dev, const DeviceProperty *p)
{
    GLOBAL_STATE_CODE();
    store_number(dev, p, p->value);
}

/* ---- set ---------------------------------------------------------------- */

static bool set_number(DeviceState *dev, const DeviceProperty *p,
                       JsonObject *o, GError **error)
{
    uint64_t minimum = p->minimum, maximum = p->maximum, value = 0;

    if (!minimum && !maximum) {
        maximum = type_maximum(p->type);
    }
    if (p->type == PROPERTY_SIZE) {
        if (!option_size(o, p->name, &value, error)) {
            return false;
        }
        if (value < minimum || value > maximum) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "parameter '%s' expects a size from %" G_GUINT64_FORMAT
                        " to %" G_GUINT64_FORMAT, p->name, minimum, maximum);
            return false;
        }
    } else if (!option_uint(o, p->name, minimum, maximum, &value, error)) {
        return false;
    }
    store_number(dev, p, value);
    return true;
}

static bool set_enum(DeviceState *dev, const DeviceProperty *p,
                     const char *text, GError **error)
{
    for (int i = 0; p->choices[i]; i++) {
        if (!strcmp(p->choices[i], text)) {
            store_number(dev, p, i);
            return true;
        }
    }
    option_set_unknown(error, p->name, "value", text, p->choices);
    return false;
}

static bool set_mac(DeviceState *dev, const DeviceProperty *p,
                    const char *text, GError **error)
{
    uint8_t *mac = field_of(dev, p);
    unsigned b[6];
    int end = -1;

    /* Seventeen characters: sscanf() would take signs and blanks. */
    if (strspn(text, "0123456789abcdefABCDEF:-") == strlen(text) &&
        strlen(text) == 17 &&
        (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
                &b[3], &b[4], &b[5], &end) == 6 ||
         sscanf(text, "%2x-%2x-%2x-%2x-%2x-%2x%n", &b[0], &b[1], &b[2],
                &b[3], &b[4], &b[5], &end) == 6) &&
        end == 17) {
        for (int i = 0; i < 6; i++) {
            mac[i] = b[i];
        }
        return true;
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "parameter '%s' expects an address like 52:54:00:12:34:56, "
                "not '%s'", p->name, text);
    return false;
}

static GS_FN bool set_reference(DeviceState *dev, const DeviceProperty *p,
                                const char *text, GError **error)
{
    void **at = field_of(dev, p);
    void *found = NULL;

    switch (p->type) {
    case PROPERTY_DRIVE:
        found = drive_get(text, error);
        if (!found) {
            return false;
        }
        break;
    case PROPERTY_CHARDEV:
        found = chardev_find(text);
        break;
    case PROPERTY_NETDEV:
        found = netdev_find(text);
        break;
    case PROPERTY_IOTHREAD:
        found = iothread_find(text);
        if (found) {
            iothread_ref(found);
        }
        break;
    default:
        break;
    }
    if (!found) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter '%s': there is no '%s' (it expects the %s)",
                    p->name, text, property_type_name(p->type));
        return false;
    }
    property_release(dev, p);
    *at = found;
    return true;
}

bool property_set(DeviceState *dev, const DeviceProperty *p, JsonNode *value,
                  GError **error)
{
    JsonObject *o = json_object_new();
    const char *text;
    bool ok = false;

    GLOBAL_STATE_CODE();
    json_object_set_member(o, p->name, json_node_copy(value));
    text = option_string(o, p->name);
    if (p->type == PROPERTY_BOOL) {
        bool flag = false;

        ok = option_bool(o, p->name, &flag, error);
        if (ok) {
            store_number(dev, p, flag);
        }
    } else if (p->type <= PROPERTY_SIZE) {
        ok = set_number(dev, p, o, error);
    } else if (!text) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter '%s' expects a string", p->name);
    } else if (p->type == PROPERTY_STRING) {
        char **at = field_of(dev, p);

        g_free(*at);
        *at = g_strdup(text);
        ok = true;
    } else if (p->type == PROPERTY_ENUM) {
        ok = set_enum(dev, p, text, error);
    } else if (p->type == PROPERTY_MAC) {
        ok = set_mac(dev, p, text, error);
    } else {
        ok = set_reference(dev, p, text, error);
    }
    json_object_unref(o);
    return ok;
}

/* ---- get ---------------------------------------------------------------- */

static uint64_t load_number(DeviceState *dev, const DeviceProperty *p)
{
    void *at = field_of(dev, p);

    switch (p->type) {
    case PROPERTY_UINT16:
        return *(uint16_t *)at;
    case PROPERTY_UINT32:
        return *(uint32_t *)at;
    default:
        return *(uint64_t *)at;
    }
}

static GS_FN char *reference_name(DeviceState *dev, const DeviceProperty *p)
{
    void *at = *(void **)field_of(dev, p);

    if (!at) {
        return g_strdup("");
    }
    switch (p->type) {
    case PROPERTY_DRIVE:
        return g_strdup(drive_name(at));
    case PROPERTY_CHARDEV:
        return g_strdup(chardev_id(at));
    case PROPERTY_NETDEV:
        return g_strdup(netdev_id(at));
    default:
        return g_strdup(iothread_id(at));
    }
}

JsonNode *property_get(DeviceState *dev, const DeviceProperty *p)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    void *at = field_of(dev, p);
    uint8_t *mac = at;
    char *text = NULL;

    GLOBAL_STATE_CODE();
    switch (p->type) {
    case PROPERTY_BOOL:
        json_node_set_boolean(node, *(bool *)at);
        return node;
    case PROPERTY_UINT16:
    case PROPERTY_UINT32:
    case PROPERTY_UINT64:
    case PROPERTY_SIZE:
        json_node_set_int(node, (int64_t)load_number(dev, p));
        return node;
    case PROPERTY_STRING:
        json_node_set_string(node, *(char **)at ? *(char **)at : "");
        return node;
    case PROPERTY_ENUM:
        json_node_set_string(node, p->choices[*(int *)at]);
        return node;
    case PROPERTY_MAC:
        text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
                               mac[1], mac[2], mac[3], mac[4], mac[5]);
        break;
    default:
        text = reference_name(dev, p);
        break;
    }
    json_node_set_string(node, text);
    g_free(text);
    return node;
}

void property_release(DeviceState *dev, const DeviceProperty *p)
{
    void **at = field_of(dev, p);

    GLOBAL_STATE_CODE();
    switch (p->type) {
    case PROPERTY_STRING:
        g_free(*at);
        break;
    case PROPERTY_DRIVE:
        blk_unref(*at);
        break;
    case PROPERTY_IOTHREAD:
        if (*at) {
            iothread_unref(*at);
        }
        break;
    case PROPERTY_CHARDEV:
    case PROPERTY_NETDEV:
        break;
    default:
        return;
    }
    *at = NULL;
}
