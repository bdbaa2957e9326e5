/* SPDX-License-Identifier: MIT */
/*
 * hmp_commands.c - commands for humans, but for those that only show things.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/hmp.h"
#include "base/keyval.h"
#include "base/option.h"
#include "hw/device.h"
#include "hw/net/net.h"
#include "monitor/qmp_device.h"
#include "monitor/user_object.h"
#include <string.h>

/* ---- help --------------------------------------------------------------- */

static void help_line(GString *out, const char *prefix, const HmpCommand *h)
{
    g_string_append_printf(out, "%s%s%s%s%s%s -- %s\n", prefix, h->name,
                           h->alias ? "|" : "", h->alias ? h->alias : "",
                           h->args ? " " : "", h->args ? h->args : "",
                           h->help);
}

static void help_table(GString *out, const char *prefix, const HmpCommand *h,
                       const char *name)
{
    for (; h->name; h++) {
        if (!*name || !strcmp(h->name, name) ||
            (h->alias && !strcmp(h->alias, name))) {
            help_line(out, prefix, h);
        }
    }
}

static void GS_FN run_help(HmpContext *c, const char *args)
{
    if (g_str_has_prefix(args, "info")) {
        args += strlen("info");
        args += strspn(args, " ");
        help_table(c->out, "info ", hmp_info_commands, args);
    } else {
        help_table(c->out, "", hmp_commands, args);
    }
}

static void GS_FN run_info(HmpContext *c, const char *args)
{
    help_table(c->out, "info ", hmp_info_commands, "");
}

/* ---- the same as in QMP ------------------------------------------------- */

static JsonObject *one_arg(const char *name, const char *value)
{
    JsonObject *args = json_object_new();

    json_object_set_string_member(args, name, value);
    return args;
}

static void GS_FN run_quit(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "quit", NULL);
}

static void GS_FN run_stop(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "stop", NULL);
}

static void GS_FN run_cont(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "cont", NULL);
}

static void GS_FN run_reset(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "system_reset", NULL);
}

static void GS_FN run_powerdown(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "system_powerdown", NULL);
}

static void GS_FN run_device_del(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "device_del", one_arg("id", args));
}

static void GS_FN run_netdev_del(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "netdev_del", one_arg("id", args));
}

static void GS_FN run_object_del(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "object-del", one_arg("id", args));
}

static void GS_FN run_chardev_remove(HmpContext *c, const char *args)
{
    hmp_qmp_do(c, "chardev-remove", one_arg("id", args));
}

/* ---- options as on the command line ------------------------------------- */

/* QMP wants numbers and truth values, where a line has but text: these are
 * the functions that the command line uses. */
static void GS_FN finish_add(HmpContext *c, JsonObject *options,
                             GError *error)
{
    if (error) {
        hmp_error(c, error->message);
        g_error_free(error);
    }
    if (options) {
        json_object_unref(options);
    }
}

static bool asks(const char *text)
{
    return !strcmp(text, "help") || !strcmp(text, "?");
}

/* What "help" or "DRIVER,help" is answered with; NULL: it does not ask. */
static char *GS_FN device_answer(const char *args)
{
    const char *comma = strchr(args, ',');
    g_autofree char *name = comma ? g_strndup(args, comma - args) : NULL;

    return asks(args) ? device_help()
           : comma && asks(comma + 1) ? device_class_help(name)
                                      : NULL;
}

static void GS_FN run_device_add(HmpContext *c, const char *args)
{
    size_t n = strlen(args);
    bool quoted = n >= 2 && args[0] == '"' && args[n - 1] == '"';
    g_autofree char *text = quoted ? g_strndup(args + 1, n - 2)
                                   : g_strdup(args);
    g_autofree char *answer = device_answer(text);
    GError *error = NULL;
    JsonObject *o;

    if (answer) {
        g_string_append(c->out, answer);
        return;
    }
    o = option_parse(text, "driver", NULL, &error);
    if (o) {
        monitor_device_add(o, &error);
    }
    finish_add(c, o, error);
}

static void GS_FN run_netdev_add(HmpContext *c, const char *args)
{
    GError *error = NULL;
    JsonObject *o = netdev_parse(args, &error);

    if (o) {
        netdev_new(o, &error);
    }
    finish_add(c, o, error);
}

