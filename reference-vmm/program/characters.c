/* SPDX-License-Identifier: MIT */
/*
 * characters.c - chardevs, and what serial ports and monitors are joined with.
 *
 * Without -serial, the serial port is on the terminal, if nobody else is;
 * with -nographic a human monitor shares it (C-a c).
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "base/option.h"
#include "hw/chardev/chardev.h"
#include "monitor/monitor.h"
#include "program/startup.h"
#include <stdio.h>
#include <string.h>

static GS_FN bool add_chardevs(const GPtrArray *list, GError **error)
{
    for (guint i = 0; i < list->len; i++) {
        JsonObject *o = option_parse(g_ptr_array_index(list, i), "backend",
                                     NULL, error);
        Chardev *c = o ? chardev_new(o, error) : NULL;

        if (o) {
            json_object_unref(o);
        }
        if (!c) {
            return false;
        }
    }
    return true;
}

/* ---- monitors ----------------------------------------------------------- */

static GS_FN bool add_monitor_on(const char *chardev, const char *mode,
                                 bool pretty, GError **error)
{
    JsonObject *o = json_object_new();
    bool ok;

    json_object_set_string_member(o, "chardev", chardev);
    json_object_set_string_member(o, "mode", mode);
    json_object_set_boolean_member(o, "pretty", pretty);
    ok = monitor_new(o, error);
    json_object_unref(o);
    return ok;
}

/* -monitor, -qmp: a device of their own. */
static GS_FN bool add_monitors(const GPtrArray *list, const char *mode,
                               bool pretty, GError **error)
{
    /* Numbered through, as tools that look for "compat_monitor0" expect. */
    static unsigned next_id;

    for (guint i = 0; i < list->len; i++) {
        const char *text = g_ptr_array_index(list, i);
        char *id = g_strdup_printf("compat_monitor%u", next_id++);
        bool ok = true;

        if (strcmp(text, "none")) {
            Chardev *c = chardev_new_from_string(id, text, error);

            ok = c && add_monitor_on(chardev_id(c), mode, pretty, error);
        }
        g_free(id);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static GS_FN bool add_mon(const char *text, GError **error)
{
    static const char *const known[] = { "chardev", "mode", "pretty", "id",
                                         NULL };
    JsonObject *o = option_parse(text, "chardev", NULL, error);
    bool pretty = false, ok;

    ok = o && option_check_known(o, "-mon", known, error) &&
         option_need(o, "-mon", "chardev", error) &&
         option_bool(o, "pretty", &pretty, error);
    if (ok) {
        const char *mode = option_string(o, "mode");

        ok = add_monitor_on(option_string(o, "chardev"),
                            mode ? mode : "readline", pretty, error);
    }
    if (o) {
        json_object_unref(o);
    }
    return ok;
}

/* ---- serial ports ------------------------------------------------------- */

static bool uses_stdio(const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        if (strstr(g_ptr_array_index(list, i), "stdio")) {
            return true;
        }
    }
    return false;
}

static bool stdio_is_taken(const CommandLine *c)
{
    return uses_stdio(c->chardevs) || uses_stdio(c->monitors) ||
           uses_stdio(c->qmps) || uses_stdio(c->pretty_qmps) ||
           (c->qtest && strstr(c->qtest, "stdio"));
}

static const char *default_serial(const CommandLine *c, const char *accel)
{
    if (c->no_defaults || stdio_is_taken(c) ||
        (accel && !strcmp(accel, "qtest"))) {
        return "null";
    }
    return c->nographic && !c->monitors->len && !c->mons->len ? "mon:stdio"
                                                              : "stdio";
}

static GS_FN bool add_serial(unsigned n, const char *text, GError **error)
{
    char *id;
    Chardev *c;

    if (!strcmp(text, "none")) {
        return true;
    }
    if (n >= MACHINE_SERIAL_MAX) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-serial: at most %d", MACHINE_SERIAL_MAX);
        return false;
    }
    id = g_strdup_printf("serial%u", n);
    c = chardev_new_from_string(id, text, error);
    g_free(id);
    if (!c) {
        return false;
    }
    if (g_str_has_prefix(text, "mon:")) {
        GError *why = NULL;

        /* The serial port works without one as well. */
        if (!add_monitor_on(chardev_id(c), "readline", false, &why)) {
            g_clear_error(&why);
        }
    }
    machine_set_serial(n, c);
    return true;
}

static GS_FN bool add_serials(Program *p, GError **error)
{
    const CommandLine *c = &p->options;

    if (!c->serials->len) {
        return add_serial(0, default_serial(c, c->accel), error);
    }
    for (guint i = 0; i < c->serials->len; i++) {
        if (!add_serial(i, g_ptr_array_index(c->serials, i), error)) {
            return false;
        }
    }
    return true;
}

/* Whoever started us has to find it. */
static void announce(Chardev *c, void *opaque)
{
    char *text;

    GLOBAL_STATE_CODE();
    text = chardev_describe(c);
    if (g_str_has_prefix(text, "pty:")) {
        fprintf(stderr, "char device redirected to %s (label %s)\n",
                text + strlen("pty:"), chardev_id(c));
    }
    g_free(text);
}

bool characters_add(Program *p, GError **error)
{
    const CommandLine *c = &p->options;

    GLOBAL_STATE_CODE();
    if (!add_chardevs(c->chardevs, error) ||
        !add_monitors(c->monitors, "readline", false, error) ||
        !add_monitors(c->qmps, "control", false, error) ||
        !add_monitors(c->pretty_qmps, "control", true, error)) {
        return false;
    }
    for (guint i = 0; i < c->mons->len; i++) {
        if (!add_mon(g_ptr_array_index(c->mons, i), error)) {
            return false;
        }
    }
    if (!add_serials(p, error)) {
        return false;
    }
    chardev_foreach(announce, NULL);
    return true;
}
