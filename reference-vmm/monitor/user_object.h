/* SPDX-License-Identifier: MIT */
/*
 * user_object.h - objects that -object, object-add and object_add make:
 * iothreads, throttle groups, memory back ends.
 *
 * A memory back end is a description, which -machine memory-backend= reads;
 * those of the command line count as used.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_USER_OBJECT_H
#define REFVMM_MONITOR_USER_OBJECT_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct UserObject {
    const char *type;
    char *id;
    JsonObject *properties; /* without qom-type and id */
    bool in_use;
} UserObject;

/* {"qom-type": ..., "id": ..., ...}; values may be strings, as on a command
 * line.  options stays the caller's. */
bool user_object_add(JsonObject *options, GError **error) GS_FN;
bool user_object_del(const char *id, GError **error) DROPS(bql) GS_FN;
/* What has been made up to now stays in use. */
void user_objects_pin(void) GS_FN;
/* At the end of the program; iothreads go with iothread_free_all(). */
void user_objects_free(void) GS_FN;

UserObject *user_object_find(const char *id) GS_FN; /* NULL: none */
UserObject *user_object_nth(unsigned i) GS_FN;      /* NULL: no more */
/* All properties, with defaults; owned by the caller. */
JsonObject *user_object_get(const UserObject *u) GS_FN;
bool user_object_set(UserObject *u, const char *name, JsonNode *value,
                     GError **error) GS_FN;
/* The i-th type there is; NULL: no more. */
const char *user_object_type(unsigned i) IO_FN;
/* {"poll-max-ns": "int", ...}: what a type has; NULL: no such type. */
JsonObject *user_object_type_properties(const char *type) GS_FN;

#endif
