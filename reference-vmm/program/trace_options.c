/* SPDX-License-Identifier: MIT */
/*
 * trace_options.c - -trace and -d.
 *
 * Thread context: the initial thread.
 */
#include "base/option.h"
#include "base/trace.h"
#include "program/startup.h"
#include <string.h>

static bool enable(const char *pattern, const char *option, GError **error)
{
    GError *local = NULL;

    if (trace_enable(pattern, &local)) {
        return true;
    }
    g_propagate_prefixed_error(error, local, "%s: ", option);
    return false;
}

static bool trace_option(const char *text, GError **error)
{
    static const char *const known[] = { "enable", NULL };
    JsonObject *o = option_parse(text, "enable", NULL, error);
    bool ok = o && option_check_known(o, "-trace", known, error);
    const char *pattern = ok ? option_need(o, "-trace", "enable", error)
                             : NULL;

    ok = pattern && enable(pattern, "-trace", error);
    if (o) {
        json_object_unref(o);
    }
    return ok;
}

static bool log_option(const char *text, GError **error)
{
    char **items = g_strsplit(text, ",", -1);
    bool ok = true;

    for (int i = 0; items[i] && ok; i++) {
        ok = g_str_has_prefix(items[i], "trace:");
        if (ok) {
            ok = enable(items[i] + strlen("trace:"), "-d", error);
        } else {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "-d: unknown item '%s'; known: trace:PATTERN",
                        items[i]);
        }
    }
    g_strfreev(items);
    return ok;
}

bool trace_options_apply(const CommandLine *c, GError **error)
{
    for (guint i = 0; i < c->traces->len; i++) {
        if (!trace_option(g_ptr_array_index(c->traces, i), error)) {
            return false;
        }
    }
    for (guint i = 0; i < c->logs->len; i++) {
        if (!log_option(g_ptr_array_index(c->logs, i), error)) {
            return false;
        }
    }
    return true;
}
