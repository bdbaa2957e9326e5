/* SPDX-License-Identifier: MIT */
/*
 * json_stream.h - cutting a stream of bytes into JSON texts.
 *
 * Clients send objects one after the other, with or without blanks between
 * them, cut anywhere.  Strings may also stand in single quotes, as QEMU's
 * clients write by hand; they come out in double quotes.  Nesting and size
 * are limited.  After nonsense it goes on at the next line, or the next
 * bracket that opens.
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

/* A value, or why there is none: exactly one of them, owned by the callee.
 * False: nothing more for now. */
typedef bool JsonStreamEmit(void *opaque, JsonNode *value, GError *error);

typedef struct JsonStream {
    GString *text;  /* of the value under way */
    GString *stack; /* brackets that are open */
    char quote;     /* of the string under way, or 0 */
    bool escaped;
    bool skipping; /* after an error */
    bool stopped;  /* emit has said so */
    JsonStreamEmit *emit;
    void *opaque;
} JsonStream;

void json_stream_init(JsonStream *s, JsonStreamEmit *emit, void *opaque)
    IO_FN;
void json_stream_clear(JsonStream *s) IO_FN;
/* How many bytes it has taken: all, unless emit returned false. */
size_t json_stream_feed(JsonStream *s, const char *data, size_t len) IO_FN;

#endif
