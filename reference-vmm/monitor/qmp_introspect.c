/* SPDX-License-Identifier: MIT */
/*
 * qmp_introspect.c - the schema as data, in the form of QEMU's SchemaInfo:
 * one entry for each command, event and type, with the meta-types command,
 * event, object, enum, array, alternate and builtin.
 *
 * Thread context: any.
 */
#include "monitor/qmp_args.h"
#include "monitor/qmp_members.h"
#include <string.h>

typedef struct Schema {
    JsonArray *entries;
    GHashTable *seen; /* names of types that have their entry */
} Schema;

static const char *add_type(Schema *s, const char *type);

static JsonObject *add_entry(Schema *s, const char *name, const char *meta)
{
    JsonObject *entry = json_object_new();

    json_object_set_string_member(entry, "name", name);
    json_object_set_string_member(entry, "meta-type", meta);
    json_array_add_object_element(s->entries, entry);
    return entry;
}

static void set_members(Schema *s, JsonObject *entry, const char *members)
{
    JsonArray *list = json_array_new();
    QmpMemberIter it;

    json_object_set_array_member(entry, "members", list);
    qmp_members_start(&it, members);
    while (qmp_members_next(&it)) {
        JsonObject *member = json_object_new();

        json_object_set_string_member(member, "name", it.name);
        json_object_set_string_member(member, "type", add_type(s, it.type));
        if (it.optional) {
            json_object_set_null_member(member, "default");
        }
        json_array_add_object_element(list, member);
    }
}

/* The union's part: which other object the tag adds. */
static void set_variants(Schema *s, JsonObject *entry, const char *members)
{
    char tag[QMP_NAME_MAX];
    QmpMemberIter it;
    JsonArray *list;

    if (!qmp_variants_start(&it, members, tag)) {
        return;
    }
    list = json_array_new();
    json_object_set_string_member(entry, "tag", tag);
    json_object_set_array_member(entry, "variants", list);
    while (qmp_members_next(&it)) {
        JsonObject *variant = json_object_new();

        json_object_set_string_member(variant, "case", it.name);
        json_object_set_string_member(variant, "type", add_type(s, it.type));
        json_array_add_object_element(list, variant);
    }
}

static void set_object(Schema *s, JsonObject *entry, const char *members)
{
    set_members(s, entry, members);
    set_variants(s, entry, members);
}

static void set_values(JsonObject *entry, const QmpType *t)
{
    JsonArray *values = json_array_new(), *members = json_array_new();
    QmpMemberIter it;

    json_object_set_array_member(entry, "members", members);
    json_object_set_array_member(entry, "values", values);
    qmp_members_start(&it, t->members);
    while (qmp_members_next(&it)) {
        JsonObject *member = json_object_new();

        json_object_set_string_member(member, "name", it.name);
        json_array_add_object_element(members, member);
        json_array_add_string_element(values, it.name);
    }
}

static void set_alternatives(Schema *s, JsonObject *entry, const QmpType *t)
{
    JsonArray *list = json_array_new();
    QmpMemberIter it;

    json_object_set_array_member(entry, "members", list);
    qmp_members_start(&it, t->members);
    while (qmp_members_next(&it)) {
        JsonObject *member = json_object_new();

        json_object_set_string_member(member, "type", add_type(s, it.name));
        json_array_add_object_element(list, member);
    }
}

static const char *json_type(const char *type)
{
    static const struct {
        const char *type, *json;
    } builtin[] = {
        { "str", "string" }, { "int", "int" },
        { "bool", "boolean" }, { "number", "number" }, { "null", "null" },
        { "any", "value" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(builtin); i++) {
        if (!strcmp(builtin[i].type, type)) {
            return builtin[i].json;
        }
    }
    return NULL;
}

/* Its entry, once; the name it goes by. */
static const char *add_type(Schema *s, const char *type)
{
    const QmpType *t;
    JsonObject *entry;
    char *name = NULL;

    if (!strcmp(type, "size")) {
        type = "int"; /* as JSON has it */
    } else if (!strcmp(type, "[size]")) {
        type = "[int]";
    }
    if (g_hash_table_lookup_extended(s->seen, type, (gpointer *)&name, NULL)) {
        return name;
    }
    name = g_strdup(type);
    g_hash_table_add(s->seen, name);
    if (type[0] == '[') {
        g_autofree char *element = g_strndup(type + 1, strlen(type) - 2);

        entry = add_entry(s, name, "array");
        json_object_set_string_member(entry, "element-type",
                                      add_type(s, element));
    } else if (json_type(type)) {
        entry = add_entry(s, name, "builtin");
        json_object_set_string_member(entry, "json-type", json_type(type));
    } else {
        t = qmp_type_find(type);
        g_assert(t);
        entry = add_entry(s, name, t->kind == QMP_ENUM     ? "enum"
                                   : t->kind == QMP_OBJECT ? "object"
                                                           : "alternate");
        if (t->kind == QMP_ENUM) {
            set_values(entry, t);
        } else if (t->kind == QMP_OBJECT) {
            set_object(s, entry, t->members);
        } else {
            set_alternatives(s, entry, t);
        }
    }
    return name;
}

/* The anonymous object of a command's or an event's members. */
static char *add_members(Schema *s, const char *owner, const char *members)
{
    char *name = members ? g_strdup_printf("q_obj_%s-arg", owner)
                         : g_strdup("q_empty");

    if (g_hash_table_add(s->seen, g_strdup(name))) {
        set_object(s, add_entry(s, name, "object"), members);
    }
    return name;
}

static void add_command(Schema *s, const QmpCommand *c)
{
    g_autofree char *args = add_members(s, c->name, c->args);
    g_autofree char *empty = add_members(s, NULL, NULL);
    JsonObject *entry = add_entry(s, c->name, "command");

    json_object_set_string_member(entry, "arg-type", args);
    json_object_set_string_member(entry, "ret-type",
                                  c->returns ? add_type(s, c->returns)
                                             : empty);
    if (c->run_oob) {
        json_object_set_boolean_member(entry, "allow-oob", TRUE);
    }
}

static void add_event(Schema *s, const QmpEvent *e)
{
    g_autofree char *data = add_members(s, e->name, e->data);
    JsonObject *entry = add_entry(s, e->name, "event");

    json_object_set_string_member(entry, "arg-type", data);
}

JsonNode *qmp_schema_to_json(void)
{
    Schema s = { .entries = json_array_new(),
                 .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                               NULL) };

    for (const QmpSet *const *set = qmp_sets(); *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            add_command(&s, c);
        }
        for (const QmpEvent *e = (*set)->events; e && e->name; e++) {
            add_event(&s, e);
        }
    }
    g_hash_table_unref(s.seen);
    return qmp_list(s.entries);
}
