/* SPDX-License-Identifier: MIT */
/*
 * chardev_text.c - chardevs as -serial, -monitor and -qmp name them.
 *
 *     stdio, null, pty, file:PATH, pipe:PATH, unix:PATH[,OPTION=VALUE...],
 *     tcp:HOST:PORT[,...], chardev:ID, and mon:ANY, which is shared with a
 *     monitor
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_int.h"
#include <string.h>

/* "HOST:PORT"; the host may be empty, or an address in brackets. */
static bool split_host_port(JsonObject *o, GError **error)
{
    const char *text = option_string(o, "host");
    const char *colon = text ? strrchr(text, ':') : NULL;
    char *host, *port;

    if (!colon || !colon[1]) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "expected HOST:PORT, not '%s'", text ? text : "");
        return false;
    }
    port = g_strdup(colon + 1);
    host = text[0] == '[' && colon > text + 1 && colon[-1] == ']'
               ? g_strndup(text + 1, colon - text - 2)
               : g_strndup(text, colon - text);
    json_object_set_string_member(o, "host", host);
    json_object_set_string_member(o, "port", port);
    g_free(host);
    g_free(port);
    return true;
}

/* An implied first key takes all up to a comma. */
static JsonObject *parse_after(const char *text, const char *backend,
                               const char *key, GError **error)
{
    JsonObject *o = option_parse(text, key, NULL, error);

    if (o) {
        json_object_set_string_member(o, "backend", backend);
    }
    if (o && !strcmp(key, "host") && !split_host_port(o, error)) {
        json_object_unref(o);
        return NULL;
    }
    return o;
}

static JsonObject *parse_text(const char *text, GError **error)
{
    static const struct {
        const char *prefix, *backend, *key;
    } forms[] = {
        { "file:", "file", "path" },     { "pipe:", "pipe", "path" },
        { "unix:", "socket", "path" },   { "tcp:", "socket", "host" },
    };
    static const char *const known[] = {
        "stdio", "null", "pty", "ringbuf", "file:PATH", "pipe:PATH",
        "unix:PATH", "tcp:HOST:PORT", "chardev:ID", "mon:...", NULL
    };

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (g_str_has_prefix(text, forms[i].prefix)) {
            return parse_after(text + strlen(forms[i].prefix),
                               forms[i].backend, forms[i].key, error);
        }
    }
    for (int i = 0; i < 4; i++) {
        size_t n = strlen(known[i]);

        if (!strncmp(text, known[i], n) && (!text[n] || text[n] == ',')) {
            return option_parse(text, "backend", NULL, error);
        }
    }
    option_set_unknown(error, "character device", "form", text, known);
    return NULL;
}

Chardev *chardev_new_from_string(const char *id, const char *text,
                                 GError **error)
{
    bool mux = g_str_has_prefix(text, "mon:");
    JsonObject *o;
    Chardev *c;

    GLOBAL_STATE_CODE();
    if (mux) {
        text += strlen("mon:");
    }
    if (g_str_has_prefix(text, "chardev:")) {
        c = chardev_find(text + strlen("chardev:"));
        if (!c) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "there is no chardev '%s'", text + 8);
        }
        return c;
    }
    o = parse_text(text, error);
    if (!o) {
        return NULL;
    }
    json_object_set_string_member(o, "id", id);
    if (mux) {
        json_object_set_boolean_member(o, "mux", true);
    }
    c = chardev_new(o, error);
    json_object_unref(o);
    return c;
}