static void GS_FN run_object_add(HmpContext *c, const char *args)
{
    GError *error = NULL;
    JsonObject *o = option_parse(args, "qom-type", NULL, &error);

    if (o) {
        user_object_add(o, &error);
    }
    finish_add(c, o, error);
}

/* ---- two words ---------------------------------------------------------- */

/* The last word, cut off; NULL: there is one at most. */
static char *take_last_word(char *text)
{
    char *blank = strrchr(text, ' ');

    if (!blank) {
        return NULL;
    }
    *blank = '\0';
    g_strchomp(text);
    return blank + 1;
}

static void GS_FN run_set_link(HmpContext *c, const char *args)
{
    g_autofree char *name = g_strdup(args);
    const char *state = take_last_word(name);
    bool on = state && !strcmp(state, "on");
    JsonObject *o;

    if (!on && (!state || strcmp(state, "off"))) {
        hmp_error(c, "expected: set_link NAME on|off");
        return;
    }
    o = one_arg("name", name);
    json_object_set_boolean_member(o, "up", on);
    hmp_qmp_do(c, "set_link", o);
}

static void GS_FN run_block_resize(HmpContext *c, const char *args)
{
    g_autofree char *name = g_strdup(args);
    const char *text = take_last_word(name);
    uint64_t size;
    JsonObject *o;

    if (!text || !keyval_parse_size(text, &size) || size > INT64_MAX) {
        hmp_error(c, "expected: block_resize DEVICE SIZE");
        return;
    }
    o = one_arg("device", name);
    json_object_set_int_member(o, "size", size);
    hmp_qmp_do(c, "block_resize", o);
}

/* ADDRESS SIZE FILE */
static void GS_FN save(HmpContext *c, const char *command, const char *args)
{
    uint64_t address, size;
    JsonObject *o;

    if (!hmp_expression(c, &args, &address) ||
        !hmp_expression(c, &args, &size)) {
        return;
    }
    if (!*args || size > INT64_MAX) {
        hmp_error(c, "expected: ADDRESS SIZE FILE");
        return;
    }
    o = one_arg("filename", args);
    json_object_set_int_member(o, "val", address);
    json_object_set_int_member(o, "size", size);
    if (!strcmp(command, "memsave")) {
        json_object_set_int_member(o, "cpu-index", c->cpu);
    }
    hmp_qmp_do(c, command, o);
}

static void GS_FN run_memsave(HmpContext *c, const char *args)
{
    save(c, "memsave", args);
}

static void GS_FN run_pmemsave(HmpContext *c, const char *args)
{
    save(c, "pmemsave", args);
}

const HmpCommand hmp_commands[] = {
    { "help", "?", "[command]", "what commands there are", run_help },
    { "info", NULL, "[subject]", "show something; alone: what there is",
      run_info },
    { "quit", "q", NULL, "end the program", run_quit },
    { "stop", "s", NULL, "stop the machine", run_stop },
    { "cont", "c", NULL, "let the machine run on", run_cont },
    { "system_reset", NULL, NULL, "reset the machine", run_reset },
    { "system_powerdown", NULL, NULL, "press the power button",
      run_powerdown },
    { "x", NULL, "/format address", "show memory of the CPU",
      hmp_dump_virtual },
    { "xp", NULL, "/format address", "show physical memory",
      hmp_dump_physical },
    { "print", "p", "[/format] expression", "show a number", hmp_print },
    { "memsave", NULL, "address size file",
      "write memory of the CPU into a file", run_memsave },
    { "pmemsave", NULL, "address size file",
      "write physical memory into a file", run_pmemsave },
    { "device_add", NULL, "driver[,property=value...]", "add a device",
      run_device_add },
    { "device_del", NULL, "id", "remove a device", run_device_del },
    { "object_add", NULL, "type,id=id[,property=value...]", "add an object",
      run_object_add },
    { "object_del", NULL, "id", "remove an object", run_object_del },
    { "netdev_add", NULL, "type,id=id[,option=value...]",
      "add a network back end", run_netdev_add },
    { "netdev_del", NULL, "id", "remove a network back end", run_netdev_del },
    { "set_link", NULL, "name on|off", "plug or unplug a network cable",
      run_set_link },
    { "chardev-remove", NULL, "id", "remove a chardev", run_chardev_remove },
    { "block_resize", NULL, "device size", "change the size of a disk",
      run_block_resize },
    { NULL }
};
