/* SPDX-License-Identifier: MIT */
/*
 * json_stream.h - cutting a stream of bytes into JSON texts.
 *
 * Clients send objects one after the other, with or without blanks between
 * them, cut anywhere.  Strings may also stand in single quotes, as QEMU's
 * clients write by hand; they come out in double quotes.  Nesting and size
 * are limited.
 *
 * Thread context: one thread at a time.
 */
#ifndef REFVMM_MONITOR_JSON_STREAM_H
#define REFVMM_MONITOR_JSON_STREAM_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

#define JSON_STREAM_MAX_SIZE (16 * 1024 * 1024)
#define JSON_STREAM_MAX_NESTING 1024

typedef struct JsonStream {
    GString *text; /* of the value under way */
    GString *stack; /* brackets that are open */
    char quote;    /* of the string under way, or 0 */
    bool escaped;
    bool skipping; /* after an error, until the end of the line */
    /* Exactly one of them; both owned by the callee. */
    void (*emit)(void *opaque, JsonNode *value, GError *error);
    void *opaque;
} JsonStream;

void json_stream_init(JsonStream *s,
                      void (*emit)(void *opaque, JsonNode *value,
                                   GError *error),
                      void *opaque) IO_FN;
void json_stream_clear(JsonStream *s) IO_FN;
void json_stream_feed(JsonStream *s, const char *data, size_t len) IO_FN;

#endif
