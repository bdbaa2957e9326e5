/* SPDX-License-Identifier: MIT */
/*
 * objects.c - -object.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "base/iothread.h"
#include "base/option.h"
#include "program/startup.h"
#include <string.h>

static const char *const types[] = { "iothread", "memory-backend-memfd",
                                     "memory-backend-ram", NULL };

static GS_FN bool add_iothread(JsonObject *o, const char *id, GError **error)
{
    static const char *const known[] = { "qom-type", "id", "poll-max-ns",
                                         "poll-grow", "poll-shrink",
                                         "aio-max-batch", NULL };

    return option_check_known(o, "-object iothread", known, error) &&
           iothread_new(id, error) != NULL;
}

/* -machine memory-backend= looks at it again. */
static bool check_memory(JsonObject *o, GError **error)
{
    static const char *const known[] = { "qom-type", "id", "size", "share",
                                         "merge", "dump", "prealloc", NULL };
    uint64_t size = 0;

    if (!option_check_known(o, "-object memory-backend", known, error) ||
        !option_size(o, "size", &size, error)) {
        return false;
    }
    if (!size) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "-object memory-backend: parameter 'size' is missing");
    }
    return size != 0;
}

static GS_FN bool add(JsonObject *o, GError **error)
{
    const char *type = option_need(o, "-object", "qom-type", error);
    const char *id = type ? option_need(o, "-object", "id", error) : NULL;

    if (!id || !option_check_id(id, error)) {
        return false;
    }
    if (!g_strv_contains(types, type)) {
        option_set_unknown(error, "-object", "type", type, types);
        return false;
    }
    return strcmp(type, "iothread") ? check_memory(o, error)
                                    : add_iothread(o, id, error);
}

bool object_option_add(const char *text, GError **error)
{
    JsonObject *o = option_parse(text, "qom-type", NULL, error);
    bool ok = o && add(o, error);

    GLOBAL_STATE_CODE();
    if (o) {
        json_object_unref(o);
    }
    return ok;
}
