/* SPDX-License-Identifier: MIT */
/*
 * nic.c - see nic.h.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "program/nic.h"
#include "base/option.h"
#include "hw/net/net.h"
#include <string.h>

/* Moves a member from one object to the other. */
static void move(JsonObject *from, const char *key, JsonObject *to,
                 const char *new_key)
{
    const char *text = option_string(from, key);

    if (text) {
        json_object_set_string_member(to, new_key, text);
        json_object_remove_member(from, key);
    }
}

static GS_FN bool add_both(Machine *m, JsonObject *netdev, unsigned n,
                           GError **error)
{
    JsonObject *device = json_object_new();
    char *id = g_strdup_printf("nic%u", n);
    const char *model = option_string(netdev, "model");
    bool ok;

    json_object_set_string_member(device, "driver",
                                  !model || !strcmp(model, "virtio")
                                      ? "virtio-net-device" : model);
    json_object_remove_member(netdev, "model");
    move(netdev, "mac", device, "mac");
    if (!option_string(netdev, "id")) {
        json_object_set_string_member(netdev, "id", id);
    }
    json_object_set_string_member(device, "netdev",
                                  option_string(netdev, "id"));
    ok = netdev_new(netdev, error) && device_add(m, device, error);
    json_object_unref(device);
    g_free(id);
    return ok;
}

static GS_FN bool add(Machine *m, const char *text, unsigned n,
                      GError **error)
{
    JsonObject *o = netdev_parse(text, error);
    bool ok;

    if (!o) {
        return false;
    }
    ok = !g_strcmp0(option_string(o, "type"), "none") ||
         add_both(m, o, n, error);
    json_object_unref(o);
    return ok;
}

bool nics_add(Machine *m, const GPtrArray *nics, const GPtrArray *nets,
              GError **error)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; i < nets->len; i++) {
        if (strcmp(g_ptr_array_index(nets, i), "none")) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "-net: only 'none' is possible; use -netdev or -nic");
            return false;
        }
    }
    for (guint i = 0; i < nics->len; i++) {
        GError *local = NULL;
        const char *text = g_ptr_array_index(nics, i);

        if (!add(m, text, i, &local)) {
            g_propagate_prefixed_error(error, local, "-nic %s: ", text);
            return false;
        }
    }
    return true;
}
