/* SPDX-License-Identifier: MIT */
/*
 * qmp_chardev.c - character devices.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/chardev/chardev.h"
#include "hw/chardev/ringbuf.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_schema.h"
#include <string.h>

static GS_FN Chardev *find(const char *id, GError **error)
{
    Chardev *c = chardev_find(id);

    if (!c) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "there is no chardev '%s'", id);
    }
    return c;
}

/* ---- looking ------------------------------------------------------------ */

static void add_info(Chardev *c, void *opaque)
{
    JsonObject *info = json_object_new();
    g_autofree char *filename = NULL;

    GLOBAL_STATE_CODE();
    filename = chardev_describe(c);
    json_object_set_string_member(info, "label", chardev_id(c));
    json_object_set_string_member(info, "filename", filename);
    json_object_set_boolean_member(info, "frontend-open",
                                   chardev_has_frontend(c));
    json_array_add_object_element(opaque, info);
}

static JsonNode *GS_FN run_query_chardev(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();

    chardev_foreach(add_info, list);
    return qmp_list(list);
}

static JsonNode *GS_FN run_query_backends(JsonObject *args, GError **error)
{
    JsonArray *list = json_array_new();
    const char *name;

    for (unsigned i = 0; (name = chardev_backend_name(i)); i++) {
        JsonObject *info = json_object_new();

        json_object_set_string_member(info, "name", name);
        json_array_add_object_element(list, info);
    }
    return qmp_list(list);
}

/* ---- adding ------------------------------------------------------------- */

/* The address of a socket backend, as the options of the command line. */
static bool flatten_address(JsonObject *data, JsonObject *options,
                            GError **error)
{
    JsonObject *addr = qmp_arg_object(data, "addr");
    const char *type = qmp_arg_str(addr, "type");
    JsonObject *inner = qmp_arg_object(addr, "data");
    static const char *const known[] = { "path", "host", "port", "ipv4",
                                         "ipv6", "abstract" };

    if (!strcmp(type, "fd")) {
        const char *fd = qmp_arg_str(inner, "str");

        if (*fd < '0' || *fd > '9') {
            g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                        "file descriptor '%s' has no number", fd);
            return false;
        }
        json_object_set_string_member(options, "fd", fd);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (qmp_arg(inner, known[i])) {
            json_object_set_member(options, known[i],
                                   json_object_dup_member(inner, known[i]));
        }
    }
    return true;
}

static void copy_member(JsonObject *from, const char *name, JsonObject *to,
                        const char *as)
{
    if (qmp_arg(from, name)) {
        json_object_set_member(to, as, json_object_dup_member(from, name));
    }
}

/* ChardevBackend as the options that chardev_new() takes. */
static JsonObject *backend_options(const char *id, JsonObject *backend,
                                   GError **error)
{
    static const struct {
        const char *member, *option;
    } renamed[] = {
        { "out", "path" },         { "in", "input-path" },
        { "device", "path" },      { "append", "append" },
        { "size", "size" },        { "signal", "signal" },
        { "server", "server" },    { "wait", "wait" },
        { "nodelay", "nodelay" },  { "telnet", "telnet" },
        { "reconnect", "reconnect" },
    };
    const char *type = qmp_arg_str(backend, "type");
    JsonObject *data = qmp_arg_object(backend, "data");
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "id", id);
    json_object_set_string_member(o, "backend",
                                  strcmp(type, "memory") ? type : "ringbuf");
    for (size_t i = 0; data && i < G_N_ELEMENTS(renamed); i++) {
        copy_member(data, renamed[i].member, o, renamed[i].option);
    }
    if (!strcmp(type, "socket")) {
        /* Other defaults than on the command line. */
        if (!qmp_arg(data, "server")) {
            json_object_set_boolean_member(o, "server", TRUE);
        }
        if (qmp_arg_bool(data, "server", true) && !qmp_arg(data, "wait")) {
            json_object_set_boolean_member(o, "wait", FALSE);
        }
        if (!flatten_address(data, o, error)) {
            json_object_unref(o);
            return NULL;
        }
    }
    return o;
}

static JsonNode *GS_FN run_chardev_add(JsonObject *args, GError **error)
{
    g_autoptr(JsonObject) options =
        backend_options(qmp_arg_str(args, "id"),
                        qmp_arg_object(args, "backend"), error);
    Chardev *c = options ? chardev_new(options, error) : NULL;
    g_autofree char *text = NULL;
    JsonObject *result;

    if (!c) {
        return NULL;
    }
    result = json_object_new();
    text = chardev_describe(c);
    if (g_str_has_prefix(text, "pty:")) {
        json_object_set_string_member(result, "pty", text + strlen("pty:"));
    }
    return qmp_object(result);
}

static JsonNode *GS_FN run_chardev_remove(JsonObject *args, GError **error)
{
    chardev_remove(qmp_arg_str(args, "id"), error);
    return NULL;
}

static JsonNode *GS_FN run_send_break(JsonObject *args, GError **error)
{
    Chardev *c = find(qmp_arg_str(args, "id"), error);

    if (c) {
        chardev_send_break(c);
    }
    return NULL;
}

/* ---- ring buffers ------------------------------------------------------- */

static bool is_base64(JsonObject *args)
{
    const char *format = qmp_arg_str(args, "format");

    return format && !strcmp(format, "base64");
}

