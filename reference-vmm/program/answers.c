/* SPDX-License-Identifier: MIT */
/*
 * answers.c - options that ask: `-machine help`, `-device X,help`.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "base/option.h"
#include "base/trace.h"
#include "cpu/accel.h"
#include "hw/chardev/chardev.h"
#include "hw/net/net.h"
#include "monitor/user_object.h"
#include "program/options.h"
#include <string.h>

static bool asks(const char *text)
{
    return text && (!strcmp(text, "help") || !strcmp(text, "?"));
}

static bool list_asks(const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        if (asks(g_ptr_array_index(list, i))) {
            return true;
        }
    }
    return false;
}

static char *machine_help(void)
{
    const MachineClass *const *classes = machine_classes();
    GString *text = g_string_new("Supported machines are:\n");

    for (int i = 0; classes[i]; i++) {
        g_string_append_printf(text, "%-20s %s%s\n", classes[i]->name,
                               classes[i]->help,
                               classes[i]->is_default ? " (default)" : "");
    }
    return g_string_free(text, FALSE);
}

static char *accel_help(void)
{
    GString *text = g_string_new("Accelerators supported:\n");

    for (int i = 0; accel_list[i]; i++) {
        g_string_append_printf(text, "%-8s %s\n", accel_list[i]->name,
                               accel_list[i]->help);
    }
    return g_string_free(text, FALSE);
}

/* Of the first -device that asks. */
static char *device_answer(const GPtrArray *devices, GError **error)
{
    for (guint i = 0; i < devices->len; i++) {
        const char *text = g_ptr_array_index(devices, i);
        const char *comma = strchr(text, ',');

        if (asks(text)) {
            return device_help();
        }
        if (comma && asks(comma + 1)) {
            char *name = g_strndup(text, comma - text);
            char *answer = device_class_help(name);

            if (!answer) {
                g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                            "device: unknown driver '%s'; `-device help' "
                            "lists them", name);
            }
            g_free(name);
            return answer;
        }
    }
    return NULL;
}

static char *object_help(void)
{
    GString *text = g_string_new("List of user creatable objects:\n");
    const char *name;

    for (unsigned i = 0; (name = user_object_type(i)); i++) {
        g_string_append_printf(text, "  %s\n", name);
    }
    return g_string_free(text, FALSE);
}

static char *trace_help(void)
{
    char **names = trace_names();
    char *list = g_strjoinv("\n", names);
    char *text = g_strconcat(list, *list ? "\n" : "", NULL);

    g_free(list);
    g_strfreev(names);
    return text;
}

char *command_line_answer(const CommandLine *c, GError **error)
{
    GLOBAL_STATE_CODE();
    if (list_asks(c->machine)) {
        return machine_help();
    }
    if (asks(c->accel)) {
        return accel_help();
    }
    if (asks(c->cpu)) {
        return g_strdup_printf("Available CPUs:\n  rv64  %s\n  max   the "
                               "same\n", vcpu_isa_string());
    }
    if (list_asks(c->chardevs)) {
        return chardev_help();
    }
    if (list_asks(c->netdevs) || list_asks(c->nics)) {
        return netdev_help();
    }
    if (list_asks(c->objects)) {
        return object_help();
    }
    if (list_asks(c->traces) || list_asks(c->logs)) {
        return trace_help();
    }
    return device_answer(c->devices, error);
}
