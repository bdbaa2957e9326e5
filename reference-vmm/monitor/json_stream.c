/* SPDX-License-Identifier: MIT */
/*
 * json_stream.c - see json_stream.h.  Only brackets and strings are looked
 * at; what is between them is json-glib's business.
 *
 * Thread context: one thread at a time.
 */
#include "monitor/json_stream.h"
#include "monitor/qmp.h"
#include <string.h>

/* A buffer that was once long is not kept for short ones. */
#define KEEP_MAX (64 * 1024)

void json_stream_init(JsonStream *s, JsonStreamEmit *emit, void *opaque)
{
    *s = (JsonStream){ .text = g_string_new(NULL),
                       .stack = g_string_new(NULL), .emit = emit,
                       .opaque = opaque };
}

void json_stream_clear(JsonStream *s)
{
    if (s->text) {
        g_string_free(s->text, TRUE);
        g_string_free(s->stack, TRUE);
        s->text = s->stack = NULL;
    }
}

static void restart(JsonStream *s)
{
    if (s->text->allocated_len > KEEP_MAX) {
        g_string_free(s->text, TRUE);
        s->text = g_string_new(NULL);
    }
    g_string_truncate(s->text, 0);
    g_string_truncate(s->stack, 0);
    s->quote = 0;
    s->escaped = false;
}

static void fail(JsonStream *s, const char *why)
{
    restart(s);
    s->skipping = true;
    s->stopped = !s->emit(s->opaque, NULL,
                          g_error_new(QMP_ERROR, QMP_ERROR_GENERIC,
                                      "JSON parse error: %s", why));
}

static void finish(JsonStream *s)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) error = NULL;
    JsonNode *root = NULL;

    if (json_parser_load_from_data(parser, s->text->str, s->text->len,
                                   &error)) {
        root = json_parser_steal_root(parser);
    }
    if (root) {
        restart(s);
        s->stopped = !s->emit(s->opaque, root, NULL);
    } else {
        fail(s, error ? error->message : "no value");
        s->skipping = false; /* the brackets matched: we know where it ends */
    }
}

static void in_string(JsonStream *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
        if (c == '\'') { /* JSON knows no such escape */
            g_string_truncate(s->text, s->text->len - 1);
        }
        g_string_append_c(s->text, c);
    } else if (c == s->quote) {
        s->quote = 0;
        g_string_append_c(s->text, '"');
    } else if (c == '"') {
        g_string_append(s->text, "\\\"");
    } else {
        s->escaped = c == '\\';
        g_string_append_c(s->text, c);
    }
}

static void open_bracket(JsonStream *s, char c)
{
    if (s->stack->len == JSON_STREAM_MAX_NESTING) {
        fail(s, "nested too deeply");
        return;
    }
    g_string_append_c(s->stack, c);
    g_string_append_c(s->text, c);
}

static void close_bracket(JsonStream *s, char c)
{
    char open = c == '}' ? '{' : '[';

    if (!s->stack->len || s->stack->str[s->stack->len - 1] != open) {
        fail(s, "brackets do not match");
        return;
    }
    g_string_append_c(s->text, c);
    g_string_truncate(s->stack, s->stack->len - 1);
    if (!s->stack->len) {
        finish(s);
    }
}

/* Bytes that cannot be: control characters, but for white space between
 * values, and what UTF-8 never has. */
static bool is_impossible(const JsonStream *s, char c)
{
    unsigned char byte = c;

    return byte >= 0xfe ||
           (byte < ' ' && (s->quote || !byte || !strchr("\t\r\n", c)));
}

static void feed_char(JsonStream *s, char c)
{
    if (s->skipping) {
        s->skipping = c != '\n' && c != '{' && c != '[';
        if (s->skipping || c == '\n') {
            return;
        }
    }
    if (is_impossible(s, c)) {
        fail(s, s->quote ? "control character or bad byte in a string"
                         : "control character or bad byte");
        s->skipping = c != '\n';
    } else if (s->text->len >= JSON_STREAM_MAX_SIZE) {
        fail(s, "value too long");
    } else if (s->quote) {
        in_string(s, c);
    } else if (c == '{' || c == '[') {
        open_bracket(s, c);
    } else if (c == '}' || c == ']') {
        close_bracket(s, c);
    } else if (s->stack->len) {
        s->quote = c == '"' || c == '\'' ? c : 0;
        g_string_append_c(s->text, s->quote ? '"' : c);
    } else if (!strchr(" \t\r\n", c)) {
        fail(s, "a value outside of an object");
    }
}

size_t json_stream_feed(JsonStream *s, const char *data, size_t len)
{
    size_t i = 0;

    s->stopped = false;
    while (i < len && !s->stopped) {
        feed_char(s, data[i++]);
    }
    return i;
}
