/* SPDX-License-Identifier: MIT */
/*
 * qmp_dispatch.h - from a request to a response.
 *
 * Thread context: qmp_request_parse() and the functions that make responses
 * from any thread; running as the command demands.
 */
#ifndef REFVMM_MONITOR_QMP_DISPATCH_H
#define REFVMM_MONITOR_QMP_DISPATCH_H

#include "base/lock.h"
#include "monitor/qmp_schema.h"

typedef struct QmpRequest {
    JsonNode *id; /* owned; NULL: none */
    char *name;   /* of the command; owned */
    const QmpCommand *command; /* NULL: there is none of that name */
    JsonObject *args;          /* owned */
    bool oob;                  /* "exec-oob" */
} QmpRequest;

/* Takes the value over.  On failure ret->id is set if it could be read. */
bool qmp_request_parse(JsonNode *value, QmpRequest *ret, GError **error)
    IO_FN;
void qmp_request_clear(QmpRequest *r) IO_FN;

/* What a client finds first. */
JsonNode *qmp_greeting(bool offers_oob) IO_FN;
/* {"return": ..., "id": ...} or {"error": ..., "id": ...}.  The first takes
 * value over. */
JsonNode *qmp_response_return(JsonNode *value, JsonNode *id) IO_FN;
JsonNode *qmp_response_error(const GError *error, JsonNode *id) IO_FN;

/* The response; owned by the caller. */
JsonNode *qmp_dispatch(const QmpRequest *r) GS_FN;
JsonNode *qmp_dispatch_oob(const QmpRequest *r) IO_FN;

#endif
