/* SPDX-License-Identifier: MIT */
/*
 * qmp_schema.h - what commands and events look like, in a line of text each;
 * the same text checks arguments and is shown by query-qmp-schema.
 *
 * Members: "name: type, *optional: type, ...".  A final "..." lets other
 * members through, which the command checks itself.  Types are
 *   str int number size bool any null   built in
 *   [T]                                 a list
 *   NAME                                of a QmpType
 * An enum's members are its values, "a, b, c".
 *
 * What else an object has may depend on one of its members, an enum, the tag:
 *   "driver: BlockdevDriver; driver: raw=OptionsRaw, qcow2=OptionsQcow2"
 * says that with the driver "raw" it has the members of OptionsRaw as well.
 *
 * Thread context: tables are constant; all functions from any thread.
 */
#ifndef REFVMM_MONITOR_QMP_SCHEMA_H
#define REFVMM_MONITOR_QMP_SCHEMA_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef enum QmpTypeKind {
    QMP_OBJECT = 1,
    QMP_ENUM,
    QMP_ALTERNATE, /* members: "str, Object": told apart by their JSON type */
} QmpTypeKind;

typedef struct QmpType {
    const char *name; /* NULL: the end of a table */
    QmpTypeKind kind;
    const char *members;
} QmpType;

typedef struct QmpCommand {
    const char *name;    /* NULL: the end of a table */
    const char *args;    /* members; NULL: none */
    const char *returns; /* a type; NULL: an empty object */
    /* The result, owned by the caller; NULL with an error, or for an empty
     * object.  args is never NULL. */
    JsonNode *(*run)(JsonObject *args, GError **error) SLOT(GS_FN);
    /* For commands that may run out of band: in the monitor's thread, without
     * the BQL and without waiting for anybody; instead of run. */
    JsonNode *(*run_oob)(JsonObject *args, GError **error) SLOT(IO_FN);
} QmpCommand;

typedef struct QmpEvent {
    const char *name; /* NULL: the end of a table */
    const char *data; /* members; NULL: none */
} QmpEvent;

/* One subsystem's part: `const QmpSet NAME_qmp_set` in monitor/qmp_NAME.c. */
typedef struct QmpSet {
    const QmpCommand *commands;
    const QmpEvent *events;
    const QmpType *types;
} QmpSet;

#define QMP_SET(name) extern const QmpSet name##_qmp_set;
#include "monitor/command_list.h"
#undef QMP_SET

const QmpSet *const *qmp_sets(void) IO_FN; /* NULL-terminated */
const QmpCommand *qmp_command_find(const char *name) IO_FN;
const QmpType *qmp_type_find(const char *name) IO_FN;

/* Whether the object has the members; the error names the first that is
 * missing, unexpected or of another type.  In qmp_check.c. */
bool qmp_check_members(const char *members, JsonObject *object,
                       GError **error) IO_FN;
/* Whether a result is what the command says that it returns. */
bool qmp_check_result(const QmpCommand *c, JsonNode *value, GError **error)
    IO_FN;
/* The array of query-qmp-schema; owned by the caller. */
JsonNode *qmp_schema_to_json(void) IO_FN;

#endif
