/* SPDX-License-Identifier: MIT */
/*
 * qmp_dispatch.c - see qmp_dispatch.h.
 *
 * Thread context: any, but for qmp_dispatch().
 */
#include "monitor/qmp_dispatch.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include <string.h>

/* ---- requests ----------------------------------------------------------- */

static bool bad_request(GError **error, const char *why)
{
    g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC, "QMP input: %s", why);
    return false;
}

static bool take_member(QmpRequest *r, const char *name, JsonNode *value,
                        GError **error)
{
    bool oob = !strcmp(name, "exec-oob");

    if (oob || !strcmp(name, "execute")) {
        if (r->name) {
            return bad_request(error, "'execute' and 'exec-oob' clash");
        }
        if (json_node_get_value_type(value) != G_TYPE_STRING) {
            return bad_request(error, "the command must be a string");
        }
        r->name = json_node_dup_string(value);
        r->oob = oob;
    } else if (!strcmp(name, "arguments")) {
        if (!JSON_NODE_HOLDS_OBJECT(value)) {
            return bad_request(error, "'arguments' must be an object");
        }
        r->args = json_node_dup_object(value);
    } else if (strcmp(name, "id")) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "QMP input: member '%s' is unexpected", name);
        return false;
    }
    return true;
}

bool qmp_request_parse(JsonNode *value, QmpRequest *ret, GError **error)
{
    g_autoptr(JsonNode) owned = value;
    g_autoptr(GList) names = NULL;
    JsonObject *object;

    IO_CODE();
    memset(ret, 0, sizeof(*ret));
    if (!JSON_NODE_HOLDS_OBJECT(value)) {
        return bad_request(error, "a request must be an object");
    }
    object = json_node_get_object(value);
    if (json_object_has_member(object, "id")) {
        ret->id = json_node_copy(json_object_get_member(object, "id"));
    }
    names = json_object_get_members(object);
    for (GList *l = names; l; l = l->next) {
        if (!take_member(ret, l->data,
                         json_object_get_member(object, l->data), error)) {
            return false;
        }
    }
    if (!ret->name) {
        return bad_request(error, "no member 'execute'");
    }
    if (!ret->args) {
        ret->args = json_object_new();
    }
    ret->command = qmp_command_find(ret->name);
    return true;
}

void qmp_request_clear(QmpRequest *r)
{
    g_clear_pointer(&r->id, json_node_unref);
    g_clear_pointer(&r->name, g_free);
    g_clear_pointer(&r->args, json_object_unref);
}

/* ---- responses ---------------------------------------------------------- */

JsonNode *qmp_greeting(bool offers_oob)
{
    JsonObject *top = json_object_new(), *qmp = json_object_new();
    JsonArray *capabilities = json_array_new();

    if (offers_oob) {
        json_array_add_string_element(capabilities, "oob");
    }
    json_object_set_member(qmp, "version", qmp_version());
    json_object_set_array_member(qmp, "capabilities", capabilities);
    json_object_set_object_member(top, "QMP", qmp);
    return qmp_object(top);
}

static JsonNode *response(const char *kind, JsonNode *value, JsonNode *id)
{
    JsonObject *object = json_object_new();

    json_object_set_member(object, kind, value);
    if (id) {
        json_object_set_member(object, "id", json_node_copy(id));
    }
    return qmp_object(object);
}

JsonNode *qmp_response_return(JsonNode *value, JsonNode *id)
{
    return response("return", value ? value : qmp_object(json_object_new()),
                    id);
}

static const char *class_name(const GError *error)
{
    static const char *const names[] = {
        [QMP_ERROR_GENERIC] = "GenericError",
        [QMP_ERROR_COMMAND_NOT_FOUND] = "CommandNotFound",
        [QMP_ERROR_DEVICE_NOT_FOUND] = "DeviceNotFound",
        [QMP_ERROR_KVM_MISSING_CAP] = "KVMMissingCap",
        [QMP_ERROR_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
    };

    return error->domain == QMP_ERROR && error->code >= 0 &&
                   error->code < (int)G_N_ELEMENTS(names)
               ? names[error->code] : names[QMP_ERROR_GENERIC];
}

JsonNode *qmp_response_error(const GError *error, JsonNode *id)
{
    JsonObject *object = json_object_new();
    /* What the guest or a file name said may be any bytes. */
    g_autofree char *text = g_utf8_make_valid(error->message, -1);

    json_object_set_string_member(object, "class", class_name(error));
    json_object_set_string_member(object, "desc", text);
    return response("error", qmp_object(object), id);
}

/* ---- running ------------------------------------------------------------ */

static bool check_request(const QmpRequest *r, GError **error)
{
    if (!r->command) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_COMMAND_NOT_FOUND,
                    "there is no command '%s'", r->name);
        return false;
    }
    return qmp_check_members(r->command->args, r->args, error);
}

static JsonNode *respond(const QmpRequest *r, JsonNode *value, GError *error)
{
    if (!error) {
        return qmp_response_return(value, r->id);
    }
    g_clear_pointer(&value, json_node_unref);
    return qmp_response_error(error, r->id);
}

JsonNode *qmp_dispatch(const QmpRequest *r)
{
    g_autoptr(GError) error = NULL;
    JsonNode *value = NULL;

    GLOBAL_STATE_CODE();
    if (check_request(r, &error)) {
        value = r->command->run_oob ? r->command->run_oob(r->args, &error)
                                    : r->command->run(r->args, &error);
    }
    return respond(r, value, error);
}

JsonNode *qmp_dispatch_oob(const QmpRequest *r)
{
    g_autoptr(GError) error = NULL;
    JsonNode *value = NULL;

    IO_CODE();
    if (r->command && !r->command->run_oob) {
        g_set_error(&error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "command '%s' cannot run out of band", r->name);
    } else if (check_request(r, &error)) {
        value = r->command->run_oob(r->args, &error);
    }
    return respond(r, value, error);
}