static JsonNode *GS_FN run_ringbuf_write(JsonObject *args, GError **error)
{
    Chardev *c = find(qmp_arg_str(args, "device"), error);
    const char *text = qmp_arg_str(args, "data");
    g_autofree guchar *decoded = NULL;
    gsize len = strlen(text);

    if (is_base64(args)) {
        decoded = g_base64_decode(text, &len);
    }
    if (c) {
        chardev_ringbuf_write(c, decoded ? (const char *)decoded : text, len,
                              error);
    }
    return NULL;
}

static JsonNode *GS_FN run_ringbuf_read(JsonObject *args, GError **error)
{
    Chardev *c = find(qmp_arg_str(args, "device"), error);
    int64_t max = qmp_arg_int(args, "size", 0);
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *text = NULL;
    gconstpointer data;
    gsize n;

    if (c && max <= 0) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'size' must be greater than 0");
        return NULL;
    }
    bytes = c ? chardev_ringbuf_read(c, (size_t)max, error) : NULL;
    if (!bytes) {
        return NULL;
    }
    data = g_bytes_get_data(bytes, &n);
    if (is_base64(args)) {
        text = g_base64_encode(data, n);
    } else {
        text = g_strndup(data, n); /* up to a NUL */
    }
    return qmp_string(text);
}

static const QmpCommand commands[] = {
    { .name = "query-chardev", .returns = "[ChardevInfo]",
      .run = run_query_chardev },
    { .name = "query-chardev-backends", .returns = "[ChardevBackendInfo]",
      .run = run_query_backends },
    { .name = "chardev-add", .args = "id: str, backend: ChardevBackend",
      .returns = "ChardevReturn", .run = run_chardev_add },
    { .name = "chardev-remove", .args = "id: str", .run = run_chardev_remove },
    { .name = "chardev-send-break", .args = "id: str",
      .run = run_send_break },
    { .name = "ringbuf-write",
      .args = "device: str, data: str, *format: DataFormat",
      .run = run_ringbuf_write },
    { .name = "ringbuf-read",
      .args = "device: str, size: int, *format: DataFormat",
      .returns = "str", .run = run_ringbuf_read },
    { .name = NULL }
};

static const QmpType types[] = {
    { "ChardevInfo", QMP_OBJECT,
      "label: str, filename: str, frontend-open: bool" },
    { "ChardevBackendInfo", QMP_OBJECT, "name: str" },
    { "ChardevReturn", QMP_OBJECT, "*pty: str" },
    { "DataFormat", QMP_ENUM, "utf8, base64" },
    { "ChardevBackendKind", QMP_ENUM,
      "file, pipe, socket, pty, null, stdio, ringbuf, memory" },
    { "ChardevBackend", QMP_OBJECT,
      "type: ChardevBackendKind; type: file=ChardevFileWrapper, "
      "pipe=ChardevHostdevWrapper, socket=ChardevSocketWrapper, "
      "pty=ChardevCommonWrapper, null=ChardevCommonWrapper, "
      "stdio=ChardevStdioWrapper, ringbuf=ChardevRingbufWrapper, "
      "memory=ChardevRingbufWrapper" },
    { "ChardevCommon", QMP_OBJECT, NULL },
    { "ChardevCommonWrapper", QMP_OBJECT, "data: ChardevCommon" },
    { "ChardevFile", QMP_OBJECT, "*in: str, out: str, *append: bool" },
    { "ChardevFileWrapper", QMP_OBJECT, "data: ChardevFile" },
    { "ChardevHostdev", QMP_OBJECT, "device: str" },
    { "ChardevHostdevWrapper", QMP_OBJECT, "data: ChardevHostdev" },
    { "ChardevStdio", QMP_OBJECT, "*signal: bool" },
    { "ChardevStdioWrapper", QMP_OBJECT, "data: ChardevStdio" },
    { "ChardevRingbuf", QMP_OBJECT, "*size: int" },
    { "ChardevRingbufWrapper", QMP_OBJECT, "data: ChardevRingbuf" },
    { "ChardevSocket", QMP_OBJECT,
      "addr: SocketAddressLegacy, *server: bool, *wait: bool, "
      "*nodelay: bool, *telnet: bool, *reconnect: int" },
    { "ChardevSocketWrapper", QMP_OBJECT, "data: ChardevSocket" },
    { "SocketAddressType", QMP_ENUM, "inet, unix, fd" },
    { "SocketAddressLegacy", QMP_OBJECT,
      "type: SocketAddressType; type: inet=InetSocketAddressWrapper, "
      "unix=UnixSocketAddressWrapper, fd=StringWrapper" },
    { "InetSocketAddress", QMP_OBJECT,
      "host: str, port: str, *ipv4: bool, *ipv6: bool" },
    { "InetSocketAddressWrapper", QMP_OBJECT, "data: InetSocketAddress" },
    { "UnixSocketAddress", QMP_OBJECT, "path: str, *abstract: bool" },
    { "UnixSocketAddressWrapper", QMP_OBJECT, "data: UnixSocketAddress" },
    { "String", QMP_OBJECT, "str: str" },
    { "StringWrapper", QMP_OBJECT, "data: String" },
    { NULL }
};

const QmpSet chardev_qmp_set = { commands, NULL, types };
