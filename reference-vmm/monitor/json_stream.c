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

void json_stream_init(JsonStream *s,
                      void (*emit)(void *opaque, JsonNode *value,
                                   GError *error),
                      void *opaque)
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
    g_string_truncate(s->text, 0);
    g_string_truncate(s->stack, 0);
    s->quote = 0;
    s->escaped = false;
}

/* The rest of the line is lost with the value. */
static void fail(JsonStream *s, const char *why)
{
    restart(s);
    s->skipping = true;
    s->emit(s->opaque, NULL,
            g_error_new(QMP_ERROR, QMP_ERROR_GENERIC,
                        "JSON parse error: %s", why));
}

static void finish(JsonStream *s)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) error = NULL;

    if (json_parser_load_from_data(parser, s->text->str, s->text->len,
                                   &error) &&
        json_parser_get_root(parser)) {
        restart(s);
        s->emit(s->opaque, json_parser_steal_root(parser), NULL);
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

static void feed_char(JsonStream *s, char c)
{
    if (s->skipping) {
        s->skipping = c != '\n';
        return;
    }
    if ((unsigned char)c < ' ' && !strchr("\t\r\n", c)) {
        fail(s, "control character");
    } else if (s->text->len >= JSON_STREAM_MAX_SIZE) {
        fail(s, "value too long");
    } else if (s->quote) {
        in_string(s, c);
    } else if (c == '{' || c == '[') {
        if (s->stack->len == JSON_STREAM_MAX_NESTING) {
            fail(s, "nested too deeply");
            return;
        }
        g_string_append_c(s->stack, c);
        g_string_append_c(s->text, c);
    } else if (c == '}' || c == ']') {
        close_bracket(s, c);
    } else if (s->stack->len) {
        s->quote = c == '"' || c == '\'' ? c : 0;
        g_string_append_c(s->text, s->quote ? '"' : c);
    } else if (!strchr(" \t\r\n", c)) {
        fail(s, "a value outside of an object");
    }
}

void json_stream_feed(JsonStream *s, const char *data, size_t len)
{
    for (size_t i = 0; i < len && s->text; i++) {
        feed_char(s, data[i]);
    }
}
