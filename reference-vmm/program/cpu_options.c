/* SPDX-License-Identifier: MIT */
/*
 * cpu_options.c - -cpu model[,extension=on|off...]: there is one CPU, so that
 * an extension can be asked for when it has it, and refused when it has not.
 *
 * Thread context: the initial thread.
 */
#include "base/option.h"
#include "program/options.h"
#include <string.h>

/* As QEMU names them; capitals are those of its older versions. */
static const char *const always_on[] = {
    "i", "m", "a", "f", "d", "c", "s", "u", "g", "mmu", "pmp", "sv39",
    "zicsr", "zifencei", "zicntr", "zihpm", "zihintpause", "counters",
    "sstc", "svadu", "Zicsr", "Zifencei", "Zihintpause", "Counters", NULL
};
static const char *const always_off[] = {
    "e", "h", "v", "b", "sv48", "sv57", "sv64", "debug", "smepmp",
    "smstateen", "smaia", "ssaia", "sscofpmf", "svinval", "svnapot",
    "svpbmt", "zawrs", "zba", "zbb", "zbc", "zbs", "zbkb", "zbkc", "zbkx",
    "zdinx", "zfa", "zfh", "zfhmin", "zfinx", "zhinx", "zhinxmin", "zicbom",
    "zicbop", "zicboz", "zicond", "zk", "zkn", "zknd", "zkne",
    "zknh", "zkr", "zks", "zksed", "zksh", "zkt", "zmmul", "zve32f",
    "zve64f", "zve64d", "zvfh", "x-epmp", "x-h", "x-v", "x-aia",
    "Zfh", "Zfhmin", "Zve32f", "Zve64f", NULL
};

static bool check_extension(JsonObject *o, const char *name, GError **error)
{
    bool has = g_strv_contains(always_on, name), wanted = has;

    if (!has && !g_strv_contains(always_off, name)) {
        option_set_unknown(error, "-cpu", "extension", name, always_on);
        return false;
    }
    if (!option_bool(o, name, &wanted, error)) {
        return false;
    }
    if (wanted != has) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-cpu: extension '%s': only '%s' is possible", name,
                    has ? "on" : "off");
        return false;
    }
    return true;
}

static bool check(JsonObject *o, GError **error)
{
    static const char *const models[] = { "rv64", "max", NULL };
    const char *model = option_need(o, "-cpu", "model", error);
    GList *names = json_object_get_members(o);
    bool ok = model != NULL;

    if (ok && !g_strv_contains(models, model)) {
        option_set_unknown(error, "-cpu", "model", model, models);
        ok = false;
    }
    for (GList *l = names; l && ok; l = l->next) {
        ok = !strcmp(l->data, "model") || check_extension(o, l->data, error);
    }
    g_list_free(names);
    return ok;
}

bool cpu_option_check(const char *text, GError **error)
{
    GError *local = NULL;
    JsonObject *o = option_parse(text, "model", NULL, &local);
    bool ok = o && check(o, &local);

    if (o) {
        json_object_unref(o);
    }
    if (!ok) {
        g_propagate_prefixed_error(error, local, "%s",
                                   g_str_has_prefix(local->message, "-cpu")
                                       ? "" : "-cpu: ");
    }
    return ok;
}
