/* SPDX-License-Identifier: MIT */
/*
 * objects.c - -object; the objects themselves are those of object-add.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "base/option.h"
#include "monitor/user_object.h"
#include "program/startup.h"

bool object_option_add(const char *text, GError **error)
{
    JsonObject *o = option_parse(text, "qom-type", NULL, error);
    GError *local = NULL;
    bool ok;

    GLOBAL_STATE_CODE();
    if (!o) {
        return false;
    }
    ok = user_object_add(o, &local);
    if (!ok) {
        g_propagate_prefixed_error(error, local, "-object %s: ", text);
    }
    json_object_unref(o);
    return ok;
}
